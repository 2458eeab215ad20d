"""The blast radius of a release before it is made: what roles and people gain and lose by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, inspect, select, union

from metadata.snapshot import CompiledSite, Snapshot
from metadata.told import told
from runtime.access import Access, Person, Principal, access_for
from runtime.exposure.classes import Reclassed, classes_by_name, reclassed
from runtime.exposure.lock import reached
from runtime.exposure.standings import ANONYMOUS, SIGNED_IN
from runtime.exposure.walk import Exposure
from runtime.exposure.wording import scope_text
from runtime.identity.roles import roles_for
from runtime.identity.tables import contact_roles, external_logins, invitations, logins
from runtime.records.memberships import are_memberships_there, some_members
from runtime.records.people import account_name, load_person
from runtime.records.surveying import ids_within

SETTING = "publish/second_person_rows"
SAMPLED = 3
"""People of each role whose rows are counted: of those to whom it was given, and again of those who have it by a membership."""
PAGE = "page:"


@dataclass(frozen=True, slots=True)
class RowsOf:
    """The rows of an entity that a person gains and loses."""

    who: str
    entity: str
    gained: int
    lost: int


@dataclass(frozen=True, slots=True)
class Blast:
    """What a release of a site changes of what people reach. Rows are those of sampled people."""

    site: str
    gained: tuple[Exposure, ...]
    lost: tuple[Exposure, ...]
    rows: tuple[RowsOf, ...]
    pages_added: tuple[str, ...]
    pages_removed: tuple[str, ...]
    threshold: int | None = None
    loosened: bool = False
    """Whether a second person is asked for later than before, or no more."""
    classes: tuple[Reclassed, ...] = ()

    @property
    def most_gained(self) -> int:
        """The most rows that one person gains of one entity."""
        return max((item.gained for item in self.rows), default=0)

    @property
    def needs_second(self) -> bool:
        """Whether somebody else than who made the drafts must release them."""
        return self.threshold is not None and (self.loosened or self.most_gained > self.threshold)

    @property
    def lines(self) -> tuple[str, ...]:
        """The same for people: roles with the number of what they gain and lose, then people and pages."""
        found = [told("a second person is asked for later than before, or no more")] if self.loosened else []
        found += [told("page {page} is added", page=key) for key in self.pages_added]
        found += [told("page {page} is removed", page=key) for key in self.pages_removed]
        for item in self.classes:
            changed = {"attribute": item.attribute, "before": item.before, "now": item.now}
            found.append(told("the class of {attribute} was {before} and is {now}", **changed))
        for who in sorted({item.who for item in (*self.gained, *self.lost)}):
            more, less = (sum(item.who == who for item in side) for side in (self.gained, self.lost))
            found.append(_reaches(who, more, less))
        return (
            *found,
            *(
                told(
                    "{who} gains {more} and loses {rows} of {entity}",
                    who=_called(item.who),
                    more=item.gained,
                    rows=told("{count} row", count=item.lost) if item.lost == 1 else told("{count} rows", count=item.lost),
                    entity=item.entity,
                )
                for item in self.rows
            ),
        )


def _reaches(who: str, more: int, less: int) -> str:
    """In how many places people reach attributes from now on, and in how many no longer."""
    facts = {"who": _called(who), "more": _places(more), "less": _places(less)}
    if not less:
        return told("{who} reaches attributes in {more} not open before", **facts)
    if not more:
        return told("{who} no longer reaches attributes in {less}", **facts)
    return told("{who} reaches attributes in {more} not open before, and no longer in {less}", **facts)


def _called(who: str) -> str:
    names = {ANONYMOUS: told("Whoever is not signed in"), SIGNED_IN: told("Whoever is signed in")}
    return names.get(who, who)


def _places(count: int) -> str:
    return told("{count} place", count=count) if count == 1 else told("{count} places", count=count)


def blasts(connection: Connection, before: Snapshot | None, after: Snapshot) -> tuple[Blast, ...]:
    """What each site's people gain and lose between two snapshots; `before` is None where nothing was released yet."""
    return tuple(_blast(connection, before, after, site) for site in after.sites.values())


def _blast(connection: Connection, before: Snapshot | None, after: Snapshot, site: CompiledSite) -> Blast:
    old_site = before.sites.get(site.key) if before is not None else None
    old = frozenset(reached(before, old_site)) if before is not None and old_site is not None else frozenset()
    new = frozenset(reached(after, site))
    rows = tuple(_rows(connection, before, after, site)) if before is not None and old_site is not None else ()
    old_pages = frozenset(old_site.pages) if old_site is not None else frozenset()
    # A release that takes the setting away, or asks for less, is held to what was asked before it; and it is one that a second
    # person must make itself, or whoever may publish would first take the setting away and then be asked by nobody.
    asked, asks = (_threshold(one) for one in (old_site, site))
    return Blast(
        site.key,
        tuple(sorted(new - old)),
        tuple(sorted(old - new)),
        rows,
        tuple(sorted(frozenset(site.pages) - old_pages)),
        tuple(sorted(old_pages - frozenset(site.pages))),
        min((value for value in (asked, asks) if value is not None), default=None),
        asked is not None and (asks is None or asks > asked),
        reclassed(classes_by_name(before).items(), after) if before is not None else (),
    )


def _threshold(site: CompiledSite | None) -> int | None:
    value = site.settings.get(SETTING, "").strip() if site is not None else ""
    return int(value) if value else None


def _rows(connection: Connection, before: Snapshot, after: Snapshot, site: CompiledSite) -> Iterator[RowsOf]:
    tables = frozenset(inspect(connection).get_table_names())
    for who, old, new in _people(connection, before, after, site):
        for entity in after.entities:
            if entity not in tables or entity not in before.entities:
                continue
            earlier, later = access_for(before, old, entity, "read"), access_for(after, new, entity, "read")
            if old.binds == new.binds and _said(before, earlier, site.key) == _said(after, later, site.key):
                continue
            had, has = ids_within(connection, before, old, earlier), ids_within(connection, after, new, later)
            if had is not None and has is not None and had != has:
                yield RowsOf(who, entity, len(has - had), len(had - has))


def _said(snapshot: Snapshot, access: Access, site: str) -> frozenset[str]:
    return frozenset(scope_text(snapshot.sites[site], grant) for grant in access.grants)


def _people(
    connection: Connection, before: Snapshot, after: Snapshot, site: CompiledSite
) -> Iterator[tuple[str, Principal, Principal]]:
    yield ANONYMOUS, Principal.anonymous(before, site.key), Principal.anonymous(after, site.key)
    if not inspect(connection).has_table(contact_roles.name):
        return
    seen: set[int] = set()
    for role in sorted(site.roles):
        held = select(contact_roles.c.contact_id).where(contact_roles.c.site == site.key, contact_roles.c.role == role)
        seen.update(connection.execute(held.order_by(contact_roles.c.contact_id).limit(SAMPLED)).scalars())
    seen.update(_without_role(connection, site.key))
    for contact in sorted(seen):
        old, new = (_acting(connection, snapshot, site.key, contact, None) for snapshot in (before, after))
        if old is not None and new is not None:
            yield _named(connection, after, new), old, new
    members: dict[tuple[int, int], None] = {}
    for snapshot in (before, after):
        members |= dict.fromkeys(some_members(connection, snapshot, sorted(site.roles), SAMPLED))
    for contact, account in sorted(members):
        # Whom only one of both releases lets act for the account is there as for the own account in the other.
        sides = (_acting(connection, snapshot, site.key, contact, account) for snapshot in (before, after))
        old, new = (
            side or _acting(connection, one, site.key, contact, None) for side, one in zip(sides, (before, after), strict=True)
        )
        if old is not None and new is not None:
            name = account_name(connection, after, account) or str(account)
            yield f"{_named(connection, after, new)} for {name}", old, new


def _named(connection: Connection, snapshot: Snapshot, principal: Principal) -> str:
    person = load_person(connection, snapshot, principal.contact or 0)
    return (person and (person.email or person.name)) or str(principal.contact)


def _acting(connection: Connection, snapshot: Snapshot, site: str, contact: int, account: int | None) -> Principal | None:
    """Somebody as they act for their own account, or for a further one; None where they may not."""
    if account is not None and not are_memberships_there(connection, snapshot):
        return None
    person = load_person(connection, snapshot, contact, account)
    if person is None:
        return None
    roles = roles_for(connection, snapshot, contact, site, account)
    actor = Person(contact, person.account, person.company, person.name, acting=account)
    return Principal.signed_in(snapshot, site, actor, roles)


def _without_role(connection: Connection, site: str) -> Iterator[int]:
    """Some who sign in, or are invited to, and were given no web role: they have those that everybody has, and no others that
    might show them already what everybody is about to gain."""
    held = select(contact_roles.c.contact_id).where(contact_roles.c.site == site)
    known = (
        select(one.c.contact_id) for one in (logins, external_logins, invitations) if inspect(connection).has_table(one.name)
    )
    people = union(*known).subquery()
    wanted = select(people.c.contact_id).where(people.c.contact_id.not_in(held)).order_by(people.c.contact_id).limit(SAMPLED)
    yield from connection.execute(wanted).scalars()
