"""What nobody holds any more goes: the content first, then its place in the register."""

from __future__ import annotations

import datetime as dt
import logging

from sqlalchemy import Engine

from runtime.database import writing
from runtime.files import register, thumbnails
from runtime.files.store import Store, StoreFailed

log = logging.getLogger(__name__)


def sweep(engine: Engine, store: Store, now: dt.datetime) -> int:
    """Remove dropped files and uploads whose forms were never saved, with the small pictures made of them; how many.

    A file whose content the store cannot remove now stays in the register for the next time.
    """
    with writing(engine).begin() as connection:
        register.give_up(connection, now)
    with engine.connect() as connection:
        found = register.leavings(connection, now)
    gone = [file for file, key in found if _removed(store, key)]
    if gone:
        with writing(engine).begin() as connection:
            register.strike(connection, gone)
    _sweep_small(engine, store)
    return len(gone)


def _sweep_small(engine: Engine, store: Store) -> None:
    with engine.connect() as connection:
        found = thumbnails.without_picture(connection)
    gone = [(key, width) for key, width in found if _removed(store, thumbnails.stored_name(key, width))]
    if gone:
        with writing(engine).begin() as connection:
            thumbnails.strike(connection, gone)


def _removed(store: Store, key: str) -> bool:
    try:
        store.remove(key)
    except StoreFailed as error:
        log.warning("a file could not be removed: %s", error, extra={"action": "file_not_removed"})
        return False
    return True
