"""Uploads of a form, taken in before the form is read: each becomes a text like all else that was typed."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import request
from werkzeug.datastructures import FileStorage, MultiDict

from runtime.context import RequestContext
from runtime.files.names import clean_name
from runtime.files.register import Slot, Upload, find_pending
from runtime.files.spool import Spool
from runtime.files.taking import NotTaken, take
from runtime.forms.attachments import REMOVE, refused_text
from runtime.forms.fields import BaseForm
from runtime.forms.rules import Rules

_NAME = re.compile(r"(?:lines-[0-9]{1,6}-|new-)?([a-z][a-z0-9_]*)")


def received(context: RequestContext, kind: type[BaseForm]) -> MultiDict[str, str]:
    """What was posted, each file of the form's inputs in the place of its name: the key under which it waits, or why it was
    refused. A file that was kept from an earlier try gives way to a new one, and to the wish to have none."""
    posted: MultiDict[str, str] = request.form
    asked = {key: rules for key, rules in kind.rules.items() if rules.attribute.type.is_file}
    if not asked:
        return posted
    posted = MultiDict(posted)
    for name in [name.removesuffix(REMOVE) for name in posted if name.endswith(REMOVE)]:
        if _rules(asked, name) and posted.pop(f"{name}{REMOVE}"):
            posted[name] = ""
    for name in request.files:
        rules = _rules(asked, name)
        given = [file for file in request.files.getlist(name) if file.filename]
        if rules is not None and given:
            several = len(given) > 1
            posted[name] = refused_text("several", given[0].filename or "") if several else taken_in(context, rules, given[0])
    return posted


def upload_finder(context: RequestContext) -> Callable[[Rules, str], Upload | None]:
    """Finds what the person uploaded before and no row holds yet."""

    def find(rules: Rules, key: str) -> Upload | None:
        return find_pending(context.connection, slot_of(context, rules), key)

    return find


def _rules(asked: dict[str, Rules], name: str) -> Rules | None:
    match = _NAME.fullmatch(name)
    return asked.get(match[1]) if match else None


def taken_in(context: RequestContext, rules: Rules, file: FileStorage) -> str:
    """A file as it is posted once it was taken in: the key under which it waits, or why it was refused."""
    name = file.filename or ""
    if not isinstance(file.stream, Spool):
        raise TypeError("the request does not read files into spools")
    slot, model = slot_of(context, rules), rules.attribute.model
    try:
        upload = take(context.services.files, context.lease.transaction, slot, model, file.stream, name)
    except NotTaken as refused:
        return refused_text(refused.code, clean_name(name))
    return upload.label.key


def slot_of(context: RequestContext, rules: Rules) -> Slot:
    """Where the file of a field belongs, and whose it is."""
    return Slot(rules.attribute.column.table.name, rules.attribute.key, context.principal.contact)
