"""Where the sentences of a news article begin and end.

sentencex finds the boundaries, paragraph by paragraph; the rules below mend what it gets wrong in news, each on cases of
tests/sentences.jsonl. A closed quotation of several sentences stays whole, as most of them do in the training data.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator

import sentencex

from onrecord.article.boilerplate import furniture

WINDOW = 20_000  # characters given to sentencex at a time; a paragraph of news has a few hundred

_SPACE = re.compile(r"\s*")
_BREAK = re.compile(r"[\n\r\v\f\u2028\u2029]+")
_SURROGATE = re.compile("[\ud800-\udfff]")  # no UTF-8 form, so sentencex cannot take it

# --- boundaries of sentencex that are none ---
# "3 p.m. Monday": a weekday, month or time zone behind a.m./p.m. goes on with it.
_CLOCK = re.compile(r"\b[ap]\.\s?m\.\s*$", re.IGNORECASE)
_AFTER_CLOCK = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b|(?:ET|EST|EDT|CT|PT|PST|PDT|GMT|BST|CET|UTC|IST)\b"
)
# "Jeopardy! is off the air": no sentence opens with a small letter, but for names such as eBay.
_SMALL = re.compile(r"[a-z]+(?![\w.@/])")
_NUMBER = re.compile(r"\s*(?:\(?\d{1,3}[.)]|[•·*–—-])\s*")  # of a list item
_UNENDING = re.compile(r"\b(?:approx|est|ca|cf|incl)\.\s*$")  # words that never end a sentence
# sentencex knows them, but not at the end of a long quotation: "said Ms. Hansen", "R-S.C."
_TITLE_ALWAYS = re.compile(r"\b(?:Messrs|Mrs?|Ms|Mx|Dr|Gen|Sen|Rep|Gov|Prof|Lt|Sgt|Capt|Cpl|Cmdr)\.\s+$")
_INITIAL = re.compile(r"(?:^|[\s-])(?:[A-Z]\.)*[A-Z]\.$")
# “Will they pay?” Mr. Roe asked reporters.
_QUESTION = re.compile(r"[?!]['’]?[”\"»]\s*$")
_REPORTING = re.compile(
    r"(?:(?:[A-Z][\w’'.-]*|[Tt]he|of|de|van|von|al|bin)\s+){1,5}(?:said|says|asked|asks|wrote|writes|added|tweeted|shouted|replied|told)\b"
    r"(?=\s*[.,:]|\s+(?:[A-Z]|reporters|journalists|in|at|on|as|when|during|after|before|of|to|the|last|this|from|while|by)\b)"
)

# --- boundaries that sentencex does not see ---
# After an abbreviation, an initial or an ellipsis, these words open a sentence: none is a name unless a title stands before it ("Mr. He", "Smith v. The Times").
_OPENER = re.compile(
    r"[.…][”\"’)\]]*\s+(?=[“\"‘(\[]?(?:(?:He|She|It|They|We|You|This|These|Those|There|The|His|Her|Its|Their|Our|But|And|So|If|When|While|After|Before|Since|Though|Although|Because|However|"
    r"In|On|At|As|For|From|With|Under|By|To|Not|No|Nobody|None|Both|Some|Many|Most|Others|Asked|Meanwhile|Then|What|Why|How|Who)\b(?!\.|-)"
    r"|An?\s+[a-z]"
    r"|(?:Officials|Police|Authorities|Prosecutors|Investigators|Regulators|Lawmakers|Critics|Supporters|Opponents|Residents|Witnesses|Analysts|Experts|Republicans|Democrats)\s+[a-z]))"
)
_TITLE = re.compile(
    r"\b(?:Messrs|Mrs?|Ms|Mx|Dr|Gen|Col|Sens?|Reps?|Govs?|Prof|Capt|Lt|Sgt|Cpl|Maj|Cmdr|Rev|Adm|Hon|Amb|Pres|Sec|Supt|Insp|St|vs?|No|Nos|op|cit)\.$"
    r"|(?:^|\s)[A-Z]\.\s[A-Z]\.$"
)
_WORD = re.compile(
    r"\b(?:May|no)\.\s+(?=[A-Z“\"])"
)  # "in May. Prices", "voted no. He": words that sentencex takes for shortened ones
_BRACKETED = re.compile(r"[.?!][”\"’]?\)\s+(?=[A-Z“\"‘(])")  # looked for behind a bracket that opens a sentence
# A headline with the dateline or the first sentence glued to it: "... on budget WASHINGTON (AP) — The", "... on budgetThe Senate".
_DATELINE = re.compile(
    r"\s(?<=[a-z.?!’”]\s)(?=[A-Z]{2}[A-Z.]*(?:,?\s[A-Z][A-Za-z.]+){0,3},?\s\((?:AP|Reuters|REUTERS|AFP|UPI|Bloomberg|CNN|BBC|Xinhua)\)\s?(?:—|–|--?)\s?)"
)
_GLUED = re.compile(
    r"[a-z](?=[TSHBWA])(?=(?:The|This|He|She|They|But|When|After)\s[a-zA-Z])(?<=[a-z]{3})|[.?!](?<=[a-z].)(?:(?=[“‘][A-Z])|[”\"](?=[A-Z][a-z]))"
)


def sentences(article: str) -> list[tuple[int, int, int]]:
    """(start, end, paragraph) of every sentence, without the white space around it. Nothing but white space lies between two of them.

    Offsets are code points of `article`; any string is taken. A paragraph is a line that is not blank, or several lines of a text that was
    wrapped to a width (see `paragraphs`).
    """
    spans = []
    for number, (begin, stop) in enumerate(paragraphs(article)):
        # line breaks inside a wrapped paragraph and lone surrogates become other characters, one for one, so offsets hold
        paragraph = _SURROGATE.sub("\ufffd", _BREAK.sub(lambda found: " " * len(found[0]), article[begin:stop]))
        cuts = _cuts(paragraph)
        for start, end in zip([0, *cuts], [*cuts, len(paragraph)], strict=True):
            piece = article[begin + start : begin + end]
            if piece.strip():
                first = begin + start + len(piece) - len(piece.lstrip())
                spans.append((first, first + len(piece.strip()), number))
    return spans


def paragraphs(article: str) -> Iterator[tuple[int, int]]:
    """(start, end) of every paragraph: a line that is not blank, or the lines between two blank ones if they were wrapped to a width.

    Wrapped lines give themselves away: all but the last of the block have 30 to 100 characters and one opens with a small letter.
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
            and any(_SMALL.match(article[a:b].lstrip()) for a, b in block[1:])
        )
        yield from [(block[0][0], end)] if wrapped else block
        block = []


def quotations(paragraph: str) -> list[tuple[int, int]]:
    """(start, end) of every closed quotation in double marks, marks included. A straight mark opens if white space or a bracket stands before it."""
    found = []
    opened = -1
    for m in re.finditer(r"[“”\"«»„]", paragraph):
        before = paragraph[m.start() - 1] if m.start() else " "
        opens = m[0] in "«„" or (
            m[0] in '“"' and (before.isspace() or before in "([—–-‘'" or (m[0] == "“" and opened < 0))
        )
        if opens:
            opened = m.start()
        elif opened >= 0:
            found.append((opened, m.end()))
            opened = -1
    return found


def _cuts(text: str) -> list[int]:
    """Where sentences of a paragraph begin, but for the first. The work is linear: no step looks at all that lies before it or behind."""
    quoted = quotations(text)
    pieces = [piece for piece in furniture(text) if not _within(quoted, *piece)]
    edges = {edge for piece in pieces for edge in piece}
    cuts = set(_boundaries(text))
    for pattern in (_OPENER, _WORD, _DATELINE, _GLUED):
        for m in pattern.finditer(text):
            if not _within(quoted, *m.span()) and not _TITLE.search(text[max(0, m.start() - 30) : m.start() + 1]):
                cuts.add(m.end())
    cuts = {cut for cut in cuts if not _within(pieces, cut, cut)} | edges
    bracketed = [m.span() for m in _BRACKETED.finditer(text)]
    kept = [0]
    for cut in sorted(cuts | {len(text)}):
        first = _past_space(text, kept[-1])
        inside = bisect_left(bracketed, (kept[-1], 0))
        if text[first : first + 1] == "(" and inside < len(bracketed) and bracketed[inside][1] < cut:
            kept.append(bracketed[inside][1])
        if (
            0 < cut < len(text)
            and cut > kept[-1]
            and (cut in edges or not _joined(text, kept[-1], cut, _past_space(text, cut)))
        ):
            kept.append(cut)
    return kept[1:]


def _boundaries(text: str) -> Iterator[int]:
    """Where sentencex sees sentences begin.

    It takes time quadratic in the number of quotation marks, so it is given WINDOW characters at a time, each window from the beginning of
    the sentence that the last one cut off.
    """
    start = 0
    while start < len(text):
        window = text[start : start + WINDOW]
        found = [b["start_index"] for b in sentencex.get_sentence_boundaries("en", window)]
        yield from (start + b for b in found)
        cut_off = max(found, default=0) if start + WINDOW < len(text) else 0
        start += cut_off or len(window)


def _within(spans: list[tuple[int, int]], start: int, end: int) -> bool:
    """Whether start to end lies within one of these spans, in order and without overlap, and touches neither of its ends."""
    before = bisect_left(spans, (start, 0))
    return before > 0 and end < spans[before - 1][1]


def _past_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _joined(text: str, start: int, cut: int, after: int) -> bool:
    """Whether what sentencex took for two sentences, text[start:cut] and what begins at `after`, is one."""
    last = text[max(start, cut - 30) : cut]
    return bool(
        (_CLOCK.search(last) and _AFTER_CLOCK.match(text, after))
        or _SMALL.match(text, after)
        or _NUMBER.fullmatch(text, start, cut)
        or _UNENDING.search(last)
        or _TITLE_ALWAYS.search(last)
        or (_INITIAL.search(last) and re.match(r"[A-Z]\.", text[after : after + 2]))
        or (_QUESTION.search(last) and _REPORTING.match(text, after))
    )
