"""Table maps for maps of dual-write: every line, both conditions and the key, each with what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from metadata.model import AttributeMap, TableMap, ValueMap
from runtime.dualwrite.conditions import NotSaid, inside_condition, outside_condition
from runtime.dualwrite.definitions import Definitions, set_name
from runtime.dualwrite.entities import COMPANY, Held, Table
from runtime.dualwrite.keys import key_columns
from runtime.dualwrite.lookups import COMPANY_CODE, COMPANY_COLUMN, NotFound, lookup_map
from runtime.dualwrite.source import APPROXIMATED, BY_HAND, CONVERTED, MappedField, MapReport, SourceMap

INTERVAL = 60.0
"""Seconds between pulls of a map that compares all rows each time."""


@dataclass(slots=True)
class Making:
    """One table map in the making."""

    source: SourceMap
    tables: Mapping[str, Table]
    definitions: Definitions
    report: MapReport
    attributes: dict[str, AttributeMap] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> Table:
        """The entity of ours."""
        return self.tables[self.source.table]

    def is_missing(self, column: str) -> bool:
        """Whether the service at hand has no such property."""
        there = self.definitions.set_of(self.source.entity)
        return bool(column and there) and not self.definitions.property_of(self.source.entity, column)[0]

    def column(self, name: str) -> str:
        """A column outside as the service or its definition spells it, where one is at hand."""
        found, _ = self.definitions.property_of(self.source.entity, name)
        if found:
            return found
        return self.definitions.spelled.get(self.source.technical, {}).get(name.upper(), name)


def make_map(
    source: SourceMap, tables: Mapping[str, Table], definitions: Definitions, connection: str, report: MapReport
) -> TableMap | None:
    """The table map of a source; what became of its parts goes into the report. It is inactive where it would do another
    thing than the original: where a condition or a key could not be taken over. None where nothing can be mapped.
    """
    making = Making(source, tables, definitions, report)
    _lines(making)
    if not making.attributes:
        report.active = False
        report.add("map", source.entity, source.table, BY_HAND, "none of its lines could be converted, so that no map is made")
        return None
    key, told = _key(making)
    filter, filtered = _outside_filter(making)
    outgoing, sorted_out = _inside_filter(making)
    report.active = told and filtered and sorted_out
    _surroundings(making)
    return TableMap(
        key=source.name,
        connection=connection,
        entity=making.table.entity,
        table=definitions.set_of(source.entity) or set_name(source.entity),
        integration_key=key,
        attributes=tuple(making.attributes.values()),
        filter=filter,
        outgoing=outgoing,
        constants=tuple(making.constants.items()),
        interval=INTERVAL,
        active=report.active,
    )


def _lines(making: Making) -> None:
    """Every mapped field becomes an attribute map, a part of one, a constant, or a remark."""
    if making.source.company and making.table.entity != COMPANY:
        making.attributes[COMPANY] = AttributeMap(attribute=COMPANY, column=COMPANY_COLUMN, lookup_key=(COMPANY_CODE,))
    done: set[str] = set()
    for item in making.source.fields:
        held = making.table.columns.get(item.head) if item.inside else None
        if making.is_missing(item.outside):
            there = making.definitions.set_of(making.source.entity)
            making.report.of_field(item, BY_HAND, f"{there} has no property {item.outside}")
            continue
        if held is None:
            _constant(making, item)
        elif item.is_lookup and held.type == "lookup":
            if item.head not in done:
                done.add(item.head)
                _lookup(making, [other for other in making.source.fields if other.head == item.head and _told(making, other)])
        else:
            _plain(making, item, held)


def _told(making: Making, item: MappedField) -> bool:
    return item.is_lookup and not making.is_missing(item.outside)


def _constant(making: Making, item: MappedField) -> None:
    if item.default is None:
        making.report.of_field(item, BY_HAND, "nothing of ours is mapped to it and no default is told; give it a constant")
    elif item.direction == "in":
        making.report.of_field(item, BY_HAND, "it comes in, but to no column of ours")
    else:
        making.constants[making.column(item.outside)] = item.default
        making.report.of_field(item, CONVERTED, "a constant of the rows that we add there")


def _lookup(making: Making, fields: Sequence[MappedField]) -> None:
    try:
        made = lookup_map(making.tables, making.source, fields, [making.column(item.outside) for item in fields])
    except NotFound as why:
        for item in fields:
            making.report.of_field(item, BY_HAND, str(why))
        return
    for item in fields:
        making.report.of_field(item, APPROXIMATED if made.remark else CONVERTED, made.remark)
    making.attributes[made.item.attribute] = made.item


def _plain(making: Making, item: MappedField, held: Held) -> None:
    column = making.column(item.outside) if item.outside else ""
    before = making.attributes.get(held.key)
    if before is not None:
        told = f"{held.key} is filled by {before.column or 'a default'} already; it can be filled once"
        making.report.of_field(item, BY_HAND, told)
        return
    if item.untold:
        making.report.of_field(item, BY_HAND, f"its transform is {item.untold}: the map does not tell what it does")
        return
    if not column and item.default is None:
        making.report.of_field(item, BY_HAND, "neither a column outside nor a default is told")
        return
    remarks = _remarks(making, item, held)
    values = tuple(ValueMap(outside=outside, inside=_typed(inside, held)) for outside, inside in item.values)
    direction = "in" if not column else item.direction
    if direction != "in" and any(column == other.column for other in making.attributes.values() if other.direction != "in"):
        remarks.append(f"{column} is written by another attribute, so that this one comes in only")
        direction = "in"
    default = None if item.default is None else _typed(item.default, held)
    making.attributes[held.key] = AttributeMap(
        attribute=held.key, column=column, direction=direction, values=values, default=default
    )
    making.report.of_field(item, APPROXIMATED if remarks else CONVERTED, "; ".join(remarks))


def _remarks(making: Making, item: MappedField, held: Held) -> list[str]:
    """What differs from the original."""
    remarks = []
    if item.is_lookup:
        named = " or ".join(hop.table for hop in item.hops) or item.table or "its entity"
        remarks.append(f"no map brings {named}, so that its key is kept as a text")
    elif not held.told:
        remarks.append(f"nothing tells its type; it is a text of {held.length} characters at most")
    inside = [str(value) for _, value in item.values]
    if item.direction != "in" and len(set(inside)) < len(inside):
        remarks.append("several values outside mean one of ours; the first of them is written back")
    return remarks


def _typed(value: Any, held: Held) -> Any:
    """A value as an attribute of this type has it in a file."""
    if held.type in ("choice", "text", "long_text", "email", "phone", "url"):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def _key(making: Making) -> tuple[tuple[str, ...], bool]:
    """The integration key, and whether it can be relied upon."""
    columns = key_columns(making.source)
    named = {column: _key_attribute(making, column) for column in columns}
    key = tuple(dict.fromkeys(named.values()))
    missing = [column for column, name in named.items() if name not in making.attributes]
    part = ", ".join(columns)
    if missing:
        reason = f"{', '.join(missing)} is not mapped; name the integration key and set active: true"
        making.report.add("key", "", part, BY_HAND, reason)
        return tuple(name for name in key if name in making.attributes) or tuple(making.attributes)[:1], False
    if not making.source.key_told:
        reason = f"no key is told; {', '.join(key)} is our guess: look at it and set active: true"
        making.report.add("key", "", part, BY_HAND, reason)
        return key, False
    making.table.keys.append(key)
    making.report.add("key", "", part, CONVERTED)
    return key, True


def _key_attribute(making: Making, column: str) -> str:
    head = column.partition(".")[0]
    if column.endswith(".cdm_companycode") and head not in making.table.columns:
        return COMPANY
    return making.table.key_of(head)


def _outside_filter(making: Making) -> tuple[tuple[tuple[str, Any], ...], bool]:
    text = making.source.outside_filter
    if not text:
        return (), True
    columns = {item.outside.upper(): making.column(item.outside) for item in making.source.fields if item.outside}
    try:
        found = outside_condition(text)
    except NotSaid as why:
        making.report.add("filter", text, "", BY_HAND, f"{why}; the map is inactive until it takes only what it should")
        return (), False
    making.report.add("filter", text, "", CONVERTED)
    return tuple((columns.get(column.upper(), making.column(column)), wanted) for column, wanted in found), True


def _inside_filter(making: Making) -> tuple[Any, bool]:
    text = making.source.inside_filter
    if not text:
        return None, True
    if not making.constants and all(item.direction == "in" for item in making.attributes.values()):
        making.report.add("filter", "", text, CONVERTED, "nothing goes out by this map, so that it needs no condition")
        return None, True

    def attribute(column: str, value: Any) -> tuple[str, Any]:
        held = making.table.columns.get(column)
        if held is None:
            raise NotSaid(f"{column} is in no map")
        if held.type == "lookup":
            raise NotSaid(f"{column} is a lookup; outgoing compares values")
        return held.key, _typed(value, held)

    try:
        found = inside_condition(text, attribute)
    except NotSaid as why:
        making.report.add("filter", "", text, BY_HAND, f"{why}; the map is inactive until it sends only what it should")
        return None, False
    making.report.add("filter", "", text, CONVERTED)
    return found, True


def _surroundings(making: Making) -> None:
    """What a map of dual-write leaves to its platform, and ours says."""
    source = making.source
    there = making.definitions.set_of(source.entity)
    named = (
        f"{set_name(source.entity)} is made of the title {source.entity}; foyer sync check tells where the service has another"
    )
    verdict = CONVERTED if there else APPROXIMATED
    making.report.add("table", source.entity, making.table.entity, verdict, "" if there else named)
    if not there and source.technical not in making.definitions.spelled:
        spelled = (
            "columns are written as the map writes them; a service that spells them otherwise tells so in foyer sync check"
        )
        making.report.add("columns", source.entity, "", APPROXIMATED, spelled)
    told = f"no change column is told: every pull compares all rows, every {INTERVAL:.0f} s; name a change_column"
    making.report.add("changes", source.entity, "", APPROXIMATED, told)
