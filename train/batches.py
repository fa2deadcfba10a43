"""Which sentences make up which optimiser step: a pure function of seed and epoch, so that a run can be repeated and resumed."""

from random import Random


def plan(lengths: list[int], batch_size: int, seed: int, epoch: int, window: int = 50) -> list[list[int]]:
    """Batches of row numbers for one epoch: every row exactly once, rows of like length together, batches in random order.

    Rows are shuffled, cut into windows of `window` batches and sorted by length within each, which keeps batches random from epoch
    to epoch and nearly free of padding. Only the last batch may be smaller. `lengths` are in tokens.
    """
    random = Random(f"{seed}/{epoch}")
    order = list(range(len(lengths)))
    random.shuffle(order)
    batches = []
    for start in range(0, len(order), window * batch_size):
        piece = sorted(order[start : start + window * batch_size], key=lambda row: lengths[row])
        batches += [piece[i : i + batch_size] for i in range(0, len(piece), batch_size)]
    random.shuffle(batches)
    return batches
