"""Sending once more what nobody answered: an outside system that has it already keeps what it was sent then.

The draft keeps, beside what is typed now, what went out last and under which key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from runtime.pages.multistep_entered import Entered

SENT = "@sent"


@dataclass(frozen=True, slots=True)
class Going:
    """What goes out now. `earlier` says that it is what was sent before, not what was typed since."""

    entered: Entered
    earlier: bool = False


def going_out(entered: Entered) -> Going | None:
    """What to send; None where what was typed has changed since an unanswered try and the outside cannot be asked now."""
    context, draft = entered.context, entered.draft
    submission, entity = context.services.submission, entered.multi.entity
    if not submission.concerns(context.snapshot, entity):
        return Going(entered)
    typed = {key: value for key, value in draft.data.items() if key != SENT}
    before = draft.data.get(SENT, {})
    if before.get("attempt") == draft.attempt and before["data"] != typed:
        known = submission.knows(context.snapshot, entity, draft.attempt)
        if known is None:
            return None
        if known:
            return Going(entered.of(replace(draft, data={**before["data"], SENT: before})), earlier=True)
    return Going(entered.of(replace(draft, data={**typed, SENT: {"attempt": draft.attempt, "data": typed}})))
