"""The multistep form block: what was entered is kept in a draft until it is sent, on any device, over sign-outs."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass, replace

from flask import flash, make_response, redirect, request
from werkzeug.datastructures import MultiDict

from metadata.model import Block, MultistepForm, Step
from metadata.text import in_words
from runtime.access import access_for
from runtime.context import RequestContext
from runtime.errors import SignInNeeded
from runtime.forms import drafts
from runtime.forms.drafts import Draft, DraftTooLarge
from runtime.forms.faults import Fault
from runtime.forms.lines import TooManyLines, with_row, without_row
from runtime.forms.opening import query_names
from runtime.forms.steps import definition, furthest, step_after, step_before
from runtime.forms.submit import Sent
from runtime.pages.content import words_of
from runtime.pages.form_saving import after_success, saved_part
from runtime.pages.form_setting import FIND, record_by_id, say_of
from runtime.pages.form_view import ACTION, DRAFT, StatePart, denied_part
from runtime.pages.multistep_again import going_out
from runtime.pages.multistep_entered import QUERY, Entered
from runtime.pages.multistep_renamed import carried
from runtime.pages.multistep_send import Refused, send_all
from runtime.pages.multistep_strangers import admit_stranger, judged, steps_owner
from runtime.pages.multistep_view import STEP_FIELD, step_part, step_url
from runtime.pages.onwards import Doing, given_of_row, lead_on
from runtime.pages.over_sign_in import CONTINUE, forget_over, kept_over, tell_over, typed_in
from runtime.pages.part import BlockAsk, Part
from runtime.pages.uploads import received
from runtime.records.details import Record, fetch_record
from runtime.render import Action, State

RESTART = "multistep/restart.html"
STAY = frozenset({"add", "update"})
KEEP = "keep"
NOT_WORDS = frozenset({"step", "restart", CONTINUE})
"""Arguments of the address that say nothing about the record."""


@dataclass(frozen=True, slots=True)
class RestartPart:
    """The question whether to begin anew."""

    url: str
    back: str
    block: int


def multistep_arguments(context: RequestContext, block: Block) -> frozenset[str]:
    """The arguments that the block takes from the address."""
    multi = context.site.multistep_forms[block.multistep_form]
    forms = [context.snapshot.forms[step.form] for step in multi.steps if step.form]
    return NOT_WORDS.union(*(query_names(context.snapshot, form) for form in forms))


def show_multistep(ask: BlockAsk) -> Part:
    """The form at the person's step. Raises SignInNeeded for somebody who is not signed in and gets nothing without."""
    context = ask.context
    multi = context.site.multistep_forms[ask.block.multistep_form]
    may = _may_create(context, multi)
    if not context.signed_in and not (multi.anonymous and may):
        raise SignInNeeded
    if not may:
        return denied_part(context, multi.entity)
    made = _made_before(context, multi)
    if made is not None:
        flash(say_of(context)("step.once"), "info")
        return after_success(ask, multi.entity, made.id, multi)
    missing = missing_names(context, multi)
    if missing:
        return _not_ready(context, missing)
    if ask.posted:
        return _post(ask, multi)
    over = kept_over(ask) if not context.principal.read_only else None
    return _get(ask, multi) if over is None else _go_on(ask, multi, over)


def _made_before(context: RequestContext, multi: MultistepForm) -> Record | None:
    """The record that the person has made already, of a form that everybody sends once, as far as they may read it."""
    if not multi.once_by or context.principal.contact is None:
        return None
    contact = context.principal.contact
    return fetch_record(context.reader, context.snapshot, context.principal, multi.entity, multi.once_by, contact, ())


def missing_names(context: RequestContext, multi: MultistepForm) -> tuple[str, ...]:
    """What the person's contact lacks, by the labels of the attributes."""
    if not multi.requires or context.principal.contact is None:
        return ()
    record = record_by_id(context, "contact", context.principal.contact, multi.requires)
    values = record.values if record is not None else {}
    lacking = [path for path in multi.requires if values.get(path) in (None, "", ())]
    models = [context.snapshot.resolve("contact", path)[-1].model for path in lacking]
    return tuple(words_of(context, model.label) or in_words(model.key) for model in models)


def _may_create(context: RequestContext, multi: MultistepForm) -> bool:
    relationships = context.snapshot.entities[multi.entity].relationships
    children = [relationships[step.relationship].entity for step in multi.steps if step.type == "lines"]
    return all(
        access_for(context.snapshot, context.principal, entity, "create").allowed for entity in (multi.entity, *children)
    )


def _not_ready(context: RequestContext, missing: tuple[str, ...]) -> Part:
    say = say_of(context)
    home = Action(say("action.home"), context.url("/"))
    text = say("step.not_ready_text", names=", ".join(missing))
    return Part("forms/state.html", StatePart(State("denied", say("step.not_ready"), text, secondary=home)))


def _get(ask: BlockAsk, multi: MultistepForm) -> Part:
    context, wanted = ask.context, ask.query.own.get("step", "")
    draft = None
    if not multi.new_session or wanted:
        draft = _kept(context, multi, drafts.latest(context.connection, steps_owner(context, multi)))
    if draft is not None and ask.query.own.get("restart"):
        return Part(RESTART, RestartPart(ask.query.link(restart=None, step=None), ask.query.link(restart=None), ask.index))
    draft = _current(context, multi, draft or _fresh(ask, multi, ""))
    entered = Entered(context, multi, draft)
    step = _permitted(entered, wanted or draft.step)
    if draft.definition != definition(context.snapshot, multi):
        flash(say_of(context)("step.changed"), "warn")
    return step_part(ask, entered, step)


def _go_on(ask: BlockAsk, multi: MultistepForm, over: Draft) -> Part:
    """Keep what was sent before the person signed in again as if it had been saved for later, and show its step."""
    context = ask.context
    posted, manner = typed_in(context, over)
    found = drafts.find(context.connection, steps_owner(context, multi), posted.get(DRAFT, ""))
    if found is not None and found.finished:
        forget_over(ask)
        return after_success(ask, multi.entity, found.record, multi)
    kept = carried(context, multi, _kept(context, multi, found) or _fresh(ask, multi, posted.get(DRAFT, "")))
    entered = Entered(context, multi, replace(kept, definition=definition(context.snapshot, multi)))
    step = _permitted(entered, posted.get(STEP_FIELD, ""))
    if step.key == posted.get(STEP_FIELD, "") and step.type != "review":
        with suppress(TooManyLines, DraftTooLarge):
            _saved(entered.with_posted(step, entered.own(step, posted), manner).at(step))
            tell_over(context)
    forget_over(ask)
    return _go(step_url(ask, step.key))


def _kept(context: RequestContext, multi: MultistepForm, found: Draft | None) -> Draft | None:
    """The draft, unless its time is over: then it is forgotten and the person is told once."""
    now = dt.datetime.now(dt.UTC)
    if found is None or found.changed_at > now - dt.timedelta(days=multi.keep_days):
        return found
    if not context.principal.read_only:
        with context.lease.transaction() as connection:
            drafts.drop_open(connection, found.owner)
        flash(say_of(context)("step.expired", count=multi.keep_days), "warn")
    return None


def _fresh(ask: BlockAsk, multi: MultistepForm, key: str) -> Draft:
    context = ask.context
    fresh = drafts.fresh(steps_owner(context, multi), key, dt.datetime.now(dt.UTC), definition(context.snapshot, multi))
    known = multistep_arguments(context, ask.block) - NOT_WORDS
    return fresh.with_step(QUERY, {name: value for name, value in ask.query.own.items() if name in known})


def _current(context: RequestContext, multi: MultistepForm, draft: Draft) -> Draft:
    """A draft that was begun with another form goes on at the first step, with everything kept."""
    if draft.definition == definition(context.snapshot, multi):
        return draft
    return replace(carried(context, multi, draft), step="")


def _permitted(entered: Entered, wanted: str) -> Step:
    """The step asked for, where everything before it is done and nothing between it and the person's step is closed."""
    steps = entered.steps
    end = steps.index(furthest(steps, entered.complete))
    keys = [step.key for step in steps]
    at = min(keys.index(entered.draft.step) if entered.draft.step in keys else 0, end)
    place = keys.index(wanted) if wanted in keys else at
    if place > end or not all(step.back for step in steps[place + 1 : at + 1]):
        return steps[at]
    return steps[place]


def _post(ask: BlockAsk, multi: MultistepForm) -> Part:
    context = ask.context
    owner = steps_owner(context, multi)
    action = request.form.get(ACTION, "next")
    if action == "restart":
        with context.lease.transaction() as connection:
            drafts.drop_open(connection, owner)
        return _go(ask.query.path)
    found = drafts.find(context.connection, owner, request.form.get(DRAFT, ""))
    if found is not None and not found.finished and _kept(context, multi, found) is None:
        return _go(ask.query.path)
    if found is not None and found.finished:
        if action == KEEP:
            return _heard()
        return after_success(ask, multi.entity, found.record, multi)
    if found is None:
        admit_stranger(context)
    draft = carried(context, multi, found or _fresh(ask, multi, request.form.get(DRAFT, "")))
    draft = replace(draft, definition=definition(context.snapshot, multi))
    entered = Entered(context, multi, draft)
    step = _permitted(entered, request.form.get(STEP_FIELD, ""))
    if step.key != request.form.get(STEP_FIELD, ""):
        return _go(step_url(ask, step.key))
    if action == KEEP and step.type == "review":
        return _heard()
    return _take(ask, entered, step, action)


def _take(ask: BlockAsk, entered: Entered, step: Step, action: str) -> Part:
    """Keep what was typed in a step, then do what was pressed."""
    if step.type == "review":
        return _leave(ask, entered, step, action)
    try:
        posted = entered.own(step, received(ask.context, entered.step_form(step).kind))
        entered = _saved(entered.with_posted(step, _changed(entered, step, posted, action)).at(step))
    except TooManyLines:
        return step_part(ask, entered, step, faults=(Fault("step.too_many_lines", (("count", step.max_lines),)),), status=422)
    except DraftTooLarge:
        return step_part(ask, entered, step, faults=(Fault("step.too_large"),), status=413)
    if action == KEEP:
        return _heard()
    if FIND in request.form or action in STAY or action.startswith("remove:"):
        return step_part(ask, entered, step)
    return _leave(ask, entered, step, action)


def _heard() -> Part:
    """The answer to the script that keeps what is typed while somebody types."""
    return Part(response=make_response("", 204))


def _changed(entered: Entered, step: Step, posted: MultiDict[str, str], action: str) -> MultiDict[str, str]:
    """The rows after one was added or removed."""
    number = action.removeprefix("remove:")
    if step.type == "lines" and number != action and number.isascii() and number.isdecimal():
        return without_row(posted, int(number[:6]))
    if step.type == "lines" and action == "add":
        form = entered.step_form(step)
        added = with_row(form.kind, posted, form.opening, entered.person)
        return entered.own(step, added)
    return posted


def _saved(entered: Entered) -> Entered:
    now = dt.datetime.now(dt.UTC)
    with entered.context.lease.transaction() as connection:
        stored = drafts.begin(connection, entered.draft)
        draft = replace(entered.draft, id=stored.id, attempt=stored.attempt, changed_at=now)
        drafts.save(connection, draft, now)
    return entered.of(draft)


def _leave(ask: BlockAsk, entered: Entered, step: Step, action: str) -> Part:
    steps = entered.steps
    if action == "back":
        before = step_before(steps, step)
        return _go_to(ask, entered, before or step)
    if action == "save":
        flash(say_of(ask.context)("step.draft_saved"), "good")
        return _go_to(ask, entered, step)
    passed, captcha = judged(entered, step)
    if passed is not entered:
        entered = _saved(passed)
    if captcha is not None or (step.type != "review" and not entered.complete(step)):
        return step_part(ask, entered, step, faults=_too_few(entered, step), checked=True, status=422, captcha=captcha)
    after = step_after(steps, step)
    if after is not None:
        return _go_to(ask, entered, after)
    leads_to = entered.leads_to
    if leads_to is None:
        return _submit(ask, entered, step)
    entity = entered.multi.entity
    given = given_of_row(ask.context, entity, entered.row, leads_to.onwards)
    return lead_on(ask, Doing(entity, None, leads_to.page, leads_to.onwards, given))


def _too_few(entered: Entered, step: Step) -> tuple[Fault, ...]:
    if step.type == "lines" and len(entered.filled(step)) < step.min_lines:
        return (Fault("step.too_few_lines", (("count", step.min_lines),)),)
    return ()


def _submit(ask: BlockAsk, entered: Entered, step: Step) -> Part:
    for earlier in entered.steps:
        if earlier.type != "review" and not entered.complete(earlier):
            flash(say_of(ask.context)("step.check_first"), "bad")
            return _go_to(ask, entered, earlier)
    entered = _saved(entered.at(step))
    going = going_out(entered)
    if going is None:
        return step_part(ask, entered, step, faults=(Fault("step.unanswered"),), checked=True, status=422)
    if going.earlier:
        return _submit_earlier(ask, entered, going.entered, step)
    try:
        entered = _saved(going.entered)
    except DraftTooLarge:
        return step_part(ask, entered, step, faults=(Fault("step.too_large"),), status=413)
    return _sent(ask, entered, step, send_all(entered))


def _submit_earlier(ask: BlockAsk, entered: Entered, earlier: Entered, step: Step) -> Part:
    """What the outside had heard already goes first; where it is refused, what was typed since goes out as another try."""
    sent = send_all(earlier)
    if isinstance(sent, Sent):
        flash(say_of(ask.context)("step.sent_before"), "warn")
        return _sent(ask, earlier, step, sent)
    draft = drafts.find(ask.context.connection, entered.draft.owner, entered.draft.id)
    if draft is not None and draft.attempt != entered.draft.attempt:
        return _submit(ask, entered.of(draft), step)
    return _sent(ask, earlier, step, sent)


def _sent(ask: BlockAsk, entered: Entered, step: Step, sent: Sent | Refused) -> Part:
    if isinstance(sent, Refused):
        return step_part(ask, entered, sent.step or step, faults=sent.faults, checked=True, status=422)
    multi = entered.multi
    if sent.again:
        return after_success(ask, multi.entity, sent.record, multi)
    return saved_part(ask, multi.entity, sent.record, multi, sent.queued)


def _go_to(ask: BlockAsk, entered: Entered, step: Step) -> Part:
    _saved(entered.at(step))
    return _go(step_url(ask, step.key))


def _go(url: str) -> Part:
    return Part(response=make_response(redirect(url, 303)))
