"""What is told of a request: where it went by the names of the metadata, how it was answered, and how long each stage took.

Its address stays out of it, as do its query string and who asked: those are in the access log, by the number of the trace.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from flask import Request, Response

from connectors.origin import take_up
from connectors.steps import SERVER, Fact, Teller, Told
from runtime.context import Span, Stages
from runtime.meter import METER
from runtime.traces.database import facts_of

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER, UNNAMED = "_OTHER", "HTTP"
"""What OpenTelemetry calls every other word in the place of a method, and the request."""
BROKEN = 500
UNTOLD = ("healthz",)
"""What is asked every few seconds and says nothing; the access log leaves it out too."""


class TimedSpan(Span):
    """The time spent inside, also with the moments at which it began and ended and what it asked of the database."""

    __slots__ = ("_at", "_seconds", "_statements", "_timed")

    def __init__(self, spans: dict[str, float], name: str, timed: list[Timed]) -> None:
        super().__init__(spans, name)
        self._timed = timed

    def __enter__(self) -> None:
        self._at = time.time_ns()
        self._statements, self._seconds = METER.statements, METER.seconds
        super().__enter__()

    def __exit__(self, *raised: object) -> None:
        super().__exit__(*raised)
        asked = METER.statements - self._statements, METER.seconds - self._seconds
        self._timed.append((self._name, self._at, time.time_ns(), *asked))


Timed = tuple[str, int, int, int, float]
"""A stage: its name, when it began and ended, the statements that it sent and the seconds that it waited for them."""


class TimedStages(Stages):
    """Stages that know when each began."""

    __slots__ = ("timed",)

    def __init__(self) -> None:
        super().__init__()
        self.timed: list[Timed] = []

    def measure(self, name: str) -> TimedSpan:
        """See Stages."""
        return TimedSpan(self.spans, name, self.timed)


def begin_told(to: Teller, asked: Request, held: Any) -> None:
    """Tell of a request that begins. Its origin has the flags that the sampler gives the trace from then on."""
    if asked.endpoint in UNTOLD:
        return
    method = asked.method if asked.method in METHODS else OTHER
    facts: dict[str, Fact] = {"http.request.method": method, "url.scheme": asked.scheme}
    held.told = told = to.begin(held.origin, SERVER, _named(method), facts)
    held.origin = replace(held.origin, flags=told.flags)
    take_up(held.origin)
    if told.wanted:
        held.stages = TimedStages()


def end_told(to: Teller, asked: Request, held: Any, response: Response, place: str) -> None:
    """Tell how a request was answered, `place` being where it went, and what its stages were."""
    told: Told | None = held.pop("told", None)
    if told is None:
        return
    stages, context = held.stages, held.get("foyer")
    if isinstance(stages, TimedStages):
        told.rename(f"{_named(asked.method if asked.method in METHODS else OTHER)} {place}")
        facts: dict[str, Fact] = {"foyer.page": place, "http.response.status_code": response.status_code}
        if context is not None:
            facts["foyer.site"] = context.site.key
        if asked.url_rule is not None and not stages.page:  # of the site's pages one rule has all
            facts["http.route"] = asked.url_rule.rule
        told.note(facts)
        for name, begun, ended, statements, seconds in stages.timed:
            to.tell(held.origin.further(), name, facts_of(statements, seconds), begun, ended)
    if response.status_code >= BROKEN:
        told.fail(str(response.status_code))
    told.end()


def _named(method: str) -> str:
    return UNNAMED if method == OTHER else method
