"""Sending a form: one record and its children in one transaction, after the outside system's word."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

from sqlalchemy import Connection

from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.forms import drafts
from runtime.forms.drafts import Draft
from runtime.forms.ports import AsBefore, Question, Queued, Refusal, Reply, Submission
from runtime.passing import passing

ASKED = "@asked"
Transaction = Callable[[], AbstractContextManager[Connection]]


@passing
class Work:
    """What is to be written: `write(connection)` makes the record with its children and gives its id."""

    snapshot: Snapshot
    principal: Principal
    entity: str
    write: Callable[[Connection], int]


@passing
class Sent:
    """The record is there. `queued` tells that the outside system's answer is still to come, with its sentence, or that it
    had the record already as it was sent before.
    """

    record: int | None
    queued: Queued | AsBefore | None = None
    again: bool = False


def send(transaction: Transaction, submission: Submission, work: Work, draft: Draft | None) -> Sent | Refusal:
    """Write and, where the entity needs it, ask. Errors of records go to the caller and leave nothing behind.

    The outside system is asked while no transaction is open: the record is written, read and undone, then asked about, and
    written for good with the answer. A draft is sent once: a second request for it gets the record of the first. The
    draft's key was stored before, so that a sending whose answer was lost is repeated under the same key; after a refusal
    there is a new one.
    """
    if not submission.concerns(work.snapshot, work.entity):
        with transaction() as connection:
            return _written(connection, work, draft)
    with transaction() as connection:
        earlier = _sent_before(connection, draft)
        if earlier is not None:
            return earlier
        question = _rehearsed(connection, submission, work, draft.attempt if draft is not None else drafts.new_key())
        if isinstance(question, Refusal):
            return question
        question.announce(connection)
    going = _going_out(transaction, submission, work, draft, question)
    reply = going if isinstance(going, Refusal) else going.ask()
    if isinstance(reply, Refusal):
        with transaction() as connection:
            question.conclude(connection, reply)
            if draft is not None and not reply.unanswered:
                drafts.renew_attempt(connection, draft)
        return reply
    with transaction() as connection:
        written = _written(connection, work, draft, reply)
    return written if going is question or written.queued else replace(written, queued=AsBefore())


def _going_out(
    transaction: Transaction, submission: Submission, work: Work, draft: Draft | None, question: Question
) -> Question | Refusal:
    """What goes out under the draft's key: what went out before where the outside has that, else what was typed now.

    Multistep forms keep what they sent themselves.
    """
    if draft is None or not draft.owner.plain:
        return question
    before = draft.data.get(ASKED, {})
    if before.get("attempt") == draft.attempt and before["sent"] != question.sent:
        known = submission.knows(work.snapshot, work.entity, draft.attempt)
        if known is None:
            return Refusal("", unanswered=True, text="step.unanswered")
        if known:
            return question.as_before(before["sent"])
    with transaction() as connection:
        kept = draft.with_step(ASKED, {"attempt": draft.attempt, "sent": question.sent})
        drafts.save(connection, kept, dt.datetime.now(dt.UTC))
    return question


def _sent_before(connection: Connection, draft: Draft | None) -> Sent | None:
    found = drafts.find(connection, draft.owner, draft.id) if draft is not None else None
    return Sent(found.record, again=True) if found is not None and found.finished else None


def _rehearsed(connection: Connection, submission: Submission, work: Work, key: str) -> Question | Refusal:
    """What there would be, as the outside system is asked about it; nothing of it stays."""
    undone = connection.begin_nested()
    try:
        return submission.prepare(connection, work.snapshot, work.entity, work.write(connection), key)
    finally:
        undone.rollback()


def _written(connection: Connection, work: Work, draft: Draft | None, reply: Reply | None = None) -> Sent:
    if draft is not None and not drafts.claim(connection, draft, dt.datetime.now(dt.UTC)):
        return _sent_before(connection, draft) or Sent(None, again=True)
    record = work.write(connection)
    outcome = reply.settle(connection, record) if reply is not None else None
    if draft is not None:
        drafts.record_made(connection, draft, record)
    return Sent(record, outcome if isinstance(outcome, Queued) else None)
