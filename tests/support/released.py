"""A site's first release in an empty database: made once per process and kind of site, then copied."""

import sqlite3
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from metadata.files import Reading, read_folder
from metadata.model import Component
from metadata.snapshot import Snapshot
from metadata.store import MetadataStore
from runtime.tables import create_engine_tables

_FILES: dict[tuple[Component, ...], tuple[bytes, Snapshot]] = {}


def released(engine: sa.Engine, components: Sequence[Component]) -> Snapshot:
    """The snapshot of a first release of components in an empty database, with the engine's tables beside the site's.

    An SQLite file is copied from one that was made before. `engine` must not have been connected yet.
    """
    given = tuple(components)
    file = Path(engine.url.database or "") if engine.dialect.name == "sqlite" else None
    if file is None or file.exists():
        return _made(engine, given)
    if given not in _FILES:
        snapshot = _made(engine, given)
        with sqlite3.connect(file) as connection:
            _FILES[given] = connection.serialize(), snapshot
        connection.close()
        return snapshot
    content, snapshot = _FILES[given]
    file.write_bytes(content)
    return snapshot


@cache
def read_once(folder: Path) -> Reading:
    """The reading of a folder that no test writes to."""
    return read_folder(folder)


def _made(engine: sa.Engine, components: tuple[Component, ...]) -> Snapshot:
    store = MetadataStore(engine)
    store.create()
    create_engine_tables(engine)
    return store.publish("tester", components=components).snapshot
