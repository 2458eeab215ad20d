"""What webhooks were to tell outside systems: the messages of the last days, what each said, and sending one again."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, flash

from runtime.database import writing
from runtime.errors import BadRequest, PageNotFound
from runtime.identity.sessions import utc_now
from runtime.jobs.queue import DONE, PARKED, WAITING, Job, Told, find_message, find_messages, replay
from runtime.studio.desk import Desk
from runtime.studio.operating.floor import given, number, open_floor, reading

AT_ONCE = 50
STATES = {WAITING: "warn", PARKED: "bad status-square", DONE: "good"}
DIGITS = 18
SUBJECT = "webhook"


@dataclass(frozen=True, slots=True)
class Line:
    """A message in the list: what it is about, when it was owed, and what became of it. `tone` is that of its state."""

    number: int
    url: str
    webhook: str
    edit: str
    event: str
    record: str
    moment: str
    state: str
    tone: str
    attempts: str
    tries: int
    reason: str


def told() -> Response:
    """The messages of the site's webhooks, newest first: all, or those in a state or of a webhook."""
    desk = open_floor()
    state, webhook, before = given("state"), given("webhook"), given("before")
    if state not in ("", *STATES) or (before and not _is_number(before)):
        raise BadRequest
    wanted = Told(desk.reach.site, state, webhook, int(before or 0))
    found = find_messages(reading(desk), wanted, AT_ONCE + 1)
    url, kept = desk.url("webhooks"), {name: text for name, text in (("state", state), ("webhook", webhook)) if text}
    return desk.page(
        "told.html",
        title=desk.say("studio.told"),
        lines=[_line(desk, job, at) for job, at in found[:AT_ONCE]],
        url=url,
        state=state,
        states=STATES,
        webhook=webhook,
        webhooks=sorted(desk.context.site.webhooks),
        older=f"{url}?{urlencode({**kept, 'before': found[AT_ONCE - 1][0].id})}" if len(found) > AT_ONCE else "",
    )


def told_message(number: int) -> Response:
    """One message with what it says."""
    desk = open_floor()
    job, at = _message(desk, number)
    return desk.page(
        "told_message.html", title=desk.say("studio.told_number", number=number), line=_line(desk, job, at), body=_said(job)
    )


def tell_again(number: int) -> Response:
    """Have a message sent again by the worker, under the id that it has."""
    desk = open_floor()
    job, _ = _message(desk, number)
    desk.prove()
    with writing(desk.context.services.engine).begin() as connection:
        replay(connection, job.id, utc_now())
    desk.note("operate", SUBJECT, job.id, did="replay", webhook=_name(job))
    flash(desk.say("studio.told_again", number=number), "good")
    return desk.go("webhooks", str(number))


def _message(desk: Desk, number: int) -> tuple[Job, dt.datetime]:
    """A message of the site. Raises PageNotFound."""
    found = find_message(reading(desk), desk.reach.site, number) if number < 10**DIGITS else None
    if found is None:
        raise PageNotFound
    return found


def _line(desk: Desk, job: Job, at: dt.datetime) -> Line:
    name = _name(job)
    edit = desk.url("edit", "webhook", name) if "webhook" in desk.reach.kinds and name in desk.context.site.webhooks else ""
    event = str(_body(job).get("type", "")).rpartition(".")[2]
    return Line(
        job.id,
        desk.url("webhooks", str(job.id)),
        name,
        edit,
        event,
        f"{job.entity} {job.record}",
        desk.formats.moment(at),
        job.state,
        STATES.get(job.state, "neutral"),
        number(desk, job.attempts),
        job.attempts,
        job.reason,
    )


def _name(job: Job) -> str:
    return str(job.payload.get("webhook", ""))


def _body(job: Job) -> dict[str, object]:
    """What is sent; nothing where that is kept no more."""
    found = json.loads(job.payload.get("body") or "{}")
    return found if isinstance(found, dict) else {}


def _said(job: Job) -> str:
    """What is sent, as people read it. Secrets sign a message, and stand neither in it nor beside it."""
    body = _body(job)
    return json.dumps(body, indent=2, ensure_ascii=False) if body else ""


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= DIGITS
