"""Whether an article is plainly not in English, by py3langid, a naive Bayes model over byte n-grams."""

from __future__ import annotations

import tempfile
from functools import cache
from typing import Any

SHORTEST = 200  # characters: in less, names alone decide
LONGEST = 5_000  # characters that are looked at
SURE = 0.98  # of 201 English articles none was taken for another language, nor any 200 characters of them


def foreign(text: str) -> str | None:
    """The ISO 639-1 code of a text that is plainly not English; None for English and for what is short or in doubt.

    Raises OSError where py3langid cannot unpack its model.
    """
    text = " ".join(text[: 4 * LONGEST].split())[:LONGEST]
    if len(text) < SHORTEST:
        return None
    language, probability = _identifier().classify(text)
    return str(language) if language != "en" and probability >= SURE else None


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # takes a tenth of a second

    try:
        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    except OSError as error:  # it is unpacked into a file
        raise OSError(
            f"py3langid's model does not fit into the temporary directory {tempfile.gettempdir()} "
            f"({error.strerror or error}): make room, or name another one by the environment variable TMPDIR"
        ) from None
