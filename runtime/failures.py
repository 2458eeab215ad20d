"""One handler for everything that goes wrong: a page with a number to quote; the detail stands in the log only."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from flask import Flask, Response, g, make_response, request
from jinja2 import TemplateError
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from runtime.context import PageView, RequestContext
from runtime.errors import RequestError, Unavailable, for_status, sentence_of
from runtime.files.store import StoreFailed
from runtime.records.errors import Denied, Refused
from runtime.refused import REFUSED, UNKNOWN, keep_denied, keep_refusal
from runtime.render.texts import texts
from runtime.routes import sign_in_first
from runtime.sitemap import marked_page, readable_pages

log = logging.getLogger("foyer.errors")
MARKERS = {404: "not_found", 403: "access_denied"}
TEMPLATES = {404: "errors/not_found.html", 403: "errors/denied.html"}
TEMPLATE = "errors/error.html"
SAID = frozenset({"looking_only", "second_factor_needed", "terms_needed", "nothing_to_show", "no_record_to_show"})
"""Codes that are told by their own sentence: no role is lacking and no address wrong, as their status would say."""
MOMENT = "%Y-%m-%d %H:%M:%S UTC"
JSON_ONLY = ("feed",)
DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout)


@dataclass(frozen=True, slots=True)
class Failure:
    """What the person is told: status, a code and a sentence, the number to quote and the moment."""

    status: int
    code: str
    sentence: str
    error_id: str
    moment: dt.datetime
    retry_after: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


RoomView = Callable[[RequestContext, Failure], Response | None]
"""Tells of a failure in the frame of one part of the application; None where that part has nothing to tell the person."""


class FailureHandler:
    """Answers for every exception that leaves a view."""

    def __init__(self, show: PageView, rooms: Mapping[str, RoomView]) -> None:
        self._show = show
        self._rooms = rooms

    def __call__(self, error: Exception) -> Response:
        """The answer for an exception. Redirects that a library raises pass as they are."""
        if isinstance(error, HTTPException) and error.code is not None and 300 <= error.code < 400:
            return make_response(error.get_response())
        context = context_of(error)
        failure = describe(error, g.get("request_id", ""))
        note(error, failure)
        if context is not None:
            if failure.status == REFUSED and not isinstance(error, Denied):
                keep_refusal(context, request.method, request.path)
            keep_denied(context, error)
            if failure.status == UNKNOWN:
                return sign_in_first(context)
        response = self._answer(context, failure)
        if isinstance(error, HTTPException):
            for name, value in error.get_headers():
                if name in ("Allow", "Retry-After"):
                    response.headers[name] = value
        if failure.retry_after is not None:
            response.headers["Retry-After"] = str(failure.retry_after)
        return response

    def _answer(self, context: RequestContext | None, failure: Failure) -> Response:
        if wants_json():
            return _json(failure)
        if context is not None:
            try:
                context.lease.release()
                return self._in_room(context, failure) or self._marked(context, failure) or _themed(context, failure)
            except Exception:  # the page that tells of a failure failed itself: the plain one cannot
                log.exception("error page failed", extra={"action": "error_page", "request": failure.error_id})
        return make_response(plain_page(failure), failure.status)

    def _in_room(self, context: RequestContext, failure: Failure) -> Response | None:
        """The page of a part that has a frame of its own, where the address is below that part's."""
        show = next((show for root, show in self._rooms.items() if f"{request.path}/".startswith(f"{root}/")), None)
        if show is None:
            return None
        try:
            return show(context, failure)
        except Exception:  # that frame may be what failed: the site's tells of it then
            log.exception("error page failed", extra={"action": "error_page", "request": failure.error_id})
            return None

    def _marked(self, context: RequestContext, failure: Failure) -> Response | None:
        node = marked_page(context.site, MARKERS.get(failure.status, "") if failure.code not in SAID else "")
        if node is None or request.method not in ("GET", "HEAD"):
            return None
        if node.page.key not in readable_pages(context.snapshot, context.site, context.principal.roles):
            return None
        try:
            response = self._show(context, node, ())
        except (RequestError, Refused, HTTPException, TemplateError):
            return None
        response.status_code = failure.status
        return response


def context_of(error: Exception) -> RequestContext | None:
    """The context of the request, if it is certain who asks."""
    context: RequestContext | None = g.get("foyer")
    if context is None or context.lease.presumption is None:
        return context
    if not isinstance(error, DATABASE_AWAY):
        with contextlib.suppress(SQLAlchemyError):
            context.lease.prove()
            return context
    del g.foyer
    return None


def describe(error: Exception, error_id: str) -> Failure:
    """What people are told of an exception."""
    now = dt.datetime.now(dt.UTC)
    if isinstance(error, Refused):
        return Failure(error.status, type(error).__name__.lower(), sentence_of(type(error)), error_id, now)
    known = known_error(error)
    return Failure(known.status, known.code, known.sentence, error_id, now, known.retry_after, known.parameters)


def known_error(error: Exception) -> RequestError:
    """The class of error that stands for an exception of ours or of a library."""
    if isinstance(error, RequestError):
        return error
    if isinstance(error, HTTPException):
        return for_status(error.code or 500)
    return Unavailable() if isinstance(error, (*DATABASE_AWAY, StoreFailed)) else RequestError()


def note(error: Exception, failure: Failure) -> None:
    """Log a failure under its number; with its trace where nobody foresaw it."""
    fields = {"action": "request_failed", "request": failure.error_id, "status": failure.status, "cause": type(error).__name__}
    # 501 is the caller's doing as any 4xx is: it must not wake whoever watches for errors.
    if failure.status >= 500 and failure.status != 501:
        foreseen = isinstance(error, StoreFailed) or (isinstance(error, RequestError) and type(error) is not RequestError)
        detail = {"detail": str(error)[:500]} if isinstance(error, StoreFailed) else {}
        log.error("request failed", extra=fields | detail, exc_info=None if foreseen else error)
    else:
        log.info("request refused", extra={**fields, "detail": str(error)[:500]})


def wants_json() -> bool:
    """Does the caller ask for JSON rather than for a page? One of a feed always does."""
    if request.blueprint in JSON_ONLY:
        return True
    accepted = request.accept_mimetypes
    best = accepted.best_match(["text/html", "application/json"], default="text/html")
    return best == "application/json"


def _json(failure: Failure) -> Response:
    body: dict[str, Any] = {
        "error": {
            "status": failure.status,
            "code": failure.code,
            "message": failure.sentence,
            "id": failure.error_id,
            "time": failure.moment.isoformat(timespec="seconds"),
        },
    }
    return make_response(body, failure.status)


def _themed(context: RequestContext, failure: Failure) -> Response:
    template = TEMPLATE if failure.code in SAID else TEMPLATES.get(failure.status, TEMPLATE)
    html = context.renderer.page(
        context,
        template,
        status=failure.status,
        sentence=sentence_for(context, failure),
        error_id=failure.error_id,
        time=failure.moment.strftime(MOMENT),
    )
    return make_response(html, failure.status)


def sentence_for(context: RequestContext, failure: Failure) -> str:
    """What is wrong and what to do, in the person's language."""
    say = texts(context.snapshot, context.site, context.language)
    key = f"error.{failure.code}"
    return say(key, **failure.parameters) if key in say else failure.sentence


def plain_page(failure: Failure) -> str:
    """A page that needs no theme, no site and no database."""
    moment = failure.moment.strftime(MOMENT)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{failure.status}</title></head><body><main>'
        f"<h1>{escape(failure.sentence)}</h1><p>Error {escape(failure.error_id)}, {moment}</p></main></body></html>"
    )


def handle_failures(app: Flask, show: PageView, rooms: Mapping[str, RoomView] | None = None) -> None:
    """Let one handler answer for everything. Below an address of `rooms` a part tells of failures in its own frame."""
    app.register_error_handler(Exception, FailureHandler(show, rooms or {}))
