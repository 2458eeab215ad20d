"""Web files of a site, given at their addresses to those who may read the page above them."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from flask import Response, request

import metadata.store.contents as contents
import runtime.snapshots as snapshots
from metadata.media import media_type_of
from metadata.model import WebFile
from metadata.store import NoContent
from runtime.access import Principal
from runtime.context import RequestContext
from runtime.database import reading
from runtime.delivery import Delivery, disposition
from runtime.errors import AccessDenied, MethodNotAllowed, PageNotFound
from runtime.files.thumbnails import Picture
from runtime.sitemap import Verdict, file_path, file_verdicts
from runtime.thumbnails import answer_picture, file_widths

SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
"""The policy of all that a browser might run: it may look as it was made to, and do nothing."""

READER = "frame-ancestors 'none'"
"""The policy of what browsers show in a reader of their own, which a sandbox would keep shut."""

READ_BY_READERS = frozenset({"application/pdf"})
PRIVATE = "private, no-cache"
KEPT_S = 300


def permitted_file(context: RequestContext, file: WebFile) -> bool:
    """Whether the person may read a web file; False where signing in could help.

    Raises PageNotFound for one that is not published or not there yet or any more, AccessDenied for one that others may
    read.
    """
    verdict = file_verdicts(context.snapshot, context.site, context.principal.roles)[file.key]
    if verdict is Verdict.UNPUBLISHED:
        raise PageNotFound
    if verdict is Verdict.RESTRICTED and context.signed_in:
        raise AccessDenied
    return verdict is Verdict.OPEN


def serve_file(context: RequestContext, file: WebFile) -> Response:
    """The file as it was asked for. Raises PageNotFound where its content is lost, MethodNotAllowed for a form sent to it."""
    if request.method not in ("GET", "HEAD"):
        raise MethodNotAllowed
    sha256 = file.content.sha256
    try:
        since = contents.kept_since(context.connection, sha256)
    except NoContent as error:
        raise PageNotFound from error

    def read(start: int, stop: int) -> Iterator[bytes]:
        return contents.pieces(reading(context.services.engine), sha256, start, stop)

    whole = Delivery(file.content.size, sha256, headers(context, file), read, since)
    picture = Picture(sha256, kind_of(file), uploaded=False, read=lambda: read(0, file.content.size))
    return answer_picture(context, picture, whole, file.partial_url, file_widths(context.snapshot, context.site, file.key))


def file_address(context: RequestContext, file: WebFile) -> str:
    """The address of a web file in the language of the request."""
    return context.url(quote(file_path(context.site, file)))


def kind_of(file: WebFile) -> str:
    """The media type of a web file."""
    return file.media_type or media_type_of(file.partial_url)


def headers(context: RequestContext, file: WebFile) -> dict[str, str]:
    """What a browser is told: what it is, to run nothing of it, and how long to keep it."""
    kind = kind_of(file)
    text = kind.startswith("text/") or kind in ("application/xml", "image/svg+xml", "application/json")
    return {
        "Content-Type": f"{kind}; charset=utf-8" if text else kind,
        "Content-Disposition": disposition(file.disposition, file.partial_url),
        "Content-Security-Policy": READER if kind in READ_BY_READERS else SANDBOX,
        "Cache-Control": kept(context, file),
    }


def kept(context: RequestContext, file: WebFile) -> str:
    """How long a file may be kept: what everybody may read for a while, but no longer than it is there, by the browser, and
    by caches on the way where no cookie came with the request. All else is the person's own, and asked for anew each time,
    so that a right that was taken away counts at once."""
    snapshot, site = context.snapshot, context.site
    nobody = Principal.anonymous(snapshot, site.key)
    if file_verdicts(snapshot, site, nobody.roles)[file.key] is not Verdict.OPEN:
        return PRIVATE
    whose = "private" if request.cookies else "public"
    if snapshot.until is None:
        return f"{whose}, max-age={KEPT_S}"
    left = int((snapshot.until - snapshots.utc_now()).total_seconds())
    return f"{whose}, max-age={max(0, min(KEPT_S, left))}"
