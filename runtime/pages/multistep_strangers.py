"""A multistep form that people who are not signed in may fill in: whose draft it is, and whether a person sends it."""

from __future__ import annotations

from dataclasses import replace

from flask import request, session

from metadata.model import MultistepForm, Step
from runtime.captcha.asking import Asking, CaptchaView, is_asked
from runtime.context import RequestContext
from runtime.forms import drafts
from runtime.forms.drafts import Owner
from runtime.forms.steps import step_after
from runtime.pages.form_saving import owner_of
from runtime.pages.multistep_entered import Entered

VISITOR = "visitor"
PASSED = "@passed"
BEGUN_PER_MINUTE = 30


def steps_owner(context: RequestContext, multi: MultistepForm) -> Owner:
    """Whose draft it is: the person's, or of somebody who is not signed in this browser's."""
    owner = owner_of(context, multi.key)
    return owner if context.signed_in else replace(owner, visitor=_visitor())


def admit_stranger(context: RequestContext) -> None:
    """Count a draft that somebody who is not signed in begins. Raises TooManyRequests."""
    if not context.signed_in:
        context.services.throttle.admit("steps", request.remote_addr or "", BEGUN_PER_MINUTE)


def sends(entered: Entered, step: Step) -> bool:
    """Whether the form is sent from this step."""
    return step_after(entered.steps, step) is None and entered.leads_to is None


def asking_at(entered: Entered, step: Step) -> Asking | None:
    """What asks at a step whether a person sends the form. None where nothing is sent, nobody asked, or the draft has passed.

    A draft makes one record, so that what has passed counts once.
    """
    multi = entered.multi
    if PASSED in entered.draft.data or not is_asked(entered.context, multi.captcha) or not sends(entered, step):
        return None
    return Asking(entered.context, f"steps {multi.key}")


def judged(entered: Entered, step: Step) -> tuple[Entered, CaptchaView | None]:
    """What was entered, marked where the posted answer passes, and what there is to show where it does not.

    Raises TooManyRequests.
    """
    asking = asking_at(entered, step)
    found = asking.judged() if asking is not None else None
    if found is None or not found.passed:
        return entered, found
    return entered.of(entered.draft.with_step(PASSED, True)), None


def _visitor() -> str:
    """What this browser's cookie is told apart by."""
    held = session.get(VISITOR)
    if not isinstance(held, str):
        held = session[VISITOR] = drafts.new_key()
    return held
