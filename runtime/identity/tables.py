"""The tables of identity, on one MetaData of their own, apart from the tables that metadata describes.

Contacts are named by id without a foreign key: their table belongs to a snapshot and may be made later.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from metadata.types import KEY_TYPE, UtcDateTime
from runtime.database import writing

METADATA = MetaData()

logins = Table(
    "foyer_login",
    METADATA,
    Column("contact_id", KEY_TYPE, primary_key=True, autoincrement=False),
    Column("email", String(320), nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("failed", Integer, nullable=False, default=0),
    Column("locked_until", UtcDateTime()),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("changed_at", UtcDateTime(), nullable=False),
)

external_logins = Table(
    "foyer_external_login",
    METADATA,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("issuer", String(250), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("contact_id", KEY_TYPE, nullable=False, index=True),
    Column("name", String(320), nullable=False, default=""),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("used_at", UtcDateTime(), nullable=False),
    Column("disabled", Boolean, nullable=False, default=False),
    Index("uq_foyer_external_login", "issuer", "subject", unique=True),
    Index("uq_foyer_external_login_contact", "contact_id", "issuer", unique=True),
)

sessions = Table(
    "foyer_session",
    METADATA,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("contact_id", KEY_TYPE, nullable=False, index=True),
    Column("site", String(120), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("seen_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False, index=True),
    Column("revoked_at", UtcDateTime()),
    Column("device", String(120), nullable=False, default=""),
    Column("remember", Boolean, nullable=False, default=False),
)

contact_roles = Table(
    "foyer_contact_role",
    METADATA,
    Column("contact_id", KEY_TYPE, nullable=False),
    Column("site", String(120), nullable=False),
    Column("role", String(120), nullable=False),
    PrimaryKeyConstraint("contact_id", "site", "role"),
)

invitations = Table(
    "foyer_invitation",
    METADATA,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("code_hash", String(64), nullable=False, unique=True),
    Column("contact_id", KEY_TYPE, nullable=False, index=True),
    Column("site", String(120), nullable=False),
    Column("roles", Text, nullable=False, default=""),
    Column("account_id", KEY_TYPE),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False),
    Column("max_redemptions", Integer, nullable=False, default=1),
    Column("redeemed", Integer, nullable=False, default=0),
)

redemptions = Table(
    "foyer_redemption",
    METADATA,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("invitation_id", KEY_TYPE, ForeignKey("foyer_invitation.id"), nullable=False),
    Column("contact_id", KEY_TYPE, nullable=False),
    Column("redeemed_at", UtcDateTime(), nullable=False),
)

tokens = Table(
    "foyer_token",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("purpose", String(40), nullable=False),
    Column("contact_id", KEY_TYPE, nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False),
    Column("used_at", UtcDateTime()),
    Index("ix_foyer_token_contact", "contact_id", "purpose"),
)

second_factors = Table(
    "foyer_second_factor",
    METADATA,
    Column("contact_id", KEY_TYPE, primary_key=True, autoincrement=False),
    Column("method", String(10), nullable=False, default=""),
    Column("secret", Text, nullable=False, default=""),
    Column("since_at", UtcDateTime()),
    Column("spent_at", UtcDateTime()),
    Column("proposed_method", String(10), nullable=False, default=""),
    Column("proposed_secret", Text, nullable=False, default=""),
    Column("code_hash", String(64), nullable=False, default=""),
    Column("code_expires_at", UtcDateTime()),
    Column("failed", Integer, nullable=False, default=0),
    Column("locked_until", UtcDateTime()),
)

recovery_codes = Table(
    "foyer_recovery_code",
    METADATA,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("contact_id", KEY_TYPE, nullable=False, index=True),
    Column("code_hash", String(64), nullable=False),
)

browsers = Table(
    "foyer_known_browser",
    METADATA,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("contact_id", KEY_TYPE, nullable=False, index=True),
    Column("site", String(120), nullable=False),
    Column("device", String(120), nullable=False, default=""),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False, index=True),
)

api_tokens = Table(
    "foyer_api_token",
    METADATA,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("contact_id", KEY_TYPE, nullable=False, index=True),
    Column("site", String(120), nullable=False),
    Column("name", String(200), nullable=False),
    Column("roles", Text, nullable=False, default=""),
    Column("reading", Boolean, nullable=False, default=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False, index=True),
    Column("seen_at", UtcDateTime()),
    Column("revoked_at", UtcDateTime()),
)


def create(engine: Engine) -> None:
    """Make the tables that are not there yet."""
    with writing(engine).begin() as connection:
        METADATA.create_all(connection)
