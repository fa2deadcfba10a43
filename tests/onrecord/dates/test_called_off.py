"""What is called off, put off, moved or banned is never a plain entry of the day given up."""

import pytest

from tests.onrecord.dates.test_diary import events


def made(text: str) -> list[tuple[str, str]]:
    return [(e.status, e.when.first.isoformat()[5:]) for e in events(text)]


@pytest.mark.parametrize(
    ("text", "status", "days"),
    [
        ("Concerts on May 14 and 16 have been cancelled.", "cancelled", ["05-14", "05-16"]),
        ("Concerts on May 14, 16 and 21 have been cancelled.", "cancelled", ["05-14", "05-16", "05-21"]),
        ("The games on Saturday and Sunday have been called off.", "cancelled", ["05-04", "05-05"]),
        ("Unions have suspended the strikes planned for May 14 and 16.", "cancelled", ["05-14", "05-16"]),
        ("Unions called off strikes planned for May 14.", "cancelled", ["05-14"]),
        ("The airline has cancelled flights on May 14.", "cancelled", ["05-14"]),
        ("Friday's strike has been averted.", "cancelled", ["05-03"]),
        ("The league has postponed the match scheduled for May 14.", "cancelled", ["05-14"]),
        ("The committee delayed a vote planned for Tuesday.", "cancelled", ["05-07"]),
        ("The league has postponed the draw, set for May 14, because of the war.", "cancelled", ["05-14"]),
        ("NASA has delayed the launch that had been set for Saturday.", "cancelled", ["05-04"]),
        ("Organisers have called off the festival, which was to be held on May 14.", "cancelled", ["05-14"]),
        ("The band cancelled its tour, which was due to start on May 14.", "cancelled", ["05-14"]),
        ("Officials postponed the match, due to be played on Saturday.", "cancelled", ["05-04"]),
        ("The concert, on Friday, has been cancelled.", "cancelled", ["05-03"]),
        ("Both shows, on Friday and Saturday, have been cancelled.", "cancelled", ["05-03", "05-04"]),
        ("The march on Friday and the rally on Saturday have been banned.", "cancelled", ["05-03", "05-04"]),
        ("Friday's hearing has been moved to next Friday.", "cancelled", ["05-03"]),
        ("Friday's hearing has been rescheduled.", "cancelled", ["05-03"]),
        ("Friday's vote will now be held on Thursday.", "cancelled", ["05-03"]),
        ("Friday's hearing has been moved to courtroom 4.", "confirmed", ["05-03"]),
        ("The match on May 14 will not be moved to May 20.", "confirmed", ["05-14"]),
        ("Barring a deal, drivers will walk out on Friday.", "tentative", ["05-03"]),
        ("There will be no vote on Tuesday, the speaker said.", "cancelled", ["05-07"]),
        ("No hearing will be held on Tuesday.", "cancelled", ["05-07"]),
        ("The march planned for Saturday has been banned.", "cancelled", ["05-04"]),
        ("The execution set for Friday has been halted.", "cancelled", ["05-03"]),
        ("The flight, due to leave on Friday, was blocked by a judge.", "cancelled", ["05-03"]),
        ("The meeting originally scheduled for Tuesday will be held on Thursday instead.", "cancelled", ["05-07"]),
        ("There will be no change to the vote on Tuesday.", "confirmed", ["05-07"]),
        ("There will be no joint statement when the leaders meet on Tuesday.", "confirmed", ["05-07"]),
        ("The strike has been suspended until May 14.", "confirmed", ["05-14"]),
        ("Work has been halted until May 14.", "confirmed", ["05-14"]),
        ("A hearing on the motion to move the trial is set for May 14.", "confirmed", ["05-14"]),
        ("The vote was postponed twice before being set for May 14.", "moved", ["05-14"]),
        ("A match that was postponed in March because of snow is due to be played on May 14.", "confirmed", ["05-14"]),
        ("The festival which was cancelled last year is to open on May 14.", "confirmed", ["05-14"]),
        ("A vote that was put off in April is expected on May 14.", "confirmed", ["05-14"]),
        ("A vote that is due on May 14 has been put off.", "cancelled", ["05-14"]),
        ("The match on May 14 has been postponed as the pitch will be under water.", "cancelled", ["05-14"]),
        ("The trial was postponed and is now set for May 14.", "moved", ["05-14"]),
        ("The first concert is on May 14 and the second one is now on May 20.", "confirmed", ["05-14", "05-20"]),
        ("Typhoon Kong-rey will reach Taiwan on Saturday.", "tentative", ["05-04"]),
        ("Storm Ciarán is expected to hit Brittany on Saturday.", "tentative", ["05-04"]),
        ("The court heard that the trial would begin on May 14.", "confirmed", ["05-14"]),
        ("Flights will resume on May 14 after being suspended for two days.", "confirmed", ["05-14"]),
        ("The trial will open on May 14 after being delayed for two weeks.", "confirmed", ["05-14"]),
        ("Classes resume on May 14 after they were suspended for a week.", "confirmed", ["05-14"]),
        ("The trial opens on May 14 after it was postponed twice.", "confirmed", ["05-14"]),
        ("The hearing on May 14 has been cancelled after it was moved.", "cancelled", ["05-14"]),
        ("Police have banned a march planned for Saturday.", "cancelled", ["05-04"]),
        ("The city has banned Saturday's rally.", "cancelled", ["05-04"]),
        ("About 200 flights have been cancelled ahead of the strike on May 14.", "confirmed", ["05-14"]),
        ("The mayor called off his holiday to attend the hearing on May 14.", "confirmed", ["05-14"]),
        ("He cancelled his holiday because the trial starts on May 14.", "confirmed", ["05-14"]),
        ("There will be no alcohol at the final on May 14.", "confirmed", ["05-14"]),
        ("The committee will discuss on May 14 whether to call off the tour.", "confirmed", ["05-14"]),
        ("The board meets on May 14 to consider whether the race should go ahead.", "confirmed", ["05-14"]),
        ("The council will decide whether to hold the march on May 14.", "tentative", ["05-14"]),
        ("The court will hear the appeal, which was adjourned in March, on May 14.", "confirmed", ["05-14"]),
        ("Djokovic will play Nadal, whom he beat in Paris, on Saturday.", "confirmed", ["05-04"]),
        ("The senator delayed Monday's vote to Friday.", "left out", []),  # this Friday or the next
    ],
)
def test_status_of_every_day(text: str, status: str, days: list[str]) -> None:
    assert made(text) == [(status, day) for day in days]


@pytest.mark.parametrize(
    ("text", "status", "day", "previous"),
    [
        ("The launch was delayed from Saturday to no earlier than Monday.", "tentative", "2024-05-06", None),
        ("The debate, on Sunday, has been moved to 8 p.m. on Monday.", "moved", "2024-05-06T20:00:00", "2024-05-05"),
        ("The debate on Sunday was moved to 8 p.m. CEST on May 6.", "moved", "2024-05-06T20:00:00+02:00", "2024-05-05"),
        ("Friday's hearing has been moved to Monday.", "moved", "2024-05-06", "2024-05-03"),
        ("The May 14 hearing has been postponed until May 20.", "moved", "2024-05-20", "2024-05-14"),
        ("Friday's vote will now be held on Monday.", "moved", "2024-05-06", "2024-05-03"),
        ("The committee has postponed the vote scheduled for May 14 to May 20.", "moved", "2024-05-20", "2024-05-14"),
        ("The league postponed Saturday's game until Tuesday.", "moved", "2024-05-07", "2024-05-04"),
        ("Organisers have moved Saturday's parade to Sunday.", "moved", "2024-05-05", "2024-05-04"),
        ("The board brought forward Monday's meeting to Friday.", "moved", "2024-05-03", "2024-05-06"),
        ("The minister put off Friday's visit until May 14.", "moved", "2024-05-14", "2024-05-03"),
    ],
)
def test_moves(text: str, status: str, day: str, previous: str | None) -> None:
    (event,) = events(text)
    before = event.previous and event.previous.first.isoformat()
    assert (event.status, event.when.first.isoformat(), before) == (status, day, previous)


@pytest.mark.parametrize(
    ("sentences", "statuses"),
    [
        (
            "The premier will visit Rome on May 7. The premier will visit Paris on May 9."
            " The visit to Paris has been cancelled.",
            ["confirmed 05-07", "cancelled 05-09"],
        ),
        (
            "The flight to Paris will leave on May 7. The flight to Rome will leave on May 8."
            " The flight to Rome has been cancelled.",
            ["confirmed 05-07", "cancelled 05-08"],
        ),
        (
            "The match against Italy is on May 7. The match against Spain is on May 9."
            " The match against Spain has been called off.",
            ["confirmed 05-07", "cancelled 05-09"],
        ),
        (
            "The first hearing is on May 7. The second hearing is on May 14."
            " The second hearing has been moved to May 16.",
            ["confirmed 05-07", "moved 05-16"],
        ),
        (
            "A hearing is set for May 7. A separate hearing on May 14 was cancelled.",
            ["confirmed 05-07"],
        ),
        (
            "The union plans strikes on May 7 and May 9. The strike on May 9 was suspended.",
            ["confirmed 05-07", "cancelled 05-09"],
        ),
        (
            "Arsenal host Chelsea on May 7. Spurs face Villa on May 8. The Arsenal game has been postponed.",
            ["cancelled 05-07", "confirmed 05-08"],
        ),
        (
            "A rally is planned for May 11. On Tuesday the organisers called off the rally.",
            ["cancelled 05-11"],
        ),
    ],
)
def test_only_what_is_meant_is_called_off(sentences: str, statuses: list[str]) -> None:
    found = events(*(part.removesuffix(".") + "." for part in sentences.split(". ")))
    assert [f"{e.status} {e.when.first.isoformat()[5:]}" for e in found] == statuses


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("The concert planned for Friday has been called off.", "cancelled"),
        ("The vote scheduled for Monday was cancelled, he said.", "cancelled"),
        ("The club has cancelled the match set for Saturday.", "cancelled"),
        ("The strike set for Friday has not been called off.", "confirmed"),
        ("The match due on Saturday may be called off.", "tentative"),
        ("He denied that the vote due on Monday had been cancelled.", "confirmed"),
        ("The cancelled match will be played on Saturday.", "confirmed"),
        ("The strike was called off and talks resume Monday.", "confirmed"),
        ("Trains are cancelled from Monday.", "confirmed"),
        ("Trading will be suspended on Monday.", "confirmed"),
        ("The game will go ahead on Saturday despite the rain.", "confirmed"),
        ("The judge set Friday as the deadline for appeals.", "confirmed"),
        ("The rail strike due on Friday is off.", "cancelled"),
        ("The court dropped the hearing listed for May 29.", "cancelled"),
        ("Plans for a second train on May 20 have been dropped.", "cancelled"),
        ("Smith, who was dropped, will miss the game on May 4.", "confirmed"),
        ("The books were to have opened on May 24.", "cancelled"),
        ("They had been due to meet on May 8.", "cancelled"),
        ("The union called off Sunday's march.", "cancelled"),
        ("The strike planned for May 8 has been averted.", "cancelled"),
        ("The hearing set for May 8 was vacated by the judge.", "cancelled"),
        ("The vote planned for Tuesday has been pulled.", "cancelled"),
        ("Leaders pulled the vote planned for Tuesday.", "cancelled"),
        ("The execution set for May 8 was stayed by the court.", "cancelled"),
        ("The visit planned for May 8 is on hold.", "cancelled"),
        ("The troops will be pulled back on May 8.", "confirmed"),
        ("The strike on May 8 will not be averted.", "confirmed"),
        ("Orlov, who comes to the end of his term on May 8, has stayed silent.", "confirmed"),
        ("Orlov, who leaves on May 8, has paused for thought.", "confirmed"),
        ("The trial will open on Thursday, May 9, three days late.", "moved"),
        ("The ship due in Orsk on Sunday will berth on Tuesday instead.", "moved"),
        ("It put off its flights to May 12; they had been announced for May 9.", "moved"),
        ("Rain is expected to spoil the fair, with up to 40mm on Saturday.", "tentative"),
        ("The council will vote on Monday on whether to build a tram.", "confirmed"),
    ],
)
def test_called_off(text: str, status: str) -> None:
    (event,) = events(text)
    assert event.status == status
