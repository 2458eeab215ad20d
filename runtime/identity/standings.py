"""How people stand with a site: can they sign in, were they invited, are they locked out, do they need a second factor.

For those who look after people; which contacts they may see is not decided here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, func, select, union_all

from metadata.snapshot import CompiledSite
from runtime.identity.closing import asked_to_close
from runtime.identity.sessions import utc_now
from runtime.identity.tables import contact_roles, external_logins, invitations, logins, second_factors, sessions
from runtime.records.tables import AUDIT

STATES = ("active", "invited", "locked", "none", "factor", "closed")
"""Signs in; has an invitation that works; barred or locked; has no sign-in at all; has to set a second factor up; asked to be
removed, and is barred since."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one contact stands. `signs_in` by password or by a provider; `locked_until` ends by itself, `barred` does not."""

    contact: int
    password: bool = False
    providers: int = 0
    barred: bool = False
    closed: bool = False
    locked_until: dt.datetime | None = None
    invited_until: dt.datetime | None = None
    factor: bool = False
    roles: frozenset[str] = field(default_factory=frozenset)
    seen_at: dt.datetime | None = None

    @property
    def signs_in(self) -> bool:
        """Is there a way to sign in, barred or not?"""
        return self.password or self.providers > 0


def ids_in(site: CompiledSite, needing: frozenset[str], state: str) -> tuple[tuple[Select[Any], ...], tuple[Select[Any], ...]]:
    """The ids of the contacts in a state of STATES: in all of the first, in none of the second.

    `needing` are the web roles of the site that a second factor is asked of.
    """
    now = utc_now()
    barred = [select(ways.c.contact_id).where(ways.c.disabled.is_(True)) for ways in (logins, external_logins)]
    locked = union_all(*barred, select(logins.c.contact_id).where(logins.c.locked_until > now)).subquery()
    ways = union_all(select(logins.c.contact_id), select(external_logins.c.contact_id)).subquery()
    any_way, shut = select(ways.c.contact_id), select(locked.c.contact_id)
    found: dict[str, Callable[[], tuple[tuple[Select[Any], ...], tuple[Select[Any], ...]]]] = {
        "active": lambda: ((any_way,), (shut,)),
        "invited": lambda: ((_invited(site.key, now),), ()),
        "locked": lambda: ((shut,), ()),
        "closed": lambda: ((shut, asked_to_close()), ()),
        "none": lambda: ((), (any_way,)),
        "factor": lambda: (
            (any_way, *_needing(site, needing)),
            (select(second_factors.c.contact_id).where(second_factors.c.method != ""),),
        ),
    }
    return found[state]()


def standings(connection: Connection, site: CompiledSite, contacts: Iterable[int]) -> Mapping[int, Standing]:
    """How each of these contacts stands: six statements, however many there are, and one more where any is barred."""
    ids, now = tuple(contacts), utc_now()
    held: dict[int, dict[str, Any]] = {contact: {"contact": contact} for contact in ids}
    columns = logins.c
    for row in connection.execute(
        select(columns.contact_id, columns.disabled, columns.locked_until).where(columns.contact_id.in_(ids))
    ):
        until = row.locked_until if row.locked_until and row.locked_until > now else None
        held[row.contact_id] |= {"password": True, "barred": row.disabled, "locked_until": until}
    other = external_logins.c
    for contact, disabled in connection.execute(select(other.contact_id, other.disabled).where(other.contact_id.in_(ids))):
        values = held[contact]
        values["providers"] = values.get("providers", 0) + 1
        values["barred"] = values.get("barred", False) or disabled
    barred = [contact for contact, values in held.items() if values.get("barred")]
    for contact in connection.scalars(asked_to_close().where(AUDIT.c.row.in_(barred))) if barred else ():
        held[contact]["closed"] = True
    until_of = _invited(site.key, now, func.max(invitations.c.expires_at)).where(invitations.c.contact_id.in_(ids))
    for contact, moment in connection.execute(until_of.group_by(invitations.c.contact_id)):
        held[contact]["invited_until"] = moment
    on = select(second_factors.c.contact_id).where(second_factors.c.contact_id.in_(ids), second_factors.c.method != "")
    for contact in connection.scalars(on):
        held[contact]["factor"] = True
    given = select(contact_roles.c.contact_id, contact_roles.c.role)
    for contact, role in connection.execute(given.where(contact_roles.c.contact_id.in_(ids), contact_roles.c.site == site.key)):
        held[contact]["roles"] = held[contact].get("roles", frozenset()) | {role}
    seen = select(sessions.c.contact_id, func.max(sessions.c.seen_at))
    mine = (sessions.c.contact_id.in_(ids), sessions.c.site == site.key)
    for contact, moment in connection.execute(seen.where(*mine).group_by(sessions.c.contact_id)):
        held[contact]["seen_at"] = moment
    return {contact: Standing(**values) for contact, values in held.items()}


def needs_factor(site: CompiledSite, needing: frozenset[str], standing: Standing) -> bool:
    """Will the contact be asked to set a second factor up?"""
    held = standing.roles | {key for key, role in site.roles.items() if role.default == "authenticated"}
    return bool(held & needing) and not standing.factor


def _needing(site: CompiledSite, needing: frozenset[str]) -> tuple[Select[Any], ...]:
    """The contacts of whom a second factor is asked; no condition where it is asked of everybody who signs in."""
    if any(site.roles[key].default == "authenticated" for key in needing if key in site.roles):
        return ()
    of_role = select(contact_roles.c.contact_id)
    return (of_role.where(contact_roles.c.site == site.key, contact_roles.c.role.in_(sorted(needing))),)


def _invited(site: str, now: dt.datetime, *more: Any) -> Select[Any]:
    columns = invitations.c
    works = (columns.site == site, columns.expires_at > now, columns.redeemed < columns.max_redemptions)
    return select(columns.contact_id, *more).where(*works)
