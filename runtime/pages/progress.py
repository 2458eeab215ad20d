"""The way of a record through its states, as steps of a line. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from metadata.model import Progress

StepState = Literal["done", "current", "next"]


@dataclass(frozen=True, slots=True)
class ProgressStep:
    """One step: its name, whether it lies behind, and what is said under it (a date, or nothing).

    `partly` says that the record is in a state which is not wholly reached, such as partly delivered.
    """

    value: str
    label: str
    state: StepState
    when: str = ""
    partly: bool = False


@dataclass(frozen=True, slots=True)
class ProgressLine:
    """The steps. `stopped` is the label of a state that is not on the line, such as cancelled; empty otherwise."""

    steps: tuple[ProgressStep, ...]
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """What people call an option value, and whether it is marked as reached in part only."""

    label: str
    partly: bool = False


def progress_paths(progress: Progress | None) -> tuple[str, ...]:
    """The attributes that the line is made of."""
    return () if progress is None else (progress.attribute, *(attribute for _, attribute in progress.dates))


def progress_line(
    progress: Progress, stages: Mapping[str, Stage], values: Mapping[str, Any], say: Callable[[str, Any], str], today: dt.date
) -> ProgressLine:
    """The line of a record. `stages` tells of the option values, `say` writes the value of an attribute path.

    Where the state is off the line, the steps up to the last one whose date has come count as done: they did happen.
    """
    state = values.get(progress.attribute)
    at = progress.steps.index(state) if state in progress.steps else -1
    last = len(progress.steps) - 1
    dates = dict(progress.dates)
    known = [values.get(dates.get(value, "")) for value in progress.steps]
    reached = at if at >= 0 else max((place for place, date in enumerate(known) if _has_come(date, today)), default=-1)

    def step(position: int, value: str) -> ProgressStep:
        date = known[position]
        behind = position < reached or (position == reached and (at < 0 or at == last))
        mode: StepState = "done" if behind else "current" if position == at else "next"
        stage = stages.get(value, Stage(value))
        when = "" if date is None else say(dates[value], date)
        return ProgressStep(value, stage.label, mode, when, mode == "current" and stage.partly)

    steps = tuple(step(position, value) for position, value in enumerate(progress.steps))
    return ProgressLine(steps, stages.get(state, Stage(str(state))).label if state is not None and at < 0 else "")


def _has_come(date: Any, today: dt.date) -> bool:
    return isinstance(date, dt.date) and (date.date() if isinstance(date, dt.datetime) else date) <= today
