"""The smallest change that turns an answer round: tried, one after the other, until the engine itself answers otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection

from metadata.model import AttributePermission, AttributeRight, Component, EntityPermission
from metadata.model.base import Privilege
from metadata.snapshot import CompiledSite, Snapshot, frozen
from runtime.access import Principal
from runtime.access.attributes import RIGHTS
from runtime.access.principal import default_roles
from runtime.access.scopes import lineage
from runtime.exposure.standings import Who
from runtime.exposure.walk import WHERE, Exposure, exposures_of
from runtime.exposure.wording import ALL
from runtime.records.reasons import Explanation, explain, vain_for

NEW = "new-permission"
EDIT = 10
ROLE_COST, NEW_COST = 15, 95
FAR = {"self": 0, "contact": 1, "account": 2, "global": 6}


@dataclass(frozen=True, slots=True)
class Question:
    """May somebody do something with a row, or any row, of an entity, perhaps with one attribute?"""

    entity: str
    privilege: Privilege
    key: str = ""
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that can be changed: components as they would be, or the web roles that the person would hold.

    `cost` orders changes: by how many properties differ, and then by how far they reach.
    """

    said: str
    cost: int
    components: tuple[EntityPermission | AttributePermission, ...] = ()
    roles: frozenset[str] | None = None


def applied(snapshot: Snapshot, site: CompiledSite, change: Change) -> Snapshot:
    """The snapshot as it would be."""
    permissions = dict(site.permissions)
    attributes = {item.key: item for item in site.attribute_permissions}
    for item in change.components:
        if isinstance(item, EntityPermission):
            permissions[item.key] = item
        else:
            attributes[item.key] = item
    changed = replace(site, permissions=frozen(permissions), attribute_permissions=tuple(attributes.values()))
    return replace(snapshot, sites=frozen({**snapshot.sites, site.key: changed}), _derived={})


def smallest(
    connection: Connection, snapshot: Snapshot, principal: Principal, question: Question, told: Explanation
) -> Change | None:
    """The cheapest change after which the engine answers otherwise; None where permissions alone cannot turn it round.

    Of several web roles that would do it is the one by which the person gains, or loses, the fewest ways to attributes.
    """
    site = snapshot.sites[principal.site]
    changes = (
        _narrowing(snapshot, site, principal, question, told)
        if told.allowed
        else _widening(snapshot, site, principal, question)
    )

    def turns(change: Change) -> bool:
        return ask(connection, snapshot, principal, question, change).allowed is not told.allowed

    waiting = iter(sorted(changes, key=lambda item: item.cost))
    found = next(filter(turns, waiting), None)
    if found is None or found.roles is None:
        return found
    alike = [found, *filter(turns, (change for change in waiting if change.roles is not None))]
    return alike[0] if len(alike) == 1 else min(alike, key=partial(_difference, snapshot, site, principal))


def _difference(snapshot: Snapshot, site: CompiledSite, principal: Principal, change: Change) -> tuple[int, int]:
    """How many ways to attributes are others with the web roles of a change, and how many of them to all rows."""
    now, then = (_ways(snapshot, site, roles) for roles in (principal.roles, change.roles or frozenset()))
    other = now ^ then
    return len(other), sum(item.scope.partition(WHERE)[0] == ALL for item in other)


def _ways(snapshot: Snapshot, site: CompiledSite, roles: frozenset[str]) -> frozenset[Exposure]:
    who = Who("", ("contact", site.key, roles))
    return snapshot.derive(("ways of", site.key, roles), lambda: frozenset(exposures_of(snapshot, site, who)))


def ask(
    connection: Connection, snapshot: Snapshot, principal: Principal, question: Question, change: Change | None = None
) -> Explanation:
    """The answer as it is, or as it would be after a change."""
    if change is not None:
        snapshot = applied(snapshot, snapshot.sites[principal.site], change)
        if change.roles is not None:
            principal = replace(principal, roles=change.roles)
    return explain(connection, snapshot, principal, question.entity, question.privilege, question.key, question.attribute)


def _widening(snapshot: Snapshot, site: CompiledSite, principal: Principal, question: Question) -> Iterator[Change]:
    own = sorted(principal.roles - default_roles(snapshot, site.key, "authenticated")) or sorted(principal.roles)
    opened = _opened(site, principal, question)
    if opened is not None:
        yield opened
    for permission in site.permissions.values():
        if permission.entity == question.entity:
            for edit in _edits(site, principal, permission, own, question):
                yield edit
                yield from _with(edit, opened)
    if principal.kind == "contact":
        for role in sorted(set(site.roles) - principal.roles):
            if not site.roles[role].default:
                yield Change(f"give the person the web role {role}", ROLE_COST, roles=principal.roles | {role})
    for role in own:
        made = EntityPermission(
            key=NEW, site=site.key, entity=question.entity, scope="global", privileges=(question.privilege,), roles=(role,)
        )
        new = Change(
            f"add a permission: {question.privilege} on {question.entity}, scope global, for {role}", NEW_COST, (made,)
        )
        yield new
        yield from _with(new, opened)


def _with(edit: Change, opened: Change | None) -> Iterator[Change]:
    if opened is not None:
        yield Change(f"{edit.said}, and {opened.said}", edit.cost + opened.cost, (*edit.components, *opened.components))


def _edits(
    site: CompiledSite, principal: Principal, permission: EntityPermission, own: list[str], question: Question
) -> Iterator[Change]:
    """A permission made to count for one of the person's roles, as far as it does not, and made to reach further; not where it
    would count in vain."""
    chain = lineage_even_inactive(site, permission)
    vain = bool(vain_for(site, principal, chain[-1]))
    for role in own:
        fixed, said = [], []
        for link in chain:
            changed = replace(link, active=True, roles=link.roles if role in link.roles else (*link.roles, role))
            if link is permission and question.privilege not in link.privileges:
                changed = replace(changed, privileges=(*changed.privileges, question.privilege))
            if changed != link:
                fixed.append(changed)
                said += _said(link, changed)
        if fixed and not vain:
            yield Change(" and ".join(said), EDIT * len(said) + _far(chain[-1]), tuple(fixed))
        near = next((item for item in fixed if item.key == permission.key), permission)
        rest = tuple(item for item in fixed if item.key != permission.key)
        if permission.scope == "account" and not permission.subsidiaries and not vain:
            wide = replace(near, subsidiaries=True)
            yield Change(
                " and ".join([*said, f"{permission.key}: add subsidiaries: true"]), EDIT * (len(said) + 1) + 3, (*rest, wide)
            )
        if permission.scope != "global":
            wide = replace(near, scope="global", via="", relationship="", parent="", subsidiaries=False)
            own_said = [item for item in said if item.startswith(f"{permission.key}:")]
            yield Change(
                " and ".join([*own_said, f"{permission.key}: scope: global"]),
                EDIT * (len(own_said) + 2) + FAR["global"],
                (wide,),
            )


def _far(root: EntityPermission) -> int:
    return FAR.get(root.scope, FAR["global"]) + (1 if root.subsidiaries else 0)


def _said(before: EntityPermission, after: EntityPermission) -> list[str]:
    found = [f"{after.key}: add the web role {role}" for role in after.roles if role not in before.roles]
    found += [f"{after.key}: add the privilege {item}" for item in after.privileges if item not in before.privileges]
    return found + ([f"{after.key}: make it active"] if after.active and not before.active else [])


def lineage_even_inactive(site: CompiledSite, permission: EntityPermission) -> tuple[EntityPermission, ...]:
    """A permission and those above it, whether they count or not."""
    active = {key: replace(item, active=True) for key, item in site.permissions.items()}
    chain = lineage(replace(site, permissions=frozen(active)), active[permission.key])
    return tuple(site.permissions[link.key] for link in chain) or (permission,)


def _opened(site: CompiledSite, principal: Principal, question: Question) -> Change | None:
    """One attribute permission of the person's made to open the attribute."""
    right = RIGHTS.get(question.privilege)
    if not question.attribute or right is None:
        return None
    for item in site.attribute_permissions:
        if item.entity == question.entity and principal.roles & set(item.roles):
            return Change(
                f"{item.key}: {question.attribute} with {right}: true",
                EDIT,
                (_righted(item, question.attribute, right, on=True),),
            )
    return None


def _righted(item: AttributePermission, attribute: str, right: str, *, on: bool) -> AttributePermission:
    known = next((one for one in item.attributes if one.attribute == attribute), None)
    if known is None:
        known = AttributeRight(attribute=attribute, **{name: name in item.others for name in ("read", "create", "update")})
    kept = tuple(one for one in item.attributes if one.attribute != attribute)
    flags = {name: getattr(known, name) for name in ("read", "create", "update")} | {right: on}
    return replace(item, attributes=(*kept, AttributeRight(attribute=attribute, **flags)))


def _narrowing(
    snapshot: Snapshot, site: CompiledSite, principal: Principal, question: Question, told: Explanation
) -> Iterator[Change]:
    letting = [part.permission for part in told.parts if not part.lacks and part.covers and part.reaches is not False]
    found = [site.permissions[key] for key in letting if key in site.permissions]
    if found:
        taken = tuple(
            replace(item, privileges=tuple(one for one in item.privileges if one != question.privilege)) for item in found
        )
        said = " and ".join(f"{item.key}: take away the privilege {question.privilege}" for item in found)
        yield Change(said, EDIT * len(found), taken)
    right = RIGHTS.get(question.privilege)
    applying = [
        item for item in site.attribute_permissions if item.entity == question.entity and principal.roles & set(item.roles)
    ]
    if question.attribute and right is not None and applying:
        shut = tuple(_righted(item, question.attribute, right, on=False) for item in applying)
        said = " and ".join(f"{item.key}: {question.attribute} with {right}: false" for item in applying)
        yield Change(said, EDIT * len(applying), shut)
    if principal.kind == "contact":
        for role in sorted(principal.roles - default_roles(snapshot, site.key, "authenticated")):
            yield Change(f"take the web role {role} from the person", ROLE_COST, roles=principal.roles - {role})


def components_after(components: Iterable[Component], change: Change) -> tuple[Component, ...]:
    """Components with a change made to them."""
    changed = {(type(item), item.key): item for item in change.components}
    kept = [changed.pop((type(item), getattr(item, "key", "")), item) for item in components]  # type: ignore[arg-type]
    return (*kept, *changed.values())
