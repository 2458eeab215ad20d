"""Sending a form: one record and its children in one transaction, with the outside system's word before commit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import Connection

from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.forms import drafts
from runtime.forms.drafts import Draft
from runtime.forms.ports import Queued, Refusal, Submission

Transaction = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be written: `write(connection)` makes the record with its children and gives its id."""

    snapshot: Snapshot
    principal: Principal
    entity: str
    write: Callable[[Connection], int]


@dataclass(frozen=True, slots=True)
class Sent:
    """The record is there. `queued` tells that the outside system's answer is still to come, with its sentence."""

    record: int | None
    queued: Queued | None = None
    again: bool = False


class _RolledBack(Exception):
    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


def send(transaction: Transaction, submission: Submission, work: Work, draft: Draft | None) -> Sent | Refusal:
    """Write and, where the entity needs it, ask. Errors of records go to the caller and leave nothing behind.

    A draft is sent once: a second request for it gets the record of the first. The draft's key was stored before, so
    that a sending whose answer was lost is repeated under the same key; after a refusal there is a new one.
    """
    try:
        with transaction() as connection:
            return _send(connection, submission, work, draft)
    except _RolledBack as rolled_back:
        if draft is not None and not rolled_back.refusal.unanswered:
            with transaction() as connection:
                drafts.renew_attempt(connection, draft)
        return rolled_back.refusal


def _send(connection: Connection, submission: Submission, work: Work, draft: Draft | None) -> Sent:
    if draft is not None and not drafts.claim(connection, draft, dt.datetime.now(dt.UTC)):
        earlier = drafts.find(connection, draft.owner, draft.id)
        return Sent(earlier.record if earlier else None, again=True)
    record = work.write(connection)
    outcome = None
    if submission.concerns(work.snapshot, work.entity):
        key = draft.attempt if draft is not None else drafts.new_key()
        outcome = submission.ask(connection, work.snapshot, work.principal, work.entity, record, key)
    if isinstance(outcome, Refusal):
        raise _RolledBack(outcome)
    if draft is not None:
        drafts.record_made(connection, draft, record)
    return Sent(record, outcome if isinstance(outcome, Queued) else None)
