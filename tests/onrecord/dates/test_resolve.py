"""What may mean two days is not resolved; the kinds that are, and what lies ahead."""

import re
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.dates.resolve import find_dates
from onrecord.dates.tense import Tenses


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The fair is on the first weekend of November.", ["2024-11-02"]),
        ("The fair is on the weekend of May 18.", ["2024-05-18"]),
        ("It opens on Friday the 17th.", ["2024-05-17"]),
        ("It closes on the last day of June.", ["2024-06-30"]),
        ("It reopens on Monday of next week.", ["2024-05-13"]),
        ("They will meet on June 3, 4 and 5.", ["2024-06-03"]),
        ("A strike called for Friday will go ahead.", ["2024-05-10"]),
        ("He called for calm on Friday.", ["2024-05-03"]),
        ("The pictures taken on Monday show a crowd.", ["2024-05-06"]),
        ("He will be taken to court on Monday.", ["2024-05-13"]),
        ("Taxes rise in the second half of September.", []),
        ("It ends two days before Easter.", []),
        ("Rain in the first two weeks of June will end it.", []),
        ("The bill was due to have its reading on Tuesday.", []),
        ("He left last Tuesday.", []),
        ("They will play “Blue Tuesday” again.", []),
        ("The Jan. 6 committee met.", []),
        ("The fair opens a week today.", ["2024-05-16"]),
        ("He has been missing for a week today.", []),
        ("It will fly twice a week from May 29.", ["2024-05-29"]),
        ("It will open two weeks from May 29.", []),
        ("It stops on the last weekend before Christmas.", []),
        ("They have until the 30th to appeal.", ["2024-05-30"]),
        ("Prices will rise because of Friday prayers.", []),
        ("They called off Sunday's march.", ["2024-05-12"]),
        ("The match is on Saturday, May 11 (4pm).", ["2024-05-11T16:00:00"]),
        ("The match is on Saturday (0100 GMT Sunday).", ["2024-05-11", "2024-05-12T01:00:00+00:00"]),
        ("Kick-off on Saturday is 3 p.m. Central Africa Time.", ["2024-05-11T15:00:00+02:00"]),
        ("The leg is on May 11, kick-off 7.05pm NZST.", ["2024-05-11T19:05:00+12:00"]),
        ("Sales will shut on Friday at 16h00 SAST.", ["2024-05-10T16:00:00+02:00"]),
        ("It sits on Monday at 9:30 a.m. Newfoundland time.", ["2024-05-13T09:30:00-02:30"]),
    ],
)
def test_rules(text: str, found: list[str]) -> None:
    assert [w.first.isoformat() for w in find_dates(text, date(2024, 5, 9))] == found


DATELINES = """\
KELLWICK, May 9 - The council will vote on May 14.
KELLWICK (Agency) — May 9 — The council will vote on May 14.
Kellwick, May 9 (KNA) The council will vote on May 14.
LONDON, 2 May (Name) - The council will vote on May 14.
SPOKANE, Wash., May 7, 2024 /Newswire/ -- The council will vote on May 14.
São Paulo, Thursday, 9 May 2024 – The council will vote on May 14.
PARIS, Wednesday — The council will vote on May 14.
GENEVA (9 May 2024) – The council will vote on May 14.
9 May 2024 | Geneva - The council will vote on May 14.
April 2 (Name) - 3,000 people will march on May 14.
KELLWICK, May 9.—The council will vote on May 14.
KELLWICK, May 8. The council will vote on May 14.
Kellwick, 9 May 2024: The council will vote on May 14.
NEW DELHI: May 9: The council will vote on May 14.
[Kellwick, May 9] The council will vote on May 14.
9 May 2024, Kellwick: The council will vote on May 14.
Kellwick | 9 May 2024 | The council will vote on May 14."""


@pytest.mark.parametrize("text", DATELINES.splitlines())
def test_the_day_of_a_dateline_is_that_of_the_report(text: str) -> None:
    of_report, day = find_dates(text, date(2024, 5, 9), scheduling=True)
    assert of_report.of_saying and of_report.past and of_report.last <= date(2024, 5, 9)
    assert day.first == date(2024, 5, 14) and not (day.of_saying or day.past)


@pytest.mark.parametrize(
    "text",
    [
        "SUMMER FAIR, May 14 - The town hall will open at noon.",  # no report of a day to come
        "SUMMER FAIR, May 9 - Town hall, noon.",  # no sentence behind it
        "Open day, May 9 - The town hall will open its doors.",
        "Sunday, May 12 - The fair will open.",
        "Kellwick, Saturday: The fair will open.",
        "May 9: The council will vote.",  # a listing, or a dateline
        "Kellwick, May 14.",
        "LONDON - The talks begin on May 9 - The last before summer.",
    ],
)
def test_what_is_no_dateline(text: str) -> None:
    assert [w.of_saying for w in find_dates(text, date(2024, 5, 9), scheduling=True)] == [False]


def test_a_dateline_on_a_line_of_its_own() -> None:
    for text in ("KELLWICK, May 9.", "Kellwick, 9 May 2024", "Thursday, May 9, 2024 | Kellwick"):
        assert [w.of_saying for w in find_dates(text, date(2024, 5, 9), scheduling=True)] == [True]


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("They meet at 3 p.m. Monday, he said.", "ahead"),
        ("They met at 3 p.m. Monday, he said.", "behind"),
        ("The river froze Monday, officials said.", "behind"),
        ("Trains halt Friday, the operator warned on Wednesday in a statement.", "ahead behind"),
        ('"They arrive Sunday," said Mr. Smith.', "ahead"),
        ("He said that refunds go out Monday.", "ahead"),
        ("Smith said the victims ate at the diner Sunday.", "behind"),
        ("The minister, who resigned in April, said that refunds go out Monday.", "behind ahead"),
        ("The firm said in a letter on Tuesday that it pays out on Friday.", "behind ahead"),
        ("He said on Tuesday the strikes begin Friday.", "behind ahead"),
        ("The trial, he said on Monday, ended badly.", "behind"),
        ("On Monday, he said, the talks begin.", "ahead"),
        ("On Monday, he told reporters that the talks begin Friday.", "behind ahead"),
        ("On Monday, officials said the dam will open in June.", "behind ahead"),
        ("In a statement on Monday, the company said: the plant will close.", "behind"),
        ("She said nothing on Tuesday.", "behind"),
        ("The schools shut on Friday, he said.", ""),  # "shut" has one form for both tenses
    ],
)
def test_a_reporting_frame_decides_only_its_own_dates(text: str, sides: str) -> None:
    assert " ".join("behind" if w.past else "ahead" for w in find_dates(text, date(2024, 5, 9))) == sides


@given(st.text(alphabet=st.sampled_from("Monday May3 5 at p.m.-Qin29,to the of/nextweek:'’0")), st.dates())
def test_any_text(text: str, published: date) -> None:
    end = 0
    for when in find_dates(text, published):
        assert text[when.start : when.end] == when.text and end <= when.start < when.end and when.first <= when.last  # type: ignore[operator]
        end = when.end


WORDS = re.findall(
    r"\S+",
    """the early mid late beginning start middle end of in on by at until from to and through this next last first
    second third week month year quarter half weekend Monday Friday May June Oct. 3 14th 31 2 p.m. noon 7:30 2024 ET
    today tomorrow tonight night Easter Q3 within days two ago said will was met he , ; : - — ” “""",
)


@given(
    st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join), st.dates(), st.sampled_from(["Europe/London", None])
)
def test_any_words_of_the_grammar(text: str, published: date, zone: str | None) -> None:
    for when in find_dates(text, published, zone):
        assert text[when.start : when.end] == when.text and when.first <= when.last  # type: ignore[operator]


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("the beginning of June", date(2024, 6, 1), date(2024, 6, 10)),
        ("the start of next month", date(2024, 6, 1), date(2024, 6, 10)),
        ("the middle of next week", date(2024, 5, 15), date(2024, 5, 15)),
        ("the middle of 2026", date(2026, 5, 1), date(2026, 8, 31)),
        ("the end of June", date(2024, 6, 21), date(2024, 6, 30)),
    ],
)
def test_parts_of_a_period(words: str, first: date, last: date) -> None:
    (when,) = find_dates(f"The works will end at {words}.", date(2024, 5, 9))
    assert (when.text, when.kind, when.first, when.last) == (words, "part", first, last)


@pytest.mark.parametrize("zone", ["Europe/London", None])
def test_a_zone_named_for_one_end_of_a_range_leaves_the_other_open(zone: str | None) -> None:
    assert find_dates("It will run from 3 p.m. ET Monday to 5 p.m. Tuesday.", date(2024, 5, 9), zone) == []
    assert len(find_dates("It will run from 3 p.m. ET Monday to 5 p.m. ET Tuesday.", date(2024, 5, 9), zone)) == 1


def test_zones_and_preference() -> None:
    (when,) = find_dates("It starts at 3 p.m. Monday.", date(2024, 5, 9), "Europe/London")
    assert when.first == datetime.fromisoformat("2024-05-13T15:00+01:00")
    assert find_dates("Monday", date(2024, 5, 9), prefer="past")[0].first == date(2024, 5, 6)
    late = datetime.fromisoformat("2024-05-09T23:30:00+00:00")
    assert find_dates("It opens today.", late, "Asia/Tokyo")[0].first == date(2024, 5, 10)
    with pytest.raises(ValueError, match="IANA"):
        find_dates("Monday", late, "Mars/Olympus")
    with pytest.raises(ValueError, match="prefer"):
        find_dates("Monday", late, prefer="now")  # type: ignore[arg-type]


def test_dates_at_the_end_of_the_calendar_are_left_out() -> None:
    assert find_dates("The contract will expire on 9999-12-31.", date(2024, 5, 2), "America/New_York") == []
    assert find_dates("It will expire at 11 p.m. on 9999-12-31.", date(2024, 5, 2), "America/New_York") == []
    assert len(find_dates("The contract will expire on 8999-12-31.", date(2024, 5, 2))) == 1


def test_a_sentence_with_too_many_expressions_is_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is bounded by that: what a rule looks up stays the same however many expressions follow."""
    asked = []
    direction = Tenses.direction
    monkeypatch.setattr(Tenses, "direction", lambda *a: asked.append(a) or direction(*a))
    for text in ("May 3, ", "on Monday will ", "at 19.45 on Monday ", "in 2024, ", "“Monday” "):
        assert find_dates(text * 600, date(2024, 5, 2)) == []
    assert len(asked) < 400
    assert len(find_dates("Talks will be held on " + "May 3, " * 29 + "May 3.", date(2024, 5, 2))) == 30


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The service will be held on Remembrance Sunday.", []),
        ("Small Business Saturday will return to the town.", []),
        ("Mothering Sunday will be marked.", []),
        ("Shops will close on Easter Tuesday.", []),
        ("Blue Monday will be released on Friday.", ["2024-05-03"]),
        ("The Big Sunday run will start at noon.", []),
        ("On Monday the shop will open.", ["2024-05-06"]),
        ("The shop will open at 8 a.m. EST Monday.", ["2024-05-06T08:00:00-04:00"]),
        ("Wednesday will host Leeds on Saturday.", ["2024-05-04"]),
        ("Wednesday will be a holiday.", ["2024-05-08"]),
        ("The Jan. 6 defendants will be sentenced on Monday.", ["2024-05-06"]),
        ("The Oct. 7 victims will be remembered on Monday.", ["2024-05-06"]),
        ("It will open on June 3 in Leeds.", ["2024-06-03"]),
        ("The shop will shut on Chinese New Year's Eve.", []),
        ("Orthodox Christmas Day will be marked on Tuesday.", ["2024-05-07"]),
        ("The shop will shut on Christmas Day.", ["2024-12-25"]),
        ("In May 20 countries will sign the treaty.", []),
        ("In June 12 players will be dropped.", []),
        ("She hopes to finish in 2:05 on Sunday.", ["2024-05-05"]),
        ("He will read John 3:16 on Sunday.", ["2024-05-05"]),
        ("The play will begin at 19:30 on Sunday.", ["2024-05-05T19:30:00"]),
        ("The gates will open at half past 7 p.m. on Friday.", ["2024-05-03T19:30:00"]),
        ("The play will begin at quarter to 8 p.m. on Friday.", ["2024-05-03T19:45:00"]),
        ("The play will begin at 10 to 8 p.m. on Friday.", ["2024-05-03"]),
        ("The play will begin at five to eight p.m. on Friday.", ["2024-05-03"]),
        ("The play will begin at quarter to 12 a.m. on Friday.", ["2024-05-03"]),
        ("Rome will not be built in a day.", []),
        ("Case 2024-06-12-17 will be heard next week.", ["2024-05-06"]),
        ("Two weeks on Monday the court will sit.", []),
    ],
)
def test_what_is_no_date_or_another_is_left_out(text: str, found: list[str]) -> None:
    assert [
        w.first.isoformat() for w in find_dates(text, date(2024, 5, 2), "America/New_York" if "EST" in text else None)
    ] == found


def described(text: str, published: date = date(2024, 5, 7), *, scheduling: bool = False) -> list[str]:
    """Each date as "first..last", with what is known of it besides."""
    found = []
    for w in find_dates(text, published, scheduling=scheduling):
        days = w.first.isoformat() + (f"..{w.last.isoformat()}" if w.last != w.first else "")
        found.append(
            days + " past" * w.past + " of saying" * w.of_saying + (f" from {w.moved_from}" if w.moved_from else "")
        )
    return found


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        # the forms of an expression
        ("The deadline is May 21: no offer will be taken later.", ["2024-05-21"]),
        ("The paper will say in an editorial on Tuesday, May 14: the court was wrong.", ["2024-05-14"]),
        ("They are scheduled to join the pact in April next year.", ["2025-04-01..2025-04-30"]),
        ("In January this year, officers gave up the search.", ["2024-01-01..2024-01-31 past"]),
        ("The trial is set to begin on June 5 next year.", ["2025-06-05"]),
        ("The bridge will open in late April of next year.", ["2025-04-21..2025-04-30"]),
        ("They will meet on Monday fortnight.", ["2024-05-27"]),
        ("Shows will be at 2 p.m. and 7:30 p.m. on Saturday.", ["2024-05-11T14:00:00", "2024-05-11T19:30:00"]),
        ("Shows will be on Saturday at 2 and 7:30 p.m.", ["2024-05-11T14:00:00", "2024-05-11T19:30:00"]),
        ("Shows will be at 19:30 and 21:00 on Saturday.", ["2024-05-11T19:30:00", "2024-05-11T21:00:00"]),
        ("Shows will be on Saturday at 14:00, 16:00 and 18:00.", [f"2024-05-11T{hour}:00:00" for hour in (14, 16, 18)]),
        ("Shows: 2 p.m., 4 p.m. and 6 p.m. on Saturday.", [f"2024-05-11T{hour}:00:00" for hour in (14, 16, 18)]),
        ("Shows will be at 19:30 or 21:00 on Saturday.", ["2024-05-11"]),
        ("Shows will be at 19:30-21:00 on Saturday.", ["2024-05-11T19:30:00..2024-05-11T21:00:00"]),
        ("The show will be at 3 p.m., not 2 p.m., on Saturday.", ["2024-05-11T15:00:00"]),
        ("The hall will open between 2 and 4 p.m. on Saturday.", ["2024-05-11T14:00:00..2024-05-11T16:00:00"]),
        ("The hall will open at 2 or 4 p.m. on Saturday.", ["2024-05-11"]),
        ("The fair will be on May 14 or 15.", []),
        ("The fair will be on 14 & 15 May.", ["2024-05-14..2024-05-15"]),
        *((f"The fair will be on 13{dash}15 May.", ["2024-05-13..2024-05-15"]) for dash in "-‐‑‒–—―"),
        ("The club will play on in 2024-25.", []),
        ("Édouard Šimek will travel to Évian on Friday.", ["2024-05-10"]),
        ("The vote\u00a0will  be\non\u2009Friday.", ["2024-05-10"]),
        ("The fair will be on Saturday and Sunday, May 11-12.", ["2024-05-11..2024-05-12"]),
        ("The fair will run Friday to Sunday, 10-12 May.", ["2024-05-10..2024-05-12"]),
        ("The fair will be on Saturday and Sunday, May 12-13.", []),
        ("The fair will run Thursday, May 30, through Sunday, June 2.", ["2024-05-30..2024-06-02"]),
        ("The fair will run from Dec. 31, 2024, to Jan. 2, 2025.", ["2024-12-31..2025-01-02"]),
        ("The fair will be on Sunday 19/05/2024.", ["2024-05-19"]),
        ("The fair will be on Sunday, 2024-05-19, at noon.", ["2024-05-19T12:00:00"]),
        ("The fair will be on Monday 19/05/2024.", []),
        ("The road will be shut w/c 13 May.", ["2024-05-13..2024-05-19"]),
        ("The road will be shut w/e 17 May.", []),
        ("The road will be closed from 10 p.m. to 5 a.m. on Monday.", ["2024-05-13T22:00:00..2024-05-14T05:00:00"]),
        ("They will meet on Friday and Sunday, May 12.", ["2024-05-10", "2024-05-12"]),
        # weekdays of a story, written on a Tuesday
        ("The strike will start on Friday and end on Wednesday.", ["2024-05-10", "2024-05-15"]),
        ("The hall opens at 10am on Friday and will shut at 4 p.m. on Wednesday.",
         ["2024-05-10T10:00:00", "2024-05-15T16:00:00"]),
        ("They play from Thursday to Saturday and on Wednesday.", ["2024-05-09..2024-05-11", "2024-05-15"]),
        ("They play on Friday, in Orsk on Monday, in Skarra on Thursday.", ["2024-05-10", "2024-05-13", "2024-05-16"]),
        ("They meet on Friday before a vote on Wednesday.", ["2024-05-10", "2024-05-15"]),
        ("They will leave on Friday if the vote on Wednesday fails.", ["2024-05-10", "2024-05-08"]),
        ("They play on Monday night, and the team is to be named on Saturday.", ["2024-05-13", "2024-05-11"]),
        ("Accounts are due by May 31, and the board will meet on Friday.", ["2024-05-31", "2024-05-10"]),
        ("They return on May 31, and a hearing has been set for that Thursday.", ["2024-05-31"]),
        ("The fair, which ends on Friday, will have a visitor from Orsk on Wednesday.", ["2024-05-10"]),
        ("The bill will be debated on May 20 and voted on on Friday.", ["2024-05-20"]),
        ("They meet on Friday and this Wednesday.", ["2024-05-10", "2024-05-08"]),
        # deadlines
        ("The judge set Friday as the deadline for appeals.", ["2024-05-10"]),
        ("The club set 5 p.m. Friday as the deadline for offers.", ["2024-05-10T17:00:00"]),
        ("The two sides agreed on Friday as the deadline.", ["2024-05-10"]),
        ("The two sides agreed on Friday as the day ended.", ["2024-05-03 past"]),
        ("The court set a deadline of May 20 for appeals.", ["2024-05-20"]),
        ("The council set a Friday deadline for bids.", ["2024-05-10"]),
        ("He missed a Friday deadline.", []),
        # one day
        ("The vote will be on Tuesday instead of Monday.", ["2024-05-07 from 2024-05-13"]),
        ("The vote will be on Monday, not Tuesday.", ["2024-05-13 from 2024-05-07"]),
        ("The vote has been moved to Friday from Monday.", ["2024-05-10 from 2024-05-13"]),
        ("The vote was moved from May 13 to May 21.", ["2024-05-21 from 2024-05-13"]),
        ("The vote was moved from Monday, May 13 to May 21.", ["2024-05-21 from 2024-05-13"]),
        ("It was put back from Monday, May 13, 2024, to Tuesday, May 21, 2024.", ["2024-05-21 from 2024-05-13"]),
        ("The vote was moved from Monday, May 13, to Tuesday, May 21.", ["2024-05-21 from 2024-05-13"]),
        ("The vote was moved from Monday, May 13, to an unspecified date.", []),
        ("The vote, which was moved from Monday, May 13, will be held on Tuesday, May 21.", ["2024-05-21"]),
        ("Services will be moved to a new hall from Monday, May 13.", ["2024-05-13"]),
        ("The vote will take place not on Monday but on Friday.", ["2024-05-10 from 2024-05-13"]),
        ("The vote will not be on Monday but on Friday.", ["2024-05-10 from 2024-05-13"]),
        ("The vote will be on Friday (not Monday).", ["2024-05-10 from 2024-05-13"]),
        ("The vote will be on Friday — not Monday.", ["2024-05-10 from 2024-05-13"]),
        ("The vote has been moved to Friday, May 10, from Monday, May 13.", ["2024-05-10 from 2024-05-13"]),
        ("Instead of Monday, the vote will be on Friday.", ["2024-05-10 from 2024-05-13"]),
        ("The vote will be on Friday and not, as announced, on Monday.", ["2024-05-10 from 2024-05-13"]),
        ("The vote will not take place on Monday as planned, but on Friday.", ["2024-05-10 from 2024-05-13"]),
        ("The vote was put back from Friday to Monday.", ["2024-05-13 from 2024-05-10"]),
        ("The vote was brought forward from Friday to Wednesday.", ["2024-05-08 from 2024-05-10"]),
        ("The vote was put back from Monday to Friday.", []),  # of this week or the next
        ("The vote will not take place on Friday but on Tuesday.", []),  # written on a Tuesday
        ("The game was moved from 10 a.m. to 2 p.m. on Friday.", ["2024-05-10T14:00:00"]),
        ("The craft, which will launch at the end of the month on May 29, will go to Norwick.", ["2024-05-29"]),
        ("Monday (May 20) will be a holiday.", ["2024-05-20"]),
        # what comes again, an age, a vague number
        ("The marchers walk each July from the church to the centre.", []),
        ("The club meets on Tuesday nights.", []),
        ("The club meets each year on July 4.", []),
        ("It is held on July 4 every year.", []),
        ("Many of today's computers use the chip.", []),
        ("The leaders of tomorrow will need help.", []),
        ("Today's vote will be close.", ["2024-05-07"]),
        ("You may, in a year or two, save a few more lives.", []),
        ("It was a year ago today that the flood came.", []),
        ("The leaders will meet in Budapest within two weeks.", ["2024-05-07..2024-05-21"]),
        # no verb of the past
        ("On Wednesday, Ahmed and his sister are to travel to Geneva.", ["2024-05-08"]),
        ("On Friday, Alfred Reed will open the bridge.", ["2024-05-10"]),
        ("The lender said it will redeem 9.5 million Series H preferred shares on May 31 at $27 each.", ["2024-05-31"]),
        ("The bank will buy all shares tendered by holders from today through May 17.", ["2024-05-07..2024-05-17"]),
        ("The prosecutor has scheduled a news conference Thursday.", ["2024-05-09"]),
        ("The group planned a large rally in Norwick on Saturday and was planning to march on Monday.", []),
        ("Portugal re-elected its president on Sunday; he will be sworn in on June 9.", ["2024-05-05 "
        "past", "2024-06-09"]),
        # nothing ahead
        ("Neither he nor his parents could be located Wednesday in their home town.", ["2024-05-01 past"]),
        ("A drop in the firm's shares on Wednesday may be due to the chip.", []),
        ("Rovan's share of 7% before Friday's purchases is far below that of Belmar.", []),
        ("He said on ABC's \"This Week,\" that the request was legal.", []),
        # where a weekday stands
        ("The minister is to resume talks in Paris Friday.", ["2024-05-10"]),
        ("The World Court Friday rejected the plea.", ["2024-05-03 past"]),
        ("Later Friday, the court will rule.", ["2024-05-10"]),
        ("It expects to close the sale by year-end.", ["2024-12-31"]),
        # the day of the saying
        ("Old ties have been shattered, Premier Jan Orsk said here Friday.", ["2024-05-03 past of saying"]),
        ("The council said on Thursday that it will meet on Monday.", ["2024-05-02 past of saying", "2024-05-13"]),
        ("Officials on Monday said the dam will open on Friday.", ["2024-05-06 past of saying", "2024-05-10"]),
        ("The dam will open on Friday, officials said on Monday.", ["2024-05-10", "2024-05-06 past of saying"]),
        ("The minister, who resigned on Monday, said that refunds go out Friday.", ["2024-05-06 past", "2024-05-10"]),
    ],
)  # fmt: skip
def test_kinds(text: str, dates: list[str]) -> None:
    assert described(text) == dates


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("Mr. Roe was asked to appear on June 1.", ["2024-06-01"]),
        ("Prices have come down from the middle of October to these lows.", []),
        ("A drop in the firm's shares on Wednesday may be due to the chip.", []),
        ("The agency had ruled that the boy must go and set Friday as the deadline for his return.", []),
        ("The hearing was due on Thursday.", ["2024-05-09"]),
        ("Ministers agreed to meet on Friday.", ["2024-05-10"]),
        ("The vote took place on Friday.", ["2024-05-03 past"]),
    ],
)
def test_what_verbs_leave_open_lies_ahead_in_a_scheduling_sentence(text: str, dates: list[str]) -> None:
    assert described(text, scheduling=True) == dates
    assert described(text) == [d for d in dates if "past" in d]
