"""What all commands share: their usage errors, one-line errors, exit codes, and how an answer is printed."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

import typer
import typer.core
from typer.exceptions import TyperException

from onrecord.terminal import escaped

EXIT_CODES = (
    "Exit codes: 0 done; 1 it ended for the reason that standard error gives (score goes on when started again); "
    "2 wrong usage: an argument, option or value that there is not, or that this checkpoint does not know; "
    "3 done, but bad lines or rows were left out, each named on standard error."
)
LEFT_OUT = 3


class Command(typer.core.TyperCommand):
    """A command whose usage errors say what to do about a sentence that begins with a dash."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See TyperCommand."""
        typed = list(args)  # which is consumed
        try:
            return super().parse_args(ctx, args)
        except TyperException as error:
            error.message = error.message.removeprefix("Value error, ")
            option = getattr(error, "option_name", None)
            if option and any(arg.startswith(option) and " " in arg for arg in typed):
                error.message += "; put -- before a sentence that begins with a dash, options before it"
            raise


def fail(message: str) -> typer.Exit:
    """Print a one-line error; what is returned ends the command with 1 when raised."""
    print(f"error: {escaped(message)}", file=sys.stderr)
    return typer.Exit(1)


@contextlib.contextmanager
def printing() -> Iterator[None]:
    """Around whatever prints an answer, which is flushed here.

    Ends the command where it cannot be written: with 0 if the reader has enough (`| head`), else with an error.
    """
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter flushes once more when it ends
        if isinstance(error, BrokenPipeError):
            raise typer.Exit(0) from None
        raise fail(f"standard output cannot be written: {error.strerror}") from None


def standard_input() -> BinaryIO:
    """The bytes of standard input, or the end of the command where it is closed."""
    if sys.stdin is None:
        raise fail("standard input is closed, so there is nothing to read")
    return sys.stdin.buffer
