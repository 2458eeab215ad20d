"""What people call the parts of what adopting would make: its preview names things as the studio will once they are drafts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from metadata.model import Attribute, Choice, Entity
from runtime.adopting.findings import Adoption, Finding
from runtime.studio.desk import Desk
from runtime.studio.offering import label_of

OF_ATTRIBUTES = ("attribute", "lookup")
"""The facts of a reason that name an attribute of the table's own entity."""


@dataclass(frozen=True)
class Names:
    """The names of what was made, and of what was there already; a key stands for what has none."""

    desk: Desk
    found: Adoption

    def attribute(self, part: Attribute) -> str:
        """What people call a new attribute."""
        return label_of(self.desk, part)

    def entity(self, key: str) -> str:
        """What people call an entity, new or not."""
        made = self._entity(key)
        return label_of(self.desk, made) if made is not None else key

    def choice(self, key: str) -> str:
        """What people call a new choice, or one that there is."""
        made = next((one for one in self.found.components if isinstance(one, Choice) and one.key == key), None)
        desk = self.desk
        label = made.label.in_language(desk.context.language, desk.context.site.model.default_language) if made else ""
        item = self.desk.bench.find("choice", key, "") if made is None else None
        return label or (self.desk.label(item) if item is not None else key)

    def facts(self, finding: Finding) -> Mapping[str, object]:
        """The facts of a finding's reason, with names in the place of keys."""
        table = next((one for one in self.found.adopted if one.table == finding.table), None)
        own = self._entity(table.entity) if table is not None else None
        named = {part.key: self.attribute(part) for part in own.attributes} if own is not None else {}
        return {fact: self._said(fact, value, named) for fact, value in finding.reason.facts.items()}

    def _said(self, fact: str, value: object, named: Mapping[str, str]) -> object:
        if fact in OF_ATTRIBUTES:
            return named.get(str(value), value)
        if fact == "names":
            return ", ".join(named.get(name, name) for name in str(value).split(", "))
        return self.entity(str(value)) if fact == "entity" else value

    def _entity(self, key: str) -> Entity | None:
        made = next((one for one in self.found.components if isinstance(one, Entity) and one.key == key), None)
        facts = self.desk.bench.entities.get(key) if made is None else None
        return facts.model if facts is not None else made
