"""The rules of a form over what a request entered: on a new record, or on one that is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metadata.model import Form
from runtime.context import RequestContext
from runtime.forms.conduct import Setting, rule_plan, settle
from runtime.forms.fields import BaseForm
from runtime.forms.opening import fixed_values, kept_values
from runtime.forms.words import Words, WordsRow
from runtime.pages.form_setting import words_of_request
from runtime.records.details import Record
from runtime.records.entered import EnteredRow
from runtime.records.reach import Reach


def settle_new(
    context: RequestContext, form: Form, bound: BaseForm, words: Words, given: Mapping[str, Any] | None = None
) -> BaseForm:
    """A form for a new record, with its rules applied; `given` are values that nobody is asked for."""
    plan = rule_plan(context.snapshot, form)
    if not plan:
        return bound
    row = _row(context, form, {**fixed_values(context.snapshot, form, words), **(given or {})}, words)
    return settle(bound, plan, Setting(row, kept_values(context.snapshot, form, words), new=True))


def settle_stored(context: RequestContext, form: Form, bound: BaseForm, record: Record) -> BaseForm:
    """A form over a record, with its rules applied."""
    plan = rule_plan(context.snapshot, form)
    if not plan:
        return bound
    row = _row(context, form, record.values, words_of_request(context, form))
    return settle(bound, plan, Setting(row, record.values))


def rule_paths(context: RequestContext, form: Form) -> tuple[str, ...]:
    """What has to be read of a record to tell what the rules make of it."""
    return rule_plan(context.snapshot, form).own


def _row(context: RequestContext, form: Form, values: Mapping[str, Any], words: Words) -> EnteredRow:
    reach = Reach(lambda: context.connection, context.snapshot, context.principal)
    return EnteredRow(context.snapshot, reach, form.entity, values, WordsRow(context.snapshot, words).value)
