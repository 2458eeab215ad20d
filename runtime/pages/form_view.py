"""The view models of form blocks, and the parts made of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from metadata.model import Form
from runtime.captcha.asking import ID, CaptchaView
from runtime.context import RequestContext
from runtime.forms.attached import Attached
from runtime.forms.builder import FormAsk
from runtime.forms.faults import Fault
from runtime.forms.fields import BaseForm
from runtime.forms.layout import ErrorLink, FormView, Showing, form_view, with_errors
from runtime.pages.attaching import attach_views
from runtime.pages.content import words_of
from runtime.pages.denied import denied
from runtime.pages.part import BlockAsk, Part
from runtime.render import Action, State

FORM = "forms/form.html"
VERSION, BASE, DRAFT, KEEP, ACTION = "_version", "_base", "_draft", "_keep.", "_action"


@dataclass(frozen=True, slots=True)
class FormPart:
    """A form that can be sent.

    `hidden` are names and values that go with it, `url` is where it is posted to, `prefix` goes before the names of its
    controls.
    """

    id: str
    form: FormView
    url: str
    block: int
    submit: str
    heading: str = ""
    hidden: tuple[tuple[str, str], ...] = ()
    cancel: Action | None = None
    removal: Action | None = None
    prefix: str = ""
    captcha: CaptchaView | None = None
    keeping: KeepingView | None = None


@dataclass(frozen=True, slots=True)
class KeepingView:
    """What keeps what is typed: the key of the page, the time zone in which a script tells when, and, where something was kept
    before, the sentence and where it goes on."""

    key: str
    zone: str
    text: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class StatePart:
    """A box that says why there is no form."""

    state: State


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form about to be shown: its class's ask, its bound fields, how values are shown, what goes with it; `attached` are the
    files that it takes as related rows."""

    ask: FormAsk
    bound: BaseForm
    showing: Showing
    hidden: tuple[tuple[str, str], ...] = ()
    faults: tuple[Fault, ...] = ()
    removal: Action | None = None
    captcha: CaptchaView | None = None
    keeping: KeepingView | None = None
    attached: tuple[Attached, ...] = ()


def form_part(ask: BlockAsk, sheet: Sheet, *, status: int = 200) -> Part:
    """The block that shows a form; with faults it is a failed one."""
    context = ask.context
    showing = (
        replace(sheet.showing, attach=attach_views(context, sheet.ask.form, sheet.attached))
        if sheet.attached
        else sheet.showing
    )
    view = form_view(context.snapshot, sheet.ask, sheet.bound, showing)
    view = with_errors(view, sheet.faults, sheet.showing.say)
    captcha = sheet.captcha
    if captcha is not None and captcha.error:
        view = replace(view, errors=(*view.errors, ErrorLink(captcha.error, ID)))
    form = sheet.ask.form
    part = FormPart(
        id=f"form-{ask.index}",
        form=view,
        url=ask.query.link(),
        block=ask.index,
        submit=words_of(context, form.submit_label) or sheet.showing.say("action.save"),
        heading=heading_of(ask, form),
        hidden=sheet.hidden,
        removal=sheet.removal,
        captcha=captcha,
        keeping=sheet.keeping,
    )
    return Part(FORM, part, status=status, failed=bool(view.errors), headers=captcha.headers if captcha else ())


def heading_of(ask: BlockAsk, form: Form) -> str:
    """The heading of a form's panel: the block's, else the form's unless the page says it already."""
    label = words_of(ask.context, ask.block.label)
    if label or ask.first:
        return label
    return words_of(ask.context, form.label)


def denied_part(context: RequestContext, entity: str) -> Part:
    """The person may not use the form of an entity."""
    return Part("forms/state.html", StatePart(denied(context, entity=entity)), status=403)
