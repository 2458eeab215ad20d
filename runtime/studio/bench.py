"""All components as they lie on the workbench: the current release with the drafts upon it, right or wrong."""

from __future__ import annotations

import difflib
import functools
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from sqlalchemy import Engine

from metadata.checks import check
from metadata.checks.world import EntityFacts, World
from metadata.compiler import assign_site
from metadata.errors import MetadataError, Problem
from metadata.model import KINDS, Component, ComponentId, component_id
from metadata.schema import load
from metadata.schema.faults import without_suggestion
from metadata.store import Components, Guard, MetadataStore, Revision, Standing
from metadata.text import Text, by_number
from runtime.studio.references import Reference, references
from runtime.translating.phrases import Texts, said_in

SMALL = 400
"""As many components are checked whole at every change; of more, the neighbourhood of the one that is looked at."""
NEAR = 4
V = TypeVar("V")
State = Literal["published", "changed", "new", "removed"]
FOLLOWING = ("unknown-reference", "unknown-entity", "unknown-attribute")


@dataclass(frozen=True, slots=True)
class Item:
    """One component: its revision in force, its plain data, and the component that they make, if they make one.

    `before` is its revision in the current release. `faults` say why the data make no component.
    """

    id: ComponentId
    head: Revision
    data: Mapping[str, Any]
    component: Component | None
    faults: tuple[Problem, ...] = ()
    before: Revision | None = None
    references: tuple[Reference, ...] = ()

    @property
    def state(self) -> State:
        """How it differs from what is served."""
        if self.head.deleted:
            return "removed"
        if self.before is None:
            return "new"
        return "published" if self.before.hash == self.head.hash else "changed"

    @property
    def waits(self) -> bool:
        """Is there something to publish?"""
        return self.state != "published" and not (self.before is None and self.head.deleted)


@dataclass(frozen=True)
class Bench:
    """Every component at one moment, drafts included; `all` holds those too that a draft takes away.

    `kept` are the components of the kinds in which nothing has changed since the bench before. Three things are remembered by
    revision, and from one bench to the next: in `ways` the paths of attributes that a component names, in `texts` what it says,
    in `placed` the component as one of the only site there is.
    """

    standing: Standing
    all: Mapping[ComponentId, Item]
    kept: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    ways: dict[int, tuple[tuple[str, str, str], ...]] = field(default_factory=dict)
    texts: dict[int, Texts] = field(default_factory=dict)
    placed: dict[int, Component] = field(default_factory=dict)

    @functools.cached_property
    def items(self) -> Mapping[ComponentId, Item]:
        """The components that there are."""
        return {name: item for name, item in self.all.items() if not item.head.deleted}

    @functools.cached_property
    def waiting(self) -> tuple[Item, ...]:
        """What publishing could release, in the order of kinds and keys."""
        order = list(KINDS)
        found = [item for name in self.standing.drafts if (item := self.all[name]).waits]
        return tuple(sorted(found, key=lambda item: (order.index(item.id.kind), item.id)))

    @functools.cached_property
    def by_kind(self) -> Mapping[str, tuple[Item, ...]]:
        """The components of each kind, by key."""
        found: dict[str, list[Item]] = {kind: [] for kind in KINDS if kind not in self.kept}
        for name, item in self.items.items():
            if name.kind in found:
                found[name.kind].append(item)
        made = {kind: tuple(sorted(items, key=_place)) for kind, items in found.items()}
        return {kind: self.kept[kind] if kind in self.kept else made[kind] for kind in KINDS}

    def of_site(self, site: str) -> Mapping[str, tuple[Item, ...]]:
        """The components of each kind that are a site's own, or no site's, by key."""
        if site not in self._by_site:
            self._by_site[site] = {
                kind: tuple(item for item in items if (item.id.key if kind == "site" else item.id.site) in ("", site))
                for kind, items in self.by_kind.items()
            }
        return self._by_site[site]

    @functools.cached_property
    def _by_site(self) -> dict[str, Mapping[str, tuple[Item, ...]]]:
        return {}

    @functools.cached_property
    def newest(self) -> tuple[Item, ...]:
        """Every component, the one that was changed last first."""
        return tuple(sorted(self.all.values(), key=lambda item: -item.head.id))

    @functools.cached_property
    def entities(self) -> Mapping[str, EntityFacts]:
        """Entities as the engine will have them, drafts and those of the engine included."""
        models = [item.component for item in self.by_kind["entity"] if item.component is not None]
        return World({component_id(model): model for model in models}).entities

    @functools.cached_property
    def world(self) -> World:
        """What is right by itself, together."""
        return World(MappingProxyType({component_id(item): item for item in self._assigned}))

    @property
    def checked(self) -> bool:
        """Is it known of all what is wrong, or soon said?"""
        return len(self.items) <= SMALL or "problems" in self.__dict__

    def told(self, name: ComponentId) -> tuple[Problem, ...]:
        """What is wrong with one component. Of a large site this is judged among those that it names, near and far."""
        if self.checked:
            return self.problems.get(name, ())
        item = self.items.get(name)
        if item is None or item.component is None:
            return item.faults if item else ()
        if name not in self._near:
            self._near[name] = self._judged(name)
        return self._near[name]

    def count(self, name: ComponentId) -> int:
        """How much is known to be wrong with a component."""
        if self.checked:
            return len(self.problems.get(name, ()))
        return len(self._near[name]) if name in self._near else len(self.items[name].faults) if name in self.items else 0

    @functools.cached_property
    def wrong(self) -> tuple[Item, ...]:
        """The components of which something is known to be wrong."""
        return tuple(sorted((item for name, item in self.items.items() if self.count(name)), key=lambda item: item.id))

    @functools.cached_property
    def _near(self) -> dict[ComponentId, tuple[Problem, ...]]:
        return {}

    def _judged(self, name: ComponentId) -> tuple[Problem, ...]:
        """The findings of the checks on one component among what its names lead to."""
        found = self._around({name, *self._meant(name)})
        order = (*sorted(found - {name}), name)
        near = [item.component for other in order if (item := self.items.get(other)) and item.component is not None]
        given = assign_site(near)
        own = str(component_id(given[-1]))
        problems = check({component_id(component): component for component in given})
        return tuple(problem for problem in problems if problem.component == own)

    def _around(self, names: set[ComponentId]) -> set[ComponentId]:
        """Components with what they name, near and far, and with the sites and languages."""
        found = fresh = set(names)
        for _ in range(NEAR):
            fresh = {other for one in fresh for other in self._named_by(one)} - found
            found |= fresh
        return found | {item.id for kind in ("site", "language") for item in self.by_kind[kind]}

    def waiting_with(self, name: ComponentId) -> tuple[Item, ...]:
        """What waits of a component and of all that it names, near and far."""
        near = self._around({name})
        return tuple(item for item in self.waiting if item.id in near)

    def affected(self) -> tuple[set[ComponentId], set[ComponentId]]:
        """What waits, together with all that names it; and the same with what must be known to judge it."""
        waiting = {item.id for item in self.waiting}
        changed = {(name.kind, name.key) for name in waiting}
        naming = {name for name, item in self.items.items() if any(found[1:] in changed for found in item.references)}
        suspects = (waiting | naming) & set(self.items)
        return suspects, self._around(suspects) & set(self.items)

    def _named_by(self, name: ComponentId) -> set[ComponentId]:
        item = self.items.get(name)
        found = (self.find(kind, key, name.site or self._site) for _, kind, key in (item.references if item else ()))
        return {other.id for other in found if other is not None}

    def _meant(self, name: ComponentId) -> set[ComponentId]:
        """What a component may have meant by names that are not there."""
        found = set()
        for _, kind, key in self.items[name].references:
            if kind in self.by_kind and self.find(kind, key, name.site or self._site) is None:
                keys = {item.id.key: item.id for item in self.by_kind[kind]}
                found |= {keys[like] for like in difflib.get_close_matches(key[:200], keys, n=1)}
        return found

    @functools.cached_property
    def _site(self) -> str:
        return next((name.key for name in self.items if name.kind == "site"), "")

    @functools.cached_property
    def findings(self) -> tuple[Problem, ...]:
        """What the checks say of all that is right by itself."""
        return check(self.world.components)

    @functools.cached_property
    def problems(self) -> Mapping[ComponentId, tuple[Problem, ...]]:
        """What is wrong with each component, by itself and among the others; not what only follows from an unfinished one."""
        found: dict[ComponentId, list[Problem]] = {name: list(item.faults) for name, item in self.items.items() if item.faults}
        names = {str(identity): name for identity, name in self._names.items()}
        broken = tuple(repr(name.key) for name in found)
        for problem in self.findings:
            name = names.get(problem.component)
            follows = problem.code in FOLLOWING and any(key in without_suggestion(problem.message) for key in broken)
            if name is not None and name in self.items and not self.items[name].faults and not follows:
                found.setdefault(name, []).append(problem)
        return {name: tuple(problems) for name, problems in found.items()}

    def name_of(self, component: Component) -> ComponentId:
        """The address under which a component of `world` is stored: of a site that is alone it may lack the site's name."""
        return self._names[component_id(component)]

    @functools.cached_property
    def _names(self) -> Mapping[ComponentId, ComponentId]:
        return {component_id(made): name for made, name in zip(self._assigned, self._sound, strict=True)}

    def said(self, name: ComponentId) -> Texts:
        """What a component says, where its data make one; looked through once for each revision."""
        item = self.all[name]
        if item.component is None:
            return ()
        if item.head.id not in self.texts:
            self.texts[item.head.id] = said_in(item.component)
        return self.texts[item.head.id]

    def find(self, kind: str, key: str, site: str) -> Item | None:
        """A component by kind and key, of this site or of none where a site that is alone leaves its name out."""
        places = (site, "") if kind in KINDS and KINDS[kind].of_site else ("",)
        return next((found for place in places if (found := self.all.get(ComponentId(kind, key, place)))), None)

    @functools.cached_property
    def _sound(self) -> Mapping[ComponentId, Component]:
        return {name: item.component for name, item in self.items.items() if item.component is not None}

    @functools.cached_property
    def sound(self) -> Mapping[ComponentId, Component]:
        """The components that are right by themselves, by the names that they are stored under; see `assign_site`."""
        return dict(zip(self._sound, self._assigned, strict=True))

    @functools.cached_property
    def _assigned(self) -> tuple[Component, ...]:
        """All that is right by itself. What belongs to the only site without saying so is made only once for each revision."""
        numbers = [self.items[name].head.id for name in self._sound]
        sites = [name.key for name in self._sound if name.kind == "site"]
        known = [self._known(number, component, sites) for number, component in zip(numbers, self._sound.values(), strict=True)]
        made = assign_site(known)
        self.placed.update((number, one) for number, one, before in zip(numbers, made, known, strict=True) if one is not before)
        return made

    def _known(self, number: int, component: Component, sites: list[str]) -> Component:
        placed = self.placed.get(number)
        return placed if placed is not None and sites == [getattr(placed, "site", "")] else component


class Workshop:
    """Gives each request the bench as it is, made anew only when something was saved or released. Safe between threads."""

    def __init__(self, engine: Engine, guards: Iterable[Guard] = ()) -> None:
        self.store = MetadataStore(engine, guards)
        self._lock = threading.Lock()
        self._bench: Bench | None = None
        self._stamp = (-1, -1)

    def bench(self) -> Bench:
        """Everything as it is now."""
        stamp = self.store.stamp()
        with self._lock:
            if self._bench is None or stamp != self._stamp:
                standing = self.store.standing(self._bench.standing if self._bench else None)
                self._bench = self._made(standing, self._bench)
                self._stamp = (standing.release, standing.newest)
            return self._bench

    def _made(self, standing: Standing, old: Bench | None) -> Bench:
        """The bench of this moment. Of the same release only what drafts touch, or touched, is looked at again."""
        if old is not None and old.standing.release == standing.release:
            names = {*standing.drafts, *old.standing.drafts}
            heads = {name: head for name in names if (head := standing.drafts.get(name) or standing.released.get(name))}
            items = dict(old.all)
            for name in names - heads.keys():
                items.pop(name, None)
        else:
            heads, items = {**standing.released, **standing.drafts}, {}
            names = set(heads)
        known = {item.head.id: item for item in old.all.values()} if old else {}
        texts = self.store.data(head.id for head in heads.values() if head.id not in known)
        for name, head in heads.items():
            item = known.get(head.id)
            data = item.data if item else texts[head.id]
            component, faults = (item.component, item.faults) if item else self._of(head, data)
            named = item.references if item else references(data, name.kind)
            items[name] = Item(name, head, data, component, faults, standing.released.get(name), named)
        touched = {name.kind for name in names if old is None or old.all.get(name) != items.get(name)}
        again = old is not None and old.standing.release == standing.release
        kept = {kind: found for kind, found in old.by_kind.items() if kind not in touched} if old and again else {}
        there = {item.head.id for item in items.values()}
        if old is None:
            return Bench(standing, items, kept)
        return Bench(standing, items, kept, *(_of_these(there, found) for found in (old.ways, old.texts, old.placed)))

    def _of(self, head: Revision, data: Mapping[str, Any]) -> tuple[Component | None, tuple[Problem, ...]]:
        known = self.store.known(head)
        return (known, ()) if known is not None else made(head.component, data)

    def readable(self, bench: Bench) -> Components:
        """What the store calls readable, of a bench: where a draft makes no component, the one that is served.

        Raises MetadataError where that makes none either.
        """
        return self._components({name: item.component for name, item in bench.items.items()}, bench)

    def released(self, bench: Bench) -> Components:
        """The components of a bench as they are served. Raises MetadataError for one that is none any more."""
        served = {name: item.component if item.state == "published" else None for name, item in bench.all.items()}
        return self._components(served, bench)

    def _components(self, known: Mapping[ComponentId, Component | None], bench: Bench) -> Components:
        """Components that are known; what is served is read for the others, where something is."""
        lacking = {
            name: before.id for name, found in known.items() if found is None and (before := bench.all[name].before) is not None
        }
        texts = self.store.data(lacking.values())
        served = {name: load(name.kind, texts[number]) for name, number in lacking.items()}
        return {name: found for name in known if (found := known[name] or served.get(name)) is not None}


def _of_these(numbers: set[int], found: dict[int, V]) -> dict[int, V]:
    """What is remembered of revisions that are still in force. Requests may add to it meanwhile."""
    return {number: value for number, value in dict(found).items() if number in numbers}


def _place(item: Item) -> tuple[str, str]:
    return by_number(item.id.key), item.id.site


def made(name: ComponentId, data: Mapping[str, Any]) -> tuple[Component | None, tuple[Problem, ...]]:
    """The component of plain data, or why they make none; neither where there are no data."""
    if not data:
        return None, ()
    try:
        component = load(name.kind, data)
    except MetadataError as error:
        return None, error.problems
    return component, ()


def label_of(item: Item, language: str, fallback: str) -> str:
    """The name that people read, where it has one; else its key."""
    label = getattr(item.component, "label", None)
    if item.component is None:
        given = item.data.get("label")
        texts = given if isinstance(given, Mapping) else {"any": given}
        label = Text.of({str(tag): text for tag, text in texts.items() if isinstance(text, str)})
    return (label.in_language(language, fallback) if label else "") or item.id.key
