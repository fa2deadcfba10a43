"""Who is said to have said it: floors on invented sentences, and kinds that were once wrong."""

import pytest

from onrecord.article.sentences import sentences
from onrecord.article.speakers import Speaker, speaker, speakers
from tests.conftest import fixture


@pytest.mark.parametrize("table", ["speakers.jsonl", "speakers_heldout.jsonl"])
def test_speakers(table: str) -> None:
    cases = fixture(table)
    named = [(case["speaker"], found) for case in cases if (found := speaker(case["text"])) is not None]
    right = sum(a == b for a, b in named)
    assert len(cases) >= 60 and right / len(named) >= 0.95, named
    assert right / sum(case["speaker"] is not None for case in cases) >= 0.85


@pytest.mark.parametrize(("first", "floor_precision", "floor_recall"), [(0, 0.98, 0.98), (1, 0.91, 0.87)])
def test_speakers_blind(first: int, floor_precision: float, floor_recall: float) -> None:
    """Written by someone who had not seen the frames. First try on all
    rows: precision 0.940, recall 0.790 of 100 speakers.

    Rows 1, 3, 5, ... (first try 0.974, 0.725) then guided the frames. The texts of rows 2, 4, 6, ... guided nothing:
    first try 0.913, 0.857, after the mending 0.915, 0.878.
    """
    cases = fixture("speakers_blind.jsonl")[first::2]
    named = [(case["speaker"], found) for case in cases if (found := speaker(case["text"])) is not None]
    right = sum(a == b for a, b in named)
    assert len(cases) == 75
    assert right / len(named) >= floor_precision
    assert right / sum(case["speaker"] is not None for case in cases) >= floor_recall


SPEAKERS = {
    # frames
    "Economists say the price will fall.": "Economists",
    "According to the indictment, Lee told two agents that he had left.": "the indictment",
    '"We are late," Coastline Ferries chief executive Peter Naylor told reporters.': (
        "Coastline Ferries chief executive Peter Naylor"
    ),
    "“We are late,” said deputy mayor Ann Roe.": "deputy mayor Ann Roe",
    "“We are late,” said Ann Roe.": "Ann Roe",
    "“We are late,” said Ann Roe Jr.": "Ann Roe Jr.",
    "The firm recalled 3,000 cars.": None,
    "The storm claimed the lives of six.": None,
    "The Senate confirmed the judge.": None,
    "They argued about money.": None,
    "You can say that again.": None,
    "He wouldn’t say on Friday whether it was open.": None,
    # an abbreviation cuts no speaker
    "One child in nine goes hungry, according to a report by the U.K. charity Birthline.": (
        "a report by the U.K. charity Birthline"
    ),
    "Fishing quotas will fall, according to the E.U. commissioner.": "the E.U. commissioner",
    '"It is over," said St. George parish in the hall.': "St. George parish",
    "The talks are over, according to the ministry.": "the ministry",
    '"It is over," said the vicar.': "the vicar",
    # kinds that were once wrong
    "Most northern states that hold early votes have small cities.": None,
    "“I will stay,” Ann Roe, 67, a retired clerk in Norwick, Pa., said in an interview.": "Ann Roe",
    "Roe jokingly said he would go.": "Roe",
    "Gov. Ann Roe on Friday announced that she had signed the order.": "Gov. Ann Roe",
    "Roe however said he would come.": "Roe",
    "All told, the group spent $4 million.": None,
    "Having announced that he would stay, Roe sat down.": None,
    "Hearing him say it was a shock.": None,
    "You pull the lever for the party, according to their instinctive preference.": None,
    "“They can vote as they like,” said a strategist for one of the candidates.": (
        "a strategist for one of the candidates"
    ),
    "The fairs began on August 10 and North Torland says the fairs will continue.": "North Torland",
    '"It is downright false," said Rep. Ann Roe (D-Norwick), a member of the panel.': "Rep. Ann Roe",
    "''It is false,'' Ms. Roe said.": "Ms. Roe",
    "''The president has said he has no plan,'' Ann Roe, the former governor, told CNN.": "Ann Roe",
    "Instead, Roe told CNN, the plan would be to wait.": "Roe",
    "Friday, Ann Roe announced she will step down.": "Ann Roe",
    "The Norwick senator is predicting that he will win.": "The Norwick senator",
    "NORWICK (AP) — A report published Wednesday said the minister used his own account.": "A report",
    "According to the daily, Professor Jan Roe, the chairman of the panel, said the flag had never been open.": (
        "Professor Jan Roe"
    ),
    "“It is hard to dispute,” said Democratic strategist Ann Roe.": "Democratic strategist Ann Roe",
    "Aides to Gov. Roe, a former lawyer, and Gov. Mill, who sat in parliament, said their speeches would change.": None,
    "Roe, who starred in “Parks and Rivers” and “Guards of the City,” posted the clip on Thursday.": None,
    "Concerns rose Monday over claims that ballots had been lost.": None,
    "The latest slip adds that little bit more to the drama.": None,
    "Professor Cres Roe, Director of the Norwick study, and Chairman of the centre, says it is crucial.": (
        "Professor Cres Roe"
    ),
    "“The licence is final and will not be reopened.” -Commissioner Arlo Stavik": "Commissioner Arlo Stavik",
    "“Two shots. Then nothing,” said a homeless man who goes by the name “Stretch.”": "a homeless man",
    # who denies and accuses
    "The ministry rejected the allegation that prisoners had been beaten.": "The ministry",
    "Mr. Roe has denied wrongdoing.": "Mr. Roe",
    "The White House dismissed the report, calling it fiction.": "The White House",
    "Dressler's agent shot down rumors of a transfer.": "Dressler's agent",
    "Other scientists disputed her figures.": "Other scientists",
    "The bank has refuted claims that it knew of the loans.": "The bank",
    "Both sides accuse each other of breaking the truce.": "Both sides",
    "The ministry rebutted the report.": "The ministry",
    "The chairman rebuffed calls to resign.": "The chairman",
    "The club has ruled out a sale.": "The club",
    "“That is nonsense,” the mayor shot back.": "the mayor",
    "Beijing rejects the accusation.": "Beijing",
    "Having rejected the accusation, he left.": None,
    "The court rejected the appeal.": None,
    "The Senate rejected the bill by two votes.": None,
    "The factory dismissed 300 workers in May.": None,
    "The bank denied him a loan.": None,
    "The jets shot down two drones over the strait.": None,
    "The board accused of hiding the losses has resigned.": None,
    # of the second reading
    "“Ask me Monday,” Haldane growled.": "Haldane",
    "“I like it,” explained the bride, Ana Ruiz.": "the bride",
    "“It sleeps,” quipped senior warden Joseph ole Kasaine.": "senior warden Joseph ole Kasaine",
    "“That's it,” one of them said.": "one of them",
    "The company blamed a “soft” market for it.": "The company",
    "The government blames “hoarders”.": "The government",
    "The crash was blamed on ice.": None,
    "The bank has denied lending to him.": "The bank",
    "She noted, however, that farmers would pay.": "She",
    "A clerk declined to comment but denied that it was lost.": "A clerk",
    "Another minister disagreed: “He'll stay.”": "Another minister",
    "The mayor appealed for owners to come forward.": "The mayor",
    "He appealed to the court.": None,
    "The union branded the response “a fairy story”.": "The union",
    "Residents suggested moving the game.": "Residents",
    "In a statement the Leeds-based firm said: “We take it seriously.”": "the Leeds-based firm",
    "A judge on Thursday ordered a man to stop, saying he had no right.": "A judge",
    "The driver smiled.": None,
    "The term says nothing.": None,
    # that news readers expect
    "The works will close in May, according to her.": "her",
    "According to them, the mill has lost money.": "them",
    "According to her lawyer, the mill has lost money.": "her lawyer",
    "The company's lawyers contend the patent expired in 2019.": "The company's lawyers",
    "Villagers contend with floods.": None,
    "Police believe the fire was set on purpose.": "Police",
    "The mayor believes in ghosts.": None,
    "“It's a mess,” is how Mayor Lena Fisk described it.": "Mayor Lena Fisk",
    "This is how Mayor Lena Fisk spent the day.": None,
    "Neighbors described hearing two shots.": "Neighbors",
    "A witness recalled seeing a truck.": "A witness",
    "The retailer reported falling sales.": None,
    "The young man asked whether she could prove it.": "The young man",
    "Asked whether he would run, the mayor left.": None,
    "The mayor was asked if he would run.": None,
    "The High Court held that the fees were no reason.": "The High Court",
    "The court held a hearing that lasted a week.": None,
    "The firm submitted a bid that would double the price.": None,
    "Not so, says Ingrid Bauer of the union: rents have risen.": "Ingrid Bauer of the union",
    "The town remembers its dead.": None,
}


@pytest.mark.parametrize(("text", "who"), SPEAKERS.items())
def test_who_said_it(text: str, who: str | None) -> None:
    assert speaker(text) == who


def test_pronouns_name_nobody() -> None:
    for text, words, name in (
        ("He said it was closed.", "He", None),
        ("“We will go,” she said.", "she", None),
        ("The operator said it was closed.", "The operator", "The operator"),
        ("“No,” a person said.", "a person", "a person"),
    ):
        assert speaker(text) == words and speakers(text, sentences(text)) == [Speaker(words, name)]


@pytest.mark.parametrize(
    "name", ["Émilie Caron", "Šárka Dvořáková", "Ömer Çelik", "Smt. Lalita Devi", "Lt. Col. Dina Frey"]
)
def test_names_of_all_letters_and_titles(name: str) -> None:
    assert speaker(f"{name} said the road was shut.") == speaker(f"“It is shut,” said {name}.") == name


def read_speakers(article: str) -> list[tuple[str, str | None, bool] | None]:
    found = speakers(article, sentences(article))
    return [(who.words, who.name, who.inherited) if who else None for who in found]


def test_a_quotation_goes_on() -> None:
    article = "“We go,” Ann Roe said. “It is late.” Then she left. “Good night.”\n\nRain fell. “Nobody came.”"
    roe = ("Ann Roe", "Ann Roe", True)
    assert read_speakers(article) == [("Ann Roe", "Ann Roe", False), roe, None, roe, None, None]
    article = "“We will sue. The bill is bad.\n\n“It will cost us,” Ann Roe said.\n\n“It will cost all.”\n\nIt rained."
    assert read_speakers(article) == [roe, roe, ("Ann Roe", "Ann Roe", False), roe, None]
    # the accused may answer, and so it is not said who speaks
    assert read_speakers("The union accused Ann Roe of theft. “I took nothing.”")[1] is None


def test_turns() -> None:
    article = "MARTINEZ: We go. It is late.\n\nLOWE (on camera): No.\n\n(END VIDEO CLIP)\n\nQ: Why?\n\nA: It is late."
    turns = [who and (who[0], who[2]) for who in read_speakers(article)]
    assert turns == [("MARTINEZ", False), ("MARTINEZ", True), ("LOWE", False), None, ("Q", False), ("A", False)]
    letters = [who and (who[0], who[2]) for who in read_speakers("Q. Why?\n\nA. It is late. We go.\n\nQ. And then?")]
    assert letters == [("Q", False), ("A", False), ("A", True), ("Q", False)]
    assert read_speakers("A. Smith said no.\n\nA. Roe said yes.") == [
        ("A. Smith", "A. Smith", False),
        ("A. Roe", "A. Roe", False),
    ]
    assert read_speakers("NEW DELHI: The court ruled on Monday. It rained.") == [None, None]
    assert read_speakers("NOTE: We close at five.\n\nWhat to know: the polls open.") == [None, None]
    letter = read_speakers("From Commissioner Arlo Stavik:\n\n“The licence is final. It stays.”")
    assert letter[1] == ("Commissioner Arlo Stavik", "Commissioner Arlo Stavik", True)
    assert read_speakers("“The park is ours.”\n— Petra Vollmer, grower")[0] == ("Petra Vollmer", "Petra Vollmer", True)


def test_a_line_of_a_transcript_is_not_joined_to_a_quotation() -> None:
    article = (
        '"The ice is going," he says. "We are at a critical point."\n\nPLETT (voice-over): And this is what it looks '
        "like."
    )
    assert read_speakers(article)[-1] == ("PLETT", "PLETT", False)


def test_the_fullest_name() -> None:
    article = "A plan, Mayor Rosa Kelleher said.\n\nKelleher denied it. “It is late,” she said.\n\nThe mayor said no."
    assert [who and who[1] for who in read_speakers(article)] == ["Mayor Rosa Kelleher"] * 4
    article = "The owner, Basil Thorne, said it was late.\n\nThorne said it twice."
    assert [who and who[:2] for who in read_speakers(article)] == [
        ("The owner", "Basil Thorne"),
        ("Thorne", "Basil Thorne"),
    ]
    # several may be meant
    article = "Ana Ruiz and Luis Ruiz said no.\n\nRuiz said yes.\n\nThe driver braked. “It was dark,” he said."
    assert [who and who[1] for who in read_speakers(article)][1:] == ["Ruiz", None, None]


def fresh() -> tuple[list[tuple[object, object]], ...]:
    """(expected, found): of sentences alone, of frames in articles, of what is inherited, of names."""
    alone, framed, inherited, names = [], [], [], []
    for row in fixture("speakers_fresh.jsonl"):
        if "speaker" in row:
            alone.append((row["speaker"], speaker(row["text"])))
            continue
        spans = sentences(row["text"])
        found = speakers(row["text"], spans)
        position = 0
        for sentence in row["sentences"]:
            middle = row["text"].index(sentence["text"], position) + len(sentence["text"]) // 2
            position = middle
            who = next(who for (start, end, _), who in zip(spans, found, strict=True) if start <= middle < end)
            (inherited if sentence["inherited"] else framed).append((sentence["speaker"], who.words if who else None))
            names.append((sentence["name"], who.name if who else None))
    return alone, framed, inherited, names


def test_speakers_fresh() -> None:
    """150 rows written before the rules of phrases.py were; by their
    author, so that they flatter. First try, before and after:

    alone .733/.355 -> .968/.984, frames in articles .985/.625 -> 1.0/1.0, inherited 0 -> 1.0/1.0, names 0 -> .971/.957.
    """
    for pairs, precision, recall in zip(fresh(), (0.96, 0.99, 0.99, 0.96), (0.97, 0.99, 0.99, 0.95), strict=True):
        named = [(expected, found) for expected, found in pairs if found is not None]
        right = sum(expected == found for expected, found in named)
        assert len(pairs) > 40 and right / len(named) >= precision
        assert right / sum(expected is not None for expected, _ in pairs) >= recall


def test_a_pronoun_behind_according_to_has_a_name_where_one_person_is_left() -> None:
    def name(article: str) -> str | None:
        return speakers(article, sentences(article))[-1].name

    mill = "The mill will close, according to her."
    assert name(f"Mayor Rosa Kelleher came on Monday. {mill}") == "Mayor Rosa Kelleher"
    assert name(f"Mayor Rosa Kelleher met Tom Brandt on Monday. {mill}") is None
    assert name("Mayor Rosa Kelleher came on Monday. It will close, according to them.") is None


def test_behind_the_last_turn_of_a_transcript_the_paper_speaks() -> None:
    turns = "THE COURT: Sit down.\n\nMR. ROE: I will.\n\nTHE COURT: Thank you.\n\nWe go on.\n\nMR. ROE: I do.\n\n"
    article = turns + "The exchange was released on Monday."
    found = speakers(article, sentences(article))
    assert [who and who.words for who in found][-3:] == ["THE COURT", "MR. ROE", None]
