"""The sign-ins of two contacts that are one person: what the one has goes to the other where that has none."""

from __future__ import annotations

from sqlalchemy import Connection, Table, delete, insert, select, update

from runtime.identity.api_tokens import BETWEEN
from runtime.identity.browsers import forget_browsers
from runtime.identity.external.logins import is_barred
from runtime.identity.logins import remove_login, set_disabled
from runtime.identity.pending import drop_pending
from runtime.identity.second_factor import has_factor
from runtime.identity.sessions import revoke_all, utc_now
from runtime.identity.tables import (
    acting_accounts,
    api_tokens,
    contact_roles,
    external_logins,
    invitations,
    logins,
    passkeys,
    recovery_codes,
    second_factors,
    tokens,
)


def join_sign_ins(connection: Connection, keep: int, other: int, *, same_account: bool) -> None:
    """Roles are put together, passkeys and sign-ins with providers that `keep` has not move, and so does a password where
    `keep` has none. API tokens move, and reach no more than they did.

    A password that goes with a second factor does not move, because the factor's secret cannot: an invitation gives a new one.
    Who was barred stays barred. All sessions of both end; invitations of `other` no longer work. `same_account` says that both
    belong to one account.
    """
    barred = is_barred(connection, keep) or is_barred(connection, other)
    revoke_all(connection, keep)
    drop_pending(connection, other)
    forget_browsers(connection, other)
    _move_tokens(connection, keep, other, same_account=same_account)
    _join_roles(connection, keep, other)
    connection.execute(update(passkeys).where(passkeys.c.contact_id == other).values(contact_id=keep))
    if not _has(connection, logins, keep) and not has_factor(connection, other):
        connection.execute(update(logins).where(logins.c.contact_id == other).values(contact_id=keep))
    own = set(connection.scalars(select(external_logins.c.issuer).where(external_logins.c.contact_id == keep)))
    move = update(external_logins).where(external_logins.c.contact_id == other, external_logins.c.issuer.not_in(own))
    connection.execute(move.values(contact_id=keep))
    remove_login(connection, other)
    if barred:
        set_disabled(connection, keep, disabled=True)
    open_still = (invitations.c.contact_id == other, invitations.c.expires_at > utc_now())
    connection.execute(update(invitations).where(*open_still).values(expires_at=utc_now()))
    for table in (tokens, api_tokens, second_factors, recovery_codes, acting_accounts):
        connection.execute(delete(table).where(table.c.contact_id == other))


def _has(connection: Connection, table: Table, contact: int) -> bool:
    return connection.execute(select(table.c.contact_id).where(table.c.contact_id == contact)).first() is not None


def _move_tokens(connection: Connection, keep: int, other: int, *, same_account: bool) -> None:
    """A token that had all that `other` had is narrowed to the roles that `other` held; one that cannot be told so narrowly
    stays behind, to be deleted."""
    columns = api_tokens.c
    own = connection.execute(select(contact_roles.c.site, contact_roles.c.role).where(contact_roles.c.contact_id == other))
    held: dict[str, list[str]] = {}
    for site, role in own:
        held.setdefault(site, []).append(role)
    moving = [columns.contact_id == other, *([] if same_account else [columns.account_id.is_not(None)])]
    for token in connection.execute(select(columns.id, columns.site, columns.roles).where(*moving)).all():
        roles = token.roles or BETWEEN.join(sorted(held.get(token.site, ())))
        if roles:
            connection.execute(update(api_tokens).where(columns.id == token.id).values(contact_id=keep, roles=roles))


def _join_roles(connection: Connection, keep: int, other: int) -> None:
    columns = contact_roles.c
    own = connection.execute(select(columns.site, columns.role).where(columns.contact_id == keep))
    held = {(site, role) for site, role in own}
    for site, role in connection.execute(select(columns.site, columns.role).where(columns.contact_id == other)).all():
        if (site, role) not in held:
            connection.execute(insert(contact_roles).values(contact_id=keep, site=site, role=role))
    connection.execute(delete(contact_roles).where(columns.contact_id == other))
