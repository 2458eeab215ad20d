"""What a run of a map would do: how many rows would come, change, leave or be refused, with rows before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, request

from connectors.forecast import COMING, Sample
from connectors.initial import plan_load
from runtime.pages.content import words_of
from runtime.studio.desk import Desk
from runtime.studio.operating.floor import home, map_label, map_of, maps_of, number, open_floor
from runtime.sync.steering import look_ahead

KINDS = ("insert", "update", "leave", "reject", "unchanged")
TONES = {"insert": "info", "update": "warn", "leave": "bad", "reject": "bad"}
SAMPLES = 5
MOST = 20_000
"""Rows that a page looks at; the command looks at all."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One row: what would become of it, and its attributes before and after."""

    kind: str
    word: str
    tone: str
    key: str
    reason: str
    values: tuple[tuple[str, str, str], ...]


def plan(key: str) -> Response:
    """The plan of a map. Nothing is written, here or outside."""
    desk = open_floor()
    table_map = map_of(desk, key)
    initial = request.args.get("initial") == "yes"
    steps = [step for step in plan_load(maps_of(desk)) if step.table_map.key == key]
    found = next(look_ahead(home(desk), steps, initial, SAMPLES, MOST), None) if steps else None
    counts = (
        [(desk.say(f"studio.sync_plan.{kind}"), number(desk, found.counts.get(kind, 0))) for kind in KINDS] if found else []
    )
    return desk.page(
        "sync_plan.html",
        title=desk.say("studio.sync_plan_of", map=map_label(desk, key)),
        map=table_map,
        name=map_label(desk, key),
        initial=initial,
        found=found,
        counts=counts,
        most=number(desk, MOST),
        samples=[_foreseen(desk, table_map.entity.key, sample) for sample in found.samples] if found else [],
    )


def _foreseen(desk: Desk, entity: str, sample: Sample) -> Foreseen:
    attributes = desk.context.snapshot.entities[entity].attributes
    values = tuple(
        (words_of(desk.context, attributes[name].model.label) or name, _shown(desk, old), _shown(desk, new))
        for name, (old, new) in sample.values.items()
    )
    word = desk.say(f"studio.sync_plan.{sample.kind}")
    return Foreseen(sample.kind, word, TONES.get(sample.kind, "neutral"), sample.key, sample.reason, values)


def _shown(desk: Desk, value: Any) -> str:
    if value is None:
        return desk.say("studio.sync_empty")
    return desk.say("studio.sync_new_row") if value == COMING else str(value)
