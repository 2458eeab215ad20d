"""The rules of a form as the browser gets them: the same trees, and the values that no control of the form holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from metadata.expressions.data import plain_value, to_data
from metadata.expressions.entities import KINDS, expression
from metadata.model import Form
from metadata.snapshot import Snapshot
from runtime.forms.bound import inputs
from runtime.forms.conduct import GovernedField, RulePlan, field_language, rule_plan
from runtime.forms.fields import BaseForm, Input
from runtime.forms.inputs import LookupInput
from runtime.forms.numbers import decimal_symbol, group_symbol
from runtime.forms.parse import NEUTRAL
from runtime.records.entered import plain
from runtime.records.values import number_scale

NUMBERS = ("integer", "decimal", "money")


def rule_data(snapshot: Snapshot, form: Form, bound: BaseForm) -> str:
    """The rules of a form that were applied to a bound one, as JSON; empty where it has none."""
    plan = rule_plan(snapshot, form)
    if not plan or bound.conduct.row is None:
        return ""
    fields = dict(inputs(bound))
    first = next(iter(fields.values()), None)
    manner = first.person.manner if first is not None else NEUTRAL
    data = {
        "fields": [_governed(snapshot, form, item, fields[item.key], bound) for item in plan.fields if item.key in fields],
        "requires": [
            [to_data(node), [key for key in keys if key in fields and not bound.rules[key].required]]
            for node, keys in plan.requires
        ],
        "refusals": [
            [to_data(node), at if at in fields else "", text.in_language(field_language(bound))]
            for node, text, at in plan.refusals
        ],
        "known": _known(plan, bound, fields),
        "far": _far(plan, fields),
        "scales": {key: _scale(field) for key, field in fields.items() if field.rules.attribute.model.type in NUMBERS},
        "decimal": decimal_symbol(manner.language),
        "group": group_symbol(manner.language),
        "zone": manner.zone,
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def far_paths(plan: RulePlan, key: str) -> tuple[str, ...]:
    """What the rules ask of the row that a lookup of the form points at: the paths from that row."""
    return tuple(path.partition(".")[2] for path in plan.paths if path.startswith(f"{key}."))


def _governed(snapshot: Snapshot, form: Form, item: GovernedField, field: Input, bound: BaseForm) -> dict[str, Any]:
    model = field.rules.attribute.model
    kept = bound.conduct.kept.get(item.key)
    found: dict[str, Any] = {"key": item.key, "kind": KINDS.get(model.type, ""), "kept": plain_value(plain(model, kept))}
    for name, nodes in (("shows", item.shows), ("locks", item.locks)):
        if nodes:
            found[name] = [to_data(node) for node in nodes]
    if item.defaults:
        kind = KINDS[model.type]
        found["defaults"] = [
            [to_data(node), to_data(expression(snapshot, form.entity, text, kind))] for node, text in item.defaults
        ]
    if item.locks and isinstance(field, LookupInput) and kept is not None:
        found["named"] = _named(field, kept)
    return found


def _scale(field: Input) -> int:
    """How many decimals a number may have."""
    model = field.rules.attribute.model
    return 0 if model.type == "integer" else number_scale(model)


def _named(field: LookupInput, kept: Any) -> str:
    """What the row of a kept lookup is called."""
    if field.chosen is not None and field.data == kept:
        return field.chosen.label
    entity, row = kept if isinstance(kept, tuple) else ("", kept)
    found = field.person.finder.get(field.rules, entity, row)
    return found.label if found is not None else str(field.person.labels.get(field.rules.attribute.key) or "")


def _known(plan: RulePlan, bound: BaseForm, fields: Mapping[str, Input]) -> dict[str, Any]:
    """The values of names that no control holds: words, attributes beside the form, and the rows that lookups point at."""
    row = bound.conduct.row
    return {path: plain_value(row.value(path)) for path in plan.paths if path not in fields} if row is not None else {}


def _far(plan: RulePlan, fields: Iterable[str]) -> dict[str, list[str]]:
    found = {key: [f"{key}.{path}" for path in far_paths(plan, key)] for key in fields}
    return {key: paths for key, paths in found.items() if paths}
