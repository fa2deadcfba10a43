"""The grammar of English time expressions: patterns, and what each of them makes of its match.

A month or day that would come out ten months away or more was probably meant the other way round: nothing is resolved.
"Next Thursday" is resolved when its two readings agree, which is when no Thursday is left in this week (weeks begin on
Monday; what Sunday's "next week" is depends on where you live). Seasons are left out (hemispheres), as are 03/04/2019,
bare clocks without a day, "Sunday Times", "Remembrance Sunday" and any weekday behind a capitalised word, "the June 3
meeting", "Monday's paper", "on Mondays", and month names that are also names or verbs unless a day, a year or a
preposition shows them to be months.

Approximations. Early, mid and late are thirds of a period (days 1-10, 11-20, 21-end of a month); "in two weeks" is the
week in which that day lies.
"""

from __future__ import annotations

import re

from onrecord.dates.calendar_arithmetic import MONTH, MONTHS, PART_OF_DAY, WEEKDAY
from onrecord.dates.calendar_days import (
    FEAST,
    feast,
    iso,
    listed_days,
    month_day,
    nth,
    nth_of,
    nths,
    slashes,
    weekdays_and_days,
)
from onrecord.dates.clock_times import HOURS, bare_clock, clock, hour_of_a_part, minutes, tonight
from onrecord.dates.expression import (
    ANY_YEAR,
    COUNTED,
    DAY_NUMBER,
    NUMBER,
    PERIOD,
    PLAIN,
    SHORT_MONTH,
    SHORT_WEEKDAY,
    WORDED_DAYS,
    YEAR,
    GrammarRule,
    unresolved,
)
from onrecord.dates.periods import (
    bare_month,
    bare_year,
    count,
    ordinal,
    part,
    quarter,
    relative,
    weekend,
    year_end,
)
from onrecord.dates.weekdays import NO_VERB, after_tomorrow, today, week_today, weekday, weekday_of_week
from onrecord.dates.zones import zone_behind
from onrecord.patterns import lazy


def _rule(pattern: str, rule: GrammarRule, flags: int = 0) -> tuple[re.Pattern[str], GrammarRule]:
    return lazy(pattern, flags), rule


_I = re.IGNORECASE
_DASH = r"\s*(?P<word>-|/|–|—|\bto\b|\bthrough\b|\buntil\b|\btill\b|\band\b|&|\bor\b)\s*"
_OF_A_MONTH = "".join(rf"(?<!{m} )(?<!{m[:3]} )(?<!{m[:3]}\. )" for m in MONTHS) + r"(?<!Sept )(?<!Sept\. )"
_OPENING = (  # not "Dec. 17 to 8 a.m."
    rf"(?:{_OF_A_MONTH}"
    r"(?P<h1>noon|midday|\d{1,2})(?:[:.](?P<m1>\d\d))?\s?(?:(?P<p1>[ap])\.?\s?m\b\.?)?\s*(?P<word>-|–|to|and|&|or"
    r"|until|till)\s*)?"
)
_MINUTES = r"(?:[:.](?P<{}>\d\d))?"
_IN_YEAR = rf"(?:(?:,|\s+of)?\s+(?P<year>{ANY_YEAR}))?"
# which half of the day an hour is of
_HALF = (
    r"(?:\s?(?P<half>[ap])\.?\s?m\b\.?"
    r"| (?:in the (?:early |late )?(?P<part>morning|afternoon|evening)|at (?P<late>night))\b)"
)
_EVENING = r"[5-9]|1[01]|five|six|seven|eight|nine|ten|eleven"  # hours that "tonight" may mean
# a title between quotation marks: “Blue Tuesday”, “The Last Week of May”
_TITLED_WORDS = r"[A-Z][\w’'-]*(?:\s+(?:[A-Z][\w’'-]*|\d+|an?|the|of|in|on|at|to|and|for))*"
_NO_TITLE = r"(?!(?:On|By|In|At|Until|Till|Before|From|Since|Next|Last|This|Late|Early|Not|Maybe|Yes|No|See)\b|\w+[.,])"
_TITLE = (
    rf"(?<=['’]s )[“\"]{_TITLED_WORDS}[.,]?[”\"]|[“‘]{_TITLED_WORDS}[”’](?!\w)|(?<!\w)\"{_TITLED_WORDS}\"(?!\w)"
    rf"|[“\"]{_NO_TITLE}{_TITLED_WORDS}[.,][”\"]"
)
_WEEK_OF = (
    r"(?P<around>(?:the\s+)?(?:(?:week|weekend)\s+of|week\s+(?:beginning|starting|commencing|ending)|w/[ce])\s+)?"
)
_DAY_OR_TWO = rf"{DAY_NUMBER}(?:\s?(?:-|–|—|to|through)\s?{DAY_NUMBER})?"
_DAYS = rf"(?P<days>{_DAY_OR_TWO}(?:(?:,\s*|,?\s+(?:and|&)\s+){_DAY_OR_TWO}){{1,12}})"
_WORDED_DAY = rf"(?P<d1>{'|'.join(sorted(WORDED_DAYS, key=len, reverse=True)).replace('-', '[- ]')})(?P<d2>)(?P<word>)"
_WEEKDAY_BEFORE = rf"(?:(?P<wd>{SHORT_WEEKDAY}),?\s+)?"
_WEEKDAYS = rf"(?P<from>{SHORT_WEEKDAY})(?P<between> and | & | to | through | ?[-–] ?)(?P<wd>{SHORT_WEEKDAY}),? "
_NTH = r"(?:[12]?\d|3[01])(?:st|nd|rd|th)"
_OF_YEAR = rf"(?:,?\s+(?:of\s+)?(?:(?P<year>{YEAR})|(?P<rel>this year|next year|last year|the year)\b))?"
RULES = [
    _rule(_TITLE, lambda r, m: unresolved(m)),
    _rule(rf"\b{_WEEKDAY_BEFORE}(?P<iso>\d{{4}}-\d\d-\d\d)\b", iso),
    _rule(
        rf"\b{_WEEKDAY_BEFORE}(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})(?:/(?P<year>\d{{4}}|\d\d(?!\d)))?\b(?! {MONTH}\b)",
        slashes,
    ),
    _rule(
        rf"\b(?:(?P<before>{_EVENING}){_MINUTES.format('mins')}\s+tonight"
        rf"|tonight\s+at\s+(?P<after>{_EVENING}){_MINUTES.format('mins2')}(?![\d:]|\s?[ap]\.?m))\b",
        tonight,
        _I,
    ),
    _rule(
        rf"(?<!from )\b(?P<minutes>half|(?:a\s+)?quarter|five|ten|twenty|(?<=\bat "
        rf")\d\d?)(?:\s+minutes)?\s+(?P<side>past|to)\s+(?P<hour>\d\d?|{'|'.join(HOURS)})\b"
        rf"{_HALF}?",
        minutes,
        _I,
    ),
    _rule(  # at eight in the evening, at 8:30 on Friday evening, at eight p.m.
        rf"(?:(?<=\bat )|(?<=\bby )|(?<=\bfrom )|(?<=\buntil )|(?<=\bbefore )|(?<=\bafter )|(?<=\baround ))"
        rf"(?P<hour>\d\d?|{'|'.join(HOURS)})(?:[:.](?P<minutes>[0-5]\d))?(?: o['’]clock)?{_HALF}?(?![\w:-])",
        hour_of_a_part,
        _I,
    ),
    _rule(
        rf"\b{_OPENING}(?:(?P<h2>\d{{1,2}}){_MINUTES.format('m2')}\s?(?P<p2>[ap])\.?\s?m\b\.?|(?P<noon>noon|midday"
        rf"|midnight)\b)",
        clock,
        _I,
    ),
    _rule(
        r"\b(?:(?P<h1>\d\d?):(?P<m1>\d\d)\s*(?P<word>-|–|to|until|and|&|or)\s*)?(?P<h2>[01]?\d"
        r"|2[0-3])[:h](?P<m2>[0-5]\d)\b"
        r"(?P<p1>)(?P<p2>)(?P<noon>)(?:\s?hrs?)?",
        bare_clock,
    ),
    _rule(  # at 0900 on Monday, at 19.45 on Tuesday
        r"(?<=\bat )(?P<h1>)(?P<m1>)(?P<h2>[01]\d|2[0-3])\.?(?P<m2>[0-5]\d)(?P<p1>)(?P<p2>)(?P<noon>)"
        rf"(?=,?\s+(?:on\s+)?(?:{WEEKDAY}|{SHORT_MONTH}|today|tomorrow)\b)",
        # gold ended at 1850 on Monday
        lambda r, m: clock(r, m) if m[0][0] == "0" or r.direction(m) == "future" else None,
    ),
    _rule(  # 1500 GMT, 0900 hours
        r"\b(?P<h1>)(?P<m1>)(?P<h2>[01]\d|2[0-3])(?P<m2>[0-5]\d)(?P<p1>)(?P<p2>)(?P<noon>)"
        r"(?=\s(?:hours\b|hrs\b|local\b|\(?[A-Z]))(?:\s(?:hours|hrs))?",
        lambda r, m: clock(r, m) if m[0][-1] == "s" or zone_behind(r.text, m.end(), r.zone) else None,
    ),
    _rule(rf"\b{_DAYS}\s+(?P<month>{SHORT_MONTH})(?!\w){_IN_YEAR}", listed_days),
    _rule(rf"\b(?P<month>{SHORT_MONTH})\s+{_DAYS}{_IN_YEAR}", listed_days),
    _rule(
        rf"\b{_WEEKDAYS}(?P<d1>{DAY_NUMBER}){_DASH}(?P<d2>{DAY_NUMBER}) (?P<month>{SHORT_MONTH}){_IN_YEAR}",
        weekdays_and_days,
    ),
    _rule(
        rf"\b{_WEEKDAYS}(?P<month>{SHORT_MONTH}) (?P<d1>{DAY_NUMBER}){_DASH}(?P<d2>{DAY_NUMBER}){_IN_YEAR}",
        weekdays_and_days,
    ),
    _rule(
        rf"\b{_WEEK_OF}{_WEEKDAY_BEFORE}(?:the\s+)?(?P<d1>{DAY_NUMBER})(?:{_DASH}(?:the\s+)?(?P<d2>{DAY_NUMBER}))?"
        rf"\s+(?:of\s+)?(?P<month>{SHORT_MONTH})(?![\w]){_IN_YEAR}",
        month_day,
    ),
    _rule(
        rf"\b{_WEEK_OF}{_WEEKDAY_BEFORE}(?P<month>{SHORT_MONTH})\s+(?:the\s+)?(?P<d1>{DAY_NUMBER})"
        rf"(?:{_DASH}(?P<d2>{DAY_NUMBER})(?!{COUNTED}|[:.]\d\d| ?[ap]\.?m\b))?{_IN_YEAR}",
        month_day,
    ),
    _rule(
        rf"\b(?<!, )(?P<around>){_WEEKDAY_BEFORE}[Tt]he (?!fourth of July){_WORDED_DAY} of"
        rf" (?P<month>{MONTH})\b(?!['’]s){_IN_YEAR}",
        month_day,
    ),
    _rule(
        rf"(?<=\bon )(?P<around>)(?P<wd>)(?P<month>{MONTH}) the {_WORDED_DAY}\b{_IN_YEAR}{PLAIN}(?! of\b)", month_day
    ),
    # more than one week or day, or a half: whose bounds are not said
    _rule(
        rf"\b(?:first|second|latter)\s+half\s+of\s+(?:{MONTH}|(?:the|this|next)\s+(?:week|month))\b"
        rf"|\b(?:first|last|final|opening|closing)\s+(?:(?:{NUMBER}|few|several)\s+)?(?:days|weeks|months"
        rf"|weekends)\s+(?:of|in)\s+{PERIOD}",
        lambda r, m: unresolved(m),
    ),
    _rule(
        rf"\b(?:[Tt]he\s+)?(?P<nth>[Ff]irst|[Ss]econd|[Tt]hird|[Ff]ourth|[Ll]ast|[Ff]inal)\s+(?P<thing>weekend|week|day"
        rf"|{WEEKDAY})\s+(?:in|of)\s+{PERIOD}",
        ordinal,
    ),
    _rule(
        r"\b(?P<which_part>[Ee]arly|[Mm]id|[Ll]ate|(?:[Tt]he\s+)?(?:beginning|start|middle|end)\s+of"
        r"|(?:[Tt]he\s+)?end)(?:-|\s+)"
        rf"(?:in\s+)?{PERIOD}",
        part,
    ),
    _rule(rf"\b(?:the )?(?P<unit>year|month)(?:-| |['’]s[ -])end\b(?: (?P<year>{ANY_YEAR}))?{PLAIN}", year_end),
    _rule(
        rf"\b(?:Q(?P<q>[1-4])|(?:the\s+)?(?P<nth>first|second|third|fourth|last|final)\s+(?P<unit>quarter"
        rf"|half))\b(?![-\w]){_OF_YEAR}",
        quarter,
    ),
    _rule(rf"\b(?P<wd>{WEEKDAY}),?\s+the\s+(?P<d>[12]?\d|3[01])(?:st|nd|rd|th)\b(?!\s+of\b)", nth),
    _rule(rf"\b(?P<wd>{WEEKDAY}){PART_OF_DAY}(?:\s+of|,)?\s+(?P<which>this|next|last)\s+week\b", weekday_of_week),
    _rule(rf"\b(?P<which>[Tt]his|[Nn]ext|[Ll]ast)\s+week,?\s+on\s+(?P<wd>{WEEKDAY}){PART_OF_DAY}", weekday_of_week),
    _rule(r"\bthe\s+(?P<d>[12]?\d|3[01])(?:st|nd|rd|th)\s+of\s+(?P<which>this|next|last)\s+month\b", nth_of, _I),
    _rule(
        r"\b(?:(?P<edge>later|earlier)\s+)?(?P<which>this coming|this|next|last)\s+(?P<unit>week|month|year"
        r"|quarter)\b(?!end)(?![-’'])",
        relative,
        _I,
    ),
    _rule(
        r"(?:\b(?P<which>this past|the past|this|next|last)"
        r"|(?:(?<=\bat )|(?<=\bover )|(?<=\bthrough )|(?<=\bduring )|(?<=\buntil )|(?<=\btill )|(?<=\bbefore )"
        r"|(?<=\bby ))the)\s+weekend\b(?![-’']| before\b)",
        weekend,
        _I,
    ),
    _rule(
        rf"\b(?P<how>in|within|(?:in|over|within|during)\s+the\s+(?:next|coming)"
        rf"|(?=\b{NUMBER}\s+\w+\s+ago))\s*\b(?:the\s+next\s+)?"
        rf"(?P<n>{NUMBER})\s+(?P<unit>day|week|fortnight|month|year)s?\b(?P<ago>\s+ago\b)?(?![-])(?:['’]s?\s+time)?",
        count,
        _I,
    ),
    _rule(rf"\b(?:the\s+)?(?P<feast>{FEAST})\b{_IN_YEAR}", feast, _I),
    _rule(
        rf"\b(?:[Aa]\s+)?(?P<week>(?:week|fortnight)\s+(?:on|from))\s+(?P<which>)(?P<wd>{WEEKDAY}){PART_OF_DAY}",
        weekday,
    ),
    _rule(
        rf"\b(?:(?P<which>[Nn]ext|{NO_VERB}[Ll]ast|[Tt]his coming|[Tt]his past|[Tt]his|[Pp]ast|[Tt]he coming|[Cc]oming)"
        r"\s+)?"
        rf"(?P<wd>{WEEKDAY})(?P<week>\s+(?:week|fortnight)\b|\s+next\b(?=\s*[.,;]|\s*$))?{PART_OF_DAY}",
        weekday,
    ),
    _rule(r"\b(?:a|one) (?P<unit>week|fortnight) (?:from )?(?P<day>today|tomorrow)\b(?!['’-])", week_today, _I),
    _rule(r"\bday (after tomorrow|before yesterday)\b", after_tomorrow, _I),
    _rule(
        r"\b(?:later today|today|tonight|last night|(?:tomorrow|yesterday)(?:\s+(?:morning|afternoon|evening|night))?"
        r"|(?:later\s+)?this (?:morning|afternoon|evening))\b",
        today,
        _I,
    ),
    _rule(
        r"(?:(?<=\bon )|(?<=\buntil )|(?<=\bby ))"
        rf"the (?P<days>{_NTH}(?:(?:,|,? and) (?:the )?{_NTH})*)\b(?!\s+of\b){PLAIN}",
        nths,
    ),
    _rule(
        rf"\b(?:(?P<which>[Tt]his|[Nn]ext|[Ll]ast)\s+)?(?P<month>{MONTH})\b(?:(?:,|\s+of)?\s+(?P<year>{ANY_YEAR}))?",
        bare_month,
    ),
    _rule(rf"(?<=\s)(?P<only>{YEAR}){PLAIN}", bare_year),
]
