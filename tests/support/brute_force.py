"""What access means, told row by row in plain Python: the answer that the engine's SQL must give."""

from dataclasses import dataclass, field
from typing import Any

from metadata.model import Entity, EntityPermission

Rows = dict[str, dict[int, dict[str, Any]]]
Links = dict[tuple[str, str], set[tuple[int, int]]]


@dataclass
class World:
    """Declared entities and permissions, the rows there are, and who asks."""

    entities: dict[str, Entity]
    permissions: dict[str, EntityPermission]
    attribute_permissions: list[Any]
    rows: Rows
    links: Links
    roles: frozenset[str]
    contact: int | None
    account: int | None
    known_roles: frozenset[str] = field(default_factory=lambda: frozenset({"r1", "r2", "nobody"}))

    def lookup(self, entity, key):
        return next((a for a in self.entities[entity].attributes if a.key == key and a.type == "lookup"), None)

    def targets(self, attribute):
        return attribute.targets or (attribute.target,)

    def pointed_at(self, entity, key, row):
        """The entity and id that a lookup of a row holds, or None."""
        value = row.get(key)
        if value is None:
            return None
        attribute = self.lookup(entity, key)
        return value if attribute.targets else (attribute.target, value)

    def chain(self, permission):
        links = [permission]
        while links[-1].scope == "parent":
            parent = self.permissions.get(links[-1].parent)
            if parent is None or parent in links:
                return None
            links.append(parent)
        return links

    def counts(self, permission):
        chain = self.chain(permission)
        if chain is None or not all(link.active for link in chain):
            return False
        return any(all(role in link.roles for link in chain) for role in self.roles & self.known_roles)

    def accounts_below(self):
        found = {self.account} if self.account in self.rows["account"] else set()
        while True:
            more = {i for i, row in self.rows["account"].items() if row.get("parent_account") in found} - found
            if not more:
                return found
            found |= more

    def reaches(self, permission, row_id):
        entity = permission.entity
        row = self.rows[entity][row_id]
        return getattr(self, f"_{permission.scope}")(permission, entity, row_id, row)

    def _global(self, permission, entity, row_id, row):
        return True

    def _self(self, permission, entity, row_id, row):
        return entity == "contact" and self.contact is not None and row_id == self.contact

    def _contact(self, permission, entity, row_id, row):
        if not permission.via:
            return self._self(permission, entity, row_id, row)
        attribute = self.lookup(entity, permission.via)
        if attribute is None or self.contact is None:
            return False
        return self.pointed_at(entity, permission.via, row) == ("contact", self.contact)

    def _account(self, permission, entity, row_id, row):
        if self.account is None:
            return False
        mine = self.accounts_below() if permission.subsidiaries else {self.account}
        if not permission.via:
            return entity == "account" and row_id in mine
        attribute = self.lookup(entity, permission.via)
        found = self.pointed_at(entity, permission.via, row) if attribute else None
        return found is not None and found[0] == "account" and found[1] in mine

    def _parent(self, permission, entity, row_id, row):
        above = self.permissions[permission.parent]
        if self.lookup(entity, permission.relationship):
            found = self.pointed_at(entity, permission.relationship, row)
            ups = [found] if found else []
        elif (entity, permission.relationship) in self.links:
            target = next(m.target for m in self.entities[entity].many_to_many if m.key == permission.relationship)
            ups = [(target, far) for near, far in self.links[entity, permission.relationship] if near == row_id]
        else:
            ups = self.pointing_here(entity, row_id, permission.relationship, above.entity)
        return any(e == above.entity and i in self.rows[e] and self.reaches(above, i) for e, i in ups)

    def pointing_here(self, entity, row_id, relationship, holder):
        """The rows of `holder` whose lookup, named by the 1:N relationship, points at a row."""
        attribute = next((a for a in self.entities[holder].attributes if f"{holder}_{a.key}" == relationship), None)
        if attribute is None or attribute.type != "lookup":
            return []
        rows = self.rows[holder].items()
        return [(holder, i) for i, row in rows if self.pointed_at(holder, attribute.key, row) == (entity, row_id)]

    def grants(self, entity, privilege):
        return [p for p in self.permissions.values() if p.entity == entity and privilege in p.privileges and self.counts(p)]

    def may(self, entity, privilege, row_id):
        return any(self.reaches(permission, row_id) for permission in self.grants(entity, privilege))

    def rights(self, entity, right):
        """The declared attributes that may be used for a right."""
        declared = {attribute.key for attribute in self.entities[entity].attributes}
        applying = [p for p in self.attribute_permissions if p.entity == entity and set(p.roles) & self.roles]
        if not applying:
            return declared
        allowed = set()
        for permission in applying:
            listed = {item.attribute: getattr(item, right) for item in permission.attributes}
            allowed |= {key for key in declared if listed.get(key, right in permission.others)}
        return allowed

    def visible(self, entity):
        return {i for i in self.rows[entity] if self.may(entity, "read", i)}

    def value(self, entity, row_id, path):
        """The value of a path as this person may read it; None where it is empty or out of reach."""
        head, _, rest = path.partition(".")
        row = self.rows[entity][row_id]
        if head not in self.rights(entity, "read"):
            return None
        if not rest:
            return row.get(head)
        found = self.pointed_at(entity, head, row)
        if found is None or found[1] not in self.rows[found[0]] or not self.may(found[0], "read", found[1]):
            return None
        return self.value(*found, rest)

    def label(self, entity, row_id, key):
        found = self.pointed_at(entity, key, self.rows[entity][row_id])
        if found is None or found[1] not in self.rows[found[0]] or not self.may(found[0], "read", found[1]):
            return None
        return self.value(*found, self.entities[found[0]].primary_name)

    def can_point(self, entity, values):
        """Whether the lookups among values may be set, but for the holding row's own reach."""
        pointing = [self.pointed_at(entity, key, values) for key in values if self.lookup(entity, key)]
        pointing = [found for found in pointing if found is not None]
        if pointing and not self.grants(entity, "append"):
            return False, True
        held = all(i in self.rows[e] and self.may(e, "append_to", i) for e, i in pointing)
        return held, bool(pointing)

    def create(self, entity, values):
        if not self.grants(entity, "create") or not set(values) <= self.rights(entity, "create"):
            return "denied"
        held, pointing = self.can_point(entity, values)
        if not held:
            return "denied"
        new = max(self.rows[entity], default=0) + 1000
        self.rows[entity][new] = dict(values)
        try:
            inside = self.may(entity, "create", new) and (not pointing or self.may(entity, "append", new))
        finally:
            del self.rows[entity][new]
        return "ok" if inside else "denied"

    def update(self, entity, row_id, values):
        if not self.grants(entity, "write") or not set(values) <= self.rights(entity, "update"):
            return "denied"
        if row_id not in self.rows[entity] or not self.may(entity, "write", row_id):
            return "denied" if row_id in self.rows[entity] and self.may(entity, "read", row_id) else "missing"
        old = self.rows[entity][row_id]
        changed = {key: value for key, value in values.items() if value != old.get(key)}
        if not changed:
            return "ok"
        held, pointing = self.can_point(entity, changed)
        if not held:
            return "denied"
        self.rows[entity][row_id] = {**old, **changed}
        try:
            inside = self.may(entity, "write", row_id) and (not pointing or self.may(entity, "append", row_id))
        finally:
            self.rows[entity][row_id] = old
        return "ok" if inside else "denied"

    def delete(self, entity, row_id):
        if not self.grants(entity, "delete"):
            return "denied"
        if row_id not in self.rows[entity] or not self.may(entity, "delete", row_id):
            return "denied" if row_id in self.rows[entity] and self.may(entity, "read", row_id) else "missing"
        for holder, declared in self.entities.items():
            for attribute in declared.attributes:
                if attribute.type != "lookup" or attribute.on_delete != "restrict":
                    continue
                rows = self.rows[holder].items()
                pointing = {i for i, row in rows if self.pointed_at(holder, attribute.key, row) == (entity, row_id)}
                if pointing - ({row_id} if holder == entity else set()):
                    return "invalid"
        return "ok"
