"""Clock times in a zone: the right instant, or no clock time at all;
never an hour of the reader's own that nobody gave.
"""

import re
import string
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.dates import zones
from onrecord.dates.resolve import find_dates

PUBLISHED = date(2024, 5, 7)  # a Tuesday
READER = "Pacific/Chatham"  # +12:45 and +13:45, which are nobody else's


def resolve(words: str, zone: str | None = READER) -> str:
    """The one date of the sentence, as ISO 8601."""
    (when,) = find_dates(f"The call will begin {words}.", PUBLISHED, zone)
    return when.first.isoformat()


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("at 10 a.m. Eastern on Friday", "2024-05-10T10:00:00-04:00"),
        ("at 10 a.m. U.S. Eastern Standard Time on Friday", "2024-05-10T10:00:00-04:00"),
        ("at 7:30pm Central time on Friday", "2024-05-10T19:30:00-05:00"),
        ("Friday at noon Mountain Daylight Time", "2024-05-10T12:00:00-06:00"),
        ("Friday at 7 p.m. pacific time", "2024-05-10T19:00:00-07:00"),
        ("at 10 a.m. New York time on Friday", "2024-05-10T10:00:00-04:00"),
        ("at 10 a.m. Beijing time on Friday", "2024-05-10T10:00:00+08:00"),
        ("at 10 a.m. New Delhi time on Friday", "2024-05-10T10:00:00+05:30"),
        ("at 10 a.m. São Paulo time on Friday", "2024-05-10T10:00:00-03:00"),
        ("at 10 a.m. Central European Time on Friday", "2024-05-10T10:00:00+02:00"),
        ("at 10 a.m. Central European Summer Time on Friday", "2024-05-10T10:00:00+02:00"),
        ("at 10 a.m. UK time on Friday", "2024-05-10T10:00:00+01:00"),
        ("at 10 a.m. SAST on Friday", "2024-05-10T10:00:00+02:00"),
        ("at 10 a.m. PKT on Friday", "2024-05-10T10:00:00+05:00"),
        ("at 3pm gmt on Friday", "2024-05-10T15:00:00+00:00"),
        ("at 15:00 (CET) on Friday", "2024-05-10T15:00:00+02:00"),
        ("at 1500 KST on Friday", "2024-05-10T15:00:00+09:00"),
        ("at 1500 Tokyo time on Friday", "2024-05-10T15:00:00+09:00"),
        ("at 10 a.m. UTC+3 on Friday", "2024-05-10T10:00:00+03:00"),
        ("at 10 a.m. (GMT−5:30) on Friday", "2024-05-10T10:00:00-05:30"),
        ("at half past 7 p.m. Eastern time on Friday", "2024-05-10T19:30:00-04:00"),
        # the zone stands behind the day
        ("at 10 a.m. on Friday, Beijing time", "2024-05-10T10:00:00+08:00"),
        ("at 10 a.m. on May 10 (Beijing time)", "2024-05-10T10:00:00+08:00"),
        ("at 10 a.m. Friday Beijing time", "2024-05-10T10:00:00+08:00"),
        ("at 10 a.m. Friday ET", "2024-05-10T10:00:00-04:00"),
        ("Friday at 10 a.m., Eastern time", "2024-05-10T10:00:00-04:00"),
        # the zone of the place
        ("at 10 a.m. in Beijing on Friday", "2024-05-10T10:00:00+08:00"),
        ("Friday at 10 a.m. in Beijing", "2024-05-10T10:00:00+08:00"),
        ("at 10 a.m. Friday in New York", "2024-05-10T10:00:00-04:00"),
        ("at 10 a.m. in New York Friday", "2024-05-10T10:00:00-04:00"),
        ("at 10 a.m. on Friday at the town hall in Denver", "2024-05-10T10:00:00-06:00"),
        ("at 10 a.m. at the court in Lagos on Friday", "2024-05-10T10:00:00+01:00"),
        ("in Tokyo at 10 a.m. on Friday", "2024-05-10T10:00:00+09:00"),
        ("in Tokyo on Friday at 10 a.m.", "2024-05-10T10:00:00+09:00"),
        ("at 10 a.m. EDT on Friday in Tokyo", "2024-05-10T10:00:00-04:00"),
        ("at 10 a.m. in Beijing on Friday (0200 GMT)", "2024-05-10T02:00:00+00:00"),
        # of a place that is not known, or may be another
        ("Friday at 10 a.m. in Zork", "2024-05-10T10:00:00+12:45"),
        ("Friday at 10 a.m. in London, Ontario", "2024-05-10T10:00:00+12:45"),
        ("Friday at 10 a.m. in Santiago de Compostela", "2024-05-10T10:00:00+12:45"),
        ("Friday at 10 a.m. in Pacific Palisades", "2024-05-10T10:00:00+12:45"),
        # a second time in Greenwich's zone wins, and the day is that of the first
        ("at 10 a.m. (1400 GMT) on Friday", "2024-05-10T14:00:00+00:00"),
        ("at 10 a.m. on Friday (1400 GMT)", "2024-05-10T14:00:00+00:00"),
        ("at 10 a.m. local time on Friday (1400 GMT)", "2024-05-10T14:00:00+00:00"),
        ("at 10 a.m. Zork time (2 p.m. UTC) on Friday", "2024-05-10T14:00:00+00:00"),
        ("at 8 p.m. local time on Friday (0000 GMT)", "2024-05-11T00:00:00+00:00"),
        ("at 8 p.m. EDT on Friday (0000 GMT Saturday)", "2024-05-11T00:00:00+00:00"),
        ("Friday at 7 a.m. Tokyo time (2200 GMT)", "2024-05-09T22:00:00+00:00"),
        ("Friday at 7 a.m. Auckland time (1900 GMT)", "2024-05-09T19:00:00+00:00"),
        ("Friday at 10 a.m. in Quito (1500 GMT)", "2024-05-10T15:00:00+00:00"),
        ("at 9 p.m. Beijing time (9 a.m. EDT) on Friday", "2024-05-10T21:00:00+08:00"),
        ("at 9 p.m. local time (9 a.m. EDT) on Friday", "2024-05-10T09:00:00-04:00"),
        # not known: the day alone
        ("at 10 a.m. Zork time on Friday", "2024-05-10"),
        ("at 10 a.m. Zork on Friday", "2024-05-10"),
        ("Friday at 10 a.m. Zork", "2024-05-10"),
        ("Friday at 10 a.m. Zork Standard Time", "2024-05-10"),
        ("at 10 a.m. XQT on Friday", "2024-05-10"),
        ("at 10 a.m. on Friday, Zork time", "2024-05-10"),
        ("at Zork time 10 a.m. Friday", "2024-05-10"),
        ("at 10 a.m. local time on Friday", "2024-05-10"),
        ("at 10 a.m. UTC+25 on Friday", "2024-05-10"),
        ("at 10 a.m. Christmas time on Friday", "2024-05-10"),
        ("at 10 a.m. IST on Friday", "2024-05-10"),
        # no zone
        ("at 10 a.m. on Friday", "2024-05-10T10:00:00+12:45"),
        ("at 10 a.m. Friday", "2024-05-10T10:00:00+12:45"),
    ],
)
def test_instants(words: str, moment: str) -> None:
    assert resolve(words) == moment


@pytest.mark.parametrize(
    ("zone", "moment"),
    [
        ("Asia/Kolkata", "2024-05-10T10:00:00+05:30"),
        ("Europe/Dublin", "2024-05-10T10:00:00+01:00"),
        ("Asia/Jerusalem", "2024-05-10T10:00:00+03:00"),
        ("Europe/London", "2024-05-10"),
        (None, "2024-05-10"),
    ],
)
def test_ist_is_the_readers_own_or_none(zone: str | None, moment: str) -> None:
    assert resolve("at 10 a.m. IST on Friday", zone) == moment


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("at 10 a.m. local time on Friday", "2024-05-10T10:00:00"),
        ("at 10 a.m. on Friday, local time", "2024-05-10T10:00:00"),
        ("at 10 a.m. on Friday local time", "2024-05-10T10:00:00"),
        ("at 10 a.m. local time (1400 GMT) on Friday", "2024-05-10T14:00:00+00:00"),
        ("in Tokyo at 10 a.m. local time on Friday", "2024-05-10T10:00:00+09:00"),
        ("at 10 a.m. local time in Tokyo on Friday", "2024-05-10T10:00:00+09:00"),
    ],
)
def test_local_time_floats_for_a_reader_without_a_zone(words: str, moment: str) -> None:
    assert resolve(words, None) == moment


def test_an_abbreviation_of_the_readers_zone() -> None:
    assert resolve("at 10 a.m. CST on Friday", "Asia/Shanghai") == "2024-05-10T10:00:00+08:00"
    assert resolve("at 10 a.m. CST on Friday", "Europe/Paris") == "2024-05-10T10:00:00-05:00"
    assert resolve("at 10 a.m. PST on Friday", "Asia/Manila") == "2024-05-10T10:00:00+08:00"


def test_the_subject_of_a_clause_is_no_zone() -> None:
    assert resolve("on Friday at 10 a.m. EU leaders will meet") == "2024-05-10T10:00:00+12:45"


words = st.text(string.ascii_letters, min_size=1, max_size=12).map(lambda w: w[0].upper() + w[1:])
capitals = st.text(string.ascii_uppercase, min_size=2, max_size=5)
NO_ZONE = {"AM", "PM", "Noon", "Chatham"}
FORMS = (
    "at 10 a.m. {} time on Friday",
    "Friday at 10 a.m. {} time",
    "at 10 a.m. Friday, {} time",
    "at 19:30 {} Time on May 10",
    "at 10 a.m. {} on Friday",
    "Friday at 10 a.m. {}",
    "on Friday at 10 a.m. ({})",
    "at {} time 10 a.m. Friday",
)


def hours_of_the_reader(words: str) -> list[datetime]:
    found = find_dates(f"The call will begin {words}.", PUBLISHED, READER)
    return [w.first for w in found if isinstance(w.first, datetime) and w.first.tzinfo == ZoneInfo(READER)]


@settings(max_examples=300)
@given(words | capitals | st.lists(words, min_size=2, max_size=3).map(" ".join), st.sampled_from(FORMS))
def test_no_word_gives_the_readers_own_zone(word: str, form: str) -> None:
    day = rf"{zones._DAY}|Today|Tomorrow|Tonight"
    if not (set(word.split()) & NO_ZONE) and not any(re.fullmatch(day, part) for part in word.split()):
        assert hours_of_the_reader(form.format(word)) == []


def test_the_property_can_fail() -> None:
    assert hours_of_the_reader("at 10 a.m. Friday") and hours_of_the_reader("at 10 a.m. Chatham time on Friday")


def test_no_city_of_the_database_gives_the_readers_own_zone() -> None:
    cities = {n.split("/")[-1].replace("_", " ") for n in available_timezones() if n.split("/")[0] in zones._AREAS}
    known = [city for city in cities if "T" in resolve(f"at 10 a.m. {city} time on Friday")]
    assert [city for city in cities if hours_of_the_reader(f"at 10 a.m. {city} time on Friday")] == ["Chatham"]
    assert len(known) > 350


def test_abbreviations_agree_with_the_database() -> None:
    offsets: dict[str, set[timedelta]] = {}
    for name in available_timezones():
        if name.split("/")[0] in zones._AREAS:
            for year in (2022, 2026):
                for month in (1, 7):
                    at = datetime(year, month, 1, tzinfo=ZoneInfo(name))
                    offsets.setdefault(at.tzname() or "", set()).add(at.utcoffset() or timedelta())
    shared = set(zones._HOURS) & set(offsets)
    assert len(shared) > 25
    assert {n for n in shared if offsets[n] != {timedelta(hours=zones._HOURS[n])}} == set()
    assert all(ZoneInfo(zone) for zone in [*zones._ZONES.values(), *zones._PLACES.values()])
