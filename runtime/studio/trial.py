"""A release tried before it is made: does it compile, can it be shown, and what would change in the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from metadata.checks import check
from metadata.compiler import assign_site, compile_snapshot
from metadata.errors import MetadataError, Problem
from metadata.migrate import Plan
from metadata.model import Component, ComponentId, component_id
from metadata.store import Components
from runtime.exposure.blast import Blast, blasts
from runtime.exposure.expectations import expectation_problems
from runtime.exposure.lock import CODE, lock_problems
from runtime.render.checks import check_looks
from runtime.studio.bench import Item
from runtime.studio.desk import Desk


@dataclass(frozen=True, slots=True)
class Trial:
    """What a would-be release comes to. There is a plan where nothing is wrong. A `late` one has not been made yet."""

    problems: tuple[Problem, ...]
    plan: Plan | None = None
    late: bool = False
    blasts: tuple[Blast, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What forbids the release."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def unsigned(self) -> tuple[Problem, ...]:
        """What people would reach that nobody has signed off, as many lines of it as are told."""
        return tuple(problem for problem in self.problems if problem.code == CODE)

    @property
    def first(self) -> tuple[Problem, ...]:
        """What forbids the release, and then what does not, without the lines of `unsigned`."""
        return tuple(problem for problem in (*self.errors, *self.warnings) if problem.code != CODE)

    @property
    def needs_second(self) -> bool:
        """Whether somebody else than who made the drafts must release them."""
        return any(blast.needs_second for blast in self.blasts)

    @property
    def radius(self) -> tuple[str, ...]:
        """What people gain and lose, a line each."""
        return tuple(line for blast in self.blasts for line in blast.lines)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What does not."""
        return tuple(problem for problem in self.problems if problem.severity != "error")


def try_items(desk: Desk, chosen: Iterable[Item]) -> Trial:
    """The trial of the current release with some drafts upon it."""
    items = tuple(chosen)
    faults = [fault for item in items if not item.head.deleted for fault in item.faults]
    if faults:
        return Trial(tuple(faults))
    return try_components(desk, with_items(desk.store.released(), items))


def with_items(released: Components, items: Iterable[Item]) -> Components:
    """What there would be: the released components with drafts in their places."""
    found: dict[ComponentId, Component] = dict(released)
    for item in items:
        found.pop(item.id, None)
        if item.component is not None and not item.head.deleted:
            found[item.id] = item.component
    return {component_id(component): component for component in found.values()}


def try_components(desk: Desk, components: Components) -> Trial:
    """The trial of a set of components."""
    given = assign_site(components.values())
    problems = check({component_id(item): item for item in given})
    if any(problem.severity == "error" for problem in problems):
        return Trial(problems)
    try:
        snapshot = compile_snapshot(given)
    except MetadataError as error:
        return Trial((*problems, *error.problems))
    looks = check_looks(snapshot, desk.context.renderer.roots)
    with desk.store.engine.connect() as connection:
        radius = blasts(connection, desk.context.snapshot, snapshot)
        expected = tuple(expectation_problems(connection, snapshot))
    found = (*problems, *looks, *expected, *lock_problems(snapshot))
    return Trial(found, desk.store.plan_tables(snapshot), blasts=tuple(one for one in radius if one.site == desk.reach.site))
