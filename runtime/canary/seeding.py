"""The rows of a world: siblings who own alike, each value of each attribute marked. Pure; nothing is stored here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

from metadata.model import Attribute, Entity, Filter, FurtherAccounts
from metadata.snapshot import Snapshot
from runtime.canary.judge import Links, Rows
from runtime.canary.marks import Cell, Marks

VARIANTS = 2
MOST_VARIANTS = 4
STAMP = dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC)
FIRST_FILE = 1
SYSTEM = ("company", "account", "contact")


@dataclass(frozen=True, slots=True)
class Sibling:
    """Somebody whose rows there are: how he stands to the one who asks, and the names of his account and the one above."""

    name: str
    account: str
    above: str = ""


SIBLINGS = (
    Sibling("parent", "parent"),
    Sibling("own", "own", "parent"),
    Sibling("colleague", "own", "parent"),
    Sibling("sibling", "sibling", "parent"),
    Sibling("subsidiary", "subsidiary", "own"),
    Sibling("stranger", "stranger"),
    Sibling("loner", ""),
    Sibling("nobody", ""),
)
WITHOUT_CONTACT = "nobody"


@dataclass
class Planted:
    """What is planted: rows and links, whose each row is, and who the people and accounts are by name."""

    rows: Rows
    links: Links
    owners: dict[tuple[str, int], str] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    files: dict[Cell, tuple[int, str]] = field(default_factory=dict)
    """The id of each file and the word that is in it."""
    kept: dict[Cell, str] = field(default_factory=dict)
    """Words in what the engine keeps besides rows: of a cell of a row, what it was before."""
    at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC).replace(second=0, microsecond=0))

    def copy(self) -> Planted:
        """The same to be changed."""
        rows, links = deepcopy(self.rows), deepcopy(self.links)
        return Planted(rows, links, dict(self.owners), self.people, self.accounts, dict(self.files), dict(self.kept), self.at)

    def owner(self, cell: Cell) -> str:
        """How whoever owns a row stands to the one who asks."""
        names = {row: name for name, row in self.people.items()}
        if cell.entity not in self.rows:
            return names.get(cell.row, "somebody")
        return self.owners.get((cell.entity, cell.row), "the site")


def plan(snapshot: Snapshot, marks: Marks) -> Planted:
    """The rows of all entities for all siblings."""
    return _Planner(snapshot, marks).plan()


def settle(snapshot: Snapshot, planted: Planted) -> list[tuple[str, int]]:
    """The rows in an order in which each comes after those that it points at; of rows in a ring one lets go.

    What points at a row that is not there points at nothing afterwards, and links that lack an end are gone.
    """
    order: dict[tuple[str, int], None] = {}
    waiting: set[tuple[str, int]] = set()
    lookups = {
        key: [one for one in entity.model.attributes if one.type == "lookup"] for key, entity in snapshot.entities.items()
    }

    def put(entity: str, row: int) -> None:
        if (entity, row) in waiting:
            return
        waiting.add((entity, row))
        values = planted.rows[entity][row]
        for attribute in lookups[entity]:
            value = values.get(attribute.key)
            if value is None:
                continue
            target = tuple(value) if attribute.targets else (attribute.target, value)
            if target[1] in planted.rows[target[0]]:
                put(*target)
            if target not in order:
                values[attribute.key] = None
        order[entity, row] = None

    for entity, rows in planted.rows.items():
        for row in rows:
            put(entity, row)
    for (near, key), pairs in planted.links.items():
        far = next(one.target for one in snapshot.entities[near].model.many_to_many if one.key == key)
        pairs &= {pair for pair in pairs if pair[0] in planted.rows[near] and pair[1] in planted.rows[far]}
    return list(order)


class _Planner:
    def __init__(self, snapshot: Snapshot, marks: Marks) -> None:
        self.snapshot, self.marks = snapshot, marks
        self.made = Planted({key: {} for key in snapshot.entities}, {})
        self.ids: dict[tuple[str, str, int], int] = {}
        self.keys: set[tuple[Any, ...]] = set()
        self.files = count(FIRST_FILE)
        self.currencies = _currencies(snapshot)
        self.further = snapshot.entities["contact"].model.further_accounts
        self.places = _places(snapshot)

    def plan(self) -> Planted:
        """All rows, then how they point at each other, then links."""
        for entity in self.snapshot.entities.values():
            for sibling in self._owning(entity.key):
                for variant in range(self._variants(entity.key)):
                    self._place(entity.key, sibling, variant)
        for (key, name, variant), row in list(self.ids.items()):
            self._fill(self.snapshot.entities[key].model, name, variant, row)
        for entity in self.snapshot.entities.values():
            for link in entity.model.many_to_many:
                self.made.links[entity.key, link.key] = set(self._linked(entity.key, link.target))
        settle(self.snapshot, self.made)
        return self.made

    def _owning(self, entity: str) -> Iterator[str]:
        for sibling in SIBLINGS:
            if entity == "contact" and sibling.name == WITHOUT_CONTACT:
                continue
            if entity == "account" and (not sibling.account or sibling.name == "colleague"):
                continue
            if entity == "company" and sibling.name not in ("own", "stranger"):
                continue
            yield sibling.name

    def _variants(self, entity: str) -> int:
        if entity in SYSTEM:
            return 1
        return min(MOST_VARIANTS, VARIANTS + len(self._wishes(entity)))

    def _wishes(self, entity: str) -> list[dict[str, Any]]:
        """Values without which the views of an entity would show none of its rows."""
        found: list[dict[str, Any]] = []
        for view in self.snapshot.views.values():
            if view.entity == entity and view.filter is not None:
                wish = dict(_needed(view.filter))
                if wish and wish not in found:
                    found.append(wish)
        return found

    def _place(self, entity: str, name: str, variant: int) -> None:
        row = len(self.made.rows[entity]) + 1
        self.made.rows[entity][row] = {}
        self.made.owners[entity, row] = name
        self.ids[entity, name, variant] = row
        if entity == "contact":
            self.made.people[name] = row
        if entity == "account":
            self.made.accounts[name] = row

    def _fill(self, entity: Entity, name: str, variant: int, row: int) -> None:
        values = self.made.rows[entity.key][row]
        place = [sibling.name for sibling in SIBLINGS].index(name) + variant
        for attribute in entity.attributes:
            if not attribute.formula and attribute.key not in values:
                cell = Cell(entity.key, row, attribute.key)
                values[attribute.key] = self._value(attribute, cell, name, variant, place)
        wishes = self._wishes(entity.key)
        if variant >= VARIANTS and entity.key not in SYSTEM and wishes:
            values.update({key: value for key, value in wishes[variant - VARIANTS].items() if key in values})
        if entity.key == "contact":
            values["active"] = True
        if self.further is not None and entity.key == self.further.entity:
            values |= self._counting(self.further, place)
        who = self._person(name)
        values |= {"created_at": STAMP, "changed_at": STAMP, "created_by": who, "changed_by": who}
        values |= {"created_from": "portal", "changed_from": "portal"}
        self._distinguish(entity, row, values)

    def _counting(self, further: FurtherAccounts, place: int) -> dict[str, Any]:
        """What makes a membership count, and the web role that it gives: without a role that there is it would show nothing."""
        found: dict[str, Any] = {further.active: True} if further.active else {}
        attribute = self.snapshot.entities[further.entity].attributes[further.role].model if further.role else None
        if attribute is not None and attribute.type == "text":
            roles = sorted(
                {key for site in self.snapshot.sites.values() for key, role in site.roles.items() if not role.default}
            )
            found |= {further.role: roles[place % len(roles)]} if roles else {}
        return found

    def _distinguish(self, entity: Entity, row: int, values: dict[str, Any]) -> None:
        """Rows that would have the key of another lose what is in the key."""
        for key in entity.keys:
            held = tuple(str(values.get(name)) for name in key.attributes)
            if (entity.key, key.key, held) in self.keys:
                for name in key.attributes:
                    values[name] = None
            self.keys.add((entity.key, key.key, held))

    def _value(self, attribute: Attribute, cell: Cell, name: str, variant: int, place: int) -> Any:
        match attribute.type:
            case "lookup":
                return self._pointer(attribute, cell, name, variant)
            case "choice" | "choices":
                choice = self.snapshot.choices.get(attribute.choice)
                options = [one.value for one in choice.options] if choice else []
                if not options:
                    return None
                return options[place % len(options)] if attribute.type == "choice" else (options[place % len(options)],)
            case "boolean":
                return bool(place % 2)
            case "file" | "image":
                number = next(self.files)
                self.made.files[cell] = (number, self.marks.word(cell))
                return number
        if (cell.entity, cell.attribute) in self.places:
            return Decimal(10 + place)
        if (cell.entity, cell.attribute) in self.currencies or cell.attribute == "currency":
            return "SEK" if attribute.type == "text" else None
        return self.marks.value(attribute, cell)

    def _pointer(self, attribute: Attribute, cell: Cell, name: str, variant: int) -> Any:
        targets = attribute.targets or (attribute.target,)
        target = targets[variant % len(targets)]
        found = self._row_of(target, name, variant, cell)
        if found is None:
            return None
        return (target, found) if attribute.targets else found

    def _row_of(self, target: str, name: str, variant: int, cell: Cell) -> int | None:
        sibling = next(one for one in SIBLINGS if one.name == name)
        if target == "contact":
            return None if cell.entity == "contact" else self._person(name)
        if target == "account":
            membership = self.further is not None and (cell.entity, cell.attribute) == (
                self.further.entity,
                self.further.account,
            )
            if membership and variant % VARIANTS:  # one of each person's leads to an account that is not his own
                sibling = next(one for one in SIBLINGS if one.name == _next(name))
            wanted = sibling.above if cell.entity == "account" else sibling.account
            return self.ids.get(("account", wanted, 0))
        if target == "company":
            return self.ids.get(("company", "stranger" if name in ("stranger", "sibling") else "own", 0))
        if target == cell.entity:
            return self.ids.get((target, name, variant - 1))
        if variant == 1:
            name = _next(name)  # one row of each points at what is somebody else's
        own = self.ids.get((target, name, variant))
        return own if own is not None else self.ids.get((target, name, 0))

    def _person(self, name: str) -> int | None:
        return self.ids.get(("contact", name, 0))

    def _linked(self, near: str, far: str) -> Iterator[tuple[int, int]]:
        for (entity, name, variant), row in self.ids.items():
            for owner in (name, _next(name)) if entity == near else ():
                other = self.ids.get((far, owner, variant), self.ids.get((far, owner, 0)))
                if other is not None and not (near == far and other == row):
                    yield row, other


def _next(name: str) -> str:
    """Another sibling, whose rows the one who owns something does not see."""
    names = [sibling.name for sibling in SIBLINGS]
    return names[(names.index(name) + 3) % len(names)]


def _needed(filter: Filter) -> Iterator[tuple[str, Any]]:
    """Values by which a condition holds, where that is plain to see."""
    for part in filter.all:
        yield from _needed(part)
    if filter.any:
        yield from _needed(filter.any[0])
    if not filter.attribute or "." in filter.attribute:
        return
    value = filter.value[0] if isinstance(filter.value, list | tuple) and filter.value else filter.value
    if isinstance(value, str) and value.startswith("@"):
        return
    if filter.operator in ("eq", "in") and value is not None:
        yield filter.attribute, value
    if filter.operator == "empty":
        yield filter.attribute, None


def _currencies(snapshot: Snapshot) -> frozenset[tuple[str, str]]:
    """The attributes that hold the currency of money."""
    return frozenset(
        (entity.key, attribute.currency)
        for entity in snapshot.entities.values()
        for attribute in entity.model.attributes
        if attribute.currency
    )


def _places(snapshot: Snapshot) -> frozenset[tuple[str, str]]:
    """The attributes that hold degrees of the Earth."""
    return frozenset(
        (snapshot.views[model.views[0]].entity, key)
        for site in snapshot.sites.values()
        for model in site.lists.values()
        if model.map is not None
        for key in (model.map.latitude, model.map.longitude)
    )
