"""How far `onrecord score` is."""

import sys
import time

from onrecord.tables.score import Progress
from onrecord.terminal import escaped


class Meter:
    """Tells on standard error how far a run is: in place on a terminal, else a line every ten seconds."""

    def __init__(self) -> None:
        self.started = self.shown_at = time.monotonic()
        self.terminal = sys.stderr.isatty()
        self.resumed: float | None = None  # share of the input that was done before this start

    def __call__(self, progress: Progress) -> None:
        for fault in progress.faults:
            print(f"left out: {escaped(fault)}", file=sys.stderr)
        now = time.monotonic()
        if not progress.fresh:
            self.resumed, self.started = progress.share, now
            return
        if now - self.shown_at < (0.2 if self.terminal else 10):
            return
        self.shown_at = now
        seconds = now - self.started
        done = progress.share - (self.resumed or 0)
        left = f"{_duration(seconds * (1 - progress.share) / done)} left" if done > 0 else ""
        line = f"{progress.rows:,} rows, {progress.share:.0%}, {progress.fresh / seconds:,.0f} rows/s, {left}"
        print(
            f"\r{line:70}" if self.terminal else line, end="\r" if self.terminal else "\n", file=sys.stderr, flush=True
        )


def _duration(seconds: float) -> str:
    minutes, s = divmod(round(seconds), 60)
    hours, m = divmod(minutes, 60)
    return f"{hours} h {m:02} min" if hours else f"{m} min {s:02} s" if m else f"{s} s"
