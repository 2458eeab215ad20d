"""A form for a new record: opened, checked, written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import request
from sqlalchemy import Connection

from metadata.model import Form
from metadata.model.base import Privilege
from runtime.access import access_for
from runtime.at_hand import the_request
from runtime.captcha.asking import Asking, CaptchaView, is_asked, without_error
from runtime.context import RequestContext
from runtime.forms import drafts
from runtime.forms.attached import Attached
from runtime.forms.bound import bind
from runtime.forms.builder import FormAsk, form_class
from runtime.forms.drafts import Draft
from runtime.forms.faults import Fault
from runtime.forms.fields import BaseForm
from runtime.forms.opening import fixed_values, opening_values
from runtime.forms.submit import Sent
from runtime.forms.words import Words
from runtime.pages.attaching import NotAttached, attach, laid_out, opened_files, read_files, sound, take_files, without_faults
from runtime.pages.form_keeping import Keeping, keeping_of
from runtime.pages.form_rules import settle_new
from runtime.pages.form_saving import saved_part
from runtime.pages.form_sending import ALONE, Belongs, make_record
from runtime.pages.form_setting import FIND, form_ask, person_of, showing, shown_values, words_of_request
from runtime.pages.form_view import DRAFT, Sheet, denied_part, form_part
from runtime.pages.part import BlockAsk, Part
from runtime.pages.uploads import received
from runtime.passing import passing


def allowed(context: RequestContext, form: Form, privilege: Privilege) -> bool:
    """Whether the person may do this to any record of the form's entity."""
    return access_for(context.snapshot, context.principal, form.entity, privilege).allowed


def insert(ask: BlockAsk, form: Form, belongs: Belongs = ALONE) -> Part:
    """A form for a new record."""
    context = ask.context
    if not allowed(context, form, "create"):
        return denied_part(context, form.entity)
    wanted = form_ask(context, form, "insert", without=frozenset(belongs.values))
    new = _New(
        ask,
        form,
        wanted,
        words_of_request(context, form),
        belongs,
        Asking(context, f"form {form.key}") if is_asked(context, form.captcha) else None,
        None if belongs.values else keeping_of(ask, form, wanted, None),
    )
    kind = form_class(context.snapshot, new.wanted)
    if ask.posted:
        kept = new.keeping.answer() if new.keeping is not None else None
        if kept is not None:
            return kept
        posted = take_files(context, form, received(context, kind))
        bound = bind(kind, person_of(context), posted=posted)
        attached = read_files(context, form, posted)
        new = replace(new, attached=attached) if attached else new
        return _insert_posted(new, settle_new(context, form, bound, new.words, belongs.values))
    new = replace(new, attached=opened_files(context, form))
    going_on = new.keeping.continued(kind, None) if new.keeping is not None else None
    opened = bind(kind, person_of(context), values=opening_values(context.snapshot, form, new.words))
    bound, draft = going_on or (opened, None)
    bound = settle_new(context, form, bound, new.words, belongs.values)
    return form_part(ask, new.sheet(bound, drafts.new_key(), going_on=draft))


@passing
class _New:
    """A record about to be made on a form."""

    ask: BlockAsk
    form: Form
    wanted: FormAsk
    words: Words
    belongs: Belongs
    asking: Asking | None = None
    keeping: Keeping | None = None
    attached: tuple[Attached, ...] = ()

    def sheet(
        self,
        bound: BaseForm,
        draft: str,
        faults: tuple[Fault, ...] = (),
        captcha: CaptchaView | None = None,
        going_on: Draft | None = None,
    ) -> Sheet:
        """The form to be shown, with the values that the new record will have."""
        context, form = self.ask.context, self.form
        known = opening_values(context.snapshot, form, self.words) | fixed_values(context.snapshot, form, self.words)
        shown, labels = shown_values(context, form, known)
        asked = self.asking.challenge() if captcha is None and self.asking is not None else captcha
        keeping = self.keeping.view(going_on) if self.keeping is not None else None
        view, hidden = showing(context, form, shown, labels), ((DRAFT, draft),)
        return Sheet(self.wanted, bound, view, hidden, faults, captcha=asked, keeping=keeping, attached=self.attached)


def _insert_posted(new: _New, bound: BaseForm) -> Part:
    ask, form, typed = new.ask, new.form, the_request().form
    draft, looked_up = typed.get(DRAFT, ""), FIND in typed
    captcha = new.asking.judged() if new.asking is not None else None
    refused = captcha is not None and not captcha.passed
    valid = bound.validate() and sound(new.attached)
    if not valid or looked_up or refused:
        shown = without_error(captcha) if looked_up else captcha
        return form_part(ask, _quiet(new).sheet(searching(bound), draft, captcha=shown), status=answer_status())
    try:
        made = make_record(ask.context, form, bound, new.words, _with_files(new))
    except NotAttached as not_attached:
        new = replace(new, attached=laid_out(ask.context, new.attached, not_attached))
        return form_part(ask, new.sheet(bound, draft, captcha=captcha), status=422)
    if not isinstance(made, Sent):
        return form_part(ask, new.sheet(bound, draft, made, captcha), status=422)
    if new.keeping is not None:
        new.keeping.done()
    return saved_part(ask, form.entity, made.record, form, made.queued)


def _with_files(new: _New) -> Belongs:
    """What is due with the new record, and the files that become rows of it."""
    due, context = new.belongs, new.ask.context
    if not any(one.files for one in new.attached):
        return due

    def saving(connection: Connection, make: Callable[[], int]) -> int:
        made = due.saving(connection, make)
        attach(context, connection, new.form, new.attached, made)
        return made

    return replace(due, saving=saving)


def _quiet(new: _New) -> _New:
    """Without what is wrong with its files where the person only looked for rows of a lookup."""
    return replace(new, attached=without_faults(new.attached)) if FIND in request.form else new


def searching(bound: BaseForm) -> BaseForm:
    """The form without its faults where the person only looked for rows of a lookup."""
    if FIND in request.form:
        for field in bound:
            field.errors = ()
        bound.form_errors = []
    return bound


def answer_status() -> int:
    """The status of a form shown again: fine after a search, else not processable."""
    return 200 if FIND in request.form else 422
