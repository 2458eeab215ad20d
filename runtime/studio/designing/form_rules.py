"""The rules of a form as they concern one of its fields: told and begun where people look for them, beside the field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runtime.studio.designing.canvas import Canvas
from runtime.studio.designing.steps import found_at

EFFECTS = ("show", "require", "lock", "default", "at")
"""What a rule does to a field; `at` says there why a form is refused."""
WATCHES = "when"
"""What a rule that looks at the field says of it."""
OF_A_FIELD = re.compile(r"^tabs\.\d+\.sections\.\d+\.fields\.\d+$")
NAME = re.compile(r"(?<![\w.'])[a-z_][a-z0-9_]*")
TEXT = re.compile(r"'[^']*'")


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule that concerns a field: where it is, its condition as it is written, and what it does to the field."""

    path: str
    when: str
    effects: tuple[str, ...]


def rules_beside(canvas: Canvas, at: str) -> Mapping[str, Any]:
    """What the panel of a field says of rules: its attribute and the rules; nothing for what is no field of a form."""
    part = found_at(canvas.data, at) if canvas.item.id.kind == "form" and OF_A_FIELD.match(at) else None
    attribute = str(part.get("attribute") or "") if isinstance(part, Mapping) else ""
    return {"ruled": attribute, "rules": tuple(_lines(canvas, attribute)) if attribute else ()}


def _lines(canvas: Canvas, attribute: str) -> Iterator[RuleLine]:
    for place, rule in enumerate(canvas.parts("rules")):
        effects = tuple(name for name in EFFECTS if attribute in _touched(rule.get(name)))
        when = str(rule.get("when") or "")
        watched = (WATCHES,) if attribute in NAME.findall(TEXT.sub("", when)) else ()
        if effects or watched:
            yield RuleLine(f"rules.{place}", when, (*effects, *watched))


def _touched(given: Any) -> tuple[str, ...]:
    """The attributes that an effect of a rule names, however it is written."""
    found = given if isinstance(given, list) else [given]
    return tuple(str(one.get("attribute") if isinstance(one, Mapping) else one) for one in found if one)
