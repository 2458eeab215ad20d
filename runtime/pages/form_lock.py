"""Records that a form no longer changes, because what its metadata says of them holds: they are shown to be read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from metadata.expressions.entities import expression
from metadata.expressions.evaluate import Row, Value, evaluate
from metadata.expressions.tree import names
from metadata.model import Form
from metadata.snapshot import Snapshot
from runtime.context import RequestContext
from runtime.forms.entered_row import WordsRow, plain
from runtime.forms.opening import contact_values
from runtime.forms.words import Words
from runtime.pages.content import words_of
from runtime.pages.detail import show_detail
from runtime.pages.form_setting import people_of, say_of
from runtime.pages.part import BlockAsk, Part
from runtime.pages.speech import formats_of
from runtime.records.details import Record
from runtime.render.stencils import trusted

TEMPLATE = "blocks/locked.html"


@dataclass(frozen=True, slots=True)
class _StoredRow:
    """A record as a row that expressions are about."""

    snapshot: Snapshot
    record: Record
    words: WordsRow

    def value(self, path: str) -> Value:
        """The value of a name; None where it is empty or may not be read."""
        if path.startswith("@"):
            return self.words.value(path)
        attribute = self.snapshot.resolve(self.record.entity, path)[-1].model
        return plain(attribute, self.record.values.get(path))

    def related(self, relationship: str) -> Iterable[Row]:
        """None: related rows are not read for this."""
        return ()


def lock_paths(snapshot: Snapshot, form: Form) -> tuple[str, ...]:
    """What has to be read of a record to tell whether it is locked."""
    return tuple(path for path in _names(snapshot, form) if not path.startswith("@"))


def is_locked(context: RequestContext, form: Form, record: Record) -> bool:
    """Whether the form changes the record no more."""
    if not form.locked_when:
        return False
    snapshot = context.snapshot
    contact = contact_values(context.reader, snapshot, context.principal, _names(snapshot, form))
    words = Words(dt.datetime.now(dt.UTC), formats_of(context).zone.key, people_of(context), contact)
    row = _StoredRow(snapshot, record, WordsRow(snapshot, words))
    return evaluate(expression(snapshot, form.entity, form.locked_when, "boolean"), row) is True


def locked_part(ask: BlockAsk, form: Form) -> Part:
    """The record to be read, under the reason; with status 409 where somebody tried to change it."""
    context = ask.context
    shown = show_detail(ask)
    said = words_of(context, form.locked_message) or say_of(context)("form.locked")
    note = context.renderer.block(context, TEMPLATE, view=said)
    return replace(shown, html=trusted(f"{note}{shown.html or ''}"), status=409 if ask.posted else shown.status)


def _names(snapshot: Snapshot, form: Form) -> tuple[str, ...]:
    if not form.locked_when:
        return ()
    return tuple(name.path for name in names(expression(snapshot, form.entity, form.locked_when, "boolean")))
