"""A folder of metadata against what is there: read, checked in its surroundings, ready to be saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from metadata.checks import check
from metadata.errors import MetadataError, Problem
from metadata.files import Opened, Reading, read_folder
from metadata.model import Component, ComponentId, component_id
from metadata.schema import dump
from metadata.store import Components, Difference, compare
from runtime.exchange.following import without_following
from runtime.exchange.looks import problems_of_looks
from runtime.exchange.overrides import overridden
from runtime.exchange.since import read_deleted

UNSIGNED = "exposure"


@dataclass(frozen=True, slots=True)
class Intake:
    """What a folder would change: `components` to save, `delete` to take away; `result` is what there would be then.

    `contents` opens the files beside components.
    """

    components: tuple[Component, ...]
    contents: Opened
    delete: tuple[ComponentId, ...]
    result: Components
    warnings: tuple[Problem, ...]

    def differences(self, before: Components) -> tuple[Difference, ...]:
        """What it changes, for people to read."""
        return differences(before, self.result)


def take_in(
    folder: str,
    before: Components,
    *,
    delete: bool = False,
    drafts: bool = False,
    overrides: Mapping[str, Any] | None = None,
    themes: Sequence[Path] | None = None,
) -> Intake:
    """The intake of a folder over the components that are there; of `drafts`, what is not signed off is a warning.

    `overrides` are put over what the folder has. What a folder of changes names as deleted is taken away.

    Raises MetadataError with all problems of both kinds: what cannot be read, and what does not fit.
    """
    reading = read_folder(folder, before.values())
    deleted = read_deleted(folder)
    if overrides:
        elsewhere = before if deleted is not None else {}
        reading = replace(reading, components=overridden(reading.components, overrides, elsewhere))
    found = {component_id(component): component for component in reading.components}
    gone = tuple(sorted((set(before) if delete else set(before) & set(deleted or ())) - set(found)))
    result = {name: item for name, item in {**before, **found}.items() if name not in gone}
    problems = problems_of(reading, result, themes)
    if drafts:
        problems = tuple(replace(found, severity="warning") if found.code == UNSIGNED else found for found in problems)
    if any(problem.severity == "error" for problem in problems):
        raise MetadataError(problems)
    return Intake(reading.components, reading.contents, gone, result, problems)


def problems_of(
    reading: Reading, components: Mapping[ComponentId, Component], themes: Sequence[Path] | None = None
) -> tuple[Problem, ...]:
    """What is wrong with a reading among these components; what only follows from another fault is left out.

    Looks are checked once all else is in order. Raises MetadataError where the components do not compile.
    """
    found = check(components, reading.positions)
    problems = {*reading.problems, *without_following(found, components, reading.problems)}
    if not any(problem.severity == "error" for problem in problems):
        problems.update(problems_of_looks(components, reading.positions, themes))
    return tuple(sorted(problems))


def differences(before: Components, after: Components) -> tuple[Difference, ...]:
    """What differs between two sets of components."""
    changed = [name for name in {*before, *after} if before.get(name) != after.get(name)]
    return compare(*({name: dump(side[name]) for name in changed if name in side} for side in (before, after)))
