"""What one request knows: a frozen context, kept on `g.foyer` and passed by value below the routes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, cast

from flask import Response, current_app, g, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import Connection, Dialect, Engine

from metadata.snapshot import CompiledSite, PageNode, Snapshot
from runtime.database import hurried, reading, writing
from runtime.records.proof import Presumption, Reader

if TYPE_CHECKING:
    from runtime.access import Principal
    from runtime.pages.freshness import Freshness
    from runtime.records.hooks import Listeners
    from runtime.render.renderer import Renderer
    from runtime.services import Services


CSRF_FIELD = "csrf_token"
MOST_SIGNED = 10_000
_SIGNED: dict[tuple[object, str], str] = {}


class PageView(Protocol):
    """What answers for a page of the site: its blocks, for GET and POST."""

    def __call__(self, context: RequestContext, node: PageNode, record_keys: tuple[str, ...]) -> Response:
        """The answer. `record_keys` are the parts of the address that name records, in the order of the address."""
        ...


@dataclass(frozen=True, slots=True)
class Doors:
    """The two ways into a database: to read, and to write in a transaction."""

    reading: Engine
    writing: Engine

    @classmethod
    def of(cls, engine: Engine) -> Doors:
        """Reading goes without BEGIN and ROLLBACK."""
        return cls(reading(engine), writing(engine))


class Lease:
    """The connection of one request: taken at first use, given back at the end.

    `connection` is for reading. What writes does so in `with transaction() as connection`, which commits at its end and
    rolls back when something is raised; within it `connection` is the same one, so that reads see the writes.

    What the request takes for granted (`presume`) is proved before any of that. Only a statement that proves it on the way
    is read on `reader`.
    """

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._reading: Connection | None = None
        self._writing: Connection | None = None
        self._after: list[Callable[[], None]] = []
        self._presumption: Presumption | None = None

    @property
    def connection(self) -> Connection:
        """The connection to read on. No other request uses it. Raises what `prove` raises."""
        if self._presumption is not None:
            self.prove()
        return self.bare()

    @property
    def reader(self) -> Reader:
        """What a prepared statement is read on, which may be the first of the request."""
        return self.bare() if self._presumption is None else self

    def bare(self) -> Connection:
        """The connection to read on, whatever was proved: for the statement that proves."""
        if self._writing is not None:
            return self._writing
        if self._reading is None:
            self._reading = self._doors.reading.connect()
        return self._reading

    @property
    def dialect(self) -> Dialect:
        """The dialect of the connections."""
        return self._doors.reading.dialect

    @property
    def presumption(self) -> Presumption | None:
        """What is taken for granted and not proved yet."""
        return self._presumption

    def presume(self, presumption: Presumption) -> None:
        """Take something for granted until the first statement."""
        self._presumption = presumption

    def hold(self) -> None:
        """The first statement has proved what was taken for granted."""
        self._presumption = None

    def prove(self) -> None:
        """Make sure of what is taken for granted, in a statement of its own. What raises leaves it unproved."""
        presumption, self._presumption = self._presumption, None
        if presumption is None:
            return
        try:
            presumption.make_sure()
        except BaseException:
            self._presumption = presumption
            raise

    @contextmanager
    def transaction(self, patience_ms: int | None = None) -> Iterator[Connection]:
        """One transaction that writes; inside another one it is part of that.

        With `patience_ms` it raises OperationalError rather than wait longer for another writer on SQLite.
        """
        if self._writing is not None:
            yield self._writing
            return
        self.prove()
        self.release()
        doors = self._doors
        engine = doors.writing if patience_ms is None else hurried(doors.writing, patience_ms)
        try:
            with engine.begin() as connection:
                self._writing = connection
                yield connection
        except BaseException:
            self._after.clear()
            raise
        finally:
            self._writing = None
        waiting, self._after = self._after, []
        for action in waiting:
            action()

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do this once the transaction has been committed, at once outside one; never when it was rolled back."""
        if self._writing is None:
            action()
        else:
            self._after.append(action)

    def release(self) -> None:
        """Give the connection for reading back."""
        if self._reading is not None:
            self._reading.close()
            self._reading = None

    def discard(self) -> None:
        """Throw the connection for reading away: it no longer works."""
        if self._reading is not None:
            self._reading.invalidate()
        self.release()


def _csrf_token() -> str:
    """The signed token of the session. Signing is remembered: tokens do not age, so the one signed before is as good."""
    raw = session.get(CSRF_FIELD)
    known = _SIGNED.get((current_app.secret_key, raw)) if isinstance(raw, str) else None
    if known is not None:
        g.csrf_token = known
        return known
    made = cast(str, generate_csrf())
    if len(_SIGNED) >= MOST_SIGNED:
        _SIGNED.clear()
    _SIGNED[current_app.secret_key, session[CSRF_FIELD]] = made
    return made


class Span:
    """The time spent inside, added to a stage; a class because it is met seven times in a request."""

    __slots__ = ("_begun", "_name", "_spans")

    def __init__(self, spans: dict[str, float], name: str) -> None:
        self._spans, self._name = spans, name
        self._begun = 0.0

    def __enter__(self) -> None:
        self._begun = time.perf_counter()

    def __exit__(self, *raised: object) -> None:
        self._spans[self._name] = self._spans.get(self._name, 0.0) + time.perf_counter() - self._begun


@dataclass(slots=True)
class Stages:
    """How long each stage of a request took, for the Server-Timing header."""

    started: float = field(default_factory=time.perf_counter)
    spans: dict[str, float] = field(default_factory=dict)

    def measure(self, name: str) -> Span:
        """Add the time spent inside to a stage. The name is a token: letters, digits, dashes."""
        return Span(self.spans, name)

    @property
    def total(self) -> float:
        """Seconds since the request began."""
        return time.perf_counter() - self.started


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Who asks for what, on which snapshot. `prefix` goes before every local address: "" or such as "/sv-SE"."""

    snapshot: Snapshot
    site: CompiledSite
    principal: Principal
    language: str
    prefix: str
    request_id: str
    lease: Lease
    stages: Stages
    services: Services
    session_id: int | None = None
    remembered: bool = False
    account_name: str = ""
    account_number: str = ""

    @property
    def connection(self) -> Connection:
        """The connection to read on, taken at first use."""
        return self.lease.connection

    @property
    def reader(self) -> Reader:
        """What the statements of `runtime.records` are read on; the first one also proves who asks."""
        return self.lease.reader

    @property
    def renderer(self) -> Renderer[RequestContext]:
        """What dresses values in the theme's templates."""
        return self.services.renderer

    @property
    def csrf(self) -> str:
        """The token that every form sends back as `csrf_token`, or a script as the header X-CSRFToken."""
        return _csrf_token()

    @property
    def listeners(self) -> Listeners:
        """Who is told of each change that this request makes to a row."""
        return self.services.listeners

    def freshness(self, entity: str) -> Freshness | None:
        """How old the rows of an entity are; None where they come from no other system."""
        return self.services.freshness(entity)

    @property
    def signed_in(self) -> bool:
        """Is there a person behind the request?"""
        return self.principal.contact is not None

    def url(self, path: str) -> str:
        """A local address in the language of this request, from a path of the site such as /signin."""
        return f"{self.prefix}{path}"


def current() -> RequestContext:
    """The context of the request being answered. Raises AttributeError where none was made (static files, health)."""
    return cast(RequestContext, g.foyer)
