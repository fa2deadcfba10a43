"""The learning rate as a pure function of the step."""


def learning_rate(step: int, steps: int, peak: float, warmup_share: float) -> float:
    """Rate of optimiser step `step` (0-based) of `steps`: linear up to `peak` over the warm-up, then linear down, zero
    after the last.
    """
    warmup = round(steps * warmup_share)
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * max(0, steps - step) / max(1, steps - warmup)
