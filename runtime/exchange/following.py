"""What only follows from another fault: told with it, it would send people to files that are in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath

from metadata.checks import World
from metadata.errors import Problem
from metadata.model import Component, ComponentId
from metadata.schema.faults import without_suggestion

NAMING = ("unknown-reference", "unknown-entity", "unknown-attribute")
# Rules that look at what a component leads to over others.
LEADING = ("chart-link", "narrowing", "parent-roles", "scope", "tile-link", "unknown-relationship", "value")


def without_following(
    found: Iterable[Problem], components: Mapping[ComponentId, Component], unread: Iterable[Problem]
) -> tuple[Problem, ...]:
    """`found` between components without what only follows from what could not be read, or from a name that leads nowhere.

    What is left out is told by the next look, once its cause is mended.
    """
    broken = _broken(unread)
    marks = tuple(mark for key in broken for mark in (repr(key), f"entity {key} "))
    real = [problem for problem in found if not _names(problem, marks)]
    if not any(problem.code in LEADING for problem in real):
        return tuple(real)
    faulty = {problem.component for problem in real if problem.code in NAMING}
    led = _led(components, faulty, broken)
    return tuple(problem for problem in real if problem.code not in LEADING or problem.component not in led)


def _broken(problems: Iterable[Problem]) -> set[str]:
    """The keys of components that could not be read, as far as they are known."""
    errors = [problem for problem in problems if problem.severity == "error"]
    named = {problem.component.rpartition(" ")[2].rpartition("/")[2] for problem in errors if problem.component}
    files = (PurePath(problem.position.file) for problem in errors if problem.position.file)
    return named | {file.parent.name if file.stem == "site" else file.stem for file in files}


def _names(problem: Problem, marks: tuple[str, ...]) -> bool:
    said = without_suggestion(problem.message)  # a name that is nearly that of a broken component is a fault of its own
    return problem.code in NAMING and any(mark in said for mark in marks)


def _led(components: Mapping[ComponentId, Component], faulty: set[str], broken: set[str]) -> set[str]:
    """The components, as problems name them, that lead to a faulty or a broken one over any number of names."""
    users: dict[tuple[str, str], set[ComponentId]] = {}
    world = World(components)
    names = {id(component): identity for identity, component in components.items()}
    for leaf in world.leaves:
        if kind := leaf.rules.get("ref"):
            users.setdefault((kind, leaf.value), set()).add(names[id(leaf.component)])
    reached = {identity for identity in components if str(identity) in faulty}
    reached |= {identity for (_, key), using in users.items() if key in broken for identity in using}
    ahead = list(reached)
    while ahead:
        identity = ahead.pop()
        using = users.get((identity.kind, identity.key), set()) - reached
        reached |= using
        ahead += using
    return {str(identity) for identity in reached}
