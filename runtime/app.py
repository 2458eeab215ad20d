"""The composition root: an application from its configuration, in named steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from flask import Flask
from sqlalchemy.exc import DBAPIError
from werkzeug.middleware.proxy_fix import ProxyFix

from runtime.api.routes import api_blueprint
from runtime.aside import Aside
from runtime.config import Config
from runtime.context import PageView, RequestContext
from runtime.cookies import CookieSessions
from runtime.database import make_engine
from runtime.documents import OrjsonProvider
from runtime.errors import NothingPublished
from runtime.failures import handle_failures
from runtime.files.places import make_store
from runtime.files.scanning import Clamd
from runtime.files.taking import Cellar
from runtime.frames import frame_of, may_open
from runtime.guards import GUARDS
from runtime.identity.passwords import Cost, Passwords
from runtime.identity.throttle import Throttle
from runtime.identity.views import identity_blueprint
from runtime.jobs.webhooks import owe_webhooks
from runtime.languages import LanguagePrefix, prefixed_tags
from runtime.lease import Doors
from runtime.loading import Later
from runtime.logs import configure_logs
from runtime.mail import make_mailer
from runtime.pages import show as show_page
from runtime.pages.feed_routes import feed_blueprint
from runtime.pages.files import files_blueprint
from runtime.pages.lookup import lookup_blueprint
from runtime.pages.lookup_new import lookup_new_blueprint
from runtime.pages.publishing import publishing_blueprint
from runtime.pages.sent_late import hand_over, keep_sent_late
from runtime.records.audit import AUDITED
from runtime.render import Renderer
from runtime.render.chain import theme_roots
from runtime.render.checks import require_themes
from runtime.requests import Portal, frame_requests
from runtime.routes import add_routes
from runtime.secret import secret_key
from runtime.security import MAX_FORM_FIELDS, cookie_name
from runtime.services import EXTENSION, Services, services_of
from runtime.sharing.routes import sharing_blueprint
from runtime.snapshots import SnapshotHolder
from runtime.studio.bench import Workshop
from runtime.studio.routes import ROOT, studio_blueprint
from runtime.studio.viewing.guise import GuisePrefix
from runtime.sync.freshness import EntityFreshness
from runtime.sync.listener import keep_outbox
from runtime.sync.pool import Adapters
from runtime.sync.submission import OutsideSubmission
from runtime.traces.asked import begin_traces
from runtime.uploads import request_class

_request_numbers = Later("runtime.metrics.counted:RequestNumbers")
COOKIE = "foyer"
COOKIE_LIFETIME = timedelta(days=365)


def create_app(config: Config, *, services: Services | None = None, show: PageView = show_page) -> Flask:
    """The application. Opens no connection yet; `services` and `show` replace parts of it, for tests."""
    app = Portal("foyer", static_folder=None, template_folder=None)
    parts = services or make_services(config)
    app.extensions[EXTENSION] = parts
    configure(app, config)
    configure_logs(config.log_level)
    frame_requests(app, show, keep_sent_late)
    handle_failures(app, show, {ROOT: Later("runtime.studio.failing:failure_page")})
    blueprints = (
        identity_blueprint(),
        lookup_blueprint(),
        lookup_new_blueprint(),
        feed_blueprint(),
        api_blueprint(),
        files_blueprint(),
        publishing_blueprint(),
        sharing_blueprint(),
        studio_blueprint(),
    )
    add_routes(app, show, blueprints)
    parts.hooks.listen("signed_in", hand_over)
    wrap(app, parts)
    parts.hooks.call("app_created", app)
    return app


def ready_app(environ: Mapping[str, str]) -> Flask:
    """The application of an environment's settings, with the snapshot ready where something has been published.

    Raises ConfigError, SQLAlchemyError.
    """
    app = create_app(Config.from_environment(environ))
    begin_traces(environ)
    try:
        services_of(app).snapshots.current()
    except NothingPublished:
        app.logger.warning("nothing has been published yet")
    return app


def make_services(config: Config) -> Services:
    """The parts that the configuration describes."""
    engine = make_engine(config.database_url, pool_size=config.pool_size, ping=False)
    roots = theme_roots(config.theme_dir)
    workshop = Workshop(engine, GUARDS)
    snapshots = SnapshotHolder(engine, lambda snapshot: require_themes(snapshot, roots), workshop.store)
    return Services(
        config=config,
        engine=engine,
        doors=Doors.of(engine),
        snapshots=snapshots,
        renderer=Renderer[RequestContext](frame_of, may_open, roots=roots, auto_reload=config.debug),
        passwords=Passwords(Cost(config.argon2_time, config.argon2_memory, config.argon2_lanes)),
        throttle=Throttle(config.throttle_url),
        mailer=make_mailer(config.smtp_url, config.mail_folder, config.mail_from),
        workshop=workshop,
        files=Cellar(
            make_store(config.files_url, config.files_folder),
            config.max_file_bytes,
            Clamd.at(config.virus_scanner) if config.virus_scanner else None,
        ),
        aside=Aside(max_workers=2, thread_name_prefix="aside"),
        freshness=EntityFreshness(engine, snapshots),
        submission=OutsideSubmission(Adapters()),
        listeners=AUDITED.plus(keep_outbox, owe_webhooks),
        numbers=_request_numbers() if config.metrics_token else None,
    )


def configure(app: Flask, config: Config) -> None:
    """Flask's settings: cookies, limits of what may be sent, CSRF, JSON."""
    app.json = OrjsonProvider(app)
    app.request_class = request_class(config.max_file_bytes)
    app.session_interface = CookieSessions()
    app.url_map.merge_slashes = False
    app.config.update(
        SECRET_KEY=secret_key(config.secret_key, config.data_dir),
        SECRET_KEY_FALLBACKS=list(config.old_secret_keys),
        SESSION_COOKIE_NAME=cookie_name(COOKIE, config.public_url),
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE=config.cookie_same_site,
        SESSION_COOKIE_SECURE=config.public_url.startswith("https://"),
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=COOKIE_LIFETIME,
        MAX_CONTENT_LENGTH=config.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=config.max_body_bytes,
        MAX_FORM_PARTS=MAX_FORM_FIELDS,
        # A token lives as long as its session: nobody loses a long form for having thought about it.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_HEADERS=["X-CSRFToken", "X-CSRF-Token", "__RequestVerificationToken"],
        # The token and SameSite decide; a proxy that ends TLS makes the referrer look foreign.
        WTF_CSRF_SSL_STRICT=False,
    )


def wrap(app: Flask, services: Services) -> None:
    """WSGI middleware: the language part of addresses, and what a trusted proxy says of the client."""

    def tags(host: str) -> Iterable[str]:
        try:
            snapshot = services.snapshots.current()
        except (NothingPublished, DBAPIError):  # the request itself will say so
            return ()
        site = snapshot.site_for(host)
        if site is None:
            return ()
        return prefixed_tags(snapshot, site)

    app.wsgi_app = GuisePrefix(LanguagePrefix(app.wsgi_app, tags))  # type: ignore[method-assign]
    hops = services.config.trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
