"""From an article to typed sentences whose offsets index the text that was given."""

import re
from dataclasses import dataclass

import sentencex

from onrecord.classifier import Classifier, Prediction

# sentencex ends a sentence at "3 p.m. Monday"; a weekday, month or time zone behind a.m./p.m. goes on with it.
_CLOCK = re.compile(r"\b[ap]\.\s?m\.\s*$", re.IGNORECASE)
_AFTER_CLOCK = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b|(?:ET|EST|EDT|CT|PT|PST|PDT|GMT|BST|CET|UTC|IST)\b"
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an article: `article[start:end] == text`, counted in characters (code points)."""

    text: str
    start: int
    end: int
    paragraph: int  # 0-based; a paragraph is a line of the article that is not blank
    prediction: Prediction


def sentences(article: str) -> list[tuple[int, int, int]]:
    """(start, end, paragraph) of every sentence, without the white space around it. Nothing but white space lies between two of them."""
    spans = []
    paragraph = 0
    for line in re.finditer(r"[^\r\n]+", article):
        if not line[0].strip():
            continue
        cuts: list[int] = []
        for boundary in sentencex.get_sentence_boundaries("en", line[0]):
            start = boundary["start_index"]
            if start and not (_CLOCK.search(line[0][:start]) and _AFTER_CLOCK.match(line[0][start:].lstrip())):
                cuts.append(start)
        for start, end in zip([0, *cuts], [*cuts, len(line[0])], strict=True):
            piece = line[0][start:end]
            if piece.strip():
                begin = line.start() + start + len(piece) - len(piece.lstrip())
                spans.append((begin, begin + len(piece.strip()), paragraph))
        paragraph += 1
    return spans


def read(article: str, classifier: Classifier | None = None) -> list[Statement]:
    """Type every sentence of an article, in order. Loads the default checkpoint if no classifier is given."""
    spans = sentences(article)
    if not spans:
        return []
    predictions = (classifier or Classifier.load()).predict(article[start:end] for start, end, _ in spans)
    return [Statement(article[start:end], start, end, paragraph, p) for (start, end, paragraph), p in zip(spans, predictions, strict=True)]
