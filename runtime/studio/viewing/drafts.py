"""The drafts as a snapshot, made once per change; what is wrong stays as it is served, so there is always something to see."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from metadata.checks import check
from metadata.compiler import assign_site, compile_snapshot
from metadata.errors import MetadataError
from metadata.model import Component, ComponentId, component_id
from metadata.snapshot import Snapshot
from metadata.store import MetadataStore
from runtime.studio.bench import Bench
from runtime.studio.viewing.guise import Guise

ROUNDS = 5
"""How often what is wrong is put back; what is left out may make others wrong."""
KEPT = 8
"""Guises whose templates and statements are kept."""


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
        self._guises: OrderedDict[Guise, tuple[Snapshot, Snapshot]] = OrderedDict()

    def compiled(self, bench: Bench, store: MetadataStore) -> DraftSnapshot:
        """The drafts of a bench. Raises MetadataError where not even what is served compiles."""
        with self._lock:
            if self._made is None or self._bench is not bench:
                self._made = made_of(bench, store)
                self._bench = bench
            return self._made

    def seen(self, guise: Guise, snapshot: Snapshot) -> Snapshot:
        """A snapshot with all addresses below that of a guise; the same one for as long as the snapshot is the same."""
        with self._lock:
            known = self._guises.get(guise)
            if known is None or known[0] is not snapshot:
                known = self._guises[guise] = (snapshot, snapshot.below(guise.base))
            self._guises.move_to_end(guise)
            while len(self._guises) > KEPT:
                self._guises.popitem(last=False)
            return known[1]


def made_of(bench: Bench, store: MetadataStore) -> DraftSnapshot:
    """The snapshot of the drafts, each wrong one as it is served or not at all, unless all of it fails."""
    release = bench.standing.release
    served: Mapping[ComponentId, Component] | None = None
    components = {name: item.component for name, item in bench.items.items() if item.component is not None}
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
        given = assign_site(components.values())
        names = {str(component_id(made)): name for made, name in zip(given, components, strict=True)}
        found = check({component_id(component): component for component in given})
        told = {names[problem.component] for problem in found if problem.severity == "error" and problem.component in names}
        wrong = (told & changed) or told  # what nobody has changed is mended, as a rule, by putting back what it names
        if not wrong:
            try:
                return DraftSnapshot(compile_snapshot(given, release), tuple(sorted(left)))
            except MetadataError:
                break
    return DraftSnapshot(compile_snapshot(assign_site(store.released(release).values()), release), tuple(sorted(changed)))
