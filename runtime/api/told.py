"""What programs were told of the rows of an entity set, kept so that they can be told later what is different.

Of each row that was in an answer the id is kept, and a hash of how it was written. It belongs to the person and to the
session or token of the program, is found by the hash of a token that only the program has, and is forgotten after a while.
"""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from struct import iter_unpack, pack
from typing import Any

import orjson
from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from metadata.types import KEY_TYPE, UtcDateTime
from runtime.identity.sessions import utc_now
from runtime.identity.tokens import digest

METADATA = MetaData()
KEPT = dt.timedelta(days=7)
MOST_KEPT = 50
"""What is kept for one person on one site; the oldest gives way."""
LONGEST_TOKEN = 100
PAIR = "<qQ"
"""How an id and a hash are packed."""
Written = dict[int, int]
"""The hashes of rows by their ids."""

told = Table(
    "foyer_api_told",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("contact_id", KEY_TYPE, nullable=False),
    Column("site", String(120), nullable=False),
    Column("program", KEY_TYPE, nullable=False),
    Column("entity_set", String(120), nullable=False),
    Column("question", Text, nullable=False),
    Column("before_hash", String(64), nullable=False, default=""),
    Column("rows", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False, index=True),
    Index("ix_foyer_api_told_owner", "contact_id", "site", "part", "created_at"),
)
"""Pages of a first answer are its parts, from 0. `before_hash` is the token in answer to which this one was given."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who was told: a person, on a site, by a program's token, or by a session (0)."""

    contact: int
    site: str
    program: int


@dataclass(frozen=True, slots=True)
class Told:
    """What was asked of which entity set, and what was told."""

    asker: Asker
    entity_set: str
    question: tuple[tuple[str, str], ...]
    rows: Written
    before: str = ""
    expires_at: dt.datetime | None = None


def hash_of(row: Mapping[str, Any]) -> int:
    """The hash of a row as it is written."""
    return int.from_bytes(blake2b(orjson.dumps(row), digest_size=8).digest())


def keep(connection: Connection, token: str, found: Told, part: int = 0) -> None:
    """Keep what was told under a token, or a further part of it; a part that is told again replaces what it was."""
    now, hashed = utc_now(), digest(token)
    which = told.c.token_hash == hashed, told.c.part == part
    packed = b"".join(pack(PAIR, row, mark) for row, mark in found.rows.items())
    values = {
        "contact_id": found.asker.contact,
        "site": found.asker.site,
        "program": found.asker.program,
        "entity_set": found.entity_set,
        "question": json.dumps(found.question),
        "before_hash": digest(found.before) if found.before else "",
        "rows": zlib.compress(packed, 1),
        "created_at": now,
        "expires_at": now + KEPT,
    }
    if not connection.execute(update(told).where(*which).values(**values)).rowcount:
        connection.execute(insert(told).values(token_hash=hashed, part=part, **values))
    if part == 0:
        _make_room(connection, found.asker)


def find(connection: Connection, asker: Asker, entity_set: str, token: str) -> Told | None:
    """What was told under a token, if it was told to who asks and holds still."""
    columns = told.c
    hashed = digest(token[:LONGEST_TOKEN])
    of_asker = columns.contact_id == asker.contact, columns.site == asker.site, columns.program == asker.program
    which = columns.token_hash == hashed, columns.entity_set == entity_set, columns.expires_at > utc_now()
    statement = select(columns.part, columns.question, columns.rows, columns.expires_at).where(*which, *of_asker)
    found = connection.execute(statement.order_by(columns.part)).all()
    if [row.part for row in found] != list(range(len(found))) or not found:
        return None
    rows: Written = {}
    for row in found:
        rows.update(iter_unpack(PAIR, zlib.decompress(row.rows)))
    question = tuple((name, text) for name, text in json.loads(found[0].question))
    return Told(asker, entity_set, question, rows, expires_at=found[0].expires_at)


def follow(connection: Connection, token: str) -> None:
    """Whoever comes with a token has got it: the one before it is no longer needed."""
    columns = told.c
    before = connection.scalar(select(columns.before_hash).where(columns.token_hash == digest(token), columns.part == 0))
    if before:
        connection.execute(delete(told).where(columns.token_hash == before))


def prolong(connection: Connection, token: str) -> None:
    """Keep what was told for as long again as from the beginning."""
    connection.execute(update(told).where(told.c.token_hash == digest(token)).values(expires_at=utc_now() + KEPT))


def _make_room(connection: Connection, asker: Asker) -> None:
    columns = told.c
    mine = columns.contact_id == asker.contact, columns.site == asker.site
    kept = select(columns.token_hash).where(*mine, columns.part == 0).order_by(columns.created_at.desc(), columns.token_hash)
    over: Sequence[str] = connection.scalars(kept.offset(MOST_KEPT).limit(MOST_KEPT)).all()
    if over:
        connection.execute(delete(told).where(columns.token_hash.in_(over)))
