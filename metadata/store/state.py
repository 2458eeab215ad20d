"""What the metadata is at one moment: released, drafted, or both, read on the caller's connection."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import takewhile

from sqlalchemy import Connection

import metadata.store.revisions as revisions
from metadata.errors import MetadataError, Problem
from metadata.model import Component, ComponentId
from metadata.store.bodies import component_of
from metadata.store.revisions import Revision

Heads = dict[ComponentId, Revision]
FEW = 50
"""Of so many components the revisions are read by themselves; of more, those of all."""


@dataclass(frozen=True, slots=True)
class Standing:
    """All that there is at one moment: the revisions of the current release, and the drafts that wait beside them.

    `newest` is the id of the newest revision: with `release` it tells one standing from every other.
    """

    release: int
    newest: int
    released: Mapping[ComponentId, Revision]
    drafts: Mapping[ComponentId, Revision]


class Loader:
    """Stored revisions to components; what has not changed since the last reading is not made anew.

    A revision is known by what it holds: the number of one whose transaction failed goes to another.
    """

    def __init__(self) -> None:
        self._known: Mapping[tuple[ComponentId, str], Component] = {}

    def load(self, connection: Connection, wanted: Iterable[Revision]) -> dict[ComponentId, Component]:
        """The components of revisions, which are all there are. Raises MetadataError with every problem where the language has
        changed."""
        heads = tuple(head for head in wanted if not head.deleted)
        self._known = made = self._made(connection, heads)
        return {head.component: made[head.component, head.hash] for head in heads}

    def load_some(self, connection: Connection, wanted: Iterable[Revision]) -> dict[ComponentId, Component]:
        """The same of some revisions among others, which are remembered."""
        heads = tuple(head for head in wanted if not head.deleted)
        made = self._made(connection, heads)
        self._known = {**self._known, **made}
        return {head.component: made[head.component, head.hash] for head in heads}

    def known(self, head: Revision) -> Component | None:
        """The component of a revision where it was made before."""
        return self._known.get((head.component, head.hash))

    def _made(self, connection: Connection, heads: tuple[Revision, ...]) -> dict[tuple[ComponentId, str], Component]:
        known = self._known
        bodies = revisions.read_bodies(connection, (head.id for head in heads if (head.component, head.hash) not in known))
        made: dict[tuple[ComponentId, str], Component] = {}
        problems: list[Problem] = []
        for head in heads:
            name = (head.component, head.hash)
            try:
                made[name] = known[name] if name in known else component_of(head.component, bodies[head.id])
            except MetadataError as error:
                problems.extend(error.problems)
        if problems:
            raise MetadataError(problems)
        return made


def released(connection: Connection, release: int) -> Heads:
    """The revisions of a release. Raises NoSuchRelease."""
    manifest = revisions.read_release(connection, release).manifest
    return {head.component: head for head in revisions.read_revisions(connection, manifest)}


def working(connection: Connection) -> Heads:
    """The revisions of the current release with the drafts laid over them; deleted components are left out."""
    heads = released(connection, revisions.latest_release(connection))
    heads.update((draft.component, draft) for draft in revisions.read_drafts(connection))
    return {component: head for component, head in heads.items() if not head.deleted}


def in_force(connection: Connection, names: Collection[ComponentId]) -> tuple[Heads, Mapping[ComponentId, int]]:
    """Of some components the revisions that `working` has, and the number of the latest of each that was ever saved."""
    if len(names) > FEW:
        heads = working(connection)
        return {name: heads[name] for name in names if name in heads}, revisions.last_numbers(connection)
    histories = revisions.read_histories(connection, names)
    manifest = frozenset(revisions.read_release(connection, revisions.latest_release(connection)).manifest)
    found: Heads = {}
    for name, history in histories.items():
        drafted = history[0] if history[0].first_release is None else None
        head = drafted or next((revision for revision in history if revision.id in manifest), None)
        if head is not None and not head.deleted:
            found[name] = head
    return found, {name: history[0].number for name, history in histories.items()}


def readable(connection: Connection) -> Heads:
    """The same with the released revision, or none, in the place of a draft that makes no component."""
    heads, before = working(connection), released(connection, revisions.latest_release(connection))
    drafts = {name: head for name, head in heads.items() if name not in before or before[name].id != head.id}
    bodies = revisions.read_bodies(connection, (head.id for head in drafts.values()))
    for name, head in drafts.items():
        try:
            component_of(name, bodies[head.id])
        except MetadataError:
            del heads[name]
            if name in before:
                heads[name] = before[name]
    return heads


def standing(connection: Connection, known: Standing | None = None) -> Standing:
    """What there is now. What was read of the same release before is `known`: no release ever changes."""
    release = revisions.latest_release(connection)
    drafts = {draft.component: draft for draft in revisions.read_drafts(connection)}
    heads = known.released if known is not None and known.release == release else released(connection, release)
    return Standing(release, revisions.newest_revision(connection), heads, drafts)


def makers(connection: Connection, components: Iterable[ComponentId] | None = None) -> frozenset[str]:
    """The authors of what waits of these components, or of all: of each revision since one was last as it is released."""
    served = released(connection, revisions.latest_release(connection))
    drafted = [draft.component for draft in revisions.read_drafts(connection)] if components is None else list(components)
    found: set[str] = set()
    for start in range(0, len(drafted), FEW):
        for name, history in revisions.read_histories(connection, drafted[start : start + FEW]).items():
            found.update(one.author for one in takewhile(partial(_differs, served.get(name)), history))
    return frozenset(found)


def _differs(before: Revision | None, revision: Revision) -> bool:
    if before is None:
        return not revision.deleted
    return revision.deleted or revision.hash != before.hash
