"""Records that a form no longer changes, because what its metadata says of them holds: they are shown to be read."""

from __future__ import annotations

from dataclasses import replace

from metadata.model import Form
from metadata.snapshot import Snapshot
from runtime.context import RequestContext
from runtime.pages.content import words_of
from runtime.pages.detail import show_detail
from runtime.pages.form_setting import say_of
from runtime.pages.part import BlockAsk, Part
from runtime.pages.stored_row import holds_of, stored_paths
from runtime.records.details import Record
from runtime.render.stencils import trusted

TEMPLATE = "blocks/locked.html"


def lock_paths(snapshot: Snapshot, form: Form) -> tuple[str, ...]:
    """What has to be read of a record to tell whether it is locked."""
    return stored_paths(snapshot, form.entity, form.locked_when)


def is_locked(context: RequestContext, form: Form, record: Record) -> bool:
    """Whether the form changes the record no more."""
    if not form.locked_when:
        return False
    return holds_of(context, record, form.locked_when)


def locked_part(ask: BlockAsk, form: Form) -> Part:
    """The record to be read, under the reason; with status 409 where somebody tried to change it."""
    context = ask.context
    shown = show_detail(ask)
    said = words_of(context, form.locked_message) or say_of(context)("form.locked")
    note = context.renderer.block(context, TEMPLATE, view=said)
    return replace(shown, html=trusted(f"{note}{shown.html or ''}"), status=409 if ask.posted else shown.status)
