"""What happens around every request: its context before, headers and the access log after, its connection given back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response, g
from flask.ctx import RequestContext as FlaskContext
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.routing import MapAdapter, Rule

from connectors.origin import HEADER, begin_origin, end_origin
from connectors.steps import teller
from runtime.answers import Answer
from runtime.arrivals import Arriving, Changed, request_id_of, welcome
from runtime.at_hand import held_by_request, the_request
from runtime.classed_reads import begin_reads, end_reads, keep_reads
from runtime.context import PageView, RequestContext, Stages
from runtime.csrf import Tokens
from runtime.errors import FormExpired, TermsNeeded
from runtime.headers import dress_page, let_run
from runtime.lease import Lease
from runtime.led_here import COMING_BACK, STRICT, once_more
from runtime.loading import Later
from runtime.logs import Bare
from runtime.nonce import KEY, nonce_used
from runtime.recent_proof import ask_recent_proof
from runtime.routes import WITHOUT_CONTEXT
from runtime.second_step import ask_second_factor
from runtime.security import screen, screen_form
from runtime.services import Services, services_of
from runtime.studio.viewing.guise import guise_of, let_frame
from runtime.terms_step import ask_terms
from runtime.uploads import is_plain_form
from runtime.url_rules import PatientRule

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from runtime.metrics.counted import RequestNumbers

log = logging.getLogger("foyer.access")
WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")
SAFE = ("GET", "HEAD")
MOST_HOSTS = 500
MOST_PATHS, LONGEST_PATH = 4096, 200
GUISE, UNKNOWN = "foyer:seen-as", "foyer:unknown"
NOWHERE = (None, "page", "root")
"""Views that say nothing of what was found: without a page of the site nothing was."""
UNDRESSED = ("studio", "identity")
"""Where people sign in and where the site is made no setting loosens a header."""


look_through = Later("runtime.studio.viewing.eyes:look_through")
begin_told, end_told = Later("runtime.traces.requests:begin_told"), Later("runtime.traces.requests:end_told")


class Pushed(FlaskContext):
    """Flask's context of a request, which remembers what view answers for a path: to find it costs 15 microseconds."""

    app: Portal

    def match_request(self) -> None:
        """See Flask's. What has no view, or is led to another address, is looked for anew each time."""
        asked = self.request
        place = asked.method, asked.environ.get("PATH_INFO", "")
        found = self.app.views.get(place)
        if found is None:
            super().match_request()
            if asked.url_rule is not None and len(place[1]) <= LONGEST_PATH:
                self.app.views.keep(place, (asked.url_rule, asked.view_args or {}))
            return
        asked.url_rule, asked.view_args = found[0], found[1].copy()


class Views:
    """The views found last, with the parts of their addresses; begins anew when there are too many."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], tuple[Rule, dict[str, Any]]] = {}
        self.get = self._found.get

    def keep(self, place: tuple[str, str], view: tuple[Rule, dict[str, Any]]) -> None:
        """Remember one."""
        if len(self._found) >= MOST_PATHS:
            self._found.clear()
        self._found[place] = view


class Portal(Flask):
    """The application. A request that took for granted what no longer holds is started again, without a trace of the first."""

    response_class = Answer
    url_rule_class = PatientRule

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.views = Views()
        self._hosts: dict[tuple[str, str | None, str, str], tuple[str, str]] = {}

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """What finds the view of a request. How a host is written in the end is remembered."""
        if request is None:
            return super().create_url_adapter(request)
        environ = request.environ
        asked = (environ["wsgi.url_scheme"], environ.get("HTTP_HOST"), environ["SERVER_NAME"], environ["SERVER_PORT"])
        if asked not in self._hosts or "HTTP_UPGRADE" in environ:
            made = super().create_url_adapter(request)
            if len(self._hosts) >= MOST_HOSTS:
                self._hosts.clear()
            if made is not None:
                self._hosts[asked] = request.host, made.server_name
            return made
        request.host, server = self._hosts[asked]
        path = environ.get("PATH_INFO", "").encode("latin1").decode(errors="replace")
        query = environ.get("QUERY_STRING", "")
        return MapAdapter(self.url_map, server, request.root_path or "/", "", asked[0], path, request.method, query)

    def request_context(self, environ: WSGIEnvironment) -> Pushed:
        """What Flask keeps for the request, which finds the view by what was found before."""
        return Pushed(self, environ)

    def preprocess_request(self) -> ResponseReturnValue | None:
        """Flask's; where no blueprint has a say, the application's own hooks are called without asking for each one's."""
        if self.url_value_preprocessors or the_request().blueprint is not None:
            return super().preprocess_request()
        for hook in self.before_request_funcs.get(None, ()):
            answer: ResponseReturnValue | None = hook()  # type: ignore[assignment]
            if answer is not None:
                return answer
        return None

    def make_response(self, rv: ResponseReturnValue) -> Response:
        """The answer, as it is where it is one."""
        return rv if isinstance(rv, Answer) else super().make_response(rv)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is: none of ours is a coroutine, and Flask looks at each one at each request."""
        return func

    def full_dispatch_request(self) -> Response:
        """The answer."""
        numbers = services_of(self).numbers
        if numbers is None:
            return self._dispatched()
        numbers.in_progress.inc()
        try:
            return self._dispatched()
        finally:
            numbers.in_progress.dec()

    def _dispatched(self) -> Response:
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
    end_reads()
    g.pop("foyer", None)
    g.pop(KEY, None)
    g.changed = True


Keep = Callable[[RequestContext, Request], Response | None]


def frame_requests(app: Flask, show: PageView, keep: Keep) -> None:
    """Register what happens around every request. `show` answers for a page of the site, `keep` for a form whose session is
    over."""
    services = services_of(app)
    secure = services.config.public_url.startswith("https://")
    strict = services.config.cookie_same_site == STRICT
    numbers = services.numbers

    tokens = Tokens(app)

    @app.before_request
    def begin() -> Response | None:
        asked, held = the_request(), held_by_request()
        start(services, asked, held)
        back = once_more(held.foyer, app, asked) if asked.endpoint in COMING_BACK else None
        if back is not None:
            return back
        if asked.method in WITH_BODY and asked.endpoint not in WITHOUT_CONTEXT:  # no cookie counts where there is no context
            kept = _checked(tokens, held.foyer, asked, keep)
            if kept is not None:
                return kept
        guise = guise_of(asked)
        led = _led(held.foyer, asked, keep, looking=guise is not None) if "foyer" in held else None
        return look_through(asked, held, guise, show) if guise is not None and led is None and "foyer" in held else led

    @app.after_request
    def finish(response: Response) -> Response:
        asked, held = the_request(), held_by_request()
        stages: Stages = held.stages
        if "foyer" in held:
            keep_reads(held.foyer, asked.path)
        if strict and "foyer" in held:
            response = once_more(held.foyer, app, asked, response) or response
        if isinstance(response, Answer):
            response.secure = secure
            dressed = asked.blueprint not in UNDRESSED
            if guise_of(asked) is not None:
                let_frame(response)
            elif dressed and "foyer" in held:
                dress_page(response, held.foyer.site.settings)
            if dressed:
                let_run(response, nonce_used(held))
            response.notes = (("X-Request-ID", held.request_id), ("Server-Timing", timing(stages)))
        note(asked, held, response, stages)
        if (to := teller()) is not None:
            end_told(to, asked, held, response, place_of(asked, stages))
        if numbers is not None:
            count(numbers, asked, held, response)
        return response

    app.teardown_request(_release)

    @app.errorhandler(CSRFError)
    def form_expired(error: CSRFError) -> Response:
        handled: Response = app.ensure_sync(app.handle_user_exception)(FormExpired(error.description))
        return handled


def _checked(tokens: Tokens, context: RequestContext, asked: Request, keep: Keep) -> Response | None:
    """Nothing for a form of the session; for one of a session that is over, what `keep` answers. Raises CSRFError."""
    try:
        tokens.check(asked)
    except CSRFError:
        kept = keep(context, asked)
        if kept is None:
            raise
        return kept
    return None if context.signed_in else keep(context, asked)


def _led(context: RequestContext, asked: Request, keep: Keep, *, looking: bool) -> Response | None:
    """Where somebody is led before what they asked for; None for all who may go on.

    A form that was opened before the terms changed is kept meanwhile, and goes on once they are accepted.
    """
    try:
        led = ask_second_factor(context, asked) or ask_terms(context, asked)
    except TermsNeeded:
        led = keep(context, asked) if asked.method == "POST" and "HX-Request" not in asked.headers else None
        if led is None:
            raise
    return led if led is not None or looking else ask_recent_proof(context, asked)


def _release(error: BaseException | None) -> None:
    end_origin()
    end_reads()
    lease: Lease | None = held_by_request().pop("lease", None)
    if lease is None:
        return
    if error is None:
        lease.rest()
    else:
        lease.release()


def start(services: Services, asked: Request, held: Any) -> None:
    """Make the context of the request; static files and health need none. Raises what makes an answer impossible."""
    if "changed" not in held:  # what is started again has cost what it cost before, too
        held.stages = Stages()
        held.request_id = request_id_of(asked.headers.get("X-Request-ID", ""))
        held.origin = begin_origin(held.request_id, asked.headers.get(HEADER, ""))
        if (to := teller()) is not None:
            begin_told(to, asked, held)
    if asked.endpoint in WITHOUT_CONTEXT:
        return
    held.lease = Lease(services.doors)
    # What has a file in it can be read only once, and an arrival that no longer holds starts the request again.
    repeatable = asked.method in SAFE or is_plain_form(asked)
    trusting = repeatable and "changed" not in held
    held.foyer = welcome(Arriving(asked, services, held.lease, held.stages, held.request_id, trusting))
    begin_reads(held.foyer)
    screen(asked)
    if asked.method in WITH_BODY:
        screen_form(asked)


def timing(stages: Stages) -> str:
    """The Server-Timing header: milliseconds of each stage and in all."""
    spans = [f"{name};dur={seconds * 1000:.2f}" for name, seconds in stages.spans.items()]
    return ", ".join([*spans, f"total;dur={stages.total * 1000:.2f}"])


def note(asked: Request, held: Any, response: Response, stages: Stages) -> None:
    """A line of the access log. The query string stays out of it: it may hold codes and what people search for."""
    if not log.isEnabledFor(logging.INFO) or asked.endpoint == "healthz":
        return
    context: RequestContext | None = held.get("foyer")
    statements, seconds = stages.sql
    fields = {
        "action": "request",
        "request": held.request_id,
        "trace_id": held.origin.trace,
        "span_id": held.origin.span,
        "method": asked.method,
        "path": asked.path[:500],
        "status": response.status_code,
        "ms": round(stages.total * 1000, 2),
        "page": place_of(asked, stages),
        "statements": statements,
        "sql_ms": round(seconds * 1000, 2),
        "address": asked.remote_addr,
        "site": context.site.key if context else None,
        "contact": context.principal.contact if context else None,
    }
    log.handle(Bare(log, "request", fields))


def count(numbers: RequestNumbers, asked: Request, held: Any, response: Response) -> None:
    """Add a request to the numbers that are kept of them."""
    context: RequestContext | None = held.get("foyer")
    stages: Stages = held.stages
    site = context.site.key if context else ""
    numbers.count((site, place_of(asked, stages), asked.method, response.status_code), stages.total, stages.sql)


def place_of(asked: Request, stages: Stages) -> str:
    """What the log and the numbers call where a request went: a page of the site by its key, anything else as `foyer:…`.

    It is one of as many names as the site has pages and the engine has views; nothing of it comes from who asks.
    """
    if guise_of(asked) is not None:
        return GUISE
    return stages.page or (UNKNOWN if asked.endpoint in NOWHERE else f"foyer:{asked.endpoint}")
