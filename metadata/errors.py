"""What can be wrong with metadata, as values that are collected and shown together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a value was written: the file as given by the reader, its line counted from 1, and the path of keys to it."""

    file: str = ""
    line: int = 0
    path: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place} {self.path}".strip()


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One finding: where, which component, what is wrong and what to do. `code` is stable and may be relied upon."""

    position: Position
    component: str
    code: str
    message: str
    severity: str = "error"

    def __str__(self) -> str:
        place = f"{self.position}: " if str(self.position) else ""
        component = f"{self.component}: " if self.component else ""
        return f"{place}{component}{self.message} [{self.code}]"


class MetadataError(Exception):
    """The metadata has problems. Carries all of them, in the order of their places."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))
