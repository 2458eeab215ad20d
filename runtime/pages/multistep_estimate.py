"""What the rows of a multistep form will about cost, from values that the person may read."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from metadata.expressions.entities import formula_in
from metadata.model import Attribute, Step
from metadata.snapshot import Snapshot
from runtime.forms.bound import all_values
from runtime.forms.builder import form_fields
from runtime.forms.lines import Line
from runtime.forms.opening import fixed_values
from runtime.forms.tiers import tier_path
from runtime.forms.totals import product, total, total_paths
from runtime.pages.columns import fixed_currency
from runtime.pages.multistep_entered import Entered
from runtime.pages.speech import formats_of


def line_amount(entered: Entered, step: Step, line: Line) -> Decimal | None:
    """The estimate of a row, None where something is missing that it takes."""
    paths = total_paths(step.total)
    if not paths or line.blank or line.form.errors:
        return None
    entity, snapshot = entered.relationship(step).entity, entered.context.snapshot
    before, after = _unasked(entered, step, paths)
    values = {**before, **all_values(line.form), **after}

    def value_of(path: str) -> Any:
        tiers = tier_path(snapshot, entity, path)
        if tiers is None:
            return entered.reach.value(entity, values, path)
        reached = product((other for other in paths if other != path), lambda other: entered.reach.value(entity, values, other))
        return None if reached is None else entered.tiers.value(tiers, step.tier, values, reached)

    return product(paths, value_of)


def _unasked(entered: Entered, step: Step, paths: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the row will have of attributes that nobody is asked for, below and above what is typed.

    Below: what the form fills in, else the plain defaults. Above: the plain values that it sets on save.
    """
    form, snapshot = entered.step_form(step), entered.context.snapshot
    attributes = snapshot.entities[form.form.entity].attributes
    found = {path: attributes[path].model for path in paths if path in attributes}
    defaults = {path: form.words.value(model.default, model) for path, model in found.items() if _is_plain(model.default)}
    set_fields = {field.attribute: field.set_on_save for field in form_fields(form.form) if _is_plain(field.set_on_save)}
    above = {path: form.words.value(set_fields[path], model) for path, model in found.items() if path in set_fields}
    return {**defaults, **fixed_values(snapshot, form.form, form.words)}, above


def _is_plain(given: Any) -> bool:
    return given is not None and formula_in(given) is None and not str(given).startswith("@")


def amount_text(entered: Entered, step: Step, amount: Decimal | None) -> str:
    """An estimate in words: with the currency of the first money that it is made of, or the one that the step declares."""
    if amount is None:
        return ""
    snapshot, entity = entered.context.snapshot, entered.relationship(step).entity
    attributes = [_last(snapshot, entity, path) for path in total_paths(step.total)]
    declared = entered.total_currency(step)
    fallback = declared or entered.context.site.model.currency
    codes = [fixed_currency(attribute, fallback) or declared for attribute in attributes if attribute.type == "money"]
    formats = formats_of(entered.context)
    return formats.money(amount, next(iter(codes), "")) if codes else formats.number(amount)


def step_total(entered: Entered, step: Step) -> str:
    """The sum of the estimates of a step's rows in words; empty where the step has none."""
    if not step.total:
        return ""
    sum_, _ = total(line_amount(entered, step, line) for line in entered.filled(step))
    return amount_text(entered, step, sum_)


def _last(snapshot: Snapshot, entity: str, path: str) -> Attribute:
    tiers = tier_path(snapshot, entity, path)
    if tiers is not None:
        return snapshot.entities[tiers.entity].attributes[tiers.value].model
    return snapshot.resolve(entity, path)[-1].model
