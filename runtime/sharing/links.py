"""Making, opening, narrowing and ending links. The secret of a link is in its address alone; its hash is kept.

A link that was made from another holds while that one does, and each of its uses is one of that one's too: however often it is
narrowed, no link gives more, longer or more often than the first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update

from metadata.snapshot import CompiledSite, Snapshot
from runtime.access import Person, Principal
from runtime.access.sharing import Share, link_rows, links
from runtime.identity.external.logins import is_barred
from runtime.identity.roles import roles_for
from runtime.identity.sessions import LONGEST_TOKEN, utc_now
from runtime.identity.tokens import digest, new_token
from runtime.records.details import fetch_record
from runtime.records.people import load_person
from runtime.records.sharing import offered

BETWEEN = "\n"
MOST_ROWS = 50
MOST_LINKS = 200
MOST_USES = 10_000
DEEPEST = 10
LONGEST_NAME = 120


class NotShared(Exception):
    """The link would give what its maker cannot give."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a link is asked to be: `uses` 0 is as often as the one above, or without a limit; `until` is cut to what may be."""

    share: Share
    rows: tuple[int, ...]
    until: dt.datetime
    uses: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it is kept. `above` is the one that it was made from.

    `acting` is the account that its maker acted for, where it was not his own.
    """

    id: int
    contact: int
    site: str
    above: int | None
    share: Share
    rows: tuple[int, ...]
    name: str
    uses: int
    used: int
    created_at: dt.datetime
    expires_at: dt.datetime
    used_at: dt.datetime | None
    acting: int | None = None

    @property
    def is_used_up(self) -> bool:
        """Whether it leaves no use to whoever comes next, nor to a link made from it."""
        return 0 < self.uses <= self.used


def longest(site: CompiledSite, share: Share) -> dt.timedelta:
    """For how long a link may hold: of the permissions that let it be shared, the shortest time."""
    found = [
        one.share_days for one in site.permissions.values() if one.entity == share.entity and share.reading & {*one.share_read}
    ]
    return dt.timedelta(days=min(found, default=0))


def make(
    connection: Connection,
    snapshot: Snapshot,
    site: CompiledSite,
    principal: Principal,
    wanted: Wanted,
    above: Link | None = None,
) -> tuple[int, str]:
    """Make a link of what somebody reaches, or of what the link `above` gives, by which `principal` has come.

    Returns its id, and its secret, which is kept nowhere else. Raises NotShared; nothing is kept then.
    """
    share, contact = wanted.share, principal.contact
    most = offered(snapshot, site, principal, share.entity)
    if (
        contact is None
        or not share.reading
        or not (share.reading <= most.reading and share.writing <= most.writing & share.reading)
        or not share.pressing <= most.pressing
    ):
        raise NotShared("attributes")
    if (above is None) != (principal.share is None) or (above is not None and above.id != principal.share_link):
        raise NotShared("not by this link")
    terms = _terms(site, wanted, above)
    if not 0 < len(set(wanted.rows)) <= MOST_ROWS or _count(connection, contact) >= MOST_LINKS:
        raise NotShared("rows, or too many links")
    secret, rows = new_token(), sorted(set(wanted.rows))
    with connection.begin_nested():
        terms |= {"contact_id": contact, "account_id": principal.acting, "site": site.key}
        made = insert(links).values(token_hash=digest(secret), **terms).returning(links.c.id)
        number = int(connection.execute(made).scalar_one())
        connection.execute(insert(link_rows), [{"share_id": number, "row_id": row} for row in rows])
        # Neither a row that its maker does not reach nor one that the link above leaves out.
        for who in (principal, principal.narrowed(share, number)):
            if any(fetch_record(connection, snapshot, who, share.entity, "id", row, ()) is None for row in rows):
                raise NotShared("rows")
    return number, secret


def _terms(site: CompiledSite, wanted: Wanted, above: Link | None) -> dict[str, Any]:
    """What a link is to give, for how long and how often, cut to what the one above leaves. Raises NotShared."""
    now, share = utc_now(), wanted.share
    until = min(wanted.until, now + longest(site, share), *([above.expires_at] if above else []))
    left = above.uses - above.used if above and above.uses else 0
    if until <= now or not 0 <= wanted.uses <= MOST_USES or (above and above.is_used_up):
        raise NotShared("time or uses")
    return {
        "above": above.id if above else None,
        "entity": share.entity,
        "reading": BETWEEN.join(sorted(share.reading)),
        "writing": BETWEEN.join(sorted(share.writing)),
        "pressing": BETWEEN.join(sorted(share.pressing)),
        "name": wanted.name[:LONGEST_NAME],
        "uses": min(wanted.uses or left, left or wanted.uses),
        "used": 0,
        "created_at": now,
        "expires_at": until,
    }


def find(connection: Connection, site: str, secret: str) -> int | None:
    """The link of a secret, whether it holds or not."""
    where = (links.c.token_hash == digest(secret[:LONGEST_TOKEN]), links.c.site == site)
    found: int | None = connection.execute(select(links.c.id).where(*where)).scalar()
    return found


def come_by(connection: Connection, snapshot: Snapshot, site: CompiledSite, number: int) -> tuple[Principal, Link] | None:
    """Who somebody is that has opened a link: its maker as he is now, narrowed by it and by each one above it.

    None where it or one above it holds no longer, or its maker may not sign in or act for the account that it was made for.
    """
    chain = _chain(connection, site.key, number)
    person = load_person(connection, snapshot, chain[0].contact, chain[0].acting) if chain else None
    if person is None or not person.active or is_barred(connection, person.contact):
        return None
    acting = chain[0].acting
    actor = Person(person.contact, person.account, person.company, person.name, person.language, person.time_zone, acting)
    principal = Principal.signed_in(
        snapshot, site.key, actor, roles_for(connection, snapshot, person.contact, site.key, acting)
    )
    for link in reversed(chain):
        principal = principal.narrowed(link.share, link.id)
    return principal, chain[0]


def spend(connection: Connection, site: str, number: int) -> bool:
    """Count a use of a link and of those above it. False, and nothing counted, where one of them is used up."""
    chain = [link.id for link in _chain(connection, site, number)]
    free = or_(links.c.uses == 0, links.c.used < links.c.uses)
    with connection.begin_nested() as point:
        change = update(links).where(links.c.id.in_(chain), free).values(used=links.c.used + 1, used_at=utc_now())
        if chain and connection.execute(change).rowcount == len(chain):
            return True
        point.rollback()
    return False


def list_links(connection: Connection, site: str, contact: int) -> tuple[Link, ...]:
    """The links of a contact that hold, the newest first, with those that others made from them."""
    where = (links.c.site == site, links.c.contact_id == contact)
    return tuple(_links(connection, [*where, *_holding()]))


def revoke(connection: Connection, contact: int, number: int) -> bool:
    """End a link of a contact, and all that were made from it. False where there is none of this number that holds."""
    ended = update(links).where(links.c.id == number, links.c.contact_id == contact, links.c.revoked_at.is_(None))
    if not connection.execute(ended.values(revoked_at=utc_now())).rowcount:
        return False
    below = [number]
    while below:
        below = list(connection.scalars(select(links.c.id).where(links.c.above.in_(below), links.c.revoked_at.is_(None))))
        connection.execute(update(links).where(links.c.id.in_(below)).values(revoked_at=utc_now()))
    return True


def _chain(connection: Connection, site: str, number: int) -> list[Link]:
    """A link and those above it, the nearest first; none where one of them holds no longer."""
    found: list[Link] = []
    wanted: int | None = number
    while wanted is not None:
        one = next(_links(connection, [links.c.id == wanted, links.c.site == site, *_holding()]), None)
        if one is None or len(found) >= DEEPEST or (found and (found[0].contact, found[0].acting) != (one.contact, one.acting)):
            return []
        found.append(one)
        wanted = one.above
    return found


def _holding() -> tuple[ColumnElement[bool], ...]:
    return links.c.revoked_at.is_(None), links.c.expires_at > utc_now()


def _links(connection: Connection, where: Iterable[ColumnElement[bool]]) -> Iterator[Link]:
    found = connection.execute(select(links).where(*where).order_by(links.c.id.desc())).all()
    of_each: dict[int, list[int]] = {row.id: [] for row in found}
    listed = select(link_rows.c.share_id, link_rows.c.row_id).where(link_rows.c.share_id.in_(of_each))
    for number, row_id in connection.execute(listed.order_by(link_rows.c.row_id)):
        of_each[number].append(row_id)
    for row in found:
        share = Share(row.entity, _keys(row.reading), _keys(row.writing), _keys(row.pressing))
        times = (row.created_at, row.expires_at, row.used_at)
        rows = tuple(of_each[row.id])
        yield Link(
            row.id, row.contact_id, row.site, row.above, share, rows, row.name, row.uses, row.used, *times, row.account_id
        )


def _keys(kept: str) -> frozenset[str]:
    return frozenset(kept.split(BETWEEN)) if kept else frozenset()


def _count(connection: Connection, contact: int) -> int:
    held = select(func.count()).select_from(links).where(links.c.contact_id == contact, *_holding())
    return int(connection.execute(held).scalar_one())
