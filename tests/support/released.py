"""A site with its first rows in an empty database: made once or twice per process and kind of site, then copied."""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from metadata.files import Reading, read_folder
from metadata.model import Component
from metadata.snapshot import Snapshot
from metadata.store import MetadataStore
from runtime.services import Services
from runtime.tables import create_engine_tables
from support.databases import PostgresShelf

T = TypeVar("T")
KINDS = 12
"""How many kinds of site are kept to be copied; what was copied longest ago goes first, lest a process grow without end."""


@dataclass
class _Kept:
    """What making a site gave, and the database as it then was: the bytes of a file, or the name on a shelf."""

    made: Any
    content: bytes = b""
    name: str = ""


_KEPT: OrderedDict[Hashable, _Kept] = OrderedDict()
_SEEN: set[int] = set()
_FILLED: set[str] = set()


def released(
    services: Services, components: Sequence[Component], fill: Callable[[Snapshot], T], *more: Hashable
) -> tuple[Snapshot, T]:
    """The snapshot of a first release of components in an empty database, with the engine's tables beside the site's, and
    what `fill` gave once it had put rows there. The services hold the snapshot. `more` is what else the rows depend on.

    Snapshot and answer are shared by tests, and must not be changed.
    """
    given = tuple(components)

    def make() -> tuple[Snapshot, T]:
        snapshot = publish_first(services.engine, given)
        return snapshot, fill(snapshot)

    # What fills is often a function within another: its code says which one it is.
    snapshot, filled = prepared(services.engine, (fill.__code__, given, more), make)
    services.snapshots.hold(snapshot)
    return snapshot, filled


def publish_first(engine: sa.Engine, components: Sequence[Component], **more: Any) -> Snapshot:
    """Publish a first release in an empty database, with the engine's tables beside the site's."""
    store = MetadataStore(engine)
    store.create()
    create_engine_tables(engine)
    return store.publish("tester", components=components, **more).snapshot


def prepared(engine: sa.Engine, kind: Hashable, make: Callable[[], T]) -> T:
    """What `make` gives once it has filled the empty database of `engine`, which must not have been connected yet.

    The database of a kind that was asked for before is a copy of what `make` made then, and what it gave is given again: it
    is shared by tests and must not be changed. A database that was filled before is given to `make` as it is.
    """
    database = engine.url.database or ""
    if database in _FILLED or (engine.dialect.name == "sqlite" and Path(database).exists()):
        return make()
    _FILLED.add(database)
    kind = (engine.dialect.name, kind)
    if kind in _KEPT:
        _KEPT.move_to_end(kind)
        kept = _KEPT[kind]
        _copy(engine, kept)
        given: T = kept.made
        return given
    made = make()
    # Many kinds are made for one test alone. Only the second time says that it is worth a copy.
    if hash(kind) in _SEEN:
        _KEPT[kind] = _keep(engine, made)
        while len(_KEPT) > KINDS:
            _forget(_KEPT.popitem(last=False)[1])
    _SEEN.add(hash(kind))
    return made


@cache
def read_once(folder: Path) -> Reading:
    """The reading of a folder that no test writes to."""
    return read_folder(folder)


def _copy(engine: sa.Engine, kept: _Kept) -> None:
    if kept.name:
        PostgresShelf.of(engine.url).put_copy(engine.url, kept.name)
    else:
        Path(engine.url.database or "").write_bytes(kept.content)


def _keep(engine: sa.Engine, made: Any) -> _Kept:
    if engine.dialect.name == "postgresql":
        engine.dispose()  # a database is copied while nobody is connected to it
        return _Kept(made, name=PostgresShelf.of(engine.url).keep_copy(engine.url))
    connection = sqlite3.connect(engine.url.database or "")
    try:
        return _Kept(made, content=connection.serialize())
    finally:
        connection.close()


def _forget(kept: _Kept) -> None:
    if kept.name and (shelf := PostgresShelf.current()):
        shelf.drop(kept.name)
