"""A table map compiled against a snapshot: which columns are read, how each becomes an attribute. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from connectors.errors import RecordRejected
from connectors.transforms import converter, shown
from metadata.model import AttributeMap, Connection, TableMap
from metadata.snapshot import CompiledAttribute, CompiledEntity, Snapshot

SET = "@set"
KEEP = object()
"""The value that stands for: leave what is stored."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """How a lookup is found: the attributes of the target that match, and their conversions."""

    targets: tuple[str, ...]
    key: tuple[str, ...]
    converts: tuple[Callable[[Any], Any], ...]
    polymorphic: bool = False


@dataclass(frozen=True, slots=True)
class Inward:
    """One attribute as it comes in: `convert(pick(record))`, which for a lookup is its natural key or None."""

    attribute: str
    columns: tuple[str, ...]
    pick: Callable[[Any], Any]
    convert: Callable[[Any], Any]
    lookup: Lookup | None = None


@dataclass(frozen=True, slots=True)
class Outward:
    """One attribute as it goes out: to `columns`, through the conversion `backward`."""

    attribute: str
    columns: tuple[str, ...]
    backward: Mapping[Hashable, Any]
    lookup: Lookup | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CompiledMap:
    """A table map ready to work with.

    `columns` are the outside columns to read; `key_columns` those of the integration key. `creates` is False for a map
    that only adds to rows that another map of the same entity brings; `skips` says that rows which are not there are no
    news.
    """

    model: TableMap
    connection: Connection
    entity: CompiledEntity
    inward: tuple[Inward, ...]
    outward: tuple[Outward, ...]
    columns: tuple[str, ...]
    key_columns: tuple[str, ...]
    creates: bool
    skips: bool = False

    @property
    def key(self) -> str:
        """The name of the map."""
        return self.model.key

    @property
    def compares(self) -> bool:
        """Whether every pull goes over all rows, since nothing outside tells changes."""
        return not self.model.change_column and not self.model.delta

    @property
    def active(self) -> bool:
        """Whether the map and its connection are in use."""
        return self.model.active and self.connection.active


def compiled_map(snapshot: Snapshot, key: str) -> CompiledMap:
    """The compiled form of one map, made once per snapshot. Raises KeyError."""
    snapshot.table_maps[key]
    return snapshot.derive(("connectors.tablemap", key), lambda: _compile(snapshot, snapshot.table_maps[key]))


def compiled_maps(snapshot: Snapshot) -> tuple[CompiledMap, ...]:
    """All active maps of active connections, in the order of the metadata."""
    every = (compiled_map(snapshot, key) for key in snapshot.table_maps)
    return tuple(found for found in every if found.active)


def wanted_columns(table_map: CompiledMap) -> tuple[str, ...]:
    """Every outside column that a map names."""
    model = table_map.model
    through = model.write_through
    names: list[str] = [*table_map.columns, *(column for column, _ in model.filter)]
    names += [column for item in table_map.outward for column in item.columns]
    names += [column for column, _ in model.constants]
    if through is not None:
        names += [
            through.key_column,
            through.status_column,
            through.message_column,
            through.field_column,
            through.parent_column,
        ]
    return tuple(name for name in dict.fromkeys(names) if name)


def _compile(snapshot: Snapshot, model: TableMap) -> CompiledMap:
    entity = snapshot.entities[model.entity]
    ins = [item for item in model.attributes if item.direction in ("in", "both")]
    outs = [item for item in model.attributes if item.direction in ("out", "both") and _columns(item)]
    inward = tuple(_inward(snapshot, entity.attributes[item.attribute], item, model) for item in ins)
    outward = tuple(_outward(snapshot, entity.attributes[item.attribute], item) for item in outs)
    by_attribute = {item.attribute: _columns(item) for item in model.attributes}
    key_columns = tuple(column for name in model.integration_key for column in by_attribute.get(name, ()))
    return CompiledMap(
        model=model,
        connection=snapshot.connections[model.connection],
        entity=entity,
        inward=inward,
        outward=outward,
        columns=_read_columns(model, inward, key_columns),
        key_columns=key_columns,
        creates=_creates(snapshot, model),
    )


def _columns(item: AttributeMap) -> tuple[str, ...]:
    return item.lookup_columns or ((item.column,) if item.column else ())


def _read_columns(model: TableMap, inward: tuple[Inward, ...], key_columns: tuple[str, ...]) -> tuple[str, ...]:
    through = model.write_through
    names = [*key_columns, *(column for item in inward for column in item.columns)]
    told = (through.key_column, through.status_column) if through else ()
    names += [name for name in (model.change_column, *told) if name]
    return tuple(dict.fromkeys(names))


def _brings(model: TableMap) -> set[str]:
    return {item.attribute for item in model.attributes if item.direction in ("in", "both")}


def _creates(snapshot: Snapshot, model: TableMap) -> bool:
    """A map creates rows unless it lacks what rows need (required, primary name) and another map of the entity brings it."""
    entity = snapshot.entities[model.entity].model
    needed = {attribute.key for attribute in entity.attributes if attribute.required == "required"}
    needed |= {entity.primary_name} - {""}
    lacking = needed - _brings(model)
    others = (other for other in snapshot.table_maps.values() if other.entity == model.entity and other.key != model.key)
    return not lacking or not any(lacking & _brings(other) for other in others)


def _choices(snapshot: Snapshot, attribute: CompiledAttribute) -> frozenset[str] | None:
    choice = snapshot.choices.get(attribute.model.choice)
    return frozenset(option.value for option in choice.options) if choice else None


def _lookup(snapshot: Snapshot, attribute: CompiledAttribute, item: AttributeMap) -> Lookup | None:
    if attribute.type.name != "lookup":
        return None
    first = snapshot.entities[attribute.targets[0]]
    key = item.lookup_key or (first.model.keys[0].attributes if first.model.keys else (first.primary_name.key,))
    converts = tuple(converter(_end(snapshot, first, name).model) for name in key)
    return Lookup(attribute.targets, tuple(key), converts, polymorphic=bool(attribute.model.targets))


def _end(snapshot: Snapshot, entity: CompiledEntity, path: str) -> CompiledAttribute:
    """The attribute at the end of a path over lookups."""
    name, _, rest = path.partition(".")
    attribute = entity.attributes[name]
    return _end(snapshot, snapshot.entities[attribute.targets[0]], rest) if rest else attribute


def _inward(snapshot: Snapshot, attribute: CompiledAttribute, item: AttributeMap, model: TableMap) -> Inward:
    lookup = _lookup(snapshot, attribute, item)
    columns = _columns(item)
    if lookup is not None:
        convert = _lookup_value(lookup, item)
    else:
        convert = _single_value(converter(attribute.model, item.format, _choices(snapshot, attribute)), item)
    wanted = attribute.model.required == "required" or item.attribute in model.integration_key
    return Inward(item.attribute, columns, _picker(columns), _needed(convert, item.attribute) if wanted else convert, lookup)


def _picker(columns: tuple[str, ...]) -> Callable[[Any], Any]:
    """Takes out of a record the value of the one column, or a tuple of the values of several."""
    return itemgetter(*columns) if columns else lambda record: None


def _empty(value: Any) -> bool:
    return value is None or value == ""


def _forward(item: AttributeMap) -> Callable[[Any], Any]:
    """The value map of an attribute map: outside to inside, by value and by how the value is written."""
    exact = {_hashable(pair.outside): pair.inside for pair in item.values}
    written = {str(pair.outside): pair.inside for pair in item.values}

    def convert(value: Any) -> Any:
        key = _hashable(value)
        if key in exact:
            return exact[key]
        if str(value) in written:
            return written[str(value)]
        if item.missing == "reject":
            raise RecordRejected(f"{shown(value)} is not in the value map", "value_map")
        return None if item.missing == "empty" else KEEP

    return convert


def _single_value(convert: Callable[[Any], Any], item: AttributeMap) -> Callable[[Any], Any]:
    default = None if _empty(item.default) else convert(item.default)

    def plain(value: Any) -> Any:
        return default if value is None or value == "" else convert(value)

    if not item.values:
        return plain
    forward = _forward(item)
    maps_empty = any(_empty(pair.outside) for pair in item.values)

    def through_map(value: Any) -> Any:
        if _empty(value) and not maps_empty:
            return default
        found = forward(value)
        return KEEP if found is KEEP else plain(found)

    return through_map


def _lookup_value(lookup: Lookup, item: AttributeMap) -> Callable[[Any], Any]:
    forward = _forward(item) if item.values else None
    default = item.default
    only = lookup.converts[0] if len(lookup.converts) == 1 else None

    def part(value: Any) -> Any:
        if _empty(value):
            return default
        return value if forward is None else forward(value)

    def one(value: Any) -> Any:
        found = part(value)
        if found is KEEP or only is None:
            return KEEP
        return None if _empty(found) else (only(found),)

    def several(values: tuple[Any, ...]) -> Any:
        found = [part(value) for value in values]
        if any(value is KEEP for value in found):
            return KEEP
        if any(_empty(value) for value in found):
            return None
        return tuple(convert(value) for convert, value in zip(lookup.converts, found, strict=True))

    return several if only is None else one


def _needed(convert: Callable[[Any], Any], attribute: str) -> Callable[[Any], Any]:
    def value_of(value: Any) -> Any:
        found = convert(value)
        if found is None:
            raise RecordRejected(f"{attribute} must have a value", "required")
        return found

    return value_of


def _outward(snapshot: Snapshot, attribute: CompiledAttribute, item: AttributeMap) -> Outward:
    backward = {_hashable(pair.inside): pair.outside for pair in reversed(item.values)}
    return Outward(item.attribute, _columns(item), backward, _lookup(snapshot, attribute, item))


def _hashable(value: Any) -> Hashable:
    """A value as a key of a value map; 1 and True are different values, as are lists and tuples not."""
    if isinstance(value, list):
        value = tuple(value)
    return (isinstance(value, bool), value)
