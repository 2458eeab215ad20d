"""What a compiled release tells of itself: its looks, held against the themes of this installation, and its exposure lock."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from metadata.compiler import compile_snapshot
from metadata.errors import MetadataError, Problem
from metadata.files import Positions
from metadata.model import Component, ComponentId
from metadata.store import checked_snapshot
from runtime.config import Config
from runtime.exposure.lock import lock_problems
from runtime.render.chain import theme_roots
from runtime.render.checks import check_looks


def problems_of_looks(
    components: Mapping[ComponentId, Component],
    positions: Mapping[ComponentId, Positions],
    themes: Sequence[Path] | None = None,
) -> tuple[Problem, ...]:
    """The problems of looks, and of what is not signed off, of components that fit each other, with file and line where they
    have a position. `themes` are the folders of themes; those of the environment where they are not given.

    Raises MetadataError where they do not compile, ConfigError.
    """
    roots = themes if themes is not None else theme_roots(Config.from_environment(os.environ).theme_dir)
    snapshot = compile_snapshot(components.values())
    found = (*check_looks(snapshot, roots), *lock_problems(snapshot))
    where = {str(name): place for name, place in positions.items()}
    return tuple(sorted(_placed(problem, where.get(problem.component)) for problem in found))


def require_looks(components: Mapping[ComponentId, Component]) -> tuple[Problem, ...]:
    """The warnings on the looks of what is about to be released. Raises MetadataError where it cannot be shown."""
    checked_snapshot(components.values())
    problems = problems_of_looks(components, {})
    if any(problem.severity == "error" for problem in problems):
        raise MetadataError(problems)
    return problems


def _placed(problem: Problem, place: Positions | None) -> Problem:
    return problem if place is None else replace(problem, position=place(problem.position.path))
