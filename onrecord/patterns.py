"""Regular expressions that are compiled when they are first used: a module full of them costs an import nothing."""

import re
from typing import Any, cast


def lazy(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """`re.compile(pattern, flags)`, put off until the first use; an error in the pattern shows then as well."""
    return cast("re.Pattern[str]", _Lazy(pattern, flags))


class _Lazy:
    """Takes over the methods of the compiled pattern when the first of them is asked for."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._source = pattern, flags

    def __getattr__(self, name: str) -> Any:  # called only for what is not there yet
        compiled = re.compile(*self._source)
        for method in ("search", "match", "fullmatch", "finditer", "findall", "split", "sub"):
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)
