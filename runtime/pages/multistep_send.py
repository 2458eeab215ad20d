"""Sending a multistep form: the record and its rows in one transaction; what is refused is laid at its step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from metadata.model import Step
from runtime.context import RequestContext
from runtime.forms.bound import inputs
from runtime.forms.faults import Fault
from runtime.forms.lines import Line
from runtime.forms.opening import set_values
from runtime.forms.ports import Refusal
from runtime.forms.refusals import lay_out
from runtime.forms.submit import Sent, Work, send
from runtime.pages.multistep_entered import Entered
from runtime.records.defaults import without_empty
from runtime.records.errors import Denied, Invalid
from runtime.records.reach import Reach
from runtime.records.write import create
from runtime.refused import keep_denied


@dataclass(frozen=True, slots=True)
class Refused:
    """Where a sending failed: at a step, or as a whole (None), and the faults that no field of it can show."""

    step: Step | None
    faults: tuple[Fault, ...]


class _RowRefused(Exception):
    def __init__(self, step: Step, line: Line, cause: Invalid | Denied) -> None:
        self.step, self.line, self.cause = step, line, cause


def send_all(entered: Entered) -> Sent | Refused:
    """Write the record with its rows and ask the outside system. Sent twice, a draft makes one record."""
    context = entered.context
    work = Work(context.snapshot, context.principal, entered.multi.entity, lambda connection: _write(connection, entered))
    try:
        sent = send(context.lease.transaction, context.services.submission, work, entered.draft)
    except _RowRefused as refused:
        keep_denied(context, refused.cause)
        return Refused(refused.step, lay_out(refused.line.form, refused.cause, _labels(refused.line)))
    except (Invalid, Denied) as error:
        keep_denied(context, error)
        return _of_record(entered, error)
    return _of_outside(entered, sent) if isinstance(sent, Refusal) else sent


def _write(connection: Connection, entered: Entered) -> int:
    context = entered.context
    reach = Reach(lambda: connection, context.snapshot, context.principal)
    values = _record_values(entered, reach)
    made = _make(connection, context, entered.multi.entity, values)
    for step in entered.steps:
        if step.type == "lines":
            _write_lines(connection, entered, step, made)
    return made


def _make(connection: Connection, context: RequestContext, entity: str, values: Mapping[str, Any]) -> int:
    """One row; where it is refused, all that was written for the form is undone."""
    given = without_empty(context.snapshot, entity, values)
    made = create(
        connection, context.snapshot, context.principal, entity, given, listeners=context.listeners, undo="transaction"
    )
    return made.id


def _record_values(entered: Entered, reach: Reach) -> dict[str, Any]:
    steps = [step for step in entered.steps if step.type == "form"]
    values: dict[str, Any] = {}
    for step in steps:
        values |= entered.values(step)
    for step in steps:
        form = entered.step_form(step)
        values = set_values(entered.context.snapshot, form.form, form.words, values, reach)
    return values


def _write_lines(connection: Connection, entered: Entered, step: Step, record: int) -> None:
    context, relationship, form = entered.context, entered.relationship(step), entered.step_form(step)
    reach = Reach(lambda: connection, context.snapshot, context.principal)
    for line in entered.filled(step):
        given = {**entered.line_values(step, line), relationship.attribute: record}
        values = set_values(context.snapshot, form.form, form.words, given, reach)
        try:
            _make(connection, context, relationship.entity, values)
        except (Invalid, Denied) as error:
            raise _RowRefused(step, line, error) from error


def _of_record(entered: Entered, refused: Invalid | Denied | Refusal) -> Refused:
    """Each fault at the first step that asks for its attribute."""
    at: Step | None = None
    left: tuple[Fault, ...] = ()
    keys = _keys(refused)
    for step in entered.steps:
        if step.type == "form" and at is None and keys & entered.step_form(step).kind.rules.keys():
            at = step
            left = lay_out(entered.bound(step), refused, _rule_labels(entered, step))
    if at is not None:
        return Refused(at, left)
    first = next(step for step in entered.steps if step.type == "form")
    return Refused(None, lay_out(entered.step_form(first).kind(), refused, _rule_labels(entered, first)))


def _of_outside(entered: Entered, refusal: Refusal) -> Refused:
    step = next((step for step in entered.steps if step.type == "lines"), None)
    if refusal.line is not None and step is not None:
        filled = entered.filled(step)
        if refusal.line < len(filled):
            line = filled[refusal.line]
            return Refused(step, lay_out(line.form, refusal, _labels(line)))
    return _of_record(entered, refusal)


def _keys(refused: Invalid | Denied | Refusal) -> frozenset[str]:
    return frozenset(refused.codes) if isinstance(refused, Invalid) else frozenset({refused.attribute})


def _labels(line: Line) -> Mapping[str, str]:
    return {key: field.rules.label for key, field in inputs(line.form)}


def _rule_labels(entered: Entered, step: Step) -> Mapping[str, str]:
    return {key: rules.label for key, rules in entered.step_form(step).kind.rules.items()}
