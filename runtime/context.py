"""What one request knows: a frozen context, kept on `g.foyer` and passed by value below the routes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, cast

from flask import Response, current_app, g, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import Connection, Engine

from metadata.snapshot import CompiledSite, PageNode, Snapshot
from runtime.database import hurried, writing

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
        """Reading goes without BEGIN and ROLLBACK where those cost a round trip each."""
        is_near = engine.dialect.name == "sqlite"
        return cls(engine if is_near else engine.execution_options(isolation_level="AUTOCOMMIT"), writing(engine))


class Lease:
    """The connection of one request: taken at first use, given back at the end.

    `connection` is for reading. What writes does so in `with transaction() as connection`, which commits at its end and
    rolls back when something is raised; within it `connection` is the same one, so that reads see the writes.
    """

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._reading: Connection | None = None
        self._writing: Connection | None = None
        self._after: list[Callable[[], None]] = []

    @property
    def connection(self) -> Connection:
        """The connection to read on. No other request uses it."""
        if self._writing is not None:
            return self._writing
        if self._reading is None:
            self._reading = self._doors.reading.connect()
        return self._reading

    @contextmanager
    def transaction(self, patience_ms: int | None = None) -> Iterator[Connection]:
        """One transaction that writes; inside another one it is part of that.

        With `patience_ms` it raises OperationalError rather than wait longer for another writer on SQLite.
        """
        if self._writing is not None:
            yield self._writing
            return
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


@dataclass(slots=True)
class Stages:
    """How long each stage of a request took, for the Server-Timing header."""

    started: float = field(default_factory=time.perf_counter)
    spans: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Add the time spent inside to a stage. The name is a token: letters, digits, dashes."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.spans[name] = self.spans.get(name, 0.0) + time.perf_counter() - begun

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
