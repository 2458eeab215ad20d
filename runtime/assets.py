"""Static files of the themes, and the stylesheet of a site's design tokens."""

from __future__ import annotations

from flask import Response, current_app, make_response, request, send_file

from runtime.errors import PageNotFound
from runtime.render.site_sheet import SiteSheet
from runtime.services import services_of

FOR_EVER = 31_536_000
BY_NAME = 300


def serve_asset(theme: str, path: str) -> Response:
    """A file of a theme. Kept for ever by browsers when the address names its content (`?v=`). Raises PageNotFound."""
    file = services_of(current_app).renderer.asset(theme, path)
    if file is None:
        raise PageNotFound
    response = send_file(file, conditional=True, max_age=FOR_EVER if "v" in request.args else BY_NAME)
    return _public(response, lasting="v" in request.args)


def serve_tokens(name: str) -> Response:
    """The stylesheet of a site's tokens; its name changes with its content. Raises PageNotFound."""
    services = services_of(current_app)
    return _sheet(services.renderer.tokens(services.snapshots.current(), _site_in(name)), name)


def serve_own(name: str) -> Response:
    """The style sheets of a site's own; the name changes with their content. Raises PageNotFound."""
    services = services_of(current_app)
    return _sheet(services.renderer.own_sheet(services.snapshots.current(), _site_in(name)), name)


def _site_in(name: str) -> str:
    return name.rpartition("-")[0]


def _sheet(sheet: SiteSheet | None, name: str) -> Response:
    if sheet is None:
        raise PageNotFound
    response = make_response(sheet.text, {"Content-Type": "text/css; charset=utf-8"})
    response.add_etag()
    response.make_conditional(request)
    return _public(response, lasting=sheet.name == name)


def _public(response: Response, *, lasting: bool) -> Response:
    kept = f"public, max-age={FOR_EVER}, immutable" if lasting else f"public, max-age={BY_NAME}"
    response.headers["Cache-Control"] = kept
    return response
