"""Which account somebody acts for: chosen in the browser, kept for the next sign-in, offered only while they may."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from metadata.snapshot import Snapshot
from runtime.identity.tables import acting_accounts
from runtime.records.memberships import accounts_for, has_further_accounts, may_act_for


def chosen_account(connection: Connection, snapshot: Snapshot, contact: int, site: str) -> int | None:
    """The account with which a contact begins a session; None for its own.

    It is the one chosen last, if the contact may still act for it; whoever has none of their own begins with the first.
    """
    if not has_further_accounts(snapshot):
        return None
    mine = (acting_accounts.c.contact_id == contact, acting_accounts.c.site == site)
    kept: int | None = connection.execute(select(acting_accounts.c.account_id).where(*mine)).scalar()
    if kept is not None and may_act_for(connection, snapshot, contact, kept):
        return kept
    there = accounts_for(connection, snapshot, contact)
    return None if not there or there[0].own else there[0].id


def keep_choice(connection: Connection, contact: int, site: str, account: int | None) -> None:
    """Remember for the next sign-in which account a contact acts for; None for its own."""
    mine = (acting_accounts.c.contact_id == contact, acting_accounts.c.site == site)
    connection.execute(delete(acting_accounts).where(*mine))
    connection.execute(insert(acting_accounts).values(contact_id=contact, site=site, account_id=account))
