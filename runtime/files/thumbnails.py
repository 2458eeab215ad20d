"""Small pictures: made once of a larger one, kept beside it in the store, and gone with it.

The register `foyer_thumbnail` knows of each before it lies in the store, like that of files. One that the store has lost is
made again; one that cannot be made is remembered as of no size, and the larger one is given in its place.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from runtime.files.pictures import small
from runtime.files.register import MOST_LEAVINGS, files, thumbnails
from runtime.files.store import Store, StoreFailed

log = logging.getLogger(__name__)
MEDIA_TYPE = "image/webp"
ENDING = ".webp"

Transaction = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of which small ones are made: its key, what it is, whether the register of files has it, its bytes."""

    key: str
    media_type: str
    uploaded: bool
    read: Callable[[], Iterator[bytes]]


def known_size(connection: Connection, key: str, width: int) -> int | None:
    """The size of a small picture; 0 for one that cannot be made, None for one that nobody has asked for yet."""
    statement = select(thumbnails.c.size).where(thumbnails.c.key == key, thumbnails.c.width == width)
    return connection.execute(statement).scalar_one_or_none()


def stored_name(key: str, width: int) -> str:
    """Under which key a small picture lies in the store: beside the one that it was made of."""
    return f"{key}-{width}"


def make(store: Store, transaction: Transaction, picture: Picture, width: int, *, known: bool) -> bytes:
    """A small picture, made and kept; b"" where none can be made. `known` says that it is in the register already.

    Of two that make the same one at once, which makes equal ones, the one that enters it keeps it. Raises ContentLost
    where the store has lost the large one.
    """
    made = small(io.BytesIO(b"".join(picture.read())), picture.media_type, width)
    row = {"key": picture.key, "width": width, "size": len(made), "uploaded": picture.uploaded}
    try:
        if not known:
            with transaction() as connection:
                connection.execute(insert(thumbnails).values(row))
        if made:
            store.put(stored_name(picture.key, width), io.BytesIO(made))
    except IntegrityError:
        log.info("a small picture was made twice at once", extra={"action": "thumbnail_made_twice"})
    except StoreFailed as error:
        log.error("a small picture could not be kept: %s", error, extra={"action": "thumbnail_not_kept"})
    return made


def without_picture(connection: Connection) -> Sequence[tuple[str, int]]:
    """Keys and widths of small pictures whose upload is out of the register, so many at a time."""
    there = select(files.c.id).where(files.c.key == thumbnails.c.key).exists()
    statement = select(thumbnails.c.key, thumbnails.c.width).where(thumbnails.c.uploaded, ~there).limit(MOST_LEAVINGS)
    return [(row.key, row.width) for row in connection.execute(statement)]


def strike(connection: Connection, gone: Sequence[tuple[str, int]]) -> None:
    """Take small pictures whose content is gone out of the register."""
    for key, width in gone:
        connection.execute(delete(thumbnails).where(thumbnails.c.key == key, thumbnails.c.width == width))
