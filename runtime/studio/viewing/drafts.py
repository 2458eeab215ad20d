"""Drafts and earlier releases as snapshots. What is wrong in a draft is seen as it is served: so there is always something."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from metadata.checks import check
from metadata.compiler import assign_site, compile_snapshot
from metadata.errors import MetadataError
from metadata.model import Component, ComponentId, component_id
from metadata.snapshot import Snapshot
from metadata.store import MetadataStore, checked_snapshot
from runtime.loading import collector_at_rest
from runtime.studio.bench import Bench
from runtime.studio.viewing.guise import Guise

K = TypeVar("K")
V = TypeVar("V")
ROUNDS = 12
"""How often what is wrong is put back; what is left out may make others wrong."""
KEPT = 8
"""Guises whose templates and statements are kept."""
KEPT_RELEASES = 4
"""Earlier releases that are kept compiled."""


@dataclass(frozen=True, slots=True)
class DraftSnapshot:
    """The drafts compiled. `as_served` are the components whose drafts are wrong, and which are seen as they are served."""

    snapshot: Snapshot
    as_served: tuple[ComponentId, ...] = ()


class Drafts:
    """Gives the snapshot of the drafts, and each guise's own copy of a snapshot. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bench: Bench | None = None
        self._made: DraftSnapshot | None = None
        self._releases: OrderedDict[tuple[int, int], Snapshot] = OrderedDict()
        self._guises: OrderedDict[Guise, tuple[Snapshot, Snapshot]] = OrderedDict()

    def compiled(self, bench: Bench, store: MetadataStore, served: Snapshot) -> DraftSnapshot:
        """The drafts of a bench, beside what is served, which it is where nothing waits.

        Raises MetadataError where not even that compiles.
        """
        with self._lock:
            if self._made is None or self._bench is not bench:
                if served.release == bench.standing.release and not bench.waiting:
                    self._made = DraftSnapshot(served)
                else:
                    last = self._made.snapshot if self._made else served
                    with collector_at_rest():
                        self._made = made_of(bench, store, last if last.release == bench.standing.release else served)
                self._bench = bench
            return self._made

    def earlier(self, release: int, current: int, store: MetadataStore) -> Snapshot:
        """A release compiled, for as long as another one is current: what its tables lack is remembered with it.

        Raises NoSuchRelease, and MetadataError where it does not compile any more.
        """
        with self._lock:
            known = self._releases.get((release, current))
        if known is None:
            known = checked_snapshot(store.released(release).values(), release)
        with self._lock:
            _remember(self._releases, (release, current), known, KEPT_RELEASES)
        return known

    def known(self, bench: Bench) -> DraftSnapshot | None:
        """The drafts of a bench where they have been compiled already."""
        return self._made if self._bench is bench else None

    def seen(self, guise: Guise, snapshot: Snapshot) -> Snapshot:
        """A snapshot with all addresses below that of a guise; the same one for as long as the snapshot is the same."""
        with self._lock:
            known = self._guises.get(guise)
            if known is None or known[0] is not snapshot:
                known = (snapshot, snapshot.below(guise.base))
            _remember(self._guises, guise, known, KEPT)
            return known[1]


def _remember(kept: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    """Keep a value as the one that was asked for last, and no more than so many."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)


def made_of(bench: Bench, store: MetadataStore, like: Snapshot | None = None) -> DraftSnapshot:
    """The snapshot of the drafts, each wrong one as it is served or not at all, unless all of it fails.

    `like` is an older one, whose tables are taken where the entities are the same. Of a large site only what waits is judged,
    and what names it.
    """
    release = bench.standing.release
    served: Mapping[ComponentId, Component] | None = None
    components = dict(bench.sound)
    changed = {item.id for item in bench.waiting}
    left: set[ComponentId] = set()
    wrong = {name for name, item in bench.items.items() if item.component is None}
    for _ in range(ROUNDS):
        if wrong:
            served = store.released(release) if served is None else served
            for name in wrong:
                if name not in left and name in served:
                    components[name] = served[name]
                else:
                    components.pop(name, None)
            left |= wrong
        told = _told(bench, components, left)
        wrong = (told & changed) or told  # what nobody has changed is mended, as a rule, by putting back what it names
        if not wrong:
            try:
                return DraftSnapshot(compile_snapshot(components.values(), release, like), tuple(sorted(left)))
            except MetadataError:
                break
    given = assign_site(store.released(release).values())
    return DraftSnapshot(compile_snapshot(given, release, like), tuple(sorted(changed)))


def _told(bench: Bench, components: Mapping[ComponentId, Component], left: set[ComponentId]) -> set[ComponentId]:
    """The components with errors."""
    if not left and bench.checked:
        found, names = bench.findings, {str(given): bench.name_of(made) for given, made in bench.world.components.items()}
        return {names[problem.component] for problem in found if problem.severity == "error" and problem.component in names}
    suspects, known = (set(components), set(components)) if bench.checked else bench.affected()
    near = [name for name in sorted(known) if name in components]
    given = assign_site([components[name] for name in near])
    names = {str(component_id(made)): name for made, name in zip(given, near, strict=True)}
    found = check({component_id(component): component for component in given})
    told = {names[problem.component] for problem in found if problem.severity == "error" and problem.component in names}
    return told & suspects
