"""A new record made of what was typed on a form: written, and told to an outside system where the entity needs its word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from sqlalchemy import Connection

from metadata.model import Form
from runtime.context import RequestContext
from runtime.forms.bound import labels_of, posted_values
from runtime.forms.faults import Fault
from runtime.forms.fields import BaseForm
from runtime.forms.merge import written
from runtime.forms.opening import fixed_values, set_values
from runtime.forms.ports import Refusal
from runtime.forms.refusals import lay_out
from runtime.forms.submit import Sent, Work, send
from runtime.forms.words import Words
from runtime.pages.form_saving import sending_draft
from runtime.passing import passing
from runtime.records.alone import Values, create_alone
from runtime.records.defaults import without_empty
from runtime.records.details import Record
from runtime.records.errors import Denied, Invalid
from runtime.records.proof import Reader
from runtime.records.reach import Reach
from runtime.records.write import create
from runtime.refused import keep_denied

Saving = Callable[[Connection, Callable[[], int]], int]


def plainly(connection: Connection, make: Callable[[], int]) -> int:
    """Make a new record, and nothing else."""
    return make()


@passing
class Belongs:
    """What a new record is made with besides what is typed: values that nobody is asked for, and what else is due in its
    transaction, which `saving` does around making it."""

    values: Mapping[str, Any] = field(default_factory=dict)
    saving: Saving = plainly


ALONE = Belongs()


def make_record(
    context: RequestContext,
    form: Form,
    bound: BaseForm,
    words: Words,
    belongs: Belongs | None = None,
) -> Sent | tuple[Fault, ...]:
    """Make the record of a form that is free of faults; where it is refused, the faults are laid at its fields, and those that
    belong to none are given."""
    due = belongs or ALONE
    given = {**fixed_values(context.snapshot, form, words), **posted_values(bound), **due.values}

    def values(reader: Reader) -> Mapping[str, Any]:
        return without_empty(context.snapshot, form.entity, _complete(context, form, words, given, reader))

    try:
        if _is_alone(context, form, due):
            return Sent(_make_alone(context, form, values))
        work = Work(context.snapshot, context.principal, form.entity, _writing(context, form, values, due))
        sent = send(context.lease.transaction, context.services.submission, work, sending_draft(context, form.entity, form.key))
    except (Invalid, Denied) as refused:
        keep_denied(context, refused)
        return lay_out(bound, refused, labels_of(bound))
    return lay_out(bound, sent, labels_of(bound)) if isinstance(sent, Refusal) else sent


def _is_alone(context: RequestContext, form: Form, due: Belongs) -> bool:
    """Whether making the record is all that its transaction will do."""
    asking = context.services.submission.concerns(context.snapshot, form.entity)
    return due.saving is plainly and not asking and not context.lease.writing


def _make_alone(context: RequestContext, form: Form, values: Values) -> int:
    lease = context.lease
    made = create_alone(
        lease.alone(),
        lease.proving,
        context.snapshot,
        context.principal,
        form.entity,
        values,
        listeners=context.listeners,
    )
    return made.id


def _writing(context: RequestContext, form: Form, values: Values, due: Belongs) -> Callable[[Connection], int]:
    def write(connection: Connection) -> int:
        complete = values(connection)

        def make() -> int:
            made = create(
                connection,
                context.snapshot,
                context.principal,
                form.entity,
                complete,
                listeners=context.listeners,
                undo="transaction",
            )
            return made.id

        return due.saving(connection, make)

    return write


def changed_values(
    context: RequestContext, connection: Connection, form: Form, words: Words, record: Record, given: Mapping[str, Any]
) -> dict[str, Any]:
    """What a change of a record writes: the values given and those that the form sets besides, less what is stored already."""
    complete = _complete(context, form, words, {**record.values, **given}, connection)
    return {key: value for key, value in complete.items() if written(value) != written(record.values.get(key))}


def _complete(context: RequestContext, form: Form, words: Words, given: dict[str, Any], reader: Reader) -> dict[str, Any]:
    reach = Reach(lambda: reader, context.snapshot, context.principal)
    return set_values(context.snapshot, form, words, given, reach)
