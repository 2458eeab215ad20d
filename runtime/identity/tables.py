"""The tables of identity, on one MetaData of their own, apart from the tables that metadata describes.

Contacts are named by id without a foreign key: their table belongs to a snapshot and may be made later.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
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

saml_answers = Table(
    "foyer_saml_answer",
    METADATA,
    Column("assertion_hash", String(64), primary_key=True),
    Column("ticket_hash", String(64), nullable=False, unique=True),
    Column("site", String(120), nullable=False),
    Column("provider", String(120), nullable=False),
    Column("request", String(100), nullable=False, default=""),
    Column("told", Text, nullable=False, default=""),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False, index=True),
)

newcomers = Table(
    "foyer_newcomer",
    METADATA,
    Column("ticket_hash", String(64), primary_key=True),
    Column("site", String(120), nullable=False),
    Column("provider", String(120), nullable=False),
    Column("held", Text, nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False, index=True),
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
    Column("account_id", KEY_TYPE),
    Column("terms", String(40), nullable=False, default=""),
)
"""`terms` is the version of the site's terms that the contact has accepted, as far as the session knows.

`account_id` is the account that is acted for, where it is not the contact's own; so it is of a token.
"""

provider_sessions = Table(
    "foyer_provider_session",
    METADATA,
    Column("ticket_hash", String(64), primary_key=True),
    Column("session_id", KEY_TYPE, index=True),
    Column("contact_id", KEY_TYPE, nullable=False),
    Column("site", String(120), nullable=False),
    Column("provider", String(120), nullable=False),
    Column("subject_hash", String(64), nullable=False, index=True),
    Column("index_hash", String(64), nullable=False, default=""),
    Column("held", Text, nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
)
"""By what a provider knows the session of somebody who came from it; `held`, sealed, is what it is told when that ends."""

logout_tokens = Table(
    "foyer_logout_token",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("expires_at", UtcDateTime(), nullable=False, index=True),
)
"""What a provider has told of somebody who signed out there, so that the same ends nothing when it comes again."""

consents = Table(
    "foyer_consent",
    METADATA,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("contact_id", KEY_TYPE, nullable=False),
    Column("site", String(120), nullable=False),
    Column("version", String(40), nullable=False),
    Column("language", String(40), nullable=False, default=""),
    Column("words_hash", String(64), nullable=False, default=""),
    Column("accepted_at", UtcDateTime(), nullable=False),
    Index("uq_foyer_consent", "contact_id", "site", "version", unique=True),
)

registrations = Table(
    "foyer_registration",
    METADATA,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("site", String(120), nullable=False),
    Column("email", String(320), nullable=False),
    Column("answers", Text, nullable=False),
    Column("account_id", KEY_TYPE),
    Column("state", String(10), nullable=False),
    Column("language", String(40), nullable=False, default=""),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False),
    Column("decided_at", UtcDateTime()),
    Column("decided_by", KEY_TYPE),
    Column("reason", Text, nullable=False, default=""),
    Index("ix_foyer_registration_state", "site", "state", "id"),
)

acting_accounts = Table(
    "foyer_acting_account",
    METADATA,
    Column("contact_id", KEY_TYPE, nullable=False),
    Column("site", String(120), nullable=False),
    Column("account_id", KEY_TYPE),
    PrimaryKeyConstraint("contact_id", "site"),
)
"""The account that somebody chose last; NULL for their own."""

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
    Column("subject", String(320), nullable=False, default=""),
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
    # After a change of the secret key: the keys with which recovery codes were hashed before, sealed.
    Column("code_keys", Text, nullable=False, default=""),
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

passkeys = Table(
    "foyer_passkey",
    METADATA,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("credential_hash", String(64), nullable=False, unique=True),
    Column("credential", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("sign_count", BigInteger, nullable=False, default=0),
    Column("contact_id", KEY_TYPE, nullable=False, index=True),
    Column("name", String(120), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("used_at", UtcDateTime()),
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
    Column("account_id", KEY_TYPE),
)


def create(engine: Engine) -> None:
    """Make the tables that are not there yet."""
    with writing(engine).begin() as connection:
        METADATA.create_all(connection)
