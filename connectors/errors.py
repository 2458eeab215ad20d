"""What can go wrong with an outside system, sorted by what the runner must do about it. There is no fourth kind."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

LONGEST_WAIT = 60.0
GROWS = 1.5
"""Seconds between two tries at most, unless the outside asks for more."""


class ConnectorError(Exception):
    """The outside system did not do what was asked."""


class Fatal(ConnectorError):
    """Trying again will not help: somebody has to change the map, the connection or the outside system."""


GAP = "gap: "
"""Begins the problem of a map whose source has lost what it should have told."""


class Gap(Fatal):
    """The source no longer has what happened after our position. Nothing is written until somebody decides how to close it."""

    def __init__(self, message: str) -> None:
        super().__init__(f"{GAP}{message}")


class Retriable(ConnectorError):
    """The outside system cannot answer now and may later. `after` is how many seconds to wait at least."""

    def __init__(self, message: str, after: float = 1.0) -> None:
        self.after = after
        super().__init__(message)


class Overtaken(Retriable):
    """Somebody outside has changed the row since it was looked at. It says nothing of the outside, nor of other rows."""

    def __init__(self, message: str) -> None:
        super().__init__(message, after=0.1)


def is_silence(fault: object) -> bool:
    """Whether the outside cannot answer, so that there is little sense in asking on."""
    return isinstance(fault, Retriable) and not isinstance(fault, Overtaken)


class RecordRejected(ConnectorError):
    """One record cannot be taken as it is; its neighbours can.

    `code` is stable: type, length, range, scale, choice, value_map, required, key, lookup, row, database. `nearest` is the
    value closest to the refused one that fits, as the attribute holds it, where there is one.
    """

    def __init__(self, message: str, code: str, nearest: Any = None) -> None:
        self.code = code
        self.nearest = nearest
        super().__init__(message)


def patience(fault: Retriable, failures: int) -> float:
    """Seconds to wait after so many failures, up to a minute, and never less than was asked for.

    Half as long again each time, so that what has failed for a while waits half of that while, and is there soon after.
    """
    return max(fault.after, min(LONGEST_WAIT, fault.after * GROWS ** min(failures, 20)))


def meant(name: str, there: Iterable[str]) -> str:
    """The end of a sentence about a name that is not there: what was probably meant, or what there is."""
    names = list(there)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; there are {', '.join(sorted(names)[:20])}" if names else ""


def first_line(error: BaseException) -> str:
    """What went wrong in one line, without the statement that SQLAlchemy adds below it."""
    text = str(getattr(error, "orig", None) or error).strip()
    return text.partition("\n")[0] or type(error).__name__
