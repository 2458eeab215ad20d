"""Small pictures at the address of a picture with `?width=`, made the first time that somebody asks who may see the picture.

Only widths that the metadata declares are made, so that nobody can fill the store by asking for all there are.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterable, Iterator, Mapping

from flask import Response, request

from metadata.media import PICTURES
from metadata.model import FormField
from metadata.snapshot import CompiledSite, Snapshot
from runtime.context import RequestContext
from runtime.database import writing
from runtime.delivery import Delivery, answer_with, disposition
from runtime.errors import PageNotFound
from runtime.files import thumbnails
from runtime.files.labels import WIDTH
from runtime.files.names import split
from runtime.files.store import ContentLost
from runtime.files.thumbnails import ENDING, MEDIA_TYPE, Picture

log = logging.getLogger(__name__)
Widths = frozenset[int]
NONE: Widths = frozenset()


def answer_picture(context: RequestContext, picture: Picture, whole: Delivery, name: str, widths: Widths) -> Response:
    """The content whole, or small where a width is asked for. Raises PageNotFound for a width that nobody declares."""
    if WIDTH not in request.args:
        return answer_with(whole)
    asked = request.args[WIDTH]
    width = next((width for width in widths if str(width) == asked), 0)
    if not width or picture.media_type not in PICTURES:
        raise PageNotFound
    store = context.services.files.store
    size = thumbnails.known_size(context.connection, picture.key, width)
    kept = thumbnails.stored_name(picture.key, width)

    def small(size: int) -> Delivery:
        headers = {
            **whole.headers,
            "Content-Type": MEDIA_TYPE,
            "Content-Disposition": disposition("inline", f"{split(name)[0]}{ENDING}"),
        }
        tag = f"{whole.tag}-{width}"
        return Delivery(size, tag, headers, lambda start, stop: store.read(kept, start, stop), whole.since)

    if size:
        try:
            return answer_with(small(size))
        except PageNotFound:
            log.warning("a small picture is lost, and made again", extra={"action": "thumbnail_lost"})
    elif size == 0:
        return answer_with(whole)
    made = _made(context, picture, width, known=size is not None)
    if not made:
        return answer_with(whole)
    return answer_with(dataclasses.replace(small(len(made)), read=lambda start, stop: iter((made[start:stop],))))


def attribute_widths(snapshot: Snapshot, entity: str, attribute: str) -> Widths:
    """The widths at which views, record pages and cards show an attribute."""
    return snapshot.derive("thumbnails", lambda: _attribute_widths(snapshot)).get((entity, attribute), NONE)


def file_widths(snapshot: Snapshot, site: CompiledSite, key: str) -> Widths:
    """The widths at which a web file may be asked for, and at which tiles show it."""
    return snapshot.derive(("thumbnails", site.key), lambda: _file_widths(site)).get(key, NONE)


def declares_thumbnails(snapshot: Snapshot) -> bool:
    """Whether any picture is to be shown small."""
    return bool(_attribute_widths(snapshot)) or any(any(_file_widths(site).values()) for site in snapshot.sites.values())


def _made(context: RequestContext, picture: Picture, width: int, *, known: bool) -> bytes:
    # It takes a while, in which no connection needs to be held.
    context.lease.prove()
    context.lease.release()
    engine = writing(context.services.engine)
    try:
        return thumbnails.make(context.services.files.store, engine.begin, picture, width, known=known)
    except ContentLost as error:
        raise PageNotFound from error


def _attribute_widths(snapshot: Snapshot) -> Mapping[tuple[str, str], Widths]:
    found: dict[tuple[str, str], set[int]] = {}
    for entity, path, width in _declared(snapshot):
        if width:
            attribute = snapshot.resolve(entity, path)[-1]
            found.setdefault((attribute.column.table.name, attribute.key), set()).add(width)
    return {place: frozenset(widths) for place, widths in found.items()}


def _declared(snapshot: Snapshot) -> Iterator[tuple[str, str, int]]:
    """Entities, paths from them, and widths."""
    for view in snapshot.views.values():
        yield from ((view.entity, column.attribute, column.thumbnail) for column in view.columns)
    for form in snapshot.forms.values():
        fields: Iterable[FormField] = (field for tab in form.tabs for section in tab.sections for field in section.fields)
        yield from ((form.entity, field.attribute, field.thumbnail) for field in (*form.summary, *fields))
    for site in snapshot.sites.values():
        for item in site.lists.values():
            if item.cards and item.cards.picture:
                yield snapshot.views[item.views[0]].entity, item.cards.picture, item.cards.thumbnail


def _file_widths(site: CompiledSite) -> Mapping[str, Widths]:
    found = {key: set(file.thumbnails) for key, file in site.web_files.items()}
    for node in site.pages.values():
        for tile in (tile for block in node.page.blocks for tile in block.tiles):
            if tile.thumbnail and tile.picture in found:
                found[tile.picture].add(tile.thumbnail)
    return {key: frozenset(widths) for key, widths in found.items()}
