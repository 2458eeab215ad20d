"""Who may see and do what, told row by row in plain Python from what was declared and planted.

It shares no line with the engine's predicates, so that what they get wrong is found and not repeated.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from metadata.model import Attribute, EntityPermission
from metadata.snapshot import CompiledSite, PageNode, Snapshot
from metadata.system import RESERVED_KEYS

Rows = dict[str, dict[int, dict[str, Any]]]
Links = dict[tuple[str, str], set[tuple[int, int]]]
Reached = tuple[str, int]
ALWAYS = frozenset({"id", "version"})
RIGHT = {"read": "read", "create": "create", "write": "update"}
IDENTITY = frozenset({"account", "company", "email", "active"})


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: ids of contact and account, or None, and all web roles that count, default ones included."""

    contact: int | None
    account: int | None
    roles: frozenset[str]
    held: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A link whose secret somebody has: who made it, the permission by which he shares, and the row."""

    maker: Asker
    permission: str
    row: int


@dataclass
class Judge:
    """The declared rules of a site over planted rows, for one asker."""

    snapshot: Snapshot
    site: CompiledSite
    rows: Rows
    links: Links
    asker: Asker
    _known: dict[tuple[str, int, str], bool] = field(default_factory=dict)

    def cells(self, entity: str, row: int, privilege: str = "read") -> frozenset[str]:
        """The attributes that may be used on a row; none where the row is out of reach."""
        found: frozenset[str] = frozenset()
        if any(self.reaches(one, row) for one in self._granted(entity, privilege)):
            found = self._opened(entity, privilege)
        if entity == "contact" and row == self.asker.contact:
            found |= self._profile(privilege)
        return found

    def may(self, entity: str, privilege: str, row: int) -> bool:
        """Whether a row is within reach for a privilege."""
        if any(self.reaches(one, row) for one in self._granted(entity, privilege)):
            return True
        return entity == "contact" and row == self.asker.contact and bool(self._profile(privilege))

    def opens(self, node: PageNode) -> bool:
        """Whether page access rules let the asker read a page: who may change it may, else each restriction must be met."""
        rules = [
            [rule for rule in self.site.access_rules if rule.active and rule.page == above.page.key] for above in node.lineage
        ]
        held = [[rule for rule in found if rule.state in ("", node.page.state)] for found in rules]
        if any(rule.right == "grant_change" and set(rule.roles) & self.asker.roles for found in held for rule in found):
            return True
        closed = [[rule for rule in found if rule.right == "restrict_read"] for found in held]
        return all(any(set(rule.roles) & self.asker.roles for rule in found) for found in closed if found)

    def given(self, held: Held) -> tuple[str, frozenset[str]]:
        """The entity of a link's row, and the attributes that its maker lets others read of it."""
        permission = self.site.permissions[held.permission]
        maker = replace(self, asker=held.maker, _known={})
        reached = maker.reaches(permission, held.row) and permission in maker._granted(permission.entity, "read")
        cells = maker.cells(permission.entity, held.row) & set(permission.share_read) if reached else frozenset()
        return permission.entity, frozenset(cells | ALWAYS) if cells else frozenset()

    def reaches(self, permission: EntityPermission, row: int) -> bool:
        """Whether the scope of a permission has a row in it."""
        key = (permission.key, row, permission.entity)
        if key not in self._known:
            self._known[key] = False  # a way that comes back to itself reaches nothing by that
            self._known[key] = row in self.rows[permission.entity] and self._within(permission, row)
        return self._known[key]

    def pointed_at(self, entity: str, key: str, values: dict[str, Any]) -> Reached | None:
        """Where a lookup of a row leads."""
        attribute, value = self._attribute(entity, key), values.get(key)
        if attribute is None or attribute.type != "lookup" or value is None:
            return None
        return tuple(value) if attribute.targets else (attribute.target, value)

    @cached_property
    def acts_for(self) -> frozenset[int]:
        """The accounts that the asker's contact may act for: its own, and those of its memberships that count."""
        contact = self.rows["contact"].get(self.asker.contact or 0, {})
        found = {contact.get("account")}
        declared = self.snapshot.entities["contact"].model.further_accounts
        if declared is not None and declared.relationship:
            pairs = self.links.get(("contact", declared.relationship), set())
            found |= {account for near, account in pairs if near == self.asker.contact}
        elif declared is not None:
            found |= {
                one.get(declared.account)
                for one in self.rows[declared.entity].values()
                if one.get(declared.contact) == self.asker.contact
                and (not declared.active or one.get(declared.active) is not False)
            }
        return frozenset(one for one in found if one is not None)

    def _within(self, permission: EntityPermission, row: int) -> bool:
        values = self.rows[permission.entity][row]
        match permission.scope:
            case "global":
                return True
            case "self":
                return permission.entity == "contact" and row == self.asker.contact
            case "contact" | "account":
                return self._held_by(permission, row, values)
            case "parent":
                return self._below(permission, row, values)
        return False

    def _held_by(self, permission: EntityPermission, row: int, values: dict[str, Any]) -> bool:
        mine = {self.asker.contact} if permission.scope == "contact" else self._accounts(permission)
        found = self.pointed_at(permission.entity, permission.via, values) if permission.via else (permission.entity, row)
        return found is not None and found[0] == permission.scope and found[1] in mine

    def _accounts(self, permission: EntityPermission) -> set[int]:
        if self.asker.account is None:
            return set()
        return self._group if permission.subsidiaries else {self.asker.account}

    @cached_property
    def _group(self) -> set[int]:
        found = {self.asker.account} if self.asker.account in self.rows["account"] else set()
        while more := {row for row, item in self.rows["account"].items() if item.get("parent_account") in found} - found:
            found |= more
        return found

    def _below(self, permission: EntityPermission, row: int, values: dict[str, Any]) -> bool:
        above = self.site.permissions.get(permission.parent)
        if above is None:
            return False
        return any(
            entity == above.entity and self.reaches(above, one) for entity, one in self._ups(permission, above, row, values)
        )

    def _ups(self, permission: EntityPermission, above: EntityPermission, row: int, values: dict[str, Any]) -> list[Reached]:
        entity, name = permission.entity, permission.relationship
        attribute = self._attribute(entity, name)
        if attribute is not None and attribute.type == "lookup":
            found = self.pointed_at(entity, name, values)
            return [found] if found else []
        for (near, key), pairs in self.links.items():
            target = next(one.target for one in self.snapshot.entities[near].model.many_to_many if one.key == key)
            if near == entity and key == name:
                return [(target, far) for one, far in pairs if one == row]
            if target == entity and name == f"{near}_{key}":
                return [(near, one) for one, far in pairs if far == row]
        back = [
            one
            for one in self.snapshot.entities[above.entity].model.attributes
            if one.type == "lookup" and name == (one.relationship or f"{above.entity}_{one.key}")
        ]
        holders = self.rows[above.entity].items()
        return [
            (above.entity, holder)
            for one in back
            for holder, held in holders
            if self.pointed_at(above.entity, one.key, held) == (entity, row)
        ]

    def _granted(self, entity: str, privilege: str) -> list[EntityPermission]:
        return [
            one
            for one in self.site.permissions.values()
            if one.entity == entity and privilege in one.privileges and self._counts(one)
        ]

    def _counts(self, permission: EntityPermission) -> bool:
        chain = [permission]
        while chain[-1].scope == "parent":
            above = self.site.permissions.get(chain[-1].parent)
            if above is None or above in chain:
                return False
            chain.append(above)
        held = self.asker.roles & set(self.site.roles)
        return all(one.active for one in chain) and any(all(role in one.roles for one in chain) for role in held)

    def _opened(self, entity: str, privilege: str) -> frozenset[str]:
        every = frozenset(one.key for one in self.snapshot.entities[entity].model.attributes)
        kept = RESERVED_KEYS if privilege == "read" else frozenset()
        if privilege not in RIGHT:
            return every | RESERVED_KEYS
        applying = [
            one for one in self.site.attribute_permissions if one.entity == entity and set(one.roles) & self.asker.roles
        ]
        if not applying:
            return every | kept
        found: set[str] = set()
        for one in applying:
            listed = {item.attribute: getattr(item, RIGHT[privilege]) for item in one.attributes}
            found |= {key for key in every if listed.get(key, RIGHT[privilege] in one.others)}
            found |= {key for key in kept if listed.get(key, True)}
        return frozenset(found) | (ALWAYS & kept)

    def _profile(self, privilege: str) -> frozenset[str]:
        """What a profile page opens of one's own contact."""
        if privilege not in ("read", "write"):
            return frozenset()
        names = [block.form for node in self.site.pages.values() for block in node.page.blocks if block.type == "profile"]
        shown: set[str] = set()
        for form in (self.snapshot.forms[name] for name in names if name in self.snapshot.forms):
            fields = [one for tab in form.tabs for section in tab.sections for one in section.fields]
            if privilege == "read":
                shown |= {one.attribute.partition(".")[0] for one in (*fields, *form.summary)}
            else:
                shown |= {one.attribute for one in fields if not one.read_only and one.attribute not in IDENTITY}
        if privilege == "read":
            return frozenset(shown) | (ALWAYS if shown else frozenset())
        return frozenset(key for key in shown if not self._leads_to_account(key))

    def _leads_to_account(self, key: str) -> bool:
        attribute = self._attribute("contact", key)
        return attribute is None or "account" in (attribute.target, *attribute.targets)

    def _attribute(self, entity: str, key: str) -> Attribute | None:
        model = self.snapshot.entities[entity].model
        return next((one for one in model.attributes if one.key == key), None)
