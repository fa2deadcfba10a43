"""What a web page puts between the sentences of an article: bylines, time
stamps, photo credits, "Advertisement", share buttons.

Copied or scraped text often has it glued to a sentence. Only what shows both its ends is found: a phrase of a closed
list, names in capitals behind "By", a stamp that ends in a year or a clock. It must stand where a sentence may begin
(or where two words are glued together), and what follows must open a sentence. A headline that runs into the first
sentence without a full stop ("Senate passes budget The Senate") is left alone, as nothing but sense tells it from "an
article in The Times".
"""

import re

from onrecord.dates.calendar_arithmetic import MONTHS, WEEKDAY

_MONTH = rf"(?i:(?:{'|'.join(MONTHS)})|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
_ZONE = r"(?:E[SD]?T|C[SD]?T|M[SD]?T|P[SD]?T|GMT|BST|UTC|CES?T|IST)"
_CLOCK = rf"\d{{1,2}}(?:[:.]\d\d\s?(?:[ap]\.?m\b\.?|[AP]\.?M\.?)?|\s?(?:[ap]\.?m\b\.?|[AP]\.?M\.?))(?:\s{_ZONE})?"
_DAY = rf"(?:{WEEKDAY},?\s)?(?:{_MONTH}\s\d{{1,2}},?\s(?:19|20)\d\d|\d{{1,2}}\s{_MONTH}\s(?:19|20)\d\d)"
_STAMP = rf"(?:{_CLOCK},?\s(?:on\s)?{_DAY}|{_DAY}(?:,?\s(?:at\s)?{_CLOCK})?)"
_KEYWORD = (
    r"(?:(?:Last\s|First\s)?(?:[Pp]ublished|[Uu]pdated|[Pp]osted|[Mm]odified)|PUBLISHED|UPDATED|POSTED)(?:\s(?:on"
    r"|at))?:?\s"
)
_DATED = rf"{_KEYWORD}(?:{_STAMP}|\d{{1,2}}\s(?:minutes?|hours?|days?)\sago)"
_JOB = (
    r"(?:,?\s(?:Staff\s(?:Writer|Reporter)|(?:The\s)?Associated\sPress|Reuters|BBC\sNews|[A-Z][a-z]+\s(?:Editor"
    r"|Correspondent|Reporter)))?"
)
_OPENER = (
    r"(?:The|This|These|That|Those|There|An?|He|She|It|They|We|His|Her|Its|Their|Our|But|And|So|If|When|While|After"
    r"|Before|Since|Although|Because|In|On|At|As|For|From"
    r"|With|Under|Two|Three|Four|Five|More|Most|Police|Officials)\b"
)
_CAPITALS = r"(?!THE\b|AN?\b)(?:[A-Z][A-Z’'-]+|[A-Z]\.)(?:\s(?!AND\b)(?:[A-Z][A-Z’'-]+|[A-Z]\.)){1,3}"
_TITLED = rf"(?:(?!{_OPENER})(?:[A-Z][\w’'-]*[a-z]|(?:[A-Z]\.)+)\s){{1,3}}(?!{_OPENER})[A-Z][\w’'-]*[a-z]"
_AND = r"(?:,\s|,?\s(?:and|AND)\s)"
_AGENCY = (
    r"(?:Getty\sImages|AP(?:\sPhoto)?|Associated\sPress|Reuters|REUTERS|AFP|EPA|Bloomberg|Shutterstock|PA\sWire"
    r"|The\sNew\sYork\sTimes)"
)
_BUTTON = r"(?:Share|Tweet|Facebook|Twitter|Email|E-mail|Print|WhatsApp|LinkedIn|Pinterest|Reddit|Copy\slink|Save)"

_GOES_ON = r"(?=\s*(?:$|[“\"‘(]|[A-Z]))"  # a capital opens what follows
_SURE = rf"(?=\s*(?:$|[“\"‘(]|{_OPENER}|[A-Z]{{3,}}))"  # a word that opens sentences, or the capitals of a dateline
_WHEN = rf"\s?[|•·–—-]?\s?(?:{_DATED}|{_STAMP})"

# names in capitals end where small letters begin, others where a stamp stands
_BYLINE = (
    rf"(?:By:?\s{_CAPITALS}(?:{_AND}{_CAPITALS}){{0,4}}{_JOB}(?:{_WHEN})?(?=\s*(?:$|[“\"‘]|[A-Z][a-z]|A\s))"
    rf"|By:?\s{_TITLED}(?:{_AND}{_TITLED}){{0,4}}{_JOB}{_WHEN}{_SURE})"
)
_PIECE = (
    rf"(?:{_BYLINE}|{_DATED}{_GOES_ON}"
    # a closed list, before a capital: "Advertisement revenue fell" is a sentence
    r"|(?:(?:Advertisement|ADVERTISEMENT|Skip advertisement|SKIP ADVERTISEMENT|(?:Story|Article) continues below(?: "
    r"advertisement)?|Continue reading the main story"
    r"|Share this (?:article|story|page)|Share (?:on|via) (?:Facebook|Twitter|X|LinkedIn|WhatsApp|Reddit|[Ee]-?mail)"
    r"|Print this (?:article|page)|(?:View|Show) comments"
    rf"|Sign up for our newsletter|Follow us on (?:Facebook|Twitter|Instagram)|Skip to (?:main )?content)(?![a-z’'-])"
    rf"|{_BUTTON}(?:\s?{_BUTTON}){{2,}}){_GOES_ON}"
    # credits end with a bracket or an agency
    rf"|\((?:(?:AP\s)?(?:Photo|Image|Picture|Video|Illustration)(?:\sby|\scourtesy|\scredit|:|/)[^()]{{2,80}}"
    rf"|[^()/.]{{2,50}}/\s?{_AGENCY})\){_GOES_ON}"
    rf"|(?:Photo(?:graph)?|Image|Picture)(?:\sby|:|\s[Cc]redit:?)\s[^/.,;:()]{{2,40}}\s?/\s?{_AGENCY}{_GOES_ON})"
)
_MORE = rf"(?:\s*{_PIECE})*"
_BOILERPLATE = re.compile(
    rf"^\s*(?P<opening>(?:By:?\s(?!{WEEKDAY}|{_MONTH}){_TITLED}(?:{_AND}{_TITLED}){{0,4}}{_JOB}{_SURE}|{_STAMP}{_SURE}"
    rf"|{_PIECE}){_MORE})"
    rf"|[.?!…][”\"’)]*\s*(?P<behind>{_PIECE}{_MORE})"  # a sentence
    rf"|(?<=[a-z])(?P<glued>{_PIECE}{_MORE})"  # a headline, or a sentence that it interrupts
    rf"|(?<=[a-z])\s(?P<headline>{_BYLINE}{_MORE})"
)


def boilerplate(paragraph: str) -> list[tuple[int, int]]:
    """(start, end) of each run of page furniture in a paragraph, in order, without the white space around it."""
    return [m.span(m.lastgroup) for m in _BOILERPLATE.finditer(paragraph) if m.lastgroup]
