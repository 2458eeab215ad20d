"""The addresses of a site on one screen: the engine's own, and the rest, which the site's pages and web files decide."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from flask import Blueprint, Flask, Response, make_response, redirect, request

from runtime.assets import serve_asset, serve_own, serve_tokens
from runtime.context import PageView, RequestContext, current
from runtime.errors import AccessDenied, OutOfReach, PageNotFound, SignInNeeded
from runtime.health import healthz, metrics, readyz
from runtime.loading import Later
from runtime.redirects import Moved, language_redirect, redirect_target
from runtime.robots import serve_robots, serve_sitemap
from runtime.sitemap import FoundPage, Verdict, find_file, find_page, verdicts
from runtime.web_files import permitted_file, serve_file

MOVED, WEB_FILE = "foyer:moved", "foyer:file"
"""What the log and the numbers call answers of the site that are no pages; a key of a page has no colon."""
WITHOUT_CONTEXT = frozenset({"healthz", "readyz", "metrics", "asset", "tokens", "own_sheet", "webhook"})


def add_routes(app: Flask, show: PageView, blueprints: Iterable[Blueprint]) -> None:
    """Register every address. The engine's own win over pages of a site."""
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)
    app.add_url_rule("/metrics", "metrics", metrics)
    app.add_url_rule("/_static/_tokens/<name>", "tokens", serve_tokens)
    app.add_url_rule("/_static/_own/<name>", "own_sheet", serve_own)
    app.add_url_rule("/_static/<theme>/<path:path>", "asset", serve_asset)
    app.add_url_rule("/_hooks/<connection>", "webhook", Later("runtime.sync.webhooks:receive"), methods=["POST"])
    app.add_url_rule("/robots.txt", "robots", serve_robots)
    app.add_url_rule("/sitemap.xml", "sitemap", serve_sitemap)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)

    def serve(path: str = "") -> Response:
        return serve_path(current(), f"/{path}", show)

    app.add_url_rule("/", "root", serve, methods=["GET", "POST"])
    app.add_url_rule("/<path:path>", "page", serve, methods=["GET", "POST"])


def serve_path(context: RequestContext, path: str, show: PageView) -> Response:
    """Answer for a path of the site without its language part. Raises PageNotFound, AccessDenied, SignInNeeded and what
    `show` raises."""
    with context.stages.measure("route"):
        moved = _moved(context, path)
        file = None if moved else find_file(context.snapshot, context.site, path)
        found = None if moved or file else permitted_page(context, path)
    if moved is not None:
        context.stages.page = MOVED
        return _keep_query(moved)
    if file is not None:
        context.stages.page = WEB_FILE
        if not permitted_file(context, file):
            raise SignInNeeded
        return serve_file(context, file)
    if found is None:
        raise SignInNeeded
    with context.stages.measure("page"):
        return show(context, found.node, found.record_keys)


def permitted_page(context: RequestContext, path: str) -> FoundPage | None:
    """The page of a path that the principal may read; None where signing in could help.

    Raises PageNotFound for one that is not there or not published, AccessDenied for one that others may read.
    """
    found = find_page(context.site, path)
    if found is None:
        raise PageNotFound
    context.stages.page = found.node.page.key
    verdict = verdicts(context.snapshot, context.site, context.principal.roles)[found.node.page.key]
    if verdict is Verdict.UNPUBLISHED:
        raise OutOfReach
    if verdict is Verdict.RESTRICTED and context.signed_in:
        raise AccessDenied
    return None if verdict is Verdict.RESTRICTED else found


def sign_in_first(context: RequestContext, query: str = "") -> Response:
    """Send somebody to the sign-in page, and back to where he wanted to go; with `query` after something was posted."""
    wanted = quote(context.url(request.path))
    query = request.query_string.decode("latin-1") if request.method == "GET" else query
    if query:
        wanted = f"{wanted}?{query}"
    return make_response(redirect(f"{context.url('/signin')}?next={quote(wanted, safe='/')}", 302))


def _moved(context: RequestContext, path: str) -> Moved | None:
    moved = redirect_target(context.snapshot, context.site, path, context.prefix)
    if moved is None and not context.prefix:
        moved = language_redirect(context.snapshot, context.site, path)
    return moved


def _keep_query(moved: Moved) -> Response:
    """A redirect that keeps the query string of the old address unless the new one has its own."""
    query = request.query_string.decode("latin-1")
    address = f"{moved.address}?{query}" if query and "?" not in moved.address else moved.address
    return make_response(redirect(address, moved.code))
