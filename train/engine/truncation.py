"""How many texts are longer than the model reads: training cuts them, and says so."""

from collections.abc import Iterable

from transformers import PreTrainedTokenizerBase


def cut_rows(texts: Iterable[str], lengths: Iterable[int], tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> int:
    """Number of texts with more than `max_tokens` tokens, special ones included; `lengths` are their tokens after the
    cut.

    Only a text that fills the whole length may have been cut, so only these are tokenised again.
    """
    full = (text for text, length in zip(texts, lengths, strict=True) if length >= max_tokens)
    return sum(len(tokenizer(text, verbose=False)["input_ids"]) > max_tokens for text in full)


def cut_notice(cut: dict[str, int], rows: dict[str, int], max_tokens: int) -> str:
    """A line for people: `cut` of `rows`, by split."""
    shares = ", ".join(f"{n} of {rows[name]} {name} rows ({n / rows[name]:.1%})" for name, n in cut.items())
    return f"longer than max_tokens = {max_tokens} and cut there: {shares}"
