"""Closing one's own sign-in: nothing of it works any more, at once. Rows stay until the operators decide about them."""

from __future__ import annotations

from sqlalchemy import Connection, Select, delete, select, update

from runtime.identity.browsers import forget_browsers
from runtime.identity.logins import set_disabled
from runtime.identity.pending import drop_pending
from runtime.identity.sessions import utc_now
from runtime.identity.tables import api_tokens, invitations, tokens
from runtime.records.tables import AUDIT

CLOSING = "closing"
"""The act in the audit trail by which a person has asked to be removed."""


def close(connection: Connection, contact: int) -> None:
    """Bar a contact from signing in and end its sessions, tokens, mailed links, known browsers and invitations."""
    set_disabled(connection, contact, disabled=True)
    drop_pending(connection, contact)
    forget_browsers(connection, contact)
    now = utc_now()
    held = (api_tokens.c.contact_id == contact, api_tokens.c.revoked_at.is_(None))
    connection.execute(update(api_tokens).where(*held).values(revoked_at=now))
    connection.execute(delete(tokens).where(tokens.c.contact_id == contact))
    works = (invitations.c.contact_id == contact, invitations.c.expires_at > now)
    connection.execute(update(invitations).where(*works).values(expires_at=now))


def asked_to_close() -> Select[int]:
    """The ids of the contacts who ever asked."""
    return select(AUDIT.c.row).where(AUDIT.c.entity == "contact", AUDIT.c.privilege == CLOSING)
