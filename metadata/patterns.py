"""Regular expressions of makers at work: a text matches as a whole, and no text keeps a worker for long.

The engine is that of the package regex, which understands what `re` does and can be told how long it may take.
"""

from __future__ import annotations

import importlib
import logging
from functools import lru_cache
from typing import Any

PATIENCE_S = 0.1
"""How long one text may take, in seconds; what takes longer does not match."""
_log = logging.getLogger(__name__)


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern matches the text as a whole. A text that it cannot decide in time does not match."""
    try:
        return compiled(pattern).fullmatch(text, timeout=PATIENCE_S) is not None
    except TimeoutError:
        _log.warning("a pattern takes too long", extra={"action": "pattern_timeout", "pattern": pattern[:200]})
        return False


def takes_long(pattern: str, text: str) -> bool:
    """Whether the pattern takes longer than that to tell whether it matches."""
    try:
        compiled(pattern).fullmatch(text, timeout=PATIENCE_S)
    except TimeoutError:
        return True
    return False


@lru_cache(maxsize=500)
def compiled(pattern: str) -> Any:
    """The pattern made ready. Raises `unsound()` where it is none."""
    return importlib.import_module("regex").compile(pattern)


def unsound() -> type[Exception]:
    """What is raised for a pattern that is none."""
    error: type[Exception] = importlib.import_module("regex").error
    return error
