"""One person erased: what is known of who it was goes, and what was done stays, by a number that leads to nobody.

Rows that name the contact, such as what was ordered for the company, belong to the company; who may read them stays as it was.
The transaction is the caller's: it is all of it, or nothing. There is no way back but a backup.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, func, or_, select, update

from connectors import tables as connectors
from connectors.mapping import key_text
from connectors.outbox import OVER
from connectors.outward import outside_key
from connectors.tablemap import CompiledMap, compiled_maps
from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.access.sharing import link_rows, links
from runtime.api.told import told
from runtime.errands import errands
from runtime.files.register import files
from runtime.forms.drafts import drafts
from runtime.identity import tables as identity
from runtime.identity.logins import normal_email
from runtime.identity.sessions import utc_now
from runtime.jobs.queue import jobs
from runtime.records.audit import record_act
from runtime.records.bulk import SqlRowStore
from runtime.records.erasing import (
    ALWAYS,
    CONTACT,
    ERASED,
    Blanks,
    blanks_of,
    emails_of,
    empty_trail,
    erase_values,
    trail_lines,
    values_of,
)
from runtime.records.hooks import Listeners
from runtime.records.joining import Reference, references
from runtime.records.saved import SAVED

SIGN_IN = (
    identity.logins,
    identity.external_logins,
    identity.sessions,
    identity.provider_sessions,
    identity.second_factors,
    identity.recovery_codes,
    identity.passkeys,
    identity.browsers,
    identity.tokens,
    identity.api_tokens,
    identity.contact_roles,
    identity.acting_accounts,
)
KEPT_FOR_ONESELF = (drafts, errands, SAVED, told)
KEPT_OUTSIDE = (connectors.reject, connectors.dated, connectors.held, connectors.adjusted)
KEYS = (connectors.seen, connectors.identity)
"""These hold nothing of a row but its key; they go where that tells who it is."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What erasing a person comes to. `removed` are the engine's own rows by table, `trail` the lines of the audit trail that
    lose their values; `naming` the rows that stay and go on naming the contact by its number.

    `comes_back` are the table maps that would bring the person again while it is there outside, `owed` the changes that have
    not gone out yet and keep earlier values until they have.
    """

    contact: int
    blanks: Blanks
    removed: Mapping[str, int] = field(default_factory=dict)
    trail: int = 0
    naming: tuple[Reference, ...] = ()
    comes_back: tuple[str, ...] = ()
    owed: int = 0

    @property
    def rows(self) -> int:
        """How many of the engine's rows go."""
        return sum(self.removed.values())


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows of the engine's that go, or lose some of what they hold."""

    table: Table
    which: ColumnElement[bool]
    values: Mapping[str, Any] | None = None


def plan_erasure(connection: Connection, snapshot: Snapshot, contact: int) -> Erasure:
    """What erasing a contact would do, counted; nothing is changed."""
    maps, emails = _maps(snapshot), emails_of(connection, snapshot, contact)
    removed: dict[str, int] = {}
    for part in _parts(connection, snapshot, contact, emails):
        count = connection.execute(select(func.count()).select_from(part.table).where(part.which)).scalar_one()
        removed[part.table.name] = removed.get(part.table.name, 0) + count
    outbox = connectors.outbox
    waiting = select(func.count()).select_from(outbox).where(*_of_row(outbox, contact), outbox.c.state.not_in(OVER))
    return Erasure(
        contact,
        blanks_of(snapshot, _keys(maps)),
        {name: count for name, count in removed.items() if count},
        trail_lines(connection, contact, emails),
        references(connection, snapshot, CONTACT, contact),
        tuple(one.key for one in maps if one.inward and one.active),
        connection.execute(waiting).scalar_one(),
    )


def erase(
    connection: Connection, snapshot: Snapshot, principal: Principal, contact: int, *, listeners: Listeners, by: str = ""
) -> Erasure:
    """Erase a contact within the caller's transaction, and say what it came to.

    `by` names who runs the command, where nobody is signed in. The contact's values take the right to write them; raises
    Missing, Denied and Conflict as any write does.
    """
    planned = plan_erasure(connection, snapshot, contact)
    emails = emails_of(connection, snapshot, contact)
    for part in tuple(_parts(connection, snapshot, contact, emails)):
        change = delete(part.table) if part.values is None else update(part.table).values(dict(part.values))
        connection.execute(change.where(part.which))
    erase_values(connection, snapshot, principal, contact, planned.blanks, listeners=listeners)
    empty_trail(connection, contact, emails)
    facts = {"rows": planned.rows, "trail": planned.trail, "attributes": list(planned.blanks.emptied)}
    facts |= {"by": by} if by else {}
    record_act(connection, principal, ERASED, CONTACT, contact, facts)
    return planned


def _parts(connection: Connection, snapshot: Snapshot, contact: int, emails: frozenset[str]) -> Iterator[_Part]:
    """In an order in which nothing is deleted that something left still names."""
    redeemed, given = identity.redemptions.c, identity.invitations.c
    invited = select(given.id).where(given.contact_id == contact)
    yield _Part(identity.redemptions, or_(redeemed.contact_id == contact, redeemed.invitation_id.in_(invited)))
    yield _Part(identity.invitations, given.contact_id == contact)
    for table in (*SIGN_IN, *KEPT_FOR_ONESELF):
        yield _Part(table, table.c.contact_id == contact)
    asked = sorted({normal_email(email) for email in emails})
    yield _Part(identity.registrations, func.lower(identity.registrations.c.email).in_(asked))
    shared = select(links.c.id).where(links.c.contact_id == contact)
    yield _Part(link_rows, link_rows.c.share_id.in_(shared))
    yield _Part(links, links.c.contact_id == contact)
    yield _Part(jobs, (jobs.c.entity == CONTACT) & (jobs.c.record_id == contact))
    waiting = (files.c.created_by == contact, files.c.row.is_(None), files.c.dropped_at.is_(None))
    yield _Part(files, waiting[0] & waiting[1] & waiting[2], {"dropped_at": utc_now()})
    yield from _of_sync(connection, snapshot, contact)


def _of_sync(connection: Connection, snapshot: Snapshot, contact: int) -> Iterator[_Part]:
    """What synchronisation keeps of the row: values as they were outside, what was refused, what has gone out."""
    outbox, image, conflict = connectors.outbox, connectors.image, connectors.conflict
    gone = _all(*_of_row(outbox, contact), outbox.c.state.in_(OVER), outbox.c.payload != "{}")
    yield _Part(outbox, gone, {"payload": "{}", "receipt": None, "reason": "", "origin": None})
    for table in (image, conflict):
        yield _Part(table, _all(*_of_row(table, contact)))
    rows = SqlRowStore(connection, snapshot, Principal.system("system"))
    values = values_of(connection, snapshot, contact)
    for one in _maps(snapshot):
        record = outside_key(one, rows, values) if values is not None else None
        if record is None:
            continue
        key = key_text(one, record)
        telling = any(snapshot.entities[CONTACT].attributes[name].type.name in ALWAYS for name in _keys((one,)))
        for table in (*KEPT_OUTSIDE, *(KEYS if telling else ())):
            yield _Part(table, (table.c.map == one.key) & (table.c.key == key))


def _of_row(table: Table, contact: int) -> tuple[ColumnElement[bool], ...]:
    return table.c.entity == CONTACT, table.c.record_id == contact


def _all(first: ColumnElement[bool], *others: ColumnElement[bool]) -> ColumnElement[bool]:
    for one in others:
        first = first & one
    return first


def _maps(snapshot: Snapshot) -> tuple[CompiledMap, ...]:
    return tuple(one for one in compiled_maps(snapshot) if one.entity.key == CONTACT)


def _keys(maps: tuple[CompiledMap, ...]) -> frozenset[str]:
    return frozenset(item.attribute for one in maps for item in one.keys_out)
