"""The store: components saved as revisions, published in releases, and everything that follows from keeping both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, inspect

import metadata.migrate as migrate
import metadata.store.contents as contents_kept
import metadata.store.revisions as revisions
import metadata.store.state as state
from metadata.migrate.register import tables as register_tables
from metadata.model import Component, ComponentId, Content
from metadata.snapshot import Snapshot
from metadata.store.bodies import Body, Sketch, body_of, body_of_sketch, plain
from metadata.store.contents import Opened
from metadata.store.difference import Difference, compare
from metadata.store.errors import EditedMeanwhile, NoSuchComponent
from metadata.store.publishing import Candidate, Guard, Published, checked_snapshot, with_component, write_release
from metadata.store.revisions import Entry, Release, Revision
from metadata.store.tables import lock, tables

Components = Mapping[ComponentId, Component]
Data = Mapping[str, Any]
Making = Callable[[Revision | None, Data, Data], Data | None]


@dataclass(frozen=True, slots=True)
class Revised:
    """The number of the revision in force after a change, and whether anything was other than before."""

    number: int
    changed: bool


class MetadataStore:
    """The metadata in a database. Safe to share between threads; every change is one transaction, all or nothing.

    The engine is one whose transactions begin as told by the execution options `foyer_write` and `foyer_schema`. What the
    guards refuse is not released.
    """

    def __init__(self, engine: Engine, guards: Iterable[Guard] = ()) -> None:
        self.engine = engine
        self._guards = tuple(guards)
        self._loader = state.Loader()

    def create(self) -> None:
        """Make the store's tables where they are missing; where none is, nothing is locked."""
        if all(map(inspect(self.engine).has_table, (*tables.tables, *register_tables.tables))):
            return
        with self._changing() as connection:
            tables.create_all(connection)
            migrate.create_register(connection)

    def current_release(self) -> int:
        """The number of the newest release; 0 before the first."""
        with self.engine.connect() as connection:
            return revisions.latest_release(connection)

    def released(self, release: int | None = None) -> Components:
        """The components of a release; of the current one where none is named. Raises NoSuchRelease, MetadataError."""
        with self.engine.connect() as connection:
            number = revisions.latest_release(connection) if release is None else release
            return self._loader.load(connection, state.released(connection, number).values())

    def working(self) -> Components:
        """The components of the current release with the drafts laid over them: what publishing would release."""
        with self.engine.connect() as connection:
            return self._loader.load(connection, state.working(connection).values())

    def readable(self) -> Components:
        """The same, where a draft that makes no component yet counts as what the current release has in its place."""
        with self.engine.connect() as connection:
            return self._loader.load(connection, state.readable(connection).values())

    def drafts(self) -> Mapping[ComponentId, Component | None]:
        """What has been saved since it was last released; None for a component that is to be deleted."""
        with self.engine.connect() as connection:
            heads = revisions.read_drafts(connection)
            loaded = state.Loader().load(connection, heads)
            return {head.component: loaded.get(head.component) for head in heads}

    def save(
        self,
        components: Iterable[Component],
        author: str,
        note: str = "",
        delete: Iterable[ComponentId] = (),
        expected: Mapping[ComponentId, int] | None = None,
        contents: Opened | None = None,
        sketches: Iterable[Sketch] = (),
    ) -> tuple[ComponentId, ...]:
        """Add a revision for each component, and each sketch of one, that differs from its latest; give back those that did.

        `expected` holds the number of the revision that an editor started from (0 for a new component); `contents` opens
        the contents that are not kept yet, by their digests. Raises EditedMeanwhile where another is in force by now,
        NoSuchComponent for one to delete that is not there, NoContent and OtherContent.
        """
        given = tuple(components)
        bodies = (*map(body_of, given), *map(body_of_sketch, sketches))
        with self._changing() as connection:
            self._keep(connection, given, contents)
            return self._append(connection, _entry(author, note), bodies, tuple(delete), expected or {})

    def revise(self, component: ComponentId, base: int, make: Making, author: str, note: str = "") -> Revised:
        """Save what `make` makes of a component as it stands, while nobody else can save; nothing where it gives back None.

        `make` is given the revision in force, None where there is none, its data, and the data of the revision with the
        number `base`, nothing where there is none. What it makes is saved as `save` does.
        """
        with self._changing() as connection:
            head = state.in_force(connection, [component])[0].get(component)
            numbered = {item.number: item.id for item in revisions.read_history(connection, component)}
            wanted = {numbered[number] for number in (base, head.number if head else 0) if number in numbered}
            bodies = {key: plain(text) for key, text in revisions.read_bodies(connection, wanted).items()}
            data = make(head, bodies[head.id] if head else {}, bodies[numbered[base]] if base in numbered else {})
            made = () if data is None else (body_of_sketch(Sketch(component, data)),)
            changed = self._append(connection, _entry(author, note), made, (), {})
            in_force = state.in_force(connection, [component])[0].get(component) if changed else head
            return Revised(in_force.number if in_force else 0, bool(changed))

    def publish(
        self,
        author: str,
        note: str = "",
        *,
        components: Iterable[Component] = (),
        delete: Iterable[ComponentId] = (),
        contents: Opened | None = None,
        allow_destructive: bool = False,
    ) -> Published:
        """Release everything saved, after saving `components`, `contents` and `delete` as `save` does, in one transaction.

        Raises MetadataError where the result does not compile, Destructive where tables would lose rows: then nothing
        has changed at all.
        """
        entry = _entry(author, note)
        with self._changing(tables=True) as connection:
            self._keep(connection, components := tuple(components), contents)
            self._append(connection, entry, tuple(map(body_of, components)), tuple(delete), {})
            current = revisions.latest_release(connection)
            candidate = Candidate(state.working(connection), current, allow_destructive, self.engine, self._guards)
            published = write_release(connection, self._loader, entry, candidate)
            revisions.mark_released(connection, published.release)
            return published

    def publish_some(
        self, chosen: Mapping[ComponentId, int], author: str, note: str = "", *, allow_destructive: bool = False
    ) -> Published:
        """Release some of what has been saved, by the number of the draft that was looked at; the others stay drafts.

        Raises EditedMeanwhile where a draft is another one by now, NoContent where a file's bytes are not kept, and as
        `publish`.
        """
        with self._changing(tables=True) as connection:
            now = state.standing(connection)
            for name, number in chosen.items():
                found = now.drafts[name].number if name in now.drafts else 0
                if found != number:
                    raise EditedMeanwhile(name, number, found)
            heads = {**now.released, **{name: now.drafts[name] for name in chosen}}
            kept = {name: head for name, head in heads.items() if not head.deleted}
            picked = self._loader.load_some(connection, (kept[name] for name in chosen if name in kept))
            self._keep(connection, tuple(picked.values()), None)
            candidate = Candidate(kept, now.release, allow_destructive, self.engine, self._guards)
            published = write_release(connection, self._loader, _entry(author, note), candidate)
            revisions.mark_some_released(connection, chosen, published.release)
            return published

    def rollback(self, release: int, author: str, note: str = "", *, allow_destructive: bool = False) -> Published:
        """A new release with what an old one held. Drafts stay drafts. Raises NoSuchRelease, MetadataError, Destructive."""
        with self._changing(tables=True) as connection:
            candidate = Candidate(state.released(connection, release), release, allow_destructive, self.engine, self._guards)
            return write_release(connection, self._loader, _entry(author, note), candidate)

    def rollback_component(
        self,
        component: ComponentId,
        release: int,
        author: str,
        note: str = "",
        *,
        allow_destructive: bool = False,
    ) -> Published:
        """A new release in which one component is as it was in an old one. Raises as `rollback`, and NoSuchComponent."""
        with self._changing(tables=True) as connection:
            current = revisions.latest_release(connection)
            heads, old = state.released(connection, current), state.released(connection, release)
            if component not in heads and component not in old:
                raise NoSuchComponent(component, release)
            candidate = Candidate(with_component(heads, component, old), current, allow_destructive, self.engine, self._guards)
            return write_release(connection, self._loader, _entry(author, note), candidate)

    def change(
        self, component: ComponentId, change: Callable[[Component], Component], author: str, note: str = ""
    ) -> Published:
        """A new release in which one component is what `change` makes of it; all that is saved and not released stays so.

        Raises NoSuchComponent, EditedMeanwhile where another change of it waits to be released, MetadataError, and what
        `change` raises.
        """
        with self._changing(tables=True) as connection:
            current = revisions.latest_release(connection)
            heads, latest = state.released(connection, current), state.working(connection)
            if component not in heads:
                raise NoSuchComponent(component, current)
            head, waiting = heads[component], latest.get(component)
            if waiting is None or waiting.id != head.id:
                raise EditedMeanwhile(component, head.number, waiting.number if waiting else 0)
            entry = _entry(author, note)
            changed = body_of(change(self._loader.load_some(connection, (head,))[component]))
            revisions.append(connection, entry, (changed,), (), revisions.last_numbers(connection))
            made = state.working(connection)[component]
            candidate = Candidate({**heads, component: made}, current, aside=self.engine, guards=self._guards)
            published = write_release(connection, self._loader, entry, candidate)
            revisions.mark_one_released(connection, made.id, published.release)
            return published

    def keep(self, contents: Iterable[Content], opened: Opened) -> None:
        """Keep contents that a draft is going to name. Raises NoContent and OtherContent."""
        with self._changing() as connection:
            contents_kept.keep(connection, contents, opened, dt.datetime.now(dt.UTC))

    def content(self, content: Content) -> Iterator[bytes]:
        """The bytes of a content. Raises NoContent at the first of them."""
        return contents_kept.pieces(self.engine, content.sha256, 0, content.size)

    def plan_tables(self, snapshot: Snapshot, *, drop: bool = False) -> migrate.Plan:
        """What a snapshot would change in the database's tables."""
        with self.engine.connect() as connection:
            return migrate.plan(connection, snapshot, drop=drop)

    def mend_tables(self, *, allow_destructive: bool = False) -> migrate.Plan:
        """Bring the tables in step with the current release; drop what it no longer names where that is allowed.

        Raises MetadataError, and Destructive, Blocked or NotApplied as `metadata.migrate.apply`.
        """
        with self._changing(tables=True) as connection:
            release = revisions.latest_release(connection)
            heads = state.released(connection, release)
            snapshot = checked_snapshot(self._loader.load(connection, heads.values()).values(), release)
            steps = migrate.plan(connection, snapshot, drop=allow_destructive)
            migrate.apply(connection, steps, allow_destructive=allow_destructive)
            return steps

    def remake_searches(self) -> migrate.Plan:
        """Make every search index of the current release anew, with what the database can do by now.

        Raises MetadataError, and Destructive, Blocked or NotApplied where the tables themselves are not in step.
        """
        with self._changing(tables=True) as connection:
            release = revisions.latest_release(connection)
            heads = state.released(connection, release)
            snapshot = checked_snapshot(self._loader.load(connection, heads.values()).values(), release)
            migrate.apply(connection, migrate.plan(connection, snapshot))
            steps = migrate.remaking(snapshot)
            migrate.apply(connection, steps)
            return steps

    def releases(self) -> tuple[Release, ...]:
        """All releases, newest first, without their manifests."""
        with self.engine.connect() as connection:
            return revisions.read_releases(connection)

    def history(self, component: ComponentId) -> tuple[Revision, ...]:
        """Every revision of a component, newest first. Raises NoSuchComponent where there has never been one."""
        with self.engine.connect() as connection:
            found = revisions.read_history(connection, component)
        if not found:
            raise NoSuchComponent(component)
        return found

    def makers(self, components: Iterable[ComponentId] | None = None) -> frozenset[str]:
        """Who has had a hand in what waits of these components, or of all: whoever saved one since it last was as it is
        released, whoever saved over it then."""
        with self.engine.connect() as connection:
            return state.makers(connection, components)

    def ever(self, kind: str) -> tuple[ComponentId, ...]:
        """Every component of a kind that was ever saved, also what has been deleted since."""
        with self.engine.connect() as connection:
            return revisions.read_names(connection, kind)

    def begun_with(self, note: str) -> frozenset[ComponentId]:
        """The components whose first revision has this note."""
        with self.engine.connect() as connection:
            return revisions.read_begun(connection, note)

    def revision_number(self, component: ComponentId) -> int:
        """The number of the revision in force, to be given back as `expected`; 0 where there is none."""
        with self.engine.connect() as connection:
            head = state.in_force(connection, [component])[0].get(component)
            return head.number if head else 0

    def known(self, head: Revision) -> Component | None:
        """The component of a revision where it was made before: of the last release that was read or written, at least."""
        return self._loader.known(head)

    def standing(self, known: state.Standing | None = None) -> state.Standing:
        """The revisions of the current release, and the drafts beside them; `known` is what an earlier call gave."""
        with self.engine.connect() as connection:
            return state.standing(connection, known)

    def data(self, ids: Iterable[int]) -> Mapping[int, Mapping[str, Any]]:
        """The plain data of revisions by their ids; nothing for a deletion."""
        with self.engine.connect() as connection:
            return {key: plain(text) for key, text in revisions.read_bodies(connection, ids).items()}

    def stamp(self) -> tuple[int, int]:
        """The newest release and the newest revision: while both stay, nothing has changed."""
        with self.engine.connect() as connection:
            return revisions.latest_release(connection), revisions.newest_revision(connection)

    def diff(self, before: int | None = None, after: int | None = None) -> tuple[Difference, ...]:
        """What changes from one release to another; None stands for the current release before, and for drafts after."""
        with self.engine.connect() as connection:
            first = revisions.latest_release(connection) if before is None else before
            old = state.released(connection, first)
            new = state.working(connection) if after is None else state.released(connection, after)
            changed = [name for name in {*old, *new} if _hash(old, name) != _hash(new, name)]
            bodies = revisions.read_bodies(connection, (h[name].id for h in (old, new) for name in changed if name in h))
        sides = ({name: plain(bodies[heads[name].id]) for name in changed if name in heads} for heads in (old, new))
        return compare(*sides)

    def _keep(self, connection: Connection, components: tuple[Component, ...], opened: Opened | None) -> None:
        wanted = contents_kept.contents_of(components).values()
        contents_kept.keep(connection, wanted, opened or {}, dt.datetime.now(dt.UTC))

    def _append(
        self,
        connection: Connection,
        entry: Entry,
        bodies: tuple[Body, ...],
        gone: tuple[ComponentId, ...],
        expected: Mapping[ComponentId, int],
    ) -> tuple[ComponentId, ...]:
        if not bodies and not gone:
            return ()
        heads, numbers = state.in_force(connection, {*(body.component for body in bodies), *gone, *expected})
        for name, number in expected.items():
            found = heads[name].number if name in heads else 0
            if found != number:
                raise EditedMeanwhile(name, number, found)
        for name in gone:
            if name not in heads:
                raise NoSuchComponent(name)
        changed = [body for body in bodies if body.hash != _hash(heads, body.component)]
        revisions.append(connection, entry, changed, gone, numbers)
        return (*(body.component for body in changed), *gone)

    @contextmanager
    def _changing(self, *, tables: bool = False) -> Iterator[Connection]:
        engine = self.engine.execution_options(foyer_write=True, foyer_schema=tables)
        with engine.begin() as connection:
            lock(connection)
            yield connection


def _entry(author: str, note: str) -> Entry:
    return Entry(author, note, dt.datetime.now(dt.UTC))


def _hash(heads: state.Heads, name: ComponentId) -> str:
    return heads[name].hash if name in heads else ""
