"""What is owed: one row for each job, written in the transaction of the action that owes it.

A job is claimed for a while by whoever does it. Its key is unique, so that an action that is sent twice owes it once.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Column, Connection, Index, Integer, MetaData, Row, String, Table, Text, func, select, true, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from connectors.origin import LONGEST, origin_text
from metadata.types import KEY_TYPE, UtcDateTime

METADATA = MetaData()
MAIL, CALL, TASK, HOOK, POST = "mail", "call", "task", "hook", "post"
KINDS = (MAIL, CALL, TASK, HOOK, POST)
WAITING, DONE, PARKED = "waiting", "done", "parked"
OPEN = (WAITING, PARKED)
CLAIMED = dt.timedelta(minutes=5)
"""How long a claim holds: longer than any job may take; after that another worker takes the job."""
MOST_ATTEMPTS = 10
LONGEST_WAIT = 3600.0
LONGEST_LANE = 260

jobs = Table(
    "foyer_job",
    METADATA,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("key", String(160), nullable=False, unique=True),
    Column("kind", String(10), nullable=False),
    Column("site", String(120), nullable=False),
    Column("contact_id", KEY_TYPE),
    Column("entity", String(60), nullable=False),
    Column("record_id", KEY_TYPE, nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    Column("due_at", UtcDateTime(), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("done_at", UtcDateTime()),
    Column("account_id", KEY_TYPE),
    Column("origin", String(LONGEST)),
    Column("lane", String(LONGEST_LANE)),
    Index("ix_foyer_job_due", "state", "due_at", "id"),
)


@dataclass(frozen=True, slots=True)
class Job:
    """Something owed. `payload` is plain JSON, `contact` who took the action (None for somebody not signed in).

    `acting` is the account that they acted for, where it is not their own, `origin` the request that owes it.
    """

    key: str
    kind: str
    site: str
    contact: int | None
    entity: str
    record: int
    payload: Mapping[str, Any]
    id: int = 0
    attempts: int = 0
    state: str = WAITING
    reason: str = ""
    acting: int | None = None
    origin: str | None = None

    @property
    def lane(self) -> str:
        """What it is done with: the webhook, the connection or the address that it goes to, else its kind."""
        match self.kind:
            case "hook":
                to = f"{self.site} {self.payload['webhook']}"
            case "call":
                to = self.payload["connection"]
            case "post":
                to = sha256(self.payload["url"].encode()).hexdigest()  # the address may hold a secret
            case _:
                return self.kind
        return f"{self.kind} {to}"[:LONGEST_LANE]


def owe(connection: Connection, job: Job, now: dt.datetime) -> bool:
    """Keep a job in the caller's transaction. False where one of its key is kept already."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    values = {
        "key": job.key,
        "kind": job.kind,
        "site": job.site,
        "contact_id": job.contact,
        "account_id": job.acting,
        "entity": job.entity,
        "record_id": job.record,
        "payload": json.dumps(job.payload, ensure_ascii=False, separators=(",", ":")),
        "state": WAITING,
        "reason": "",
        "attempts": 0,
        "due_at": now,
        "created_at": now,
        "origin": origin_text() or None,
        "lane": job.lane,
    }
    kept = insert(jobs).values(values).on_conflict_do_nothing().returning(jobs.c.id)
    return connection.execute(kept).first() is not None


def claim(connection: Connection, now: dt.datetime, closed: Collection[str] = ()) -> Job | None:
    """The job that is due longest, claimed for a while; None where none is due but in `closed` lanes. Of two who ask at once
    each gets another."""
    is_open = func.coalesce(jobs.c.lane, jobs.c.kind).not_in(sorted(closed)) if closed else true()
    due = (
        select(jobs.c.id)
        .where(jobs.c.state == WAITING, jobs.c.due_at <= now, is_open)
        .order_by(jobs.c.due_at, jobs.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(jobs)
        .where(jobs.c.id == due.scalar_subquery())
        .values(due_at=now + CLAIMED, attempts=jobs.c.attempts + 1)
        .returning(*jobs.c)
    )
    row = connection.execute(taken).first()
    return None if row is None else _job(row)


def finish(connection: Connection, job: Job, now: dt.datetime) -> None:
    """The job is done; what it was about is forgotten, but for a webhook's message, which may be sent again."""
    values = {"state": DONE, "reason": "", "done_at": now, **({} if job.kind == HOOK else {"payload": "{}"})}
    connection.execute(update(jobs).where(jobs.c.id == job.id).values(values))


def put_off(connection: Connection, job: Job, reason: str, now: dt.datetime, after: float = 1.0) -> None:
    """The job failed and may succeed later: it waits twice as long each time, and is parked after the last try."""
    wait = min(LONGEST_WAIT, max(after, 5.0 * 2 ** min(job.attempts, 12)))
    if job.attempts >= MOST_ATTEMPTS:
        park(connection, job, reason)
        return
    values = {"due_at": now + dt.timedelta(seconds=wait), "reason": reason}
    connection.execute(update(jobs).where(jobs.c.id == job.id).values(values))


def park(connection: Connection, job: Job, reason: str) -> None:
    """The job cannot succeed as it is; it stays for somebody to look at."""
    connection.execute(update(jobs).where(jobs.c.id == job.id).values(state=PARKED, reason=reason))


def retry(connection: Connection, number: int, now: dt.datetime) -> bool:
    """Have a job that is not done yet be tried at once. False where there is none of that number."""
    values = {"state": WAITING, "attempts": 0, "due_at": now}
    done = connection.execute(update(jobs).where(jobs.c.id == number, jobs.c.state != DONE).values(values))
    return done.rowcount == 1


def replay(connection: Connection, number: int, now: dt.datetime) -> bool:
    """Have a message of a webhook sent at once, whether it was sent before or not. False where there is none of that number."""
    values = {"state": WAITING, "attempts": 0, "due_at": now, "done_at": None}
    return connection.execute(update(jobs).where(jobs.c.id == number, jobs.c.kind == HOOK).values(values)).rowcount == 1


def messages(connection: Connection, most: int) -> tuple[Job, ...]:
    """The messages of webhooks, newest first, in whatever state."""
    wanted = select(jobs).where(jobs.c.kind == HOOK).order_by(jobs.c.id.desc()).limit(most)
    return tuple(_job(row) for row in connection.execute(wanted))


@dataclass(frozen=True, slots=True)
class Told:
    """Which messages of webhooks are looked for: of a site, in a state, of a webhook, and older than one; "" and 0 for any."""

    site: str
    state: str = ""
    webhook: str = ""
    before: int = 0


def find_messages(connection: Connection, wanted: Told, most: int) -> tuple[tuple[Job, dt.datetime], ...]:
    """The messages that are looked for, newest first, each with the moment of its change."""
    query = select(jobs).where(jobs.c.kind == HOOK, jobs.c.site == wanted.site)
    if wanted.state:
        query = query.where(jobs.c.state == wanted.state)
    if wanted.webhook:
        start = json.dumps({"webhook": wanted.webhook}, ensure_ascii=False, separators=(",", ":")).removesuffix("}")
        query = query.where(jobs.c.payload.startswith(start + ",", autoescape=True))
    if wanted.before:
        query = query.where(jobs.c.id < wanted.before)
    return tuple((_job(row), row.created_at) for row in connection.execute(query.order_by(jobs.c.id.desc()).limit(most)))


def find_message(connection: Connection, site: str, number: int) -> tuple[Job, dt.datetime] | None:
    """A message of a webhook of a site by its number."""
    wanted = select(jobs).where(jobs.c.kind == HOOK, jobs.c.site == site, jobs.c.id == number)
    row = connection.execute(wanted).first()
    return None if row is None else (_job(row), row.created_at)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many jobs of a kind are in a state, and when the oldest of them was owed."""

    kind: str
    state: str
    number: int
    since: dt.datetime


def standing(connection: Connection) -> tuple[Standing, ...]:
    """What is not done yet."""
    counted = select(jobs.c.kind, jobs.c.state, func.count(), func.min(jobs.c.created_at)).where(jobs.c.state.in_(OPEN))
    return tuple(Standing(*row) for row in connection.execute(counted.group_by(jobs.c.kind, jobs.c.state)))


def open_jobs(connection: Connection, most: int = 200) -> tuple[Job, ...]:
    """The jobs that are not done, parked ones first, without what they are about."""
    wanted = select(jobs).where(jobs.c.state != DONE).order_by(jobs.c.state, jobs.c.id).limit(most)
    return tuple(_job(row) for row in connection.execute(wanted))


def _job(row: Row[Any]) -> Job:
    return Job(
        row.key,
        row.kind,
        row.site,
        row.contact_id,
        row.entity,
        row.record_id,
        json.loads(row.payload),
        row.id,
        row.attempts,
        row.state,
        row.reason,
        row.account_id,
        row.origin,
    )
