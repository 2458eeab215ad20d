"""Contents as browsers ask for them: whole, in part, or not at all where the browser has them already."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from flask import Response, request
from werkzeug.http import http_date, is_resource_modified

from runtime.errors import PageNotFound
from runtime.files.store import ContentLost


@dataclass(frozen=True, slots=True)
class Delivery:
    """A content to be given: its size, what changes when it does, the headers that say what it is, and its bytes.

    `read` gives the bytes of a part, from and up to, and raises ContentLost before the first of them.
    """

    size: int
    tag: str
    headers: Mapping[str, str]
    read: Callable[[int, int], Iterator[bytes]]
    since: dt.datetime | None = None


def answer_with(given: Delivery) -> Response:
    """The answer. Raises PageNotFound where the content is lost."""
    head = {**given.headers, "ETag": f'"{given.tag}"', "Accept-Ranges": "bytes"}
    if given.since is not None:
        head["Last-Modified"] = http_date(given.since)
    if not is_resource_modified(request.environ, etag=given.tag, last_modified=given.since):
        return Response(status=304, headers=head)
    part = _wanted_part(given)
    if part is None:
        return Response(status=416, headers={**head, "Content-Range": f"bytes */{given.size}"})
    start, stop = part
    try:
        pieces = given.read(start, stop)
    except ContentLost as error:
        raise PageNotFound from error
    response = Response(pieces, status=200, headers=head, direct_passthrough=True)
    response.content_length = stop - start
    if (start, stop) != (0, given.size):
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{given.size}"
    return response


def disposition(way: str, name: str) -> str:
    """The header Content-Disposition: `inline` or `attachment`, with a name that may hold any letters."""
    plain = "".join(letter if letter.isascii() and letter not in '"\\' else "_" for letter in name)
    return f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _wanted_part(given: Delivery) -> tuple[int, int] | None:
    """The part that was asked for, from and up to; all of it where several were, or where it is another by now.

    None for a part that the content does not have.
    """
    asked = request.range
    if asked is None or not _is_still(given):
        return 0, given.size
    if len(asked.ranges) != 1 or asked.units != "bytes":
        return 0, given.size
    return asked.range_for_length(given.size)


def _is_still(given: Delivery) -> bool:
    """Whether it is what the browser has a part of, as far as it says: by tag, or by date."""
    if not request.headers.get("If-Range"):
        return True
    condition = request.if_range
    if condition.date is not None:
        return given.since is not None and given.since.replace(microsecond=0) == condition.date
    return condition.etag == given.tag
