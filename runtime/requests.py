"""What happens around every request: its context before, headers and the access log after, its connection given back."""

from __future__ import annotations

import logging

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from runtime.arrivals import Arriving, Changed, request_id_of, welcome
from runtime.context import Lease, RequestContext, Stages
from runtime.errors import FormExpired
from runtime.routes import WITHOUT_CONTEXT
from runtime.security import dress, screen, screen_form
from runtime.services import Services, services_of

log = logging.getLogger("foyer.access")
WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")
SAFE = ("GET", "HEAD")


class Portal(Flask):
    """The application. A request that took for granted what no longer holds is started again, without a trace of the first."""

    def full_dispatch_request(self) -> Response:
        """The answer."""
        try:
            return super().full_dispatch_request()
        except Changed:
            _forget()
            return super().full_dispatch_request()

    def dispatch_request(self) -> ResponseReturnValue:
        """What the view returns, once it is proved who asked: also a page that read nothing is somebody's."""
        answer = super().dispatch_request()
        lease: Lease | None = g.get("lease")
        if lease is not None:
            lease.prove()
        return answer


def _forget() -> None:
    """Make the request as if nothing had been done for it yet, and have it arrive in the ordinary way."""
    lease: Lease | None = g.pop("lease", None)
    if lease is not None:
        lease.release()
    g.pop("foyer", None)
    g.changed = True


def frame_requests(app: Flask) -> None:
    """Register what happens around every request."""
    services = services_of(app)
    secure = services.config.public_url.startswith("https://")

    @app.before_request
    def begin() -> None:
        start(services)

    @app.after_request
    def finish(response: Response) -> Response:
        stages: Stages = g.stages
        dress(response.headers, (("X-Request-ID", g.request_id), ("Server-Timing", timing(stages))), secure=secure)
        note(response, stages)
        return response

    @app.teardown_request
    def release(error: BaseException | None) -> None:
        lease: Lease | None = g.pop("lease", None)
        if lease is not None:
            lease.release()

    @app.errorhandler(CSRFError)
    def form_expired(error: CSRFError) -> Response:
        handled: Response = app.ensure_sync(app.handle_user_exception)(FormExpired(error.description))
        return handled


def start(services: Services) -> None:
    """Make the context of the request; static files and health need none. Raises what makes an answer impossible."""
    g.stages = Stages()
    g.request_id = request_id_of(request.headers.get("X-Request-ID", ""))
    if request.endpoint in WITHOUT_CONTEXT:
        return
    g.lease = Lease(services.doors)
    trusting = request.method in SAFE and "changed" not in g
    g.foyer = welcome(Arriving(request, services, g.lease, g.stages, g.request_id, trusting))
    screen(request)
    if request.method in WITH_BODY:
        screen_form(request)


def timing(stages: Stages) -> str:
    """The Server-Timing header: milliseconds of each stage and in all."""
    spans = {**stages.spans, "total": stages.total}
    return ", ".join(f"{name};dur={seconds * 1000:.2f}" for name, seconds in spans.items())


def note(response: Response, stages: Stages) -> None:
    """A line of the access log. The query string stays out of it: it may hold codes and what people search for."""
    if not log.isEnabledFor(logging.INFO) or request.endpoint == "healthz":
        return
    context: RequestContext | None = g.get("foyer")
    fields = {
        "action": "request",
        "request": g.request_id,
        "method": request.method,
        "path": request.path[:500],
        "status": response.status_code,
        "ms": round(stages.total * 1000, 2),
        "address": request.remote_addr,
        "site": context.site.key if context else None,
        "contact": context.principal.contact if context else None,
    }
    # Not log.info: looking for the line of code that logs costs more than all the rest.
    record = log.makeRecord(log.name, logging.INFO, "", 0, "request", (), None)
    vars(record).update(fields)
    log.handle(record)
