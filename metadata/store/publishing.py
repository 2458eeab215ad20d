"""From revisions to a release: check, compile, change the tables, and only then write it down."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

import metadata.migrate as migrate
import metadata.store.contents as contents
import metadata.store.revisions as revisions
from metadata.checks import check
from metadata.compiler import assign_site, compile_snapshot
from metadata.errors import MetadataError, Problem
from metadata.model import Component, ComponentId, component_id
from metadata.snapshot import Snapshot
from metadata.store.revisions import Entry, Release
from metadata.store.state import Heads, Loader

Guard = Callable[[Connection, Snapshot], Iterable[Problem]]
"""What may refuse a release that compiles, on the connection whose tables fit it already: errors do, warnings do not."""


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did. `changed` is false where there was nothing to do: no release was written. `warnings`: what guards
    found that refuses no release."""

    release: int
    changed: bool
    plan: migrate.Plan
    snapshot: Snapshot
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A would-be release: its revisions, the release it stands on, whether its plan may lose rows.

    `aside` is for transactions beside the caller's, see `metadata.migrate.create_ahead`; each of the `guards` may refuse it.
    """

    heads: Heads
    based_on: int
    allow_destructive: bool = False
    aside: Engine | None = None
    guards: tuple[Guard, ...] = ()


def checked_snapshot(components: Iterable[Component], release: int = 0) -> Snapshot:
    """The snapshot of components that fit each other. Raises MetadataError with all problems where they do not."""
    given = assign_site(components)
    errors = [problem for problem in check({component_id(item): item for item in given}) if problem.severity == "error"]
    if errors:
        raise MetadataError(errors)
    return compile_snapshot(given, release)


def write_release(connection: Connection, loader: Loader, entry: Entry, candidate: Candidate) -> Published:
    """Make the candidate the newest release, in the caller's transaction, which holds the lock.

    Raises MetadataError where it does not compile, lacks a content or is refused by a guard, and Destructive where its tables
    would lose rows; then nothing that was done on the connection may be committed.
    """
    current = revisions.read_release(connection, revisions.latest_release(connection))
    manifest = tuple(sorted(head.id for head in candidate.heads.values()))
    unchanged = current.id > 0 and manifest == current.manifest
    number = current.id if unchanged else current.id + 1
    components = loader.load(connection, candidate.heads.values()).values()
    snapshot = checked_snapshot(components, number)
    if lost := list(contents.faults(connection, components)):
        raise MetadataError(lost)
    steps = migrate.plan(connection, snapshot, drop=candidate.allow_destructive)
    if candidate.aside is not None:
        steps = migrate.create_ahead(candidate.aside, steps)
    migrate.apply(connection, steps, allow_destructive=candidate.allow_destructive)
    found = [problem for guard in candidate.guards for problem in guard(connection, snapshot)]
    refused = [problem for problem in found if problem.severity == "error"]
    if refused and not unchanged:
        raise MetadataError(refused)
    if not unchanged:
        based_on = candidate.based_on or None
        revisions.add_release(connection, Release(number, manifest, entry.author, entry.note, entry.moment, based_on))
    return Published(number, not unchanged, steps, snapshot, tuple(found))


def with_component(heads: Heads, component: ComponentId, old: Heads) -> Heads:
    """The heads with one component as it is in `old`: replaced, brought back or taken away."""
    kept = {name: head for name, head in heads.items() if name != component}
    return {**kept, component: old[component]} if component in old else kept
