"""What the rules of a form make of what was entered: which fields are there, keep their value, are filled in, must be given.

A field is settled after those that its rules ask about, so that no rule sees a value that another one takes away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from metadata.expressions.entities import expression
from metadata.expressions.evaluate import evaluate
from metadata.expressions.tree import Node, names
from metadata.form_rules import settling_order
from metadata.model import Form
from metadata.snapshot import Snapshot
from metadata.text import Text
from runtime.forms.bound import inputs
from runtime.forms.faults import Fault
from runtime.forms.fields import BaseForm, Conduct, Input
from runtime.forms.inputs import SwitchInput
from runtime.records.entered import EnteredRow, outcome

EMPTY = (None, "", ())


@dataclass(frozen=True, slots=True)
class GovernedField:
    """A field that rules show, lock or fill in: the conditions of those rules, and the expressions of what fills it in."""

    key: str
    shows: tuple[Node, ...]
    locks: tuple[Node, ...]
    defaults: tuple[tuple[Node, str], ...]


@dataclass(frozen=True, slots=True)
class RulePlan:
    """The rules of a form in the order in which they are told. `refusals` are conditions, sentences and fields."""

    fields: tuple[GovernedField, ...] = ()
    requires: tuple[tuple[Node, tuple[str, ...]], ...] = ()
    refusals: tuple[tuple[Node, Text, str], ...] = ()
    paths: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there are any rules."""
        return bool(self.fields or self.requires or self.refusals)

    @property
    def own(self) -> tuple[str, ...]:
        """The record's own attributes that the rules ask about, or lead through."""
        return tuple(dict.fromkeys(path.partition(".")[0] for path in self.paths if not path.startswith("@")))

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the request that the rules ask about."""
        return tuple(path for path in self.paths if path.startswith("@"))


NO_RULES = RulePlan()


def rule_plan(snapshot: Snapshot, form: Form) -> RulePlan:
    """The rules of a form, read once per snapshot."""
    if not form.rules:
        return NO_RULES
    return snapshot.derive(("form rules", form.key), lambda: _plan(snapshot, form))


def _plan(snapshot: Snapshot, form: Form) -> RulePlan:
    def read(text: str, *kinds: Any) -> Node:
        return expression(snapshot, form.entity, text, *kinds)

    conditions = [(rule, read(rule.when, "boolean")) for rule in form.rules]
    order = settling_order(form, lambda text: [name.path for name in names(read(text))])
    fields = tuple(
        GovernedField(
            key,
            tuple(node for rule, node in conditions if key in rule.show),
            tuple(node for rule, node in conditions if key in rule.lock),
            tuple((node, given.value) for rule, node in conditions for given in rule.default if given.attribute == key),
        )
        for key in order
    )
    used = [*(node for _, node in conditions), *(read(given.value) for rule in form.rules for given in rule.default)]
    return RulePlan(
        fields,
        tuple((node, rule.require) for rule, node in conditions if rule.require),
        tuple((node, rule.refuse, rule.at) for rule, node in conditions if rule.refuse),
        tuple(dict.fromkeys(name.path for node in used for name in names(node))),
    )


@dataclass(frozen=True, slots=True)
class Setting:
    """What a form's rules are told over: `row` knows what is stored, or what a new record has anyway; `kept` are the values of
    fields that the rules hide or lock, and `new` tells that nothing of them is stored yet."""

    row: EnteredRow
    kept: Mapping[str, Any]
    new: bool = False


def settle(bound: BaseForm, plan: RulePlan, setting: Setting) -> BaseForm:
    """Apply the rules to a bound form, before it is validated; what they take away is no longer posted. Gives the form."""
    if not plan:
        return bound
    fields = dict(inputs(bound))
    governed = {item.key for item in plan.fields}
    values = dict(setting.row.values)
    for key, held in fields.items():
        values[key] = setting.kept.get(key) if key in governed else _entered(held)
    row = replace(setting.row, values=values)
    hidden: set[str] = set()
    locked: set[str] = set()
    for item in plan.fields:
        field = fields.get(item.key)
        if field is None:
            continue
        if item.shows and not _any_holds(item.shows, row):
            hidden.add(item.key)
        if _any_holds(item.locks, row):
            locked.add(item.key)
        if item.key in hidden or item.key in locked:
            kept = setting.kept.get(item.key)
            field.settle(kept, given=setting.new and kept not in EMPTY)
        values[item.key] = _entered(field)
        if values[item.key] in EMPTY and item.key not in hidden and not field.process_errors:
            values[item.key] = _fill_in(field, item, row)
    _demand(fields, plan, row, hidden | locked)
    faults = tuple(
        (at, Fault("form.not_possible", (), text.in_language(field_language(bound))))
        for node, text, at in plan.refusals
        if evaluate(node, row) is True
    )
    bound.conduct = Conduct(frozenset(hidden), frozenset(locked), faults, row, setting.kept)
    return bound


def field_language(bound: BaseForm) -> str:
    """The language in which a form is shown."""
    return next((rules.language for rules in bound.rules.values()), "")


def _any_holds(conditions: tuple[Node, ...], row: EnteredRow) -> bool:
    return any(evaluate(node, row) is True for node in conditions)


def _entered(field: Input) -> Any:
    if field.process_errors:
        return None
    return bool(field.data) if isinstance(field, SwitchInput) else field.data


def _fill_in(field: Input, item: GovernedField, row: EnteredRow) -> Any:
    for condition, text in item.defaults:
        if evaluate(condition, row) is True:
            value = outcome(row.snapshot, row.entity, text, field.rules.attribute.model, row)
            if value not in EMPTY:
                field.settle(value, given=True)
            return value
    return _entered(field)


def _demand(fields: Mapping[str, Input], plan: RulePlan, row: EnteredRow, idle: set[str]) -> None:
    for condition, keys in plan.requires:
        if evaluate(condition, row) is True:
            for key in keys:
                if key in fields:
                    fields[key].rules = replace(fields[key].rules, required=True)
    for key in idle:
        fields[key].rules = replace(fields[key].rules, required=False)
