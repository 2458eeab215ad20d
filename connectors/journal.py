"""Batches: what each transaction of a map did, by which version of the map, and how the rows were before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from connectors import tables
from connectors.history import Counts
from connectors.home import Home, Work
from connectors.port import Image, Key, Loaded, RowStore, Upserted
from connectors.tablemap import CompiledMap
from connectors.values import digest, dump_json, load_json

PRUNED_EVERY = 50
CHUNK = 1000
_BATCH, _IMAGE = tables.batch, tables.image


@dataclass(frozen=True, slots=True)
class Batch:
    """One transaction of a map. `release` is that of the metadata, `version` the map's own.

    `images` says whether it is known how its rows were.
    """

    id: int
    map: str
    mode: str
    release: int
    version: str
    at: dt.datetime
    inserted: int
    updated: int
    deleted: int
    images: bool
    reverted_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Recording:
    """A row store that notes how each row was before it was changed."""

    rows: RowStore
    images: list[Image] = field(default_factory=list)

    def check(self, entity: str, row: Mapping[str, Any]) -> dict[str, str]:
        """See RowStore.check."""
        return self.rows.check(entity, row)

    def upsert(
        self,
        entity: str,
        integration_key: tuple[str, ...],
        rows: Sequence[Mapping[str, Any]],
        origin: str = "sync",
        images: list[Image] | None = None,
    ) -> Upserted:
        """See RowStore.upsert."""
        return self.rows.upsert(entity, integration_key, rows, origin, self.images if images is None else images)

    def resolve(self, entity: str, key_attributes: tuple[str, ...], values: set[Key], held: bool = False) -> dict[Key, int]:
        """See RowStore.resolve."""
        return self.rows.resolve(entity, key_attributes, values, held)

    def shared(self, entity: str, key_attributes: tuple[str, ...], values: set[Key]) -> set[Key]:
        """See RowStore.shared."""
        return self.rows.shared(entity, key_attributes, values)

    def natural_key(self, entity: str, id: int, key_attributes: tuple[str, ...]) -> Key | None:
        """See RowStore.natural_key."""
        return self.rows.natural_key(entity, id, key_attributes)

    def delete(self, entity: str, ids: Iterable[int], images: list[Image] | None = None) -> int:
        """See RowStore.delete."""
        return self.rows.delete(entity, ids, self.images if images is None else images)

    def restore(self, image: Image) -> None:
        """See RowStore.restore."""
        self.rows.restore(image)

    def read(self, entity: str, ids: Iterable[int], attributes: Sequence[str]) -> list[dict[str, Any]]:
        """See RowStore.read."""
        return self.rows.read(entity, ids, attributes)

    def values(
        self, entity: str, key_attributes: tuple[str, ...], keys: set[Key], attributes: Sequence[str]
    ) -> dict[Key, tuple[Any, ...]]:
        """See RowStore.values."""
        return self.rows.values(entity, key_attributes, keys, attributes)

    def scan(self, entity: str, attributes: Sequence[str], after: int, limit: int) -> list[dict[str, Any]]:
        """See RowStore.scan."""
        return self.rows.scan(entity, attributes, after, limit)

    def owned(self, entity: str, lookup: str, target: int) -> tuple[int, ...]:
        """See RowStore.owned."""
        return self.rows.owned(entity, lookup, target)

    def bulk_load(
        self, entity: str, integration_key: tuple[str, ...], columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> Loaded:
        """See RowStore.bulk_load. How rows were is not noted: it is the way of a first load, before which there were none."""
        return self.rows.bulk_load(entity, integration_key, columns, rows)


def recorded(home: Home, connection: Connection, table_map: CompiledMap) -> Work:
    """The work of one transaction, whose changes are noted where the map wants to be able to undo them."""
    rows = home.rows(connection)
    return Work(connection, Recording(rows) if table_map.model.revert_days else rows, table_map, home.now())


def keep_batch(work: Work, home: Home, mode: str, counts: Counts) -> None:
    """Write down what a transaction did; nothing where it changed no row. Batches that are too old go."""
    if not (counts.inserted or counts.updated or counts.deleted):
        return
    images = work.rows.images if isinstance(work.rows, Recording) and mode != "load" else []
    model = work.table_map.model
    values = {"map": model.key, "mode": mode, "release": home.release, "version": map_version(work.table_map), "at": work.now}
    values |= {"inserted": counts.inserted, "updated": counts.updated, "deleted": counts.deleted, "images": bool(images)}
    added = work.connection.execute(insert(_BATCH).values(**values))
    number = added.inserted_primary_key[0] if added.inserted_primary_key else 0
    rows = [
        {
            "batch": number,
            "number": at,
            "entity": image.entity,
            "record_id": image.id,
            "operation": image.operation,
            "version": image.version,
            "before": dump_json(dict(image.before)),
        }
        for at, image in enumerate(images)
    ]
    if rows:
        work.connection.execute(insert(_IMAGE), rows)
    if number % PRUNED_EVERY == 0:
        _prune(work.connection, model.key, work.now - dt.timedelta(days=model.revert_days))


def map_version(table_map: CompiledMap) -> str:
    """The version of a map: the same for the same definition, whatever else a release has changed."""
    return digest((repr(table_map.model),))


def read_batches(connection: Connection, maps: Iterable[str], limit: int = 20) -> list[Batch]:
    """The last batches of maps, the newest first."""
    chosen = select(_BATCH).where(_BATCH.c.map.in_(list(maps))).order_by(_BATCH.c.id.desc()).limit(limit)
    return [Batch(**row) for row in connection.execute(chosen).mappings()]


def find_batch(connection: Connection, number: int) -> Batch | None:
    """The batch of a number."""
    row = connection.execute(select(_BATCH).where(_BATCH.c.id == number)).mappings().one_or_none()
    return None if row is None else Batch(**row)


def read_images(connection: Connection, batch: int) -> list[Image]:
    """How the rows of a batch were, in the order in which they were changed."""
    chosen = select(_IMAGE).where(_IMAGE.c.batch == batch).order_by(_IMAGE.c.number)
    return [
        Image(row["entity"], row["record_id"], row["operation"], row["version"], load_json(row["before"]))
        for row in connection.execute(chosen).mappings()
    ]


def _prune(connection: Connection, table_map: str, before: dt.datetime) -> None:
    old = select(_BATCH.c.id).where(_BATCH.c.map == table_map, _BATCH.c.at < before)
    connection.execute(delete(_IMAGE).where(_IMAGE.c.batch.in_(old)))
    connection.execute(delete(_BATCH).where(_BATCH.c.map == table_map, _BATCH.c.at < before))
