"""How many texts are longer than the model reads: training cuts them, and says so."""

from transformers import PreTrainedTokenizerBase


def cut_rows(texts: list[str], tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> int:
    """Number of texts with more than `max_tokens` tokens, special ones included.

    A token stands for at least one byte of the text, the special ones aside, so texts with fewer bytes need not be tokenised.
    """
    candidates = [text for text in texts if len(text.encode()) + tokenizer.num_special_tokens_to_add() > max_tokens]
    return sum(len(tokenizer(text)["input_ids"]) > max_tokens for text in candidates)


def told(cut: dict[str, int], rows: dict[str, int], max_tokens: int) -> str:
    """A line for people: `cut` of `rows`, by split."""
    return f"cut at max_tokens = {max_tokens}: " + ", ".join(f"{n} of {rows[name]} {name} rows ({n / rows[name]:.1%})" for name, n in cut.items())
