"""The tables of the connectors room, in the database of the business rows and written in the rows' transactions."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Connection, Float, Index, Integer, MetaData, String, Table, Text, text

from connectors.origin import LONGEST
from metadata.types import KEY_TYPE, UtcDateTime

TABLES = MetaData()
KEY_LENGTH = 400

checkpoint = Table(
    "foyer_sync_checkpoint",
    TABLES,
    Column("map", String(120), primary_key=True),
    Column("cursor", Text),
    Column("loaded", Boolean, nullable=False, default=False),
    Column("rows_done", KEY_TYPE, nullable=False, default=0),
    Column("rows_total", KEY_TYPE),
    Column("updated_at", UtcDateTime()),
    Column("succeeded_at", UtcDateTime()),
    Column("failed_at", UtcDateTime()),
    Column("problem", Text),
    Column("retry_at", UtcDateTime()),
    Column("failures", Integer, nullable=False, default=0),
    Column("paused_at", UtcDateTime()),
    Column("paused_by", String(200)),
    Column("began_at", UtcDateTime()),
    Column("behind", KEY_TYPE),
    Column("pace", Float),
)

seen = Table(
    "foyer_sync_seen",
    TABLES,
    Column("map", String(120), primary_key=True),
    Column("key", String(KEY_LENGTH), primary_key=True),
    Column("hash", String(24), nullable=False),
    Column("values", Text),
)

identity = Table(
    "foyer_sync_identity",
    TABLES,
    Column("map", String(120), primary_key=True),
    Column("identity", String(KEY_LENGTH), primary_key=True),
    Column("key", String(KEY_LENGTH), nullable=False),
    Column("values", Text, nullable=False),
    Index("ix_foyer_sync_identity_key", "map", "key"),
)

inactive = Table(
    "foyer_sync_inactive",
    TABLES,
    Column("map", String(120), primary_key=True),
    Column("key", String(KEY_LENGTH), primary_key=True),
    Column("record_id", KEY_TYPE, nullable=False),
    Column("was", Text, nullable=False),
)

reject = Table(
    "foyer_sync_reject",
    TABLES,
    Column("map", String(120), primary_key=True),
    Column("key", String(KEY_LENGTH), primary_key=True),
    Column("code", String(40), nullable=False),
    Column("reason", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("attempts", Integer, nullable=False, default=1),
    Column("first_at", UtcDateTime(), nullable=False),
    Column("last_at", UtcDateTime(), nullable=False),
    Column("retry_at", UtcDateTime()),
    Index("ix_foyer_sync_reject_retry", "map", "retry_at"),
)

aside = Table(
    "foyer_sync_aside",
    TABLES,
    Column("map", String(120), primary_key=True),
    Column("key", String(KEY_LENGTH), primary_key=True),
    Column("hash", String(24), nullable=False),
)

shape = Table(
    "foyer_sync_shape",
    TABLES,
    Column("map", String(120), primary_key=True),
    Column("columns", Text, nullable=False),
)

dated = Table(
    "foyer_sync_dated",
    TABLES,
    Column("map", String(120), primary_key=True),
    Column("key", String(KEY_LENGTH), primary_key=True),
    Column("starts", UtcDateTime(), primary_key=True),
    Column("ends", UtcDateTime()),
    Column("record", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Index("ix_foyer_sync_dated_state", "map", "state", "starts"),
)

held = Table(
    "foyer_sync_held",
    TABLES,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("map", String(120), nullable=False),
    Column("key", String(KEY_LENGTH), nullable=False),
    Column("record", Text, nullable=False),
    Column("at", UtcDateTime(), nullable=False),
    Index("ix_foyer_sync_held_key", "map", "key", "id"),
)

adjusted = Table(
    "foyer_sync_adjusted",
    TABLES,
    Column("map", String(120), primary_key=True),
    Column("key", String(KEY_LENGTH), primary_key=True),
    Column("attribute", String(60), primary_key=True),
    Column("code", String(40), nullable=False),
    Column("policy", String(60), nullable=False),
    Column("was", Text, nullable=False),
    Column("became", Text, nullable=False),
    Column("at", UtcDateTime(), nullable=False),
)

run = Table(
    "foyer_sync_run",
    TABLES,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("map", String(120), nullable=False),
    Column("mode", String(20), nullable=False),
    Column("started_at", UtcDateTime(), nullable=False),
    Column("finished_at", UtcDateTime(), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("message", Text, nullable=False, default=""),
    *(
        Column(name, KEY_TYPE, nullable=False, default=0)
        for name in ("taken", "inserted", "updated", "unchanged", "deleted", "rejected")
    ),
    Index("ix_foyer_sync_run_map", "map", "id"),
)

tally = Table(
    "foyer_sync_tally",
    TABLES,
    Column("map", String(120), primary_key=True),
    Column("direction", String(4), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("code", String(40), primary_key=True),
    Column("minute", KEY_TYPE, primary_key=True, autoincrement=False),
    Column("number", KEY_TYPE, nullable=False),
    Column("at", UtcDateTime(), nullable=False),
    Index("ix_foyer_sync_tally_minute", "minute"),
)

alert = Table(
    "foyer_sync_alert",
    TABLES,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("site", String(120), nullable=False),
    Column("rule", String(120), nullable=False),
    Column("map", String(120), nullable=False),
    Column("standing", String(380), unique=True),
    Column("reason", Text, nullable=False),
    Column("paused", Boolean, nullable=False, default=False),
    Column("fired_at", UtcDateTime(), nullable=False),
    Column("cleared_at", UtcDateTime()),
    Column("seen_at", UtcDateTime()),
    Column("seen_by", String(200)),
    Index("ix_foyer_sync_alert_map", "map", "id"),
)

lease = Table(
    "foyer_sync_lease",
    TABLES,
    Column("name", String(120), primary_key=True),
    Column("token", String(40), nullable=False),
    Column("holder", String(120), nullable=False),
    Column("expires_at", Float, nullable=False),
)

batch = Table(
    "foyer_sync_batch",
    TABLES,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("map", String(120), nullable=False),
    Column("mode", String(20), nullable=False),
    Column("release", KEY_TYPE, nullable=False),
    Column("version", String(24), nullable=False),
    Column("at", UtcDateTime(), nullable=False),
    *(Column(name, KEY_TYPE, nullable=False) for name in ("inserted", "updated", "deleted")),
    Column("images", Boolean, nullable=False),
    Column("reverted_at", UtcDateTime()),
    Index("ix_foyer_sync_batch_map", "map", "id"),
)

image = Table(
    "foyer_sync_image",
    TABLES,
    Column("batch", KEY_TYPE, primary_key=True, autoincrement=False),
    Column("number", KEY_TYPE, primary_key=True, autoincrement=False),
    Column("entity", String(60), nullable=False),
    Column("record_id", KEY_TYPE, nullable=False),
    Column("operation", String(20), nullable=False),
    Column("version", KEY_TYPE, nullable=False),
    Column("before", Text, nullable=False),
)

wish = Table(
    "foyer_sync_wish",
    TABLES,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("map", String(120), nullable=False),
    Column("asked_at", UtcDateTime(), nullable=False),
    Column("outcome", Text),
)

outbox = Table(
    "foyer_outbox",
    TABLES,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("map", String(120), nullable=False),
    Column("entity", String(60), nullable=False),
    Column("record_id", KEY_TYPE, nullable=False),
    Column("operation", String(20), nullable=False),
    Column("idempotency", String(120), nullable=False, unique=True),
    Column("payload", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    Column("retry_at", UtcDateTime()),
    Column("receipt", Text),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("delivered_at", UtcDateTime()),
    Column("origin", String(LONGEST)),
    Index("ix_foyer_outbox_state", "state", "id"),
    Index("ix_foyer_outbox_record", "entity", "record_id", "id"),
)
_OPEN = text("state NOT IN ('delivered', 'discarded')")
open_changes = Index(
    "ix_foyer_outbox_open",
    outbox.c.map,
    outbox.c.record_id,
    outbox.c.id,
    postgresql_where=_OPEN,
    sqlite_where=_OPEN,
)
"""What is still owed of a record is found whatever has been delivered of it; by statements that spell the states out."""
_STUCK = text("state = 'parked' OR retry_at IS NOT NULL")
stuck_changes = Index(
    "ix_foyer_outbox_stuck",
    outbox.c.map,
    outbox.c.record_id,
    outbox.c.id,
    postgresql_where=_STUCK,
    sqlite_where=_STUCK,
)
"""What keeps later changes of its record waiting; in the same way."""

conflict = Table(
    "foyer_sync_conflict",
    TABLES,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("map", String(120), nullable=False),
    Column("entity", String(60), nullable=False),
    Column("record_id", KEY_TYPE, nullable=False),
    Column("attribute", String(60), nullable=False),
    Column("ours", Text, nullable=False),
    Column("theirs", Text, nullable=False),
    Column("winner", String(20), nullable=False),
    Column("owed", KEY_TYPE, nullable=False),
    Column("at", UtcDateTime(), nullable=False),
    Column("last_owed", KEY_TYPE),
    Column("base", Text),
    Column("total", Text),
    Index("ix_foyer_sync_conflict_owed", "owed", "attribute"),
    Index("ix_foyer_sync_conflict_map", "map", "winner"),
)

link = Table(
    "foyer_sync_link",
    TABLES,
    Column("map", String(120), primary_key=True),
    Column("outside", String(140), primary_key=True),
    Column("record_id", KEY_TYPE, nullable=False),
)

intent = Table(
    "foyer_sync_intent",
    TABLES,
    Column("idempotency", String(120), primary_key=True),
    Column("expires_at", Float, nullable=False),
)

event = Table(
    "foyer_sync_event",
    TABLES,
    Column("map", String(120), primary_key=True),
    Column("event", String(120), primary_key=True),
    Column("at", UtcDateTime(), nullable=False),
    Index("ix_foyer_sync_event_at", "map", "at"),
)

inbox = Table(
    "foyer_sync_inbox",
    TABLES,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("map", String(120), nullable=False),
    Column("event", String(120), nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("received_at", UtcDateTime(), nullable=False),
    Index("ux_foyer_sync_inbox_event", "map", "event", unique=True),
)

version = Table(
    "foyer_sync_version",
    TABLES,
    Column("map", String(120), primary_key=True),
    Column("key", String(KEY_LENGTH), primary_key=True),
    Column("version", String(80), nullable=False),
)


def create(connection: Connection) -> None:
    """Create the tables that are missing, and what came to one that is older."""
    TABLES.create_all(connection)
    for index in (open_changes, stuck_changes):
        index.create(connection, checkfirst=True)
