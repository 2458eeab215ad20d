"""What somebody has typed in a form and not saved yet: kept by a script as they type, offered again when they come back.

Kept are the fields that the form asks for and that the person may read: no file, no value that may be given but not seen. Each
opened page keeps under a key of its own, and a key whose form was saved keeps nothing more, so that a request that comes late
brings nothing back. What was sent once the session had ended goes on in the same way, in every form (see sent_late).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from flask import Response, make_response, redirect, request
from werkzeug.datastructures import MultiDict

from metadata.model import Form
from runtime.forms import drafts
from runtime.forms.bound import attribute_of, bind, retyped
from runtime.forms.builder import FormAsk, form_class
from runtime.forms.drafts import AUTO, Draft, DraftTooLarge, Owner, kept_days
from runtime.forms.fields import BaseForm
from runtime.pages.form_setting import manner_of, person_of, say_of
from runtime.pages.form_view import ACTION, BASE, VERSION, KeepingView
from runtime.pages.over_sign_in import CONTINUE, TYPED, forget_over, kept_over, tell_over, typed_in
from runtime.pages.part import BlockAsk, Part
from runtime.pages.speech import formats_of
from runtime.records.details import Record

PAGE_KEY = "_kept"
KEEP, DISCARD = "keep", "discard"


class Keeping:
    """What one person types in one form about one record, or about a new one on this page (None)."""

    def __init__(self, ask: BlockAsk, wanted: FormAsk, record: Record | None) -> None:
        self._ask = ask
        self._autosave = wanted.form.autosave
        self._wanted = wanted
        self._context = ask.context
        place = str(record.id) if record is not None else hashlib.blake2s(request.path.encode(), digest_size=8).hexdigest()
        contact = ask.context.principal.contact or drafts.NOBODY
        self._owner = Owner(
            contact, ask.context.site.key, f"{AUTO}{wanted.form.key}:{place}"[:160], ask.context.principal.acting
        )

    def answer(self) -> Part | None:
        """The answer to a script that keeps, or to the button that discards; None for every other post."""
        pressed = request.form.get(ACTION, "") if self._autosave else ""
        if pressed == KEEP:
            return Part(response=self._keep())
        if pressed == DISCARD:
            with self._context.lease.transaction() as connection:
                drafts.drop_open(connection, self._owner)
            return Part(response=make_response(redirect(self._ask.query.link(**{CONTINUE: None}), 303)))
        return None

    def continued(self, kind: type[BaseForm], record: Record | None) -> tuple[BaseForm, Draft] | None:
        """The form with what was kept, where the address asks to go on and something is."""
        found = kept_over(self._ask)
        if found is not None:
            tell_over(self._context)
        elif self._autosave and self._ask.query.own.get(CONTINUE):
            found = self._latest()
        if found is None:
            return None
        posted, manner = typed_in(self._context, found)
        names = self._names()
        posted = MultiDict((name, value) for name, value in posted.items(multi=True) if attribute_of(name) in names)
        labels, values = (record.labels, record.values) if record is not None else ({}, None)
        if manner != manner_of(self._context):
            before = bind(kind, person_of(self._context, manner, labels), posted=posted, values=values)
            posted = retyped(before, posted, manner_of(self._context))
        return bind(kind, person_of(self._context, labels=labels), posted=posted, values=values), found

    def view(self, going_on: Draft | None = None) -> KeepingView | None:
        """For the page, which offers what was kept unless it goes on with it; None where nothing is kept as it is typed."""
        if not self._autosave:
            return None
        key = going_on.data[TYPED]["key"] if going_on is not None else self._key or drafts.new_key()
        formats = formats_of(self._context)
        found = self._latest() if going_on is None and not self._ask.posted else None
        if found is None:
            return KeepingView(key, formats.zone.key)
        at = formats.moment(found.changed_at)
        return KeepingView(
            key, formats.zone.key, say_of(self._context)("form.kept", at=at), self._ask.query.link(**{CONTINUE: "1"})
        )

    def done(self) -> None:
        """The form was saved: what was kept for it is over, also what a script still sends under this page's key."""
        forget_over(self._ask)
        if not self._autosave or not self._key:
            return
        now = dt.datetime.now(dt.UTC)
        with self._context.lease.transaction() as connection:
            drafts.drop_open(connection, self._owner)
            own = drafts.begin(connection, drafts.fresh(self._owner, self._own_id(self._key), now))
            drafts.claim(connection, own, now)

    @property
    def _key(self) -> str:
        return request.form.get(PAGE_KEY, "")[:32]

    def _own_id(self, key: str) -> str:
        told = f"{self._owner.contact} {self._owner.site} {self._owner.form} {key}"
        return hashlib.blake2s(told.encode(), digest_size=16).hexdigest()

    def _keep(self) -> Response:
        if not self._key:
            return make_response("", 400)
        now, manner = dt.datetime.now(dt.UTC), manner_of(self._context)
        names = self._names()
        posted = {name: values for name, values in request.form.lists() if attribute_of(name) in names}
        typed: Mapping[str, Any] = {
            "language": manner.language,
            "zone": manner.zone,
            "posted": posted,
            "key": self._key,
            **{name: request.form.get(name, "") for name in (VERSION, BASE)},
        }
        try:
            with self._context.lease.transaction() as connection:
                own = drafts.begin(connection, drafts.fresh(self._owner, self._own_id(self._key), now))
                if not own.finished:
                    drafts.save(connection, own.with_step(TYPED, typed), now)
        except DraftTooLarge:
            return make_response("", 413)
        return make_response("", 204)

    def _names(self) -> frozenset[str]:
        rules = form_class(self._context.snapshot, self._wanted).rules
        return frozenset(key for key, rule in rules.items() if key in self._wanted.readable and not rule.attribute.type.is_file)

    def _latest(self) -> Draft | None:
        found = drafts.latest(self._context.connection, self._owner)
        if found is None or TYPED not in found.data:
            return None
        kept = dt.timedelta(days=kept_days(self._context.site.settings))
        return found if found.changed_at > dt.datetime.now(dt.UTC) - kept else None


def keeping_of(ask: BlockAsk, form: Form, wanted: FormAsk, record: Record | None) -> Keeping | None:
    """What keeps for this person; None where nothing is kept or gone on with, and for people who are not signed in."""
    wants = form.autosave or CONTINUE in ask.query.own
    return Keeping(ask, wanted, record) if wants and ask.context.signed_in else None


def kept_hidden(going_on: Draft) -> tuple[tuple[str, str], ...]:
    """The version and the values that the person saw when they typed, so that a clash is told as if the page had stood open."""
    return tuple((name, going_on.data[TYPED].get(name, "")) for name in (VERSION, BASE))
