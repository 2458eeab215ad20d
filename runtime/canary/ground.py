"""What a person has before him: the site, what was planted, what of it he may see, and values to ask with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from metadata.model import Attribute
from metadata.model.base import PRIVILEGES
from metadata.snapshot import CompiledSite, PageNode, Snapshot
from runtime.canary.judge import Judge
from runtime.canary.kept import is_known
from runtime.canary.marks import Cell, Marks
from runtime.canary.otherwise import Seen, known_of_oneself
from runtime.canary.seeding import Planted

MISSING = 987_654
FOREIGN = ("colleague", "sibling", "stranger", "parent", "subsidiary", "nobody")


@dataclass(frozen=True)
class Ground:
    """One person's view of a world, for whoever thinks up requests."""

    snapshot: Snapshot
    site: CompiledSite
    planted: Planted
    marks: Marks
    judge: Judge
    seen: Seen

    @property
    def place(self) -> str:
        """Who the person is among the siblings; whoever is not signed in asks as the first of them would."""
        names = {row: name for name, row in self.planted.people.items()}
        return names.get(self.judge.asker.contact or 0, "own")

    def own(self, entity: str, most: int = 3) -> list[int]:
        """Rows that the person may see: two of his own first, then one of each other whose he sees."""
        found = [row for row in self.planted.rows[entity] if (entity, row) in self.seen]
        mine = [row for row in found if self.planted.owners[entity, row] == self.place]
        others: dict[str, int] = {}
        for row in found:
            if row not in mine:
                others.setdefault(self.planted.owners[entity, row], row)
        ordered = [*mine[:2], *others.values(), *mine[2:]]
        return [*ordered, *(row for row in found if row not in ordered)][:most]

    def foreign(self, entity: str, most: int = 4) -> list[int]:
        """Rows that he may not see, of as many others as there are."""
        hidden = [row for row in self.planted.rows[entity] if (entity, row) not in self.seen]
        firsts: dict[str, int] = {}
        for row in hidden:
            firsts.setdefault(self.planted.owners[entity, row], row)
        ordered = [firsts[name] for name in FOREIGN if name in firsts]
        return [*ordered, *(row for row in hidden if row not in ordered)][:most]

    def barred(self, entity: str) -> list[int]:
        """A row that he may see and not change, if there is one."""
        seen = [row for row in self.planted.rows[entity] if (entity, row) in self.seen]
        return [row for row in seen if not self.judge.may(entity, "write", row)][:1]

    def tried(self, entity: str) -> list[int]:
        """Rows to ask for by their id: of one's own, of others, and one that there is not."""
        own = self.own(entity)
        return [*own, *(row for row in self.barred(entity) if row not in own), *self.foreign(entity), MISSING]

    def stands(self, entity: str, row: int) -> str:
        """How a row stands to the person: seen with which attributes, reached for which privileges, or not there."""
        if row not in self.planted.rows[entity]:
            return "missing"
        may = [one for one in PRIVILEGES if self.judge.may(entity, one, row)]
        return f"{sorted(self.seen.get((entity, row), ()))} {may} {self.planted.owners[entity, row] == self.place}"

    def value(self, entity: str, row: int, key: str) -> Any:
        """What was planted in a cell."""
        return self.planted.rows[entity].get(row, {}).get(key)

    def hidden_values(self, entity: str, key: str, most: int = 2) -> list[Any]:
        """Values of an attribute that the person may not see: first that of a row that he does see, as a condition finds it."""
        rows = sorted(self.planted.rows[entity].items(), key=lambda one: (entity, one[0]) not in self.seen)
        cells = [
            value
            for row, values in rows
            if key not in self.seen.get((entity, row), frozenset()) and (value := values.get(key)) is not None
        ]
        return list(dict.fromkeys(cells))[:most]

    def sample_values(self, entity: str, key: str) -> list[Any]:
        """Values of an attribute: one that may be seen, and some that may not."""
        shown = [value for row in self.own(entity, 1) if (value := self.value(entity, row, key)) is not None]
        return list(dict.fromkeys([*shown, *self.hidden_values(entity, key)]))

    def may_see(self, cell: Cell) -> bool:
        """Whether a mark of this cell may be in an answer."""
        if cell.entity == "typed":
            return True
        if cell.attribute in self.seen.get((cell.entity, cell.row), frozenset()):
            return True
        return known_of_oneself(self.judge, cell) or is_known(self.planted, self.judge, cell)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Marked words of hidden cells, of as many entities and owners as there are."""
        found: dict[tuple[str, str], str] = {}
        for entity, rows in self.planted.rows.items():
            for row, values in rows.items():
                for key, value in values.items():
                    if key in self.seen.get((entity, row), frozenset()) or not isinstance(value, str) or "zq" not in value:
                        continue
                    found.setdefault((entity, key), value[value.index("zq") :][:8])
        return tuple(found.values())

    def pages(self) -> Iterator[tuple[PageNode, str]]:
        """Every page with the addresses at which it could stand."""
        for node in self.site.pages.values():
            for path in self._paths(node):
                yield node, path

    def _paths(self, node: PageNode) -> Iterator[str]:
        records = [one for one in node.lineage if one.record_entity]
        if not records:
            yield node.path
            return
        last = records[-1]
        for row in self.tried(last.record_entity):
            path = node.path
            for one in records:
                known = self.record_key(one, row) if one is last else self._outer(one, last, row)
                path = path[: path.index("{")] + quoted(known) + path[path.index("}") + 1 :]
            yield path

    def _outer(self, node: PageNode, last: PageNode, row: int) -> str:
        """The key of a record above another: the one that it hangs on, or any."""
        values = self.planted.rows[last.record_entity].get(row, {})
        for attribute in self.snapshot.entities[last.record_entity].model.attributes:
            if attribute.target == node.record_entity and values.get(attribute.key):
                return self.record_key(node, values[attribute.key])
        owner = self.planted.owners.get((last.record_entity, row), "own")
        same = [one for one in self.planted.rows[node.record_entity] if self.planted.owners[node.record_entity, one] == owner]
        return self.record_key(node, same[0] if same else MISSING)

    def record_key(self, node: PageNode, row: int) -> str:
        """How a record is named in the address of a page."""
        attribute = node.record_attribute or "id"
        if attribute == "id" or row == MISSING:
            return str(row)
        value = self.value(node.record_entity, row, attribute)
        return str(row if value is None else value)

    def attribute(self, entity: str, path: str) -> tuple[str, Attribute] | None:
        """The entity and the attribute at the end of a path."""
        first, _, rest = path.partition(".")
        compiled = self.snapshot.entities[entity].attributes.get(first)
        if compiled is None:
            return None
        if not rest:
            return entity, compiled.model
        return self.attribute(compiled.targets[0], rest) if len(compiled.targets) == 1 else None


def quoted(text: str) -> str:
    """A text as one part of a path, for a client that quotes the rest itself."""
    return text.replace("%", "%25").replace("/", "%2F").replace("?", "%3F").replace("#", "%23")


def said(value: Any) -> str:
    """A value as it is written in an address."""
    if isinstance(value, tuple):
        return str(value[-1])
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format(value, "f") if isinstance(value, Decimal) else str(value)
