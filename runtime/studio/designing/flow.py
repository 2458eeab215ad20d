"""A multistep form as a flow: where each step leads, what is never reached, what leads back; its drawing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from runtime.studio.designing.canvas import Canvas

END = -1
"""In place of a step: the form is sent."""
MARGIN, WIDE, HIGH, GAP, LANE = 16, 260, 46, 26, 22
LANES = 6
MOST = 60
Kind = Literal["next", "yes", "no"]


@dataclass(frozen=True, slots=True)
class Way:
    """Where a step leads: the number of the step from 0, END, or None for one that is not there, whose name is `named`."""

    kind: Kind
    to: int | None
    named: str = ""
    back: bool = False


@dataclass(frozen=True, slots=True)
class FlowStep:
    """A step as it is shown: its place in the list, name, type, what it works with, ways on, and whether anybody comes here."""

    number: int
    label: str
    type: str
    about: str
    ways: tuple[Way, ...]
    reached: bool = True
    y: int = 0


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way as it is drawn: the path of its line, and where its word stands."""

    path: str
    kind: Kind
    back: bool
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Flow:
    """All steps with the arrows between them, and the size of the drawing."""

    steps: tuple[FlowStep, ...]
    arrows: tuple[Arrow, ...]
    width: int
    height: int
    left: int = MARGIN
    wide: int = WIDE
    high: int = HIGH


def flow_of(canvas: Canvas) -> Flow:
    """The flow of a multistep form's draft, right or wrong; of very many steps the first."""
    given = canvas.parts("steps")[:MOST]
    keys = [str(step.get("key") or "") for step in given]
    steps = [_step(canvas, step, number, keys) for number, step in enumerate(given)]
    there = _reached(steps)
    placed = tuple(replace(step, reached=step.number in there, y=GAP + step.number * (HIGH + GAP)) for step in steps)
    ways = [(step, way) for step in placed for way in step.ways if way.to is not None]
    behind = min(sum(way.back for _, way in ways), LANES)
    past = min(sum(not way.back and way.to != step.number + 1 for step, way in ways), LANES)
    left = MARGIN + behind * LANE + (40 if behind else 0)
    arrows = tuple(_arrows(placed, left))
    return Flow(
        placed, arrows, left + WIDE + past * LANE + MARGIN + (40 if past else 0), len(placed) * (HIGH + GAP) + 2 * GAP, left
    )


def _step(canvas: Canvas, step: Mapping[str, Any], number: int, keys: list[str]) -> FlowStep:
    type_ = str(step.get("type") or "form")
    about = canvas.named("page", step.get("page")) if type_ == "redirect" else canvas.named("form", step.get("form"))
    label = canvas.text(step.get("label")) or str(step.get("key") or number + 1)
    return FlowStep(number, label, type_, about, tuple(_ways(step, type_, number, keys)))


def _ways(step: Mapping[str, Any], type_: str, number: int, keys: list[str]) -> Iterator[Way]:
    """A redirect leads away; a condition has two ways, and each that names no step goes to the one that follows."""
    if type_ == "redirect":
        return
    yield _way("yes" if type_ == "condition" else "next", step.get("next"), number, keys)
    if type_ == "condition":
        yield _way("no", step.get("otherwise"), number, keys)


def _way(kind: Kind, named: Any, number: int, keys: list[str]) -> Way:
    if not named:
        return Way(kind, number + 1 if number + 1 < len(keys) else END)
    to = keys.index(named) if named in keys else None
    return Way(kind, to, str(named), back=to is not None and to <= number)


def _reached(steps: list[FlowStep]) -> set[int]:
    """The steps that somebody who begins at the first one can come to."""
    found: set[int] = set()
    open_ = [0] if steps else []
    while open_:
        number = open_.pop()
        if number not in found:
            found.add(number)
            open_ += [way.to for way in steps[number].ways if way.to is not None and way.to != END]
    return found


def _arrows(steps: tuple[FlowStep, ...], left: int) -> Iterator[Arrow]:
    """To the next step straight down; past others on the end side, back on the start side, each in a lane of its own."""
    past = behind = 0
    for step in steps:
        for way in step.ways:
            if way.to is None:
                continue
            to = len(steps) if way.to == END else way.to
            start, end = step.y + HIGH, GAP + to * (HIGH + GAP)
            if to == step.number + 1:
                x = left + WIDE // 2 + {"yes": -40, "no": 40}.get(way.kind, 0)
                yield Arrow(f"M{x} {start}V{end - 4}", way.kind, False, x + 6, start + GAP - 9)
            elif way.back:
                behind = behind % LANES + 1
                x, at, there = left - LANE * behind, step.y + HIGH // 2, end + HIGH // 2
                path = f"M{left} {at}H{x + 8}Q{x} {at} {x} {at - 8}V{there + 8}Q{x} {there} {x + 8} {there}H{left - 5}"
                yield Arrow(path, way.kind, True, left - 20, at - 5)
            else:
                past = past % LANES + 1
                side, at, there = left + WIDE, step.y + HIGH // 2, end + (HIGH // 2 if to < len(steps) else 14)
                x = side + LANE * past
                path = f"M{side} {at}H{x - 8}Q{x} {at} {x} {at + 8}V{there - 8}Q{x} {there} {x - 8} {there}H{side + 5}"
                yield Arrow(path, way.kind, False, side + 6, at - 5)
