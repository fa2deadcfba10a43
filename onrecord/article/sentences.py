"""Where the sentences of a news article begin and end: the one place where text is cut.

sentencex finds the boundaries, paragraph by paragraph; the rules below mend what it gets wrong in news, each on cases
of tests/fixtures/sentences.jsonl. A closed quotation of several sentences stays whole, as most of them do in the
training data. Patterns are strings, which `re` compiles on first use and keeps.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

import sentencex

from onrecord.article import titles
from onrecord.article.boilerplate import boilerplate

WINDOW = 5_000  # characters given to sentencex at a time; a paragraph of news has a few hundred

_SPACE = r"\s*"
_BREAK = r"[\n\r\v\f\u2028\u2029]+"
_SURROGATE = "[\ud800-\udfff]"  # no UTF-8 form, so sentencex cannot take it

# A quotation opens and closes with a mark of one kind: “ ” " « » „, two single marks as news archives write them, or ‘
# ’.
_MARK = (
    r"''|``|‘‘|’’|[“”\"«»„]"
    r"|(?<![^\s(\[—–-])‘(?=\w)|(?<=[,.?!…])’(?!\w)"  # elsewhere ’ is an apostrophe
)
_OPENING_MARKS = ("“", "«", "„", "``", "‘‘")
_SINGLE_MARKS = ("‘", "’")

# --- boundaries of sentencex that are none ---
# "3 p.m. Monday": a weekday, month or time zone behind a.m./p.m. goes on with it.
_CLOCK = r"\b[ap]\.\s?m\.\s*$"
_AFTER_CLOCK = (
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|(?:Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)\."
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b"
    r"|(?:[ECMP][SD]?T|A[SD]T|AK[SD]?T|HS?T|N[SD]T|GMT|UTC|UT|BST|WES?T|CES?T|EES?T|MSK|TRT|IST|PKT|NPT|GST|SAST|WAT|CAT"
    r"|EAT|JST|KST|HKT|SGT|PHT|WIB|A[ECW][SD]?T|AWST|NZ[SD]?T|BRT|ART)\b(?!&|\.\w)"
    r"|(?:Eastern|Central|Mountain|Pacific|Atlantic|Alaska|Hawaii|Greenwich)\b"
    r"|(?:[A-Z][\w’'.-]*\s+){1,4}(?:[Ss]tandard\s+|[Dd]aylight\s+|[Ss]ummer\s+|[Mm]ean\s+)?[Tt]ime\b"  # New York time
    r"|(?:Christmas|Thanksgiving|Easter|New\s+Year|Good\s+Friday|Labor\s+Day|Memorial\s+Day)\b"
)
# "Jeopardy! is off the air": no sentence opens with a small letter, but for names such as eBay.
_SMALL = r"[a-z]+(?![\w.@/)])"
_NUMBER = r"\s*(?:\(?\d{1,3}[.)]|[•·*–—-])\s*"  # of a list item
_UNENDING = r"\b(?:approx|est|ca|cf|incl)\.\s*$"  # words that never end a sentence
_SHORT_MONTH = r"[-–—/](?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.\s*$"  # "Sept. 30-Oct. 2"
# sentencex knows some of them, but not at the end of a long quotation: "said Ms. Hansen". St. may be a street.
_TITLE_ALWAYS = rf"{titles.PATTERN}(?<!\bSt)\.\s+$"
_INITIAL = r"(?:^|[\s-])(?:[A-Z]\.)*[A-Z]\.$"  # R-S.C.
# “Will they pay?” Mr. Roe asked reporters.
_QUESTION = r"[?!]['’]?[”\"»]\s*$"
_REPORTING = (
    r"(?:(?:[A-Z][\w’'.-]*|[Tt]he|of|de|van|von|al|bin)\s+){1,5}"
    r"(?:said|says|asked|asks|wrote|writes|added|tweeted|shouted|replied|told)\b"
    r"(?=\s*[.,:]|\s+(?:[A-Z]\w*|reporters|journalists|in|at|on|as|when|during|after|before|of|to|the|last|this|from|while|by)\b)"
)
# “The park is ours.” — Ann Roe, mayor
_CLOSED = r"[.?!…]['’]?(?:[”\"»]|''|’’)\s*$"
_OPENED = r"(?<=\s)(?:[“«„\"‘]|``)$"
# SPOKANE, Wash. — Two hikers; KELLWICK, May 2.—The council
_STATE = r",\s(?:[A-Z][\w.]{1,6}|[A-Z][a-z]{2,8}\.?\s\d{1,2})\.\s*$"
_SIGNED = (
    r"[-–—]{1,2}\s?(?:[A-Z][\w’'.-]*)(?:\s(?:[A-Z][\w’'.-]*|of|de|van|von|al|bin)){0,5}(?:,\s[^.?!“”\"]{2,80})?\.?\s*$"
)

# --- boundaries that sentencex does not see ---
# After an abbreviation, an initial or an ellipsis, these words open a sentence: none is a name unless a title stands
# before it ("Mr. He", "Smith v. The Times").
_OPENER = (
    r"[.…][”\"’)\]]*\s+(?=[“\"‘(\[]?(?:(?:He|She|It|They|We|You|This|These|Those|There|The|His|Her|Its|Their|Our|But|And"
    r"|So|If|When|While|After|Before|Since|Though|Although|Because|However|In|On|At|As|For|From|With|Under|By|To|Not|No"
    r"|Nobody|None|Both|Some|Many|Most|Others|Asked|Meanwhile|Then|What|Why|How|Who)\b(?!\.|-)"
    r"|An?\s+[a-z]"
    r"|(?:Officials|Police|Authorities|Prosecutors|Investigators|Regulators|Lawmakers|Critics|Supporters|Opponents"
    r"|Residents|Witnesses|Analysts|Experts|Republicans|Democrats)\s+[a-z]))"
)
_TITLE = rf"(?:{titles.PATTERN}|\b(?:vs?|No|Nos|op|cit))\.$|(?:^|\s)[A-Z]\.\s[A-Z]\.$"
_WORD = (
    r"\b(?:May|no)\.\s+(?=[A-Z“\"])"  # "in May. Prices", "voted no. He": words that sentencex takes for shortened ones
)
_POINT = r"[.?!][”\"’]?\s+(?=\(?(?:\d{1,2}|[a-h])\)\s+[A-Z“\"])"  # "... left. b) The road": a point of a list
_BRACKETED = r"[.?!][”\"’]?\)\s+(?=[A-Z“\"‘(])"  # looked for behind a bracket that opens a sentence
# A headline with the dateline or the first sentence glued to it: "... on budget WASHINGTON (AP) — The", "budgetThe
# Senate".
_DATELINE = (
    r"\s(?<=[a-z.?!’”]\s)(?=[A-Z]{2}[A-Z.]*(?:,?\s[A-Z][A-Za-z.]+){0,3},?"
    r"\s\((?:AP|Reuters|REUTERS|AFP|UPI|Bloomberg|CNN|BBC|Xinhua)\)\s?(?:—|–|--?)\s?)"
)
_GLUED = (
    r"[a-z](?=[TSHBWA])(?=(?:The|This|He|She|They|But|When|After)\s[a-zA-Z])(?<=[a-z]{3})"
    r"|[.?!](?<=[a-z].)(?:(?=[“‘][A-Z])|[”\"](?=[A-Z][a-z]))"
)


def sentences(article: str) -> list[tuple[int, int, int]]:
    """(start, end, paragraph) of every sentence, without the white space around it: nothing else lies between two.

    Offsets are code points of `article`; any string is taken. A paragraph is a line that is not blank, or several lines
    of a text that was wrapped to a width (see `paragraphs`).
    """
    spans = []
    for number, (begin, stop) in enumerate(paragraphs(article)):
        # line breaks inside a wrapped paragraph and lone surrogates become other characters, one for one: offsets hold
        paragraph = re.sub(_BREAK, lambda breaks: " " * len(breaks[0]), article[begin:stop])
        paragraph = re.sub(_SURROGATE, "\ufffd", paragraph)
        cuts = _cuts(paragraph)
        for start, end in zip([0, *cuts], [*cuts, len(paragraph)], strict=True):
            piece = article[begin + start : begin + end]
            if piece.strip():
                first = begin + start + len(piece) - len(piece.lstrip())
                spans.append((first, first + len(piece.strip()), number))
    return spans


def paragraphs(article: str) -> Iterator[tuple[int, int]]:
    """(start, end) of every paragraph: a line that is not blank, or the lines between two blank ones if wrapped.

    Wrapped lines give themselves away: all but the last of the block have 30 to 100 characters and one opens with a
    small letter.
    """
    lines = [(m.start(), m.end()) for m in re.finditer(r"[^\n\r\v\f\u2028\u2029]+", article) if m[0].strip()]
    block: list[tuple[int, int]] = []
    for i, (start, end) in enumerate(lines):
        block.append((start, end))
        following = lines[i + 1][0] if i + 1 < len(lines) else len(article)
        if i + 1 < len(lines) and re.fullmatch(r"\r\n|[\n\r]", article[end:following]):
            continue
        wrapped = (
            len(block) > 1
            and all(30 <= b - a <= 100 for a, b in block[:-1])
            and any(re.match(_SMALL, article[a:b].lstrip()) for a, b in block[1:])
        )
        yield from [(block[0][0], end)] if wrapped else block
        block = []


def quotations(paragraph: str) -> tuple[list[tuple[int, int]], int]:
    """(start, end) of every closed quotation, marks included, in order; and where one opens that is not closed, or -1.

    A straight mark opens if white space or a bracket stands before it.
    """
    closed = []
    opened, single = -1, False
    for m in re.finditer(_MARK, paragraph):
        mark, start = m[0], m.start()
        before = paragraph[start - 1] if start else " "
        if mark in _SINGLE_MARKS:
            if mark == "‘" and opened < 0:
                opened, single = start, True
            elif mark == "’" and opened >= 0 and single:
                closed.append((opened, m.end()))
                opened = -1
        elif (
            mark in _OPENING_MARKS[1:]
            or (mark in ('"', "“", "''") and (before.isspace() or before in "([—–-‘'"))
            or (mark == "“" and opened < 0)
        ):
            opened, single = start, False
        elif opened >= 0 and not single:
            closed.append((opened, m.end()))
            opened = -1
    return closed, opened


def _cuts(text: str) -> list[int]:
    """Where sentences of a paragraph begin, but for the first. Linear: no step looks at all that lies before it."""
    quoted, _ = quotations(text)
    pieces = [piece for piece in boilerplate(text) if not _within(quoted, *piece)]
    edges = {edge for piece in pieces for edge in piece}
    single = [span for span in quoted if text[span[0]] in "'‘`"]  # the others sentencex keeps whole itself
    cuts = {cut for cut in _boundaries(_plain(text)) if not _within(single, cut, cut)}
    # sentencex leaves a mark that opens a quotation, but is not closed, with the sentence before
    cuts = {cut - len(m[0]) if (m := re.search(_OPENED, text[max(0, cut - 3) : cut])) else cut for cut in cuts}
    for pattern in (_OPENER, _WORD, _POINT, _DATELINE, _GLUED):
        for m in re.finditer(pattern, text):
            if not _within(quoted, *m.span()) and not re.search(_TITLE, text[max(0, m.start() - 30) : m.start() + 1]):
                cuts.add(m.end())
    cuts = {cut for cut in cuts if not _within(pieces, cut, cut)} | edges
    bracketed = [m.span() for m in re.finditer(_BRACKETED, text)]
    kept = [0]
    for cut in sorted(cuts | {len(text)}):
        first = _past_space(text, kept[-1])
        inside = bisect_left(bracketed, (kept[-1], 0))
        if text[first : first + 1] == "(" and inside < len(bracketed) and bracketed[inside][1] < cut:
            kept.append(bracketed[inside][1])
        if kept[-1] < cut < len(text) and (cut in edges or not _joined(text, kept[-1], cut, _past_space(text, cut))):
            kept.append(cut)
    return _worded(text, kept[1:])


def _worded(text: str, cuts: list[int]) -> list[int]:
    """The cuts, but none behind which no word stands: a stray mark stays with what it opens, or behind what it ends."""
    kept: list[int] = []
    edges = [0, *cuts, len(text)]
    worded = [re.search(r"\w", text[start:stop]) is not None for start, stop in pairwise(edges)]
    before = False  # whether the sentence so far has a word
    for i, cut in enumerate(cuts):
        before |= worded[i]
        opens = text[cut : edges[i + 2]].lstrip()[:1] in set("“‘«„([`") and i + 1 < len(cuts)
        if before and (opens or worded[i + 1]):
            kept.append(cut)
            before = False
    return kept


def _plain(text: str) -> str:
    """The text as sentencex understands it, character for character: brackets in pairs, quotations in marks it knows.

    From "1)" to "2)" it sees no end of a sentence, as little as behind another bracket that is not closed or opened.
    """
    characters = list(text)
    opened = []
    for m in re.finditer(r"[()]", text):
        if m[0] == "(":
            opened.append(m.start())
        elif opened:
            opened.pop()
        else:
            characters[m.start()] = "-"
    for position in opened:
        characters[position] = "-"
    for m in re.finditer(r"(?<!\w)'(?=\d\ds\b)", text):  # the '90s
        characters[m.start()] = "’"
    for m in re.finditer(r"''|``|‘‘|’’", text):
        characters[m.start() : m.end()] = '" '
    return "".join(characters)


def _boundaries(text: str) -> Iterator[int]:
    """Where sentencex sees sentences begin.

    It takes time quadratic in the number of quotation marks, so it is given WINDOW characters at a time, each window
    from the beginning of the sentence that the last one cut off.
    """
    start = 0
    while start < len(text):
        window = text[start : start + WINDOW]
        starts = [b["start_index"] for b in sentencex.get_sentence_boundaries("en", window)]
        yield from (start + b for b in starts if b)  # where a window begins is no boundary
        cut_off = max(starts, default=0) if start + WINDOW < len(text) else 0
        start += cut_off or len(window)


def _within(spans: list[tuple[int, int]], start: int, end: int) -> bool:
    """Whether start to end lies within one of these spans, which do not overlap, and touches neither of its ends."""
    before = bisect_left(spans, (start, 0))
    return before > 0 and end < spans[before - 1][1]


def _past_space(text: str, position: int) -> int:
    blanks = re.compile(_SPACE).match(text, position)
    return blanks.end() if blanks else position


def _joined(text: str, start: int, cut: int, after: int) -> bool:
    """Whether what sentencex took for two sentences, text[start:cut] and what begins at `after`, is one."""
    last = text[max(start, cut - 30) : cut]
    following = text[after : after + 120]
    return bool(
        (re.search(_CLOCK, last, re.IGNORECASE) and re.match(_AFTER_CLOCK, following))
        or re.match(_SMALL, following)
        or re.compile(_NUMBER).fullmatch(text, start, cut)
        or (start == 0 and re.fullmatch(r"[QA]\.\s*", text[:cut]) and following)  # a question, an answer
        or re.search(_UNENDING, last)
        or (re.search(_SHORT_MONTH, last) and re.match(r"\d", following))
        or (re.search(_STATE, last) and re.match(r"[—–]|--?\s|--[A-Z]", following))
        or re.search(_TITLE_ALWAYS, last)
        or (re.search(_INITIAL, last) and re.match(r"[A-Z]\.", following))
        or (re.search(_QUESTION, last) and re.match(_REPORTING, following))
        or (len(text) - after < 120 and re.search(_CLOSED, last) and re.match(_SIGNED, following))
    )
