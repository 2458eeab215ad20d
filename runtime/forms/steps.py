"""The way through a multistep form: which steps there are for what has been entered, and which may be opened. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from metadata.model import Filter, MultistepForm, Step
from metadata.snapshot import Snapshot

ValueOf = Callable[[str], Any]


def steps_for(multi: MultistepForm, goes_on: Callable[[Step], bool]) -> tuple[Step, ...]:
    """The steps that are shown, in order; `goes_on` tells whether what a step of type condition asks for holds.

    One of type redirect is the last.
    """
    by_key = {step.key: step for step in multi.steps}
    following = {step.key: after.key for step, after in zip(multi.steps, multi.steps[1:], strict=False)}
    found: list[Step] = []
    seen: set[str] = set()
    current = multi.steps[0].key if multi.steps else ""
    while current in by_key and current not in seen:
        seen.add(current)
        step = by_key[current]
        after = step.next or following.get(current, "")
        if step.type == "condition":
            current = after if goes_on(step) else step.otherwise or after
        else:
            found.append(step)
            current = "" if step.type == "redirect" else after
    return tuple(found)


def furthest(steps: Iterable[Step], complete: Callable[[Step], bool]) -> Step:
    """The first step that is not complete, else the last: no step beyond it may be opened. Raises ValueError for none."""
    last: Step | None = None
    for step in steps:
        last = step
        if not complete(step):
            return step
    if last is None:
        raise ValueError("the form has no steps")
    return last


def step_before(steps: tuple[Step, ...], step: Step) -> Step | None:
    """The step to go back to; None for the first one and where one may not."""
    position = steps.index(step)
    return steps[position - 1] if position and step.back else None


def step_after(steps: tuple[Step, ...], step: Step) -> Step | None:
    """The step that follows, None for the last."""
    rest = steps[steps.index(step) + 1 :]
    return rest[0] if rest else None


def holds(condition: Filter, value_of: ValueOf) -> bool:
    """Whether a condition is true of the values entered."""
    if condition.all:
        return all(holds(item, value_of) for item in condition.all)
    if condition.any:
        return any(holds(item, value_of) for item in condition.any)
    return _compare(condition.operator, value_of(condition.attribute), condition.value)


def _compare(operator: str, held: Any, wanted: Any) -> bool:
    if operator in ("empty", "not_empty"):
        return (held in (None, "", ())) == (operator == "empty")
    if operator in ("ne", "not_in") and held in (None, "", ()):
        return True
    if held is None or wanted is None:
        return False
    check = _CHECKS[operator]
    try:
        return check(held, _alike(wanted, held))
    except (TypeError, ValueError, ArithmeticError):
        return False


def _alike(wanted: Any, held: Any) -> Any:
    if isinstance(wanted, list | tuple):
        return [_alike(item, held) for item in wanted]
    if isinstance(held, tuple | bool) or isinstance(wanted, type(held)):
        return wanted
    if isinstance(held, str):
        raise ValueError(wanted)
    if hasattr(held, "isoformat"):
        return type(held).fromisoformat(str(wanted))
    return type(held)(str(wanted))


_CHECKS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda held, wanted: wanted in held if isinstance(held, tuple) else bool(held == wanted),
    "ne": lambda held, wanted: wanted not in held if isinstance(held, tuple) else bool(held != wanted),
    "lt": lambda held, wanted: bool(held < wanted),
    "le": lambda held, wanted: bool(held <= wanted),
    "gt": lambda held, wanted: bool(held > wanted),
    "ge": lambda held, wanted: bool(held >= wanted),
    "in": lambda held, wanted: any(item in wanted for item in held) if isinstance(held, tuple) else held in wanted,
    "not_in": lambda held, wanted: not any(i in wanted for i in held) if isinstance(held, tuple) else held not in wanted,
    "between": lambda held, wanted: bool(wanted[0] <= held <= wanted[1]),
    "contains": lambda held, wanted: (
        wanted in held if isinstance(held, tuple) else str(wanted).casefold() in str(held).casefold()
    ),
    "starts_with": lambda held, wanted: str(held).casefold().startswith(str(wanted).casefold()),
    "ends_with": lambda held, wanted: str(held).casefold().endswith(str(wanted).casefold()),
}


def definition(snapshot: Snapshot, multi: MultistepForm) -> str:
    """A digest of everything that the form asks, to tell that it has changed since somebody began."""
    parts = [repr(multi.steps), *(repr(snapshot.forms.get(step.form)) for step in multi.steps)]
    return snapshot.derive(
        ("multistep definition", multi.site, multi.key),
        lambda: hashlib.blake2s("\n".join(parts).encode()).hexdigest(),
    )
