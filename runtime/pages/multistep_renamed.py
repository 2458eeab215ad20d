"""What was entered in steps that a changed form calls otherwise: kept for the steps that ask for it now."""

from __future__ import annotations

from dataclasses import replace

from werkzeug.datastructures import MultiDict

from metadata.model import MultistepForm, Step
from runtime.context import RequestContext
from runtime.forms.drafts import Draft
from runtime.forms.lines import TooManyLines
from runtime.forms.steps import definition
from runtime.pages.multistep_entered import Entered


def carried(context: RequestContext, multi: MultistepForm, draft: Draft) -> Draft:
    """The draft, where it was begun with another form, with what its lost steps hold given to new ones.

    A step of the present form that holds nothing yet gets what a lost one holds if it asks for all of that. What several could
    have goes to the first of them.
    """
    if draft.definition == definition(context.snapshot, multi):
        return draft
    keys = {step.key for step in multi.steps}
    entered = Entered(context, multi, draft)
    data = dict(draft.data)
    for key, typed in draft.data.items():
        if key in keys or key.startswith("@"):
            continue
        posted = MultiDict((name, value) for name, values in typed["posted"].items() for value in values)
        for step in multi.steps:
            if step.form and step.key not in data and posted and _asks_for_all(entered, step, posted):
                data[step.key] = data.pop(key)
                break
    return replace(draft, data=data)


def _asks_for_all(entered: Entered, step: Step, posted: MultiDict[str, str]) -> bool:
    try:
        return len(entered.own(step, posted)) == len(posted)
    except TooManyLines:
        return False
