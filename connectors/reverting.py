"""A batch undone exactly: every row that it changed is as it was before, or nothing is touched and the obstacles are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, update
from sqlalchemy.exc import DataError, IntegrityError

from connectors import tables
from connectors.errors import first_line
from connectors.history import Counts, Run, keep_run
from connectors.home import Home
from connectors.journal import Batch, find_batch, read_images
from connectors.port import Image, RowsInUse, RowStore

_BATCH = tables.batch


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A row because of which a batch cannot be undone."""

    entity: str
    record_id: int
    reason: str


class CannotRevert(Exception):
    """A batch cannot be undone; nothing was changed."""

    def __init__(self, message: str, obstacles: Sequence[Obstacle] = ()) -> None:
        self.obstacles = tuple(obstacles)
        super().__init__(message)


def revert(home: Home, number: int) -> Batch:
    """Undo a batch: its new rows go, changed ones have their values back, deleted ones are there again. Raises CannotRevert.

    A row that has changed since, by whomever, stands in the way, and so does what has come to hang on a new row.
    """
    with home.begin() as connection:
        batch = _revertible(connection, number)
        images = read_images(connection, number)
        rows, now = home.rows(connection), home.now()
        obstacles = list(_changed_since(rows, images))
        if not obstacles:
            obstacles = _undo(connection, rows, images)
        if obstacles:
            raise CannotRevert(f"Batch {number} cannot be undone: {len(obstacles)} rows stand in the way.", obstacles)
        connection.execute(update(_BATCH).where(_BATCH.c.id == number).values(reverted_at=now))
        counts = Counts(taken=len(images), inserted=batch.deleted, updated=batch.updated, deleted=batch.inserted)
        keep_run(connection, Run(batch.map, "revert", now, home.now(), "done", f"batch {number} was undone", counts))
    return batch


def _revertible(connection: Connection, number: int) -> Batch:
    batch = find_batch(connection, number)
    if batch is None:
        raise CannotRevert(f"There is no batch {number}.")
    if batch.reverted_at is not None:
        raise CannotRevert(f"Batch {number} was undone already.")
    if not batch.images:
        raise CannotRevert(
            f"Of batch {number} it is not known how its rows were: it belongs to a first load, or its map keeps none."
        )
    return batch


def _changed_since(rows: RowStore, images: Sequence[Image]) -> list[Obstacle]:
    last = {(image.entity, image.id): image for image in images}
    found = []
    for entity in dict.fromkeys(image.entity for image in images):
        mine = {id: image for (name, id), image in last.items() if name == entity}
        now = {row["id"]: row["version"] for row in rows.read(entity, mine, ())}
        for id, image in mine.items():
            if image.operation == "delete":
                found += [Obstacle(entity, id, "it is there again")] * (id in now)
            elif id not in now:
                found.append(Obstacle(entity, id, "it was deleted since"))
            elif now[id] != image.version:
                found.append(Obstacle(entity, id, "it was changed since"))
    return found


def _undo(connection: Connection, rows: RowStore, images: Sequence[Image]) -> list[Obstacle]:
    made = {(image.entity, image.id) for image in images if image.operation == "insert"}
    for image in reversed(images):
        removed: list[Image] = []
        try:
            with connection.begin_nested():
                if image.operation == "insert":
                    rows.delete(image.entity, (image.id,), removed)
                elif image.operation == "delete":
                    rows.restore(image)
                else:
                    rows.upsert(image.entity, ("id",), [{"id": image.id, **image.before}])
        except RowsInUse as fault:
            return [Obstacle(image.entity, image.id, str(fault))]
        except (IntegrityError, DataError, ValueError) as fault:
            return [Obstacle(image.entity, image.id, first_line(fault))]
        others = [item for item in removed if (item.entity, item.id) not in made]
        if others:
            return [Obstacle(item.entity, item.id, f"it hangs on {image.entity} {image.id}") for item in others]
    return []
