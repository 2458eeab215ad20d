"""Files of rows, served to whoever may read the row and the attribute, and to nobody else."""

from __future__ import annotations

from flask import Blueprint, Response

from runtime.context import RequestContext, current
from runtime.delivery import Delivery, disposition
from runtime.errors import OutOfReach
from runtime.files.kinds import INLINE
from runtime.files.labels import FILES, FileLabel, read_label
from runtime.files.thumbnails import Picture
from runtime.records.details import fetch_record
from runtime.thumbnails import Widths, answer_picture, attribute_widths

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
        raise OutOfReach
    return deliver(context, label, attribute_widths(context.snapshot, entity, attribute))


def held_file(context: RequestContext, entity: str, row: str, attribute: str) -> FileLabel | None:
    """The file of an attribute of a row, found by one statement under the person's rights."""
    compiled = context.snapshot.entities.get(entity)
    if compiled is None or attribute not in compiled.attributes or not compiled.attributes[attribute].type.is_file:
        return None
    if not (row.isascii() and row.isdecimal() and len(row) <= LONGEST_ID):
        return None
    record = fetch_record(context.connection, context.snapshot, context.principal, entity, "id", int(row), (attribute,))
    return read_label(record.labels.get(attribute)) if record is not None else None


def deliver(context: RequestContext, label: FileLabel, widths: Widths) -> Response:
    """The content as it was asked for, a picture at one of these widths too. Raises PageNotFound where it is lost."""
    store = context.services.files.store
    way = "inline" if label.media_type in INLINE else "attachment"
    head = {
        "Content-Type": label.media_type,
        "Content-Disposition": disposition(way, label.name),
        "Content-Security-Policy": POLICY,
        "Cache-Control": KEPT,
    }
    whole = Delivery(label.size, label.sha256, head, lambda start, stop: store.read(label.key, start, stop))
    picture = Picture(label.key, label.media_type, uploaded=True, read=lambda: store.read(label.key, 0, label.size))
    return answer_picture(context, picture, whole, label.name, widths)
