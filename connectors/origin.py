"""Which request a piece of work goes back to: told in each line of the log, to whoever is called, and with what is owed.

A trace is known by the two numbers that W3C Trace Context gives it: one for all that goes back to the same beginning, one for
the step that goes on. What a request owes keeps both, so that what is done of it later, elsewhere, is a step of the same trace.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

HEADER = "traceparent"
LONGEST = 130
"""Of an origin as it is kept: the longest id of a request, a space, and a traceparent."""
_PARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_FIRST_VERSION = "00"


@dataclass(frozen=True, slots=True)
class Origin:
    """A step of a trace, and the request that it goes back to, "" where it goes back to none. `flags` are those that came
    with the trace; `above` is the step that this one belongs to, "" where the trace begins with it."""

    request: str
    trace: str
    span: str
    flags: str = "00"
    above: str = ""

    @property
    def parent(self) -> str:
        """The header that tells whom we call."""
        return f"{_FIRST_VERSION}-{self.trace}-{self.span}-{self.flags}"

    def further(self) -> Origin:
        """A step that belongs to this one."""
        return replace(self, span=os.urandom(8).hex(), above=self.span)

    def __str__(self) -> str:
        return f"{self.request} {self.parent}"


_CURRENT: ContextVar[Origin | None] = ContextVar("foyer_origin", default=None)
current_origin = _CURRENT.get
"""The origin of what this thread does; None where it does nothing for a request."""


def step_of(request: str, header: str = "") -> Origin:
    """A new step, of the trace that a traceparent names, or of a new trace where it is none."""
    found = _PARENT.fullmatch(header) if header else None
    drawn = os.urandom(24).hex()
    if found is None or (found[1] == _FIRST_VERSION and found[5]):
        return Origin(request, drawn[:32], drawn[32:])
    return Origin(request, found[2], drawn[32:], found[4], found[3])


def begin_origin(request: str, header: str = "") -> Origin:
    """A new step as `step_of` has it, which counts until `end_origin`."""
    made = step_of(request, header)
    _CURRENT.set(made)
    return made


def take_up(origin: Origin) -> None:
    """What this thread does from now on is this step, until `end_origin`."""
    _CURRENT.set(origin)


def end_origin() -> None:
    """What this thread does from now on is for nobody."""
    _CURRENT.set(None)


def origin_text() -> str:
    """The origin as it is kept with what is owed; "" where there is none."""
    found = _CURRENT.get()
    return "" if found is None else str(found)


@contextmanager
def carried(kept: str | None) -> Iterator[None]:
    """Do something that goes back to a kept origin, as a new step of its trace; as ever where it goes back to none."""
    found = kept_step(kept)
    if found is None:
        yield
        return
    with within(found):
        yield


def kept_step(kept: str | None) -> Origin | None:
    """A new step of the trace of a kept origin; None where it is none."""
    request, _, parent = (kept or "").partition(" ")
    return step_of(request, parent) if parent else None


@contextmanager
def within(origin: Origin | None) -> Iterator[None]:
    """Do something as this step, or as nobody's."""
    before = _CURRENT.get()
    _CURRENT.set(origin)
    try:
        yield
    finally:
        _CURRENT.set(before)


def common(kept: Iterable[str | None]) -> str:
    """The origin that all have; "" where they are of several."""
    found = set(kept)
    return (found.pop() or "") if len(found) == 1 else ""


def trace_headers() -> dict[str, str]:
    """What is added to the headers of a call."""
    found = _CURRENT.get()
    return {} if found is None else {HEADER: found.parent}
