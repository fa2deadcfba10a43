"""Time zones as news writes them behind a clock time: ET, Eastern time,
Beijing time, Central European Time, UTC+2, (GMT).

What looks like a zone and is not known leaves the clock time out: no reader is told an hour of his own. IST, which is
three zones, is the reader's own or none, and so is every abbreviation that the reader's zone has for itself (CST in
Shanghai). "EST" in July is a slip for the time on the clocks there.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from onrecord.dates.calendar_arithmetic import MONTH, WEEKDAY
from onrecord.patterns import lazy

_HOURS = {  # east of Greenwich, of abbreviations that stand for one offset
    name: hours
    for hours, names in {
        -10: "HST",
        -9: "AKST",
        -8: "AKDT",
        -5: "COT PET",
        -3.5: "NST",
        -3: "ART BRT",
        -2.5: "NDT",
        0: "GMT UTC WET",
        1: "WEST WAT",
        2: "CAT SAST EET",
        3: "EEST EAT MSK TRT IDT",
        3.5: "IRST",
        4: "GST",
        4.5: "AFT",
        5: "PKT",
        5.75: "NPT",
        7: "ICT WIB",
        8: "WITA AWST HKT MYT PHT SGT",
        9: "JST KST WIT",
        9.5: "ACST",
        10: "AEST",
        10.5: "ACDT",
        11: "AEDT",
        12: "NZST",
        13: "NZDT",
    }.items()
    for name in names.split()
}
_AMERICAN = {"E": "America/New_York", "C": "America/Chicago", "M": "America/Denver", "P": "America/Los_Angeles"}
_ZONES = {f"{letter}{middle}T": zone for letter, zone in _AMERICAN.items() for middle in ("", "S", "D")} | {
    "BST": "Europe/London",
    "CET": "Europe/Paris",
    "CEST": "Europe/Paris",
    "AET": "Australia/Sydney",
}
_PLACES = {  # names that the IANA database lacks, in small letters
    name: zone
    for zone, names in {
        "UTC": "greenwich mean, greenwich, coordinated universal, universal coordinated, universal",
        "America/New_York": "eastern, us eastern, east coast, us east coast, washington, boston, atlanta, miami",
        "America/Chicago": "central, us central, dallas, houston, texas",
        "America/Denver": "mountain, us mountain",
        "America/Los_Angeles": "pacific, us pacific, west coast, us west coast, california, san francisco, seattle",
        "America/Anchorage": "alaska",
        "Pacific/Honolulu": "hawaii",
        "America/Halifax": "atlantic",
        "America/Sao_Paulo": "brasilia, rio de janeiro",
        "America/Argentina/Buenos_Aires": "argentina, argentine",
        "America/Bogota": "colombia, colombian",
        "Europe/London": "british, uk, edinburgh",
        "Europe/Dublin": "irish, ireland",
        "Europe/Paris": "central european, french, france",
        "Europe/Berlin": "german, germany, frankfurt",
        "Europe/Rome": "italian, italy, milan",
        "Europe/Madrid": "spanish, spain, barcelona",
        "America/St_Johns": "newfoundland",
        "Europe/Zurich": "swiss, geneva",
        "Europe/Athens": "eastern european, greek, greece",
        "Europe/Lisbon": "western european",
        "Europe/Istanbul": "turkish, turkey, ankara",
        "Asia/Jerusalem": "israel, israeli",
        "Asia/Dubai": "gulf, abu dhabi, uae",
        "Asia/Riyadh": "saudi, saudi arabian, mecca",
        "Asia/Tehran": "iran, iranian",
        "Asia/Karachi": "pakistan, pakistani, islamabad, lahore",
        "Asia/Kolkata": "india, indian, delhi, new delhi, mumbai",
        "Asia/Kathmandu": "nepal",
        "Asia/Dhaka": "bangladesh",
        "Asia/Bangkok": "thailand, thai, hanoi, vietnam",
        "Asia/Manila": "philippine, philippines",
        "Asia/Shanghai": "beijing, china, chinese",
        "Asia/Seoul": "korea, korean, south korea, south korean",
        "Asia/Tokyo": "japan, japanese",
        "Africa/Nairobi": "east africa, east african, kenya, kenyan",
        "Africa/Lagos": "west africa, west african, nigeria, nigerian, abuja",
        "Africa/Maputo": "central africa, central african",
        "Africa/Johannesburg": "south africa, south african, pretoria, cape town",
        "Africa/Cairo": "egypt, egyptian",
        "Australia/Sydney": "australian eastern",
        "Pacific/Auckland": "new zealand, wellington",
    }.items()
    for name in names.split(", ")
}
_NO_CITIES = (  # of those names the ones that are no place without "time" behind them
    *("eastern", "central", "mountain", "pacific", "gulf", "atlantic", "universal"),
    *("british", "french", "german", "greek", "indian", "newfoundland", "spanish"),
)
_STATES = (  # behind a comma they tell of another London
    "Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Idaho|Illinois|Indiana|Iowa"
    "|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska"
    "|Nevada|New Hampshire|New Jersey|New Mexico|New York|North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania"
    "|Rhode Island|South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|Washington|West Virginia|Wisconsin"
    "|Wyoming|Alberta|British Columbia|Manitoba|New Brunswick|Newfoundland|Nova Scotia|Ontario|Quebec|Saskatchewan"
    r"|[A-Z][a-z]{1,4}\.|[A-Z]\.[A-Z]\.|[A-Z]{2}\b"
)
_AREAS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")  # of the IANA database
_AMBIGUOUS = (  # names there that are other places as well, or other words
    *("center", "christmas", "cordoba", "easter", "knox", "merida", "north", "oral", "petersburg", "san juan", "south"),
    *("victoria", "virgin", "wake", "west"),
)

_DAY = rf"{WEEKDAY}|{MONTH}|(?:Mon|Tues?|Wed|Thu(?:rs)?|Fri|Sat|Sun|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?"
_CAPITAL = rf"(?!(?:{_DAY}|Today|Tomorrow|Tonight)\b)[A-Z][\w.’'-]{{0,30}}"
_SMALL = (
    "local|their|our|your|eastern|central|mountain|pacific|east|west|standard|daylight|summer|winter|coast|de|es|of"
)
_ABBREVIATION = r"[A-Z]{1,4}T|UTC|MSK|WIB|WITA|(?i:gmt|utc|bst|cest|[ecmp][sd]t)"
_WRITTEN = rf"""
    (?:UTC|GMT)\ ?(?P<sign>[+–-])\ ?(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?(?!\d)
    |(?:the\ )?(?P<place>(?:(?:{_CAPITAL}|(?:{_SMALL})\b)[ -]){{1,5}})[Tt]ime(?![\w’'-])
    |(?P<abbreviation>{_ABBREVIATION})(?![\w’'-])"""
_BEHIND = lazy(rf"(?:,?\ \(?|\()(?:{_WRITTEN})\)?", re.VERBOSE)
# "10 a.m. Eastern", "10 a.m. Beijing on Friday": no subject of what follows, as in "at 10 a.m. Ms. Roe will speak"
_ALONE = lazy(
    rf"(?:\ \(?|\()(?P<place>{_CAPITAL}(?:\ {_CAPITAL}){{0,2}})(?<!\.)"
    rf"(?:\)|(?=\ ?(?:$|[.,;:!?/–—)”\"-])|\ (?:{_DAY}|on|in|at|for|and|or|to|from|until|this|next|today|tomorrow)\b))",
)

# "10 a.m. in Beijing", "in Beijing at 10 a.m."
_CITY = rf"(?P<place>{_CAPITAL}(?: {_CAPITAL}){{0,2}})(?!, (?:{_STATES})| {_CAPITAL}| (?:de|del|la|upon)\b)"
_IN_CITY = lazy(rf",? (?:at (?:[\w’'-]+ ){{1,5}}?)?in {_CITY}")  # in a hall there, too
_CITY_BEFORE = lazy(rf"\b[Ii]n {_CITY},? (?:(?:from|at|on) )?$")


class Zone(NamedTuple):
    """What stands behind a clock time: where it ends, and its zone, or None for one that is not known."""

    end: int
    zone: tzinfo | None
    local: bool = False  # "local time": that of the place


def zone_named(name: str | None) -> ZoneInfo | None:
    """The zone of an IANA name, None of none. Raises ValueError for an unknown one."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"zone {name!r} is unknown; give an IANA name such as Europe/London") from error


def zone_behind(text: str, position: int, reader: tzinfo | None = None, alone: bool = False) -> Zone | None:
    """The zone named right behind text[:position], a clock time or its day; None if nothing there looks like one.

    `reader` is the reader's own zone, for the abbreviations that it has for itself. With `alone` a capitalised word
    counts too ("10 a.m. Eastern"), unless it may be the subject of a sentence. White space is single blanks, as `plain`
    leaves it.
    """
    match = _BEHIND.match(text, position)
    if match:
        if match["sign"]:
            return Zone(match.end(), _offset(match["sign"], int(match["hours"]), int(match["minutes"] or 0)))
        if match["place"]:
            if match["place"].lower() == "local ":
                return Zone(match.end(), None, local=True)
            return Zone(match.end(), _of_place(match["place"].replace("-", " ").rstrip()))
        return Zone(match.end(), _of_abbreviation(match["abbreviation"].upper(), reader))
    match = _ALONE.match(text, position) if alone else None
    return Zone(match.end(), _of_place(match["place"])) if match else None


def zone_of_city(text: str, start: int, end: int) -> Zone | None:
    """The zone of the city that is named with "in" right behind text[start:end], a clock time or its day, or before it.

    None if none is named there, or none whose zone is known. `Zone.end` is that of the city, or `end`.
    """
    behind = _IN_CITY.match(text, end)
    for match, stop in (
        (behind, behind.end() if behind else end),
        (_CITY_BEFORE.search(text[max(0, start - 80) : start]), end),
    ):
        if match and match["place"].lower() not in _NO_CITIES and (zone := _of_place(match["place"])):
            return Zone(stop, zone)
    return None


def _offset(sign: str, hours: int, minutes: int) -> tzinfo | None:
    """UTC+5:30; None for an offset that no place has."""
    shift = timedelta(hours=hours, minutes=minutes)
    return timezone(shift if sign == "+" else -shift) if hours <= 14 and minutes < 60 else None


def _of_abbreviation(name: str, reader: tzinfo | None) -> tzinfo | None:
    if name in _HOURS:
        return timezone(timedelta(hours=_HOURS[name]), name)
    if reader and name in {reader.tzname(datetime(2024, month, 1)) for month in (1, 7)}:
        return reader
    return ZoneInfo(_ZONES[name]) if name in _ZONES else None


@lru_cache(maxsize=1024)  # a name that is unknown is looked for in eight folders
def _of_place(words: str) -> tzinfo | None:
    """The zone of a name, by the words before "time": Beijing, U.S. Eastern, Central European Summer, EST."""
    name = words.lower().replace(".", "").replace("’", "'").removesuffix("'s")
    if name in ("australian eastern standard", "australian eastern daylight"):
        return _of_abbreviation("AEST" if name.endswith("standard") else "AEDT", None)
    for word in ("standard", "daylight", "summer", "winter"):
        name = name.removesuffix(f" {word}")
    if name in _PLACES:
        return ZoneInfo(_PLACES[name])
    if name in _AMBIGUOUS:
        return None
    city = "_".join(words.replace(".", "").split()[: len(name.split())]).removesuffix("'s").removesuffix("’s")
    for area in _AREAS:
        try:
            return ZoneInfo(f"{area}/{city}")
        except (KeyError, OSError, ValueError):  # no such name, a folder, no name at all
            continue
    return _of_abbreviation(words, None)
