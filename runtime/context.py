"""What one request knows: a frozen context, kept on `g.foyer` and passed by value below the routes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol, cast

from flask import Response, g
from sqlalchemy import Connection

from metadata.snapshot import CompiledSite, PageNode, Snapshot
from runtime.csrf import csrf_token
from runtime.lease import Lease
from runtime.meter import METER
from runtime.passing import passing
from runtime.records.proof import Reader

if TYPE_CHECKING:
    from runtime.access import Principal
    from runtime.pages.freshness import Freshness
    from runtime.records.hooks import Listeners
    from runtime.render.renderer import Renderer
    from runtime.services import Services


class PageView(Protocol):
    """What answers for a page of the site: its blocks, for GET and POST."""

    def __call__(self, context: RequestContext, node: PageNode, record_keys: tuple[str, ...]) -> Response:
        """The answer. `record_keys` are the parts of the address that name records, in the order of the address."""
        ...


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


class Stages:
    """How long each stage of a request took, for the Server-Timing header; which page answers, and what it asked of the
    database, for the log and the numbers.

    `page` is the key of a page of the site, "" where none answers.
    """

    __slots__ = ("_seconds", "_statements", "page", "spans", "started")

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.spans: dict[str, float] = {}
        self.page = ""
        self._statements, self._seconds = METER.statements, METER.seconds

    def measure(self, name: str) -> Span:
        """Add the time spent inside to a stage. The name is a token: letters, digits, dashes."""
        return Span(self.spans, name)

    @property
    def total(self) -> float:
        """Seconds since the request began."""
        return time.perf_counter() - self.started

    @property
    def sql(self) -> tuple[int, float]:
        """Commands sent to the database since the request began, and the seconds waited for them; asked by its own thread."""
        return METER.statements - self._statements, METER.seconds - self._seconds


@passing
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
    several_accounts: bool = False
    terms: str = ""

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
        return csrf_token()

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
