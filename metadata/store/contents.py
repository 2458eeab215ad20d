"""The bytes of contents: kept once for each digest, in pieces, and never changed. The only SQL on their table."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from typing import BinaryIO

from sqlalchemy import Connection, Engine, func, insert, select

from metadata.errors import Position, Problem
from metadata.model import Component, Content, WebFile, component_id
from metadata.store.errors import NoContent, OtherContent
from metadata.store.tables import content as contents
from metadata.told import told

PIECE = 1024 * 1024
MOST_AT_ONCE = 500
Opened = Mapping[str, Callable[[], BinaryIO]]


def contents_of(components: Iterable[Component]) -> dict[str, Content]:
    """The contents that components name, by their digests."""
    return {item.content.sha256: item.content for item in components if isinstance(item, WebFile)}


def keep(connection: Connection, wanted: Iterable[Content], opened: Opened, moment: dt.datetime) -> None:
    """Keep those contents that are not kept yet. Raises NoContent for one that nobody has, OtherContent for one that
    holds something else by now."""
    for content in wanted:
        if _moment(connection, content.sha256) is not None:
            continue
        if content.sha256 not in opened:
            raise NoContent(content.sha256)
        with closing(opened[content.sha256]()) as file:
            _put(connection, content, file, moment)


def faults(connection: Connection, components: Iterable[Component]) -> Iterator[Problem]:
    """What is named as a content and is not kept, or is not as large as it is said to be."""
    named = [item for item in components if isinstance(item, WebFile)]
    digests = sorted(contents_of(named))
    sizes: dict[str, int] = {}
    for first in range(0, len(digests), MOST_AT_ONCE):
        chosen = contents.c.sha256.in_(digests[first : first + MOST_AT_ONCE])
        found = select(contents.c.sha256, func.sum(func.length(contents.c.piece))).where(chosen).group_by(contents.c.sha256)
        sizes.update((digest, int(size)) for digest, size in connection.execute(found))
    for item in named:
        if sizes.get(item.content.sha256) != item.content.size:
            message = told("Its content is not kept here; choose the file in the studio, or name it beside the component.")
            yield Problem(Position(path="content"), str(component_id(item)), "no-content", message)


def kept_since(connection: Connection, sha256: str) -> dt.datetime:
    """When a content was first kept. Raises NoContent."""
    moment = _moment(connection, sha256)
    if moment is None:
        raise NoContent(sha256)
    return moment


def pieces(engine: Engine, sha256: str, start: int, stop: int) -> Iterator[bytes]:
    """The bytes from `start` up to `stop`. Each piece is read by itself, so that a slow reader holds no connection."""
    while start < stop:
        number, skip = divmod(start, PIECE)
        statement = select(contents.c.piece).where(contents.c.sha256 == sha256, contents.c.number == number)
        with engine.connect() as connection:
            piece = connection.execute(statement).scalar_one_or_none()
        if piece is None:
            raise NoContent(sha256)
        part = bytes(piece)[skip : skip + stop - start]
        if not part:
            return
        yield part
        start += len(part)


def _moment(connection: Connection, sha256: str) -> dt.datetime | None:
    first = select(contents.c.created_at).where(contents.c.sha256 == sha256, contents.c.number == 0)
    return connection.execute(first).scalar_one_or_none()


def _put(connection: Connection, content: Content, file: BinaryIO, moment: dt.datetime) -> None:
    digest, number, size = hashlib.sha256(), 0, 0
    # An empty content has one piece too: the one that says that it is kept.
    while (piece := file.read(PIECE)) or not number:
        digest.update(piece)
        size += len(piece)
        row = {"sha256": content.sha256, "number": number, "piece": piece, "created_at": moment}
        connection.execute(insert(contents).values(row))
        number += 1
    if (digest.hexdigest(), size) != (content.sha256, content.size):
        raise OtherContent(content.sha256)
