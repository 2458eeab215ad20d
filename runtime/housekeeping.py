"""What is no longer of use goes: old drafts and errands, ended sessions, used and expired tokens, files that no row holds, and
lines of the audit trail that are older than the operator keeps them."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, ColumnElement, Engine, Table, delete, false, inspect, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from metadata.snapshot import Snapshot
from runtime.access.sharing import link_rows, links
from runtime.api.told import told
from runtime.captcha.spent import spent
from runtime.database import writing
from runtime.errands import errands
from runtime.files.register import files
from runtime.files.store import Store
from runtime.files.sweeping import sweep
from runtime.forms.drafts import AUTO, NOBODY, STRANGER_DAYS, drafts, kept_days
from runtime.identity.closing import CLOSING
from runtime.identity.external.departures import WAITS
from runtime.identity.registering import ASKED
from runtime.identity.sessions import utc_now
from runtime.identity.tables import (
    api_tokens,
    browsers,
    logout_tokens,
    newcomers,
    provider_sessions,
    registrations,
    saml_answers,
    sessions,
    tokens,
)
from runtime.jobs.queue import jobs
from runtime.records.audit import trim_trail
from runtime.records.erasing import ERASED
from runtime.records.people import delete_of_nobody
from runtime.records.saved import SAVED
from runtime.records.tables import AUDIT

log = logging.getLogger(__name__)
SENT_DRAFT_KEPT = dt.timedelta(days=30)
"""How long a draft that was sent is kept, so that a late second sending finds the record of the first."""
OPEN_DRAFT_KEPT = dt.timedelta(days=90)
"""How long a draft that nobody touches waits to be sent, where its form says no other time."""
TRACE_KEPT = dt.timedelta(days=30)
"""How long an emptied draft tells its person that its time was over."""
JOB_KEPT = dt.timedelta(days=30)
"""How long a job that is done is kept, so that an action that is sent again does not owe it again."""
DECIDED_KEPT = dt.timedelta(days=30)
"""How long it is kept who asked for access and what became of it."""
LINK_KEPT = dt.timedelta(days=30)
"""How long a link that was shared is kept past its time."""
ACTS_KEPT = (CLOSING, ERASED)
"""Lines of the trail that no time ends: who asked to be removed is told by them, and who was, by number alone."""
EVERY_SECONDS = 3600.0
OF_PEOPLE = {SAVED: SAVED.c.contact_id, drafts: drafts.c.contact_id}
"""What people keep for themselves, with whose it is."""


def tidy(
    engine: Engine,
    now: dt.datetime,
    store: Store | None = None,
    snapshot: Snapshot | None = None,
    audit_days: int | None = None,
) -> dict[str, int]:
    """Delete what is no longer of use; how many rows, by table. Raises SQLAlchemyError.

    Tables that nobody has made yet are passed over, files where no store is given, and what a release says of how long drafts
    are kept where there is none. The audit trail is touched only where days are given for which it is kept.
    """
    there = frozenset(inspect(engine).get_table_names())
    gone: dict[str, int] = {}
    for table, which in _leavings(now, snapshot):
        if table.name in there:
            with writing(engine).begin() as connection:
                gone[table.name] = gone.get(table.name, 0) + connection.execute(delete(table).where(which)).rowcount
    if snapshot is not None and drafts.name in there:
        gone[drafts.name] += _emptied(engine, snapshot, now)
    if snapshot is not None:
        for table, column in OF_PEOPLE.items():
            if table.name in there:
                gone[table.name] = gone.get(table.name, 0) + _of_nobody(engine, snapshot, column)
    if store is not None and files.name in there:
        gone[files.name] = sweep(engine, store, now)
    if audit_days is not None and AUDIT.name in there:
        gone[AUDIT.name] = trim_trail(engine, now - dt.timedelta(days=audit_days), ACTS_KEPT)
    return gone


def keep_tidy(
    engine: Engine,
    stop: threading.Event,
    clock: Callable[[], dt.datetime] = utc_now,
    store: Store | None = None,
    newest: Callable[[], Snapshot] | None = None,
    audit_days: int | None = None,
) -> None:
    """Tidy now and once an hour until told to stop. A database that does not answer is tried again an hour later."""
    while True:
        try:
            gone = tidy(engine, clock(), store, newest() if newest is not None else None, audit_days)
            if any(gone.values()):
                log.info("tidied up", extra={"action": "tidied", **{str(name): rows for name, rows in gone.items()}})
        except SQLAlchemyError as error:
            log.warning("could not tidy up: %s", type(error).__name__, extra={"action": "tidy_failed"})
        if stop.wait(EVERY_SECONDS):
            return


def _waiting_longer(snapshot: Snapshot | None, now: dt.datetime) -> ColumnElement[bool]:
    """The drafts of forms that are kept for longer than others, while they are."""
    sites = snapshot.sites.values() if snapshot is not None else ()
    longer = (
        (drafts.c.site == site.key)
        & (drafts.c.form == multi.key)
        & (drafts.c.changed_at >= now - dt.timedelta(days=multi.keep_days) - TRACE_KEPT)
        for site in sites
        for multi in site.multistep_forms.values()
    )
    return or_(false(), *longer)


def _of_nobody(engine: Engine, snapshot: Snapshot, column: Column[Any]) -> int:
    """Delete what belongs to contacts who are no longer there, such as those that synchronisation deleted; how many rows."""
    with writing(engine).begin() as connection:
        return delete_of_nobody(connection, snapshot, column, but=NOBODY)


def _emptied(engine: Engine, snapshot: Snapshot, now: dt.datetime) -> int:
    """Empty the drafts whose time is over by what the release says; the empty ones tell their people so, and go later."""
    emptied = 0
    for site in snapshot.sites.values():
        forms = [(drafts.c.form == multi.key, multi.keep_days) for multi in site.multistep_forms.values()]
        forms.append((drafts.c.form.startswith(AUTO, autoescape=True), kept_days(site.settings)))
        for which, days in forms:
            over = drafts.c.finished_at.is_(None) & (drafts.c.changed_at < now - dt.timedelta(days=days))
            with writing(engine).begin() as connection:
                held = (drafts.c.site == site.key) & which & over & (drafts.c.data != "{}")
                emptied += connection.execute(update(drafts).where(held).values(data="{}")).rowcount
    return emptied


def _leavings(now: dt.datetime, snapshot: Snapshot | None) -> tuple[tuple[Table, ColumnElement[bool]], ...]:
    sent = drafts.c.finished_at < now - SENT_DRAFT_KEPT
    forgotten = drafts.c.finished_at.is_(None) & (drafts.c.changed_at < now - OPEN_DRAFT_KEPT)
    forgotten &= ~_waiting_longer(snapshot, now)
    begun = drafts.c.finished_at.is_(None) & (drafts.c.changed_at < now - dt.timedelta(days=STRANGER_DAYS))
    forgotten |= begun & (drafts.c.visitor != "")
    unused = provider_sessions.c.session_id.is_(None) & (provider_sessions.c.created_at < now - WAITS)
    ended = unused | provider_sessions.c.session_id.not_in(select(sessions.c.id))
    return (
        (drafts, sent | forgotten),
        (told, told.c.expires_at < now),
        (spent, spent.c.expires_at < now),
        (jobs, jobs.c.done_at < now - JOB_KEPT),
        (errands, errands.c.expires_at < now),
        (api_tokens, (api_tokens.c.expires_at < now) | api_tokens.c.revoked_at.is_not(None)),
        (sessions, (sessions.c.expires_at < now) | sessions.c.revoked_at.is_not(None)),
        (browsers, browsers.c.expires_at < now),
        (provider_sessions, ended),
        (link_rows, link_rows.c.share_id.in_(select(links.c.id).where(links.c.expires_at < now - LINK_KEPT))),
        (links, links.c.expires_at < now - LINK_KEPT),
        (saml_answers, saml_answers.c.expires_at < now),
        (logout_tokens, logout_tokens.c.expires_at < now),
        (newcomers, newcomers.c.expires_at < now),
        (registrations, (registrations.c.state == ASKED) & (registrations.c.expires_at < now)),
        (registrations, registrations.c.decided_at < now - DECIDED_KEPT),
        (tokens, (tokens.c.expires_at < now) | tokens.c.used_at.is_not(None)),
    )
