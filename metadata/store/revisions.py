"""Rows of the store as values: reading revisions and releases, adding new ones. The only SQL on these tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Row, and_, false, func, insert, or_, select, update

from metadata.model import ComponentId
from metadata.store.bodies import GONE, Body
from metadata.store.errors import NoSuchRelease
from metadata.store.tables import release as releases
from metadata.store.tables import revision as revisions

CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Revision:
    """One saved change of one component. `first_release` is the release that first held it; None for a draft."""

    id: int
    component: ComponentId
    number: int
    hash: str
    deleted: bool
    author: str
    note: str
    created_at: dt.datetime
    first_release: int | None


@dataclass(frozen=True, slots=True)
class Release:
    """A published set of revisions. `based_on` is the release that was current, or the one that was gone back to."""

    id: int
    manifest: tuple[int, ...]
    author: str
    note: str
    created_at: dt.datetime
    based_on: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """Who changes the metadata, and why."""

    author: str
    note: str
    moment: dt.datetime


_HEAD = (
    revisions.c.id,
    revisions.c.kind,
    revisions.c.key,
    revisions.c.site,
    revisions.c.number,
    revisions.c.hash,
    revisions.c.deleted,
    revisions.c.author,
    revisions.c.note,
    revisions.c.created_at,
    revisions.c.first_release,
)


def _revision(row: Row[*tuple[Any, ...]]) -> Revision:
    number, *rest = row[4:]
    return Revision(row.id, ComponentId(row.kind, row.key, row.site), number, *rest)


def latest_release(connection: Connection) -> int:
    """The number of the newest release; 0 before the first one."""
    return int(connection.execute(select(func.coalesce(func.max(releases.c.id), 0))).scalar_one())


def newest_revision(connection: Connection) -> int:
    """The id of the newest revision; 0 before the first one."""
    return int(connection.execute(select(func.coalesce(func.max(revisions.c.id), 0))).scalar_one())


def read_release(connection: Connection, number: int) -> Release:
    """A release by its number; release 0 is the empty one before the first. Raises NoSuchRelease."""
    row = connection.execute(select(releases).where(releases.c.id == number)).one_or_none()
    if row is None:
        if number == 0:
            return Release(0, (), "", "", dt.datetime.fromtimestamp(0, dt.UTC), None)
        raise NoSuchRelease(number)
    return Release(row.id, tuple(orjson.loads(row.manifest)), row.author, row.note, row.created_at, row.based_on)


def read_releases(connection: Connection) -> tuple[Release, ...]:
    """All releases, newest first, without their manifests."""
    columns = (releases.c.author, releases.c.note, releases.c.created_at, releases.c.based_on)
    rows = connection.execute(select(releases.c.id, *columns).order_by(releases.c.id.desc()))
    return tuple(Release(row.id, (), *row[1:]) for row in rows)


def read_revisions(connection: Connection, ids: Iterable[int]) -> Iterator[Revision]:
    """The revisions with these ids, without their bodies, in the order of their ids."""
    for chunk in _chunks(sorted(ids)):
        statement = select(*_HEAD).where(revisions.c.id.in_(chunk)).order_by(revisions.c.id)
        yield from map(_revision, connection.execute(statement))


def read_drafts(connection: Connection) -> tuple[Revision, ...]:
    """The latest revision of each component whose latest revision has never been released."""
    other = revisions.alias()
    newer = (
        select(other.c.id)
        .where(other.c.kind == revisions.c.kind, other.c.site == revisions.c.site, other.c.key == revisions.c.key)
        .where(other.c.number > revisions.c.number)
        .exists()
    )
    statement = select(*_HEAD).where(revisions.c.first_release.is_(None), ~newer).order_by(revisions.c.id)
    return tuple(map(_revision, connection.execute(statement)))


def read_history(connection: Connection, component: ComponentId) -> tuple[Revision, ...]:
    """Every revision of a component, newest first."""
    statement = select(*_HEAD).where(*_is(component)).order_by(revisions.c.number.desc())
    return tuple(map(_revision, connection.execute(statement)))


def read_histories(connection: Connection, components: Iterable[ComponentId]) -> dict[ComponentId, tuple[Revision, ...]]:
    """The same of several components, in one statement: of few, or it grows long. Those that were never saved are missing."""
    chosen = or_(false(), *(and_(*_is(component)) for component in components))
    found: dict[ComponentId, tuple[Revision, ...]] = {}
    for row in connection.execute(select(*_HEAD).where(chosen).order_by(revisions.c.number.desc())):
        revision = _revision(row)
        found[revision.component] = (*found.get(revision.component, ()), revision)
    return found


def read_bodies(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """The stored texts of revisions by id."""
    found: dict[int, str] = {}
    for chunk in _chunks(sorted(ids)):
        statement = select(revisions.c.id, revisions.c.body).where(revisions.c.id.in_(chunk))
        found.update((row.id, row.body) for row in connection.execute(statement))
    return found


def last_numbers(connection: Connection) -> dict[ComponentId, int]:
    """The number of the latest revision of each component that was ever saved."""
    names = (revisions.c.kind, revisions.c.key, revisions.c.site)
    rows = connection.execute(select(*names, func.max(revisions.c.number)).group_by(*names))
    return {ComponentId(row[0], row[1], row[2]): row[3] for row in rows}


def read_names(connection: Connection, kind: str) -> tuple[ComponentId, ...]:
    """Every component of a kind that was ever saved."""
    names = (revisions.c.kind, revisions.c.key, revisions.c.site)
    rows = connection.execute(select(*names).where(revisions.c.kind == kind).distinct())
    return tuple(sorted(ComponentId(row.kind, row.key, row.site) for row in rows))


def read_begun(connection: Connection, note: str) -> frozenset[ComponentId]:
    """The components whose first revision has a note."""
    names = (revisions.c.kind, revisions.c.key, revisions.c.site)
    rows = connection.execute(select(*names).where(revisions.c.number == 1, revisions.c.note == note))
    return frozenset(ComponentId(row.kind, row.key, row.site) for row in rows)


def append(
    connection: Connection,
    entry: Entry,
    bodies: Sequence[Body],
    gone: Sequence[ComponentId],
    numbers: Mapping[ComponentId, int],
) -> None:
    """Add a revision for each body and each deleted component, numbered after the latest in `numbers`."""
    common = {"author": entry.author, "note": entry.note, "created_at": entry.moment}
    written = [(body.component, body.text, body.hash, False) for body in bodies]
    written += [(component, GONE, GONE, True) for component in gone]
    rows = [
        {
            "kind": component.kind,
            "site": component.site,
            "key": component.key,
            "number": numbers.get(component, 0) + 1,
            "body": text,
            "hash": digest,
            "deleted": deleted,
            **common,
        }
        for component, text, digest, deleted in written
    ]
    if rows:
        connection.execute(insert(revisions), rows)


def add_release(connection: Connection, release: Release) -> None:
    """Write a release."""
    connection.execute(
        insert(releases).values(
            id=release.id,
            manifest=orjson.dumps(release.manifest).decode(),
            author=release.author,
            note=release.note,
            created_at=release.created_at,
            based_on=release.based_on,
        )
    )


def mark_released(connection: Connection, number: int) -> None:
    """Note that every draft, and each older one that a draft replaces, is a draft no more."""
    connection.execute(update(revisions).where(revisions.c.first_release.is_(None)).values(first_release=number))


def mark_one_released(connection: Connection, revision: int, number: int) -> None:
    """Note that one revision is a draft no more."""
    connection.execute(update(revisions).where(revisions.c.id == revision).values(first_release=number))


def mark_some_released(connection: Connection, components: Iterable[ComponentId], number: int) -> None:
    """Note that every revision of these components is a draft no more."""
    for component in components:
        waiting = update(revisions).where(revisions.c.first_release.is_(None), *_is(component))
        connection.execute(waiting.values(first_release=number))


def _is(component: ComponentId) -> tuple[Any, ...]:
    return revisions.c.kind == component.kind, revisions.c.site == component.site, revisions.c.key == component.key


def _chunks(ids: Sequence[int]) -> Iterator[list[int]]:
    return (list(ids[start : start + CHUNK]) for start in range(0, len(ids), CHUNK))
