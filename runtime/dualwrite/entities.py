"""Our entities and choices for the entities that maps fill: what each column holds, as far as maps and definitions tell."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from metadata.model import AlternateKey, Attribute, Choice, Entity, Option
from metadata.system import RESERVED_KEYS, SYSTEM_ENTITIES
from metadata.text import Text
from runtime.dualwrite.definitions import CHOICES, KINDS, LOOKUPS, OWN_KEY, TYPES, Column, Definitions
from runtime.dualwrite.source import MappedField, SourceMap

COMPANY = "company"
LONGEST = 1000
"""Characters of a text whose length nothing tells."""
ENTITIES = {"cdm_company": COMPANY}
ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "cdm_company": {"cdm_companycode": "code", "cdm_name": "name"},
    "account": {"accountnumber": "number"},
    "contact": {"emailaddress1": "email", "msdyn_contactpersonid": "number"},
}
"""Columns that every installation has under a name of its own. A contact and an account are found by the same attribute, so
that a lookup to either is found by one key."""
SYSTEM = {entity.key: {item.key: item for item in entity.attributes} for entity in SYSTEM_ENTITIES}
OPTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,118}")


@dataclass(slots=True)
class Held:
    """What a column of ours holds. `told` says where its type is known from, "" where it is assumed."""

    column: str
    key: str
    type: str = "text"
    targets: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    told: str = ""
    label: str = ""
    description: str = ""
    length: int = LONGEST


@dataclass(slots=True)
class Table:
    """One entity of ours in the making: what its columns hold, whether its rows belong to a company, its keys."""

    name: str
    entity: str
    company: bool = False
    title: str = ""
    columns: dict[str, Held] = field(default_factory=dict)
    keys: list[tuple[str, ...]] = field(default_factory=list)

    def key_of(self, column: str) -> str:
        """The attribute for a column, which need not be there yet."""
        if column in self.columns:
            return self.columns[column].key
        named = ATTRIBUTES.get(self.name, {}).get(column) or re.sub(r"[^a-z0-9_]+", "_", column.lower()).strip("_")
        named = named if re.match(r"[a-z]", named) else f"a_{named}"
        taken = {held.key for held in self.columns.values()} | ({COMPANY} if self.company else set())
        key, number = named[:58], 1
        while key in taken or key in RESERVED_KEYS:
            number += 1
            key = f"{named[:54]}_{number}"
        return key


def tables_of(maps: Sequence[SourceMap], definitions: Definitions) -> dict[str, Table]:
    """The entities that these maps fill, by their names there."""
    tables: dict[str, Table] = {}
    for source in maps:
        table = tables.setdefault(source.table, Table(source.table, entity_key(source.table)))
        table.company = table.company or source.company
        table.title = definitions.titles.get(source.table, "")
    for source in maps:
        for item in source.fields:
            if item.inside:
                _hold(tables, tables[source.table], item, definitions)
                _by_service(tables[source.table].columns[item.head], source, item, definitions)
    for source in maps:
        for item in source.fields:
            held = tables[source.table].columns.get(item.head)
            if held is not None and held.type == "choice" and item.default is not None:
                held.options.setdefault(str(item.default), "")
    for table in tables.values():
        for column in definitions.columns.get(table.name, {}).values():
            if column.name not in table.columns and column.data_type != OWN_KEY:
                _define(tables, table, column, definitions)
    return tables


def entity_key(name: str) -> str:
    """The key of our entity."""
    return ENTITIES.get(name, re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_")[:58] or "entity")


def _hold(tables: Mapping[str, Table], table: Table, item: MappedField, definitions: Definitions) -> None:
    """Take over what one mapped field tells of its column."""
    held = table.columns.setdefault(item.head, Held(item.head, table.key_of(item.head)))
    known = definitions.columns.get(table.name, {}).get(item.head)
    if known is not None:
        held.label, held.description = known.label, known.description
    if item.is_lookup:
        targets = tuple(name for name in ([hop.table for hop in item.hops] or [item.table]) if name in tables)
        if targets:
            held.type, held.targets, held.told = "lookup", tuple(dict.fromkeys((*held.targets, *targets))), "the map"
        return
    system = SYSTEM.get(table.entity, {}).get(held.key)
    if system is not None:
        held.type, held.told = system.type, "the installation"
    elif held.type != "lookup" and item.values:
        _by_values(held, item, known)
    elif held.told == "" and known is not None and known.data_type not in LOOKUPS:
        _by_definition(held, known)
    elif held.told == "" and isinstance(item.default, bool):
        held.type, held.told = "boolean", "the default"
    elif held.told == "" and isinstance(item.default, int):
        held.type, held.told = "integer", "the default"


def _by_service(held: Held, source: SourceMap, item: MappedField, definitions: Definitions) -> None:
    """The type of the property outside, where nothing else tells one."""
    name, kind = definitions.property_of(source.entity, item.outside) if item.outside else ("", "")
    if name and not held.told and not item.is_lookup and not item.values:
        held.type, held.told = KINDS.get(kind, "text"), "the service"


def _by_values(held: Held, item: MappedField, known: Column | None) -> None:
    inside = [value for _, value in item.values]
    if all(isinstance(value, bool) for value in inside):
        held.type, held.told = "boolean", "the value map"
        return
    if known is not None and known.options:
        _by_definition(held, known)
    if all(OPTION.fullmatch(str(value)) for value in inside):
        held.type, held.told = "choice", held.told or "the value map"
        for outside, value in item.values:
            held.options.setdefault(str(value), str(outside).capitalize())
    elif held.type != "choice":
        held.type, held.told = "text", "the value map"


def _by_definition(held: Held, known: Column) -> None:
    held.told, held.label, held.description = "the definition", known.label, known.description
    options = {value: label for value, label in known.options if OPTION.fullmatch(value)}
    if known.data_type in CHOICES and options:
        held.type, held.options = "choice", options
        return
    length = known.length or LONGEST
    held.type = TYPES.get(known.data_type, "long_text" if length > 4000 else "text")
    held.length = min(length, 4000)


def _define(tables: Mapping[str, Table], table: Table, known: Column, definitions: Definitions) -> None:
    """A column that no map fills: as the definition has it, if what it points at is there too."""
    held = Held(known.name, table.key_of(known.name), label=known.label, description=known.description)
    if known.data_type in LOOKUPS:
        held.targets = tuple(name for item in known.targets if (name := definitions.logical.get(item, "")) in tables)
        held.type, held.told = "lookup", "the definition"
        if not held.targets:
            return
    else:
        _by_definition(held, known)
    table.columns[known.name] = held


def components_of(tables: Iterable[Table]) -> list[Entity | Choice]:
    """The entities and choices."""
    found: list[Entity | Choice] = []
    by_name = {table.name: table for table in tables}
    for table in by_name.values():
        own = [held for held in table.columns.values() if held.key not in SYSTEM.get(table.entity, {})]
        attributes = [_attribute(table, held, by_name) for held in own]
        if table.company and COMPANY not in SYSTEM.get(table.entity, {}):
            attributes.append(Attribute(key=COMPANY, type="lookup", target=COMPANY, relationship=f"{table.entity}_rows"))
        found += [_choice(table, held) for held in own if held.type == "choice"]
        keys = tuple(
            AlternateKey(key="key" if number == 0 else f"key_{number + 1}", attributes=key)
            for number, key in enumerate(dict.fromkeys(table.keys))
        )
        found.append(
            Entity(
                key=table.entity,
                label=Text.of(table.title),
                primary_name="" if table.entity in SYSTEM else _name_of(table),
                attributes=tuple(attributes),
                keys=keys,
            )
        )
    return found


def _name_of(table: Table) -> str:
    """The attribute that names a row: one that is called so, else a text of the key, else the first text."""
    texts = [held for held in table.columns.values() if held.type == "text"]
    named = [held.key for held in texts if held.column in ("name", "fullname", "msdyn_name", "subject", "title")]
    keyed = [held.key for key in table.keys for name in key for held in texts if held.key == name]
    return next(iter([*named, *keyed, *(held.key for held in texts)]), "")


def _attribute(table: Table, held: Held, tables: Mapping[str, Table]) -> Attribute:
    more: dict[str, Any] = {}
    if held.type == "lookup":
        targets = tuple(tables[name].entity for name in held.targets)
        more = {"targets": targets} if len(targets) > 1 else {"target": targets[0]}
        more["relationship"] = f"{table.entity}_by_{held.key}"[:59]
    elif held.type == "choice":
        more = {"choice": _choice_key(table, held)}
    elif held.type == "text":
        more = {"max_length": held.length}
    return Attribute(key=held.key, type=held.type, label=Text.of(held.label), description=Text.of(held.description), **more)


def _choice_key(table: Table, held: Held) -> str:
    key = f"{table.entity}_{held.key}"
    return key if len(key) < 60 else f"{key[:50]}_{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def _choice(table: Table, held: Held) -> Choice:
    options = tuple(Option(value=value, label=Text.of(label)) for value, label in held.options.items())
    return Choice(key=_choice_key(table, held), options=options)
