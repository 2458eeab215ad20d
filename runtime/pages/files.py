"""Files of rows, served to whoever may read the row and the attribute, and to nobody else."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, request
from werkzeug.http import is_resource_modified

from runtime.context import RequestContext, current
from runtime.errors import PageNotFound
from runtime.files.kinds import INLINE
from runtime.files.labels import FILES, FileLabel, read_label
from runtime.files.store import ContentLost
from runtime.records.details import fetch_record

POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
KEPT = "private, no-cache"
LONGEST_ID = 18


def files_blueprint() -> Blueprint:
    """The address `/_files/<entity>/<id>/<attribute>/<name>`."""
    blueprint = Blueprint("files", __name__)
    blueprint.add_url_rule(f"{FILES}/<entity>/<row>/<attribute>/<name>", "file", file)
    return blueprint


def file(entity: str, row: str, attribute: str, name: str) -> Response:
    """The file that a row holds. Raises PageNotFound where there is none and where it may not be read, alike."""
    context = current()
    label = held_file(context, entity, row, attribute)
    if label is None or label.name != name:
        raise PageNotFound
    return deliver(context, label)


def held_file(context: RequestContext, entity: str, row: str, attribute: str) -> FileLabel | None:
    """The file of an attribute of a row, found by one statement under the person's rights."""
    compiled = context.snapshot.entities.get(entity)
    if compiled is None or attribute not in compiled.attributes or not compiled.attributes[attribute].type.is_file:
        return None
    if not (row.isascii() and row.isdecimal() and len(row) <= LONGEST_ID):
        return None
    record = fetch_record(context.connection, context.snapshot, context.principal, entity, "id", int(row), (attribute,))
    return read_label(record.labels.get(attribute)) if record is not None else None


def deliver(context: RequestContext, label: FileLabel) -> Response:
    """The content as it was asked for: whole, in part, or not at all where the browser has it."""
    head = headers(label)
    if not is_resource_modified(request.environ, etag=label.sha256):
        return Response(status=304, headers=head)
    part = wanted_part(label)
    if part is None:
        return Response(status=416, headers={**head, "Content-Range": f"bytes */{label.size}"})
    start, stop = part
    try:
        pieces = context.services.files.store.read(label.key, start, stop)
    except ContentLost as error:
        raise PageNotFound from error
    response = Response(pieces, status=200, headers=head, direct_passthrough=True)
    response.content_length = stop - start
    if (start, stop) != (0, label.size):
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{label.size}"
    return response


def headers(label: FileLabel) -> dict[str, str]:
    """What a browser is told: what the content was found to be, and to run and frame nothing of it."""
    way = "inline" if label.media_type in INLINE else "attachment"
    plain = "".join(letter if letter.isascii() and letter not in '"\\' else "_" for letter in label.name)
    return {
        "Content-Type": label.media_type,
        "Content-Disposition": f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(label.name, safe='')}",
        "Content-Security-Policy": POLICY,
        "Cache-Control": KEPT,
        "ETag": f'"{label.sha256}"',
        "Accept-Ranges": "bytes",
    }


def wanted_part(label: FileLabel) -> tuple[int, int] | None:
    """The part that was asked for, from and up to; all of it where several were, or where the file is another by now.

    None for a part that the file does not have.
    """
    asked, condition = request.range, request.if_range
    if asked is None or (request.headers.get("If-Range") and condition.etag != label.sha256):
        return 0, label.size
    if len(asked.ranges) != 1 or asked.units != "bytes":
        return 0, label.size
    return asked.range_for_length(label.size)
