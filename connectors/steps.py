"""Steps of a trace as spans: what is told of them to whoever collects traces, and nothing, at no cost, where nobody does.

Who tells them is a matter of the process (`tell_steps`). A step counts for what is done within: it is in the lines of the log,
in the header of a call, and in what is owed because of it. `facts` are names of the metadata and numbers: never a value of a
row, a word of the asker, an address beyond its host.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import urlsplit

from connectors.origin import Origin, carried, common, current_origin, kept_step, step_of, within

Fact = str | int | float | tuple[str, ...]
Facts = Mapping[str, Fact]
SERVER, CLIENT, CONSUMER, INTERNAL = "server", "client", "consumer", "internal"
"""What a step is to the next one, in OpenTelemetry's words."""
FAILED = 400
PORTS = {"http": 80, "https": 443}


class Told(Protocol):
    """A step that is told. `flags` are those of its trace from now on."""

    @property
    def flags(self) -> str:
        """Two hexadecimal digits, as in a traceparent."""
        ...

    @property
    def wanted(self) -> bool:
        """Whether anything of it is sent; a trace may be left out."""
        ...

    def rename(self, name: str) -> None:
        """Give it the name that is known only at its end."""
        ...

    def note(self, facts: Facts) -> None:
        """Tell more of it."""
        ...

    def fail(self, kind: str) -> None:
        """Tell that it failed, in a word that is one of few."""
        ...

    def end(self) -> None:
        """It is over."""
        ...


class Noted(Protocol):
    """As much of a step as who does it needs."""

    def note(self, facts: Facts) -> None:
        """See Told."""
        ...

    def fail(self, kind: str) -> None:
        """See Told."""
        ...


class Teller(Protocol):
    """Who tells of steps. It raises nothing and waits for nobody."""

    def begin(self, origin: Origin, kind: str, name: str, facts: Facts) -> Told:
        """Tell of a step that begins now, by this thread."""
        ...

    def tell(self, origin: Origin, name: str, facts: Facts, begun: int, ended: int) -> None:
        """Tell of a step that is over, with the nanoseconds since 1970 at which it began and ended."""
        ...


@dataclass(frozen=True, slots=True)
class _Several:
    """What is told of a step is told of each of these; of none where nobody listens."""

    steps: tuple[Told, ...] = ()

    def note(self, facts: Facts) -> None:
        for one in self.steps:
            one.note(facts)

    def fail(self, kind: str) -> None:
        for one in self.steps:
            one.fail(kind)


class _Process:
    """What this process has."""

    teller: Teller | None = None


_UNTOLD = _Several()


def tell_steps(teller: Teller | None) -> None:
    """From now on this process tells of its steps, or does so no longer."""
    _Process.teller = teller


def teller() -> Teller | None:
    """Who tells of the steps of this process, if anybody does."""
    return _Process.teller


@contextmanager
def step(name: str, facts: Facts) -> Iterator[Noted]:
    """Something that is done, as a step of what this thread does already, or as the beginning of a trace."""
    to = _Process.teller
    if to is None:
        yield _UNTOLD
        return
    current = current_origin()
    with _told(to, step_of("") if current is None else current.further(), INTERNAL, name, facts) as told:
        yield told


@contextmanager
def owed_step(kept: Iterable[str | None], name: str, facts: Facts) -> Iterator[Noted]:
    """Something that goes back to kept origins. It is a step of each of their traces; what is done within goes back to the one
    that all have, or to none."""
    to = _Process.teller
    if to is None:
        with carried(common(kept)):
            yield _UNTOLD
        return
    found = set(kept)
    origins = [made for made in map(kept_step, found) if made is not None] or [step_of("")]
    with ExitStack() as open_:
        told = tuple(open_.enter_context(_told(to, one, CONSUMER, name, facts)) for one in origins)
        if len(found) > 1:
            open_.enter_context(within(None))
        yield _Several(told)


@contextmanager
def calling(method: str, address: str) -> Iterator[Noted]:
    """A call over HTTP, as a step of what this thread does; one made for no step is not told. Its headers are made within."""
    to, current = _Process.teller, current_origin()
    if to is None or current is None:
        yield _UNTOLD
        return
    parts = urlsplit(address)
    facts: dict[str, Fact] = {"http.request.method": method, "server.address": parts.hostname or ""}
    facts["server.port"] = parts.port or PORTS.get(parts.scheme, 0)
    with _told(to, current.further(), CLIENT, method, facts) as told:
        yield told


def answered(call: Noted, status: int) -> None:
    """Tell how a call was answered."""
    call.note({"http.response.status_code": status})
    if status >= FAILED:
        call.fail(str(status))


@contextmanager
def _told(to: Teller, origin: Origin, kind: str, name: str, facts: Facts) -> Iterator[Told]:
    told = to.begin(origin, kind, name, facts)
    try:
        with within(replace(origin, flags=told.flags)):
            yield told
    except BaseException as fault:
        told.fail(type(fault).__name__)
        raise
    finally:
        told.end()
