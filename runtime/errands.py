"""Errands: work on many rows that a person has begun, kept until it is done or forgotten.

An errand belongs to the person who began it, and every statement names them. It is done in turns, each a transaction that
claims its turn first: what was done and how far it got are saved together, and of two requests at once one gets the turn.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Index, Integer, MetaData, String, Table, Text, delete, select, update

from metadata.types import KEY_TYPE, UtcDateTime

METADATA = MetaData()
KEPT = dt.timedelta(days=1)
OWN_ACCOUNT = 0
MOST_KEPT = 5
"""Errands of one kind that a person may have; the oldest gives way."""
_KEY = re.compile("[0-9a-f]{32}")

errands = Table(
    "foyer_errand",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("contact_id", KEY_TYPE, nullable=False),
    Column("site", String(120), nullable=False),
    Column("kind", String(160), nullable=False),
    Column("given", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False),
    Column("account_id", KEY_TYPE, nullable=False, default=0),
    Index("ix_foyer_errand_owner", "contact_id", "site", "kind", "created_at"),
)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose errand, on which site, of which kind, such as `bulk:<list>`; `acting` for which account but the contact's own."""

    contact: int
    site: str
    kind: str
    acting: int | None = None


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be done (`given`, never changed) and how far it got (`state`), both plain JSON."""

    id: str
    owner: Owner
    given: Mapping[str, Any]
    state: Mapping[str, Any] = field(default_factory=dict)
    turn: int = 0

    def now(self, **changes: Any) -> Errand:
        """The errand in another state."""
        return replace(self, state={**self.state, **changes})


def begin(connection: Connection, owner: Owner, given: Mapping[str, Any], state: Mapping[str, Any], now: dt.datetime) -> Errand:
    """Keep a new errand; of the owner's others of its kind only the latest stay."""
    made = Errand(uuid.uuid4().hex, owner, given, state)
    others = select(errands.c.id).where(*_owned(owner)).order_by(errands.c.created_at.desc(), errands.c.id)
    old = list(connection.scalars(others.offset(MOST_KEPT - 1)))
    if old:
        connection.execute(delete(errands).where(errands.c.id.in_(old)))
    connection.execute(
        errands.insert().values(
            id=made.id,
            contact_id=owner.contact,
            account_id=owner.acting or OWN_ACCOUNT,
            site=owner.site,
            kind=owner.kind,
            given=_text(given),
            state=_text(state),
            turn=0,
            created_at=now,
            expires_at=now + KEPT,
        )
    )
    return made


def find(connection: Connection, owner: Owner, key: str, now: dt.datetime) -> Errand | None:
    """The owner's errand of that id; None where there is none, or none any more."""
    if not _KEY.fullmatch(key):
        return None
    wanted = select(errands.c.given, errands.c.state, errands.c.turn).where(
        *_owned(owner), errands.c.id == key, errands.c.expires_at > now
    )
    row = connection.execute(wanted).first()
    return None if row is None else Errand(key, owner, json.loads(row.given), json.loads(row.state), row.turn)


def claim(connection: Connection, errand: Errand) -> Errand | None:
    """The errand with its next turn claimed for this transaction; None where another request took the turn."""
    taken = update(errands).where(*_this(errand), errands.c.turn == errand.turn).values(turn=errand.turn + 1)
    return replace(errand, turn=errand.turn + 1) if connection.execute(taken).rowcount == 1 else None


def save(connection: Connection, errand: Errand) -> None:
    """Keep how far an errand got whose turn was claimed in this transaction."""
    connection.execute(update(errands).where(*_this(errand)).values(state=_text(errand.state)))


def drop(connection: Connection, errand: Errand) -> None:
    """Forget an errand."""
    connection.execute(delete(errands).where(*_this(errand)))


def _owned(owner: Owner) -> tuple[ColumnElement[bool], ...]:
    return (
        errands.c.contact_id == owner.contact,
        errands.c.site == owner.site,
        errands.c.kind == owner.kind,
        errands.c.account_id == (owner.acting or OWN_ACCOUNT),
    )


def _this(errand: Errand) -> tuple[ColumnElement[bool], ...]:
    return (*_owned(errand.owner), errands.c.id == errand.id)


def _text(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
