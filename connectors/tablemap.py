"""A table map compiled against a snapshot: which columns are read, how each becomes an attribute. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any

from connectors.columnwise import ConvertAll, each, remembered, whole_column
from connectors.converting import Convert, empty, hashable, lookup_value, needed, single_value
from connectors.policies import REJECT, Mend, mender, policies_of
from connectors.transforms import converter, writer
from connectors.values import digest, digests
from metadata.model import AttributeMap, Connection, TableMap
from metadata.snapshot import CompiledAttribute, CompiledEntity, Snapshot

SET = "@set"
KEPT, DEACTIVATED, DELETED, FOLLOWED = "keep", "deactivate", "delete", "follow"
"""What may happen to a row of ours whose outside row is not there any more."""
FULL = "full"
"""The word of a map that wants each state of a row, not only the last."""
ADDITIVE = "additive"
"""The word of an attribute whose differences on both sides are added."""
STREAMS = frozenset({"nats", "rabbitmq", "redis", "webhook"})
"""Connectors that tell what happens and cannot be asked for what there is."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """How a lookup is found: the attributes of the target that match, and their conversions."""

    targets: tuple[str, ...]
    key: tuple[str, ...]
    converts: tuple[Callable[[Any], Any], ...]
    polymorphic: bool = False


@dataclass(frozen=True, slots=True)
class Inward:
    """One attribute as it comes in: `convert(pick(record))`, which for a lookup is its natural key or None.

    `convert_all` does so for a column. `mend` is what is done about a value that was refused, where the map says anything of
    that.
    """

    attribute: str
    columns: tuple[str, ...]
    pick: Callable[[Any], Any]
    convert: Convert
    convert_all: ConvertAll
    lookup: Lookup | None = None
    mend: Mend | None = None


@dataclass(frozen=True, slots=True)
class Outward:
    """One attribute as it goes out: to `columns`, through the value map `backward` or as `write` writes it.

    `missing` is the policy for a value that the value map does not know.
    """

    attribute: str
    columns: tuple[str, ...]
    backward: Mapping[Hashable, Any]
    lookup: Lookup | None = None
    write: Convert | None = None
    missing: str = REJECT


@dataclass(frozen=True, slots=True, eq=False)
class CompiledMap:
    """A table map ready to work with.

    `columns` are the outside columns to read; `key_columns` those of the integration key, `keys_out` how that goes out.
    `creates` is False for a map that only adds to rows that another map of the same entity brings; `skips` says that rows
    which are not there are no news. `inactive` are the values that mark one of our rows as inactive, `suspect`
    columns whose type has changed and that nobody has accepted. `hash_of` is the hash of the values of a record's columns,
    and of how the map reads them. `together` are the active maps of its group, itself among them; none where it has no group.
    `additive` are the attributes to which both sides add.
    """

    model: TableMap
    connection: Connection
    entity: CompiledEntity
    inward: tuple[Inward, ...]
    outward: tuple[Outward, ...]
    columns: tuple[str, ...]
    key_columns: tuple[str, ...]
    keys_out: tuple[Outward, ...]
    creates: bool
    hash_of: Callable[[Iterable[Any]], str] = digest
    skips: bool = False
    inactive: Mapping[str, Any] = field(default_factory=dict)
    suspect: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    additive: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """The name of the map."""
        return self.model.key

    @property
    def unit(self) -> tuple[str, ...]:
        """The maps that are pulled, paused and resumed at once with this one, itself among them."""
        return self.together or (self.key,)

    @property
    def streams(self) -> bool:
        """Whether rows come as events, so that nothing outside can be looked up, counted or read again."""
        return self.connection.connector in STREAMS

    @property
    def compares(self) -> bool:
        """Whether every pull goes over all rows, since nothing outside tells changes."""
        return not (self.model.change_column or self.model.delta or self.model.tracking or self.streams)

    @property
    def left(self) -> str:
        """What happens to our row when the outside one has left the filter."""
        return self.model.filter_exit or self.model.delete

    @property
    def moved(self) -> str:
        """What happens to our row when the key of the outside one has changed."""
        return (self.model.key_change or self.model.delete) if self.model.identity_column else KEPT

    @property
    def watches(self) -> bool:
        """Whether something is to be done about rows that are not there any more."""
        return any(policy != KEPT for policy in (self.model.delete, self.left, self.moved))

    @property
    def mends(self) -> bool:
        """Whether any value that does not fit is taken in another way than as a reject."""
        return any(item.mend is not None for item in self.inward)

    @property
    def keeps(self) -> bool:
        """Whether a value that a value map does not know may leave what is stored."""
        return "keep" in (self.model.missing, *(item.missing for item in self.model.attributes))

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


def scope_of(table_map: CompiledMap, row_key: Iterable[str]) -> tuple[tuple[str, Any], ...]:
    """The conditions of a map's filter on columns that tell outside rows apart, as the company of rows that are called alike.

    Where the filter picks a part of the rows by their key, rows of the other parts are none of the map's, whatever is asked;
    a row that has left the filter otherwise still is.
    """
    names = frozenset(row_key)
    return tuple(pair for pair in table_map.model.filter if pair[0] in names)


def passes(record: Mapping[str, Any], filters: tuple[tuple[str, Any], ...]) -> bool:
    """Whether an outside row is one to take, as a map's filter says."""
    return all(_holds(record.get(name), wanted) for name, wanted in filters)


def passes_as_told(record: Mapping[str, Any], filters: tuple[tuple[str, Any], ...]) -> bool:
    """The same as `passes`, for rows of any source: the values of some are but texts."""
    return all(_is_told(record.get(name), wanted) for name, wanted in filters)


def _is_told(value: Any, wanted: Any) -> bool:
    if wanted == SET:
        return value not in (None, "")
    if isinstance(wanted, (list, tuple)):
        return any(_is_told(value, item) for item in wanted)
    if wanted in (None, ""):
        return value in (None, "")
    return bool(value == wanted) or (value is not None and str(value) == str(wanted))


def _holds(value: Any, wanted: Any) -> bool:
    if wanted == SET:
        return value is not None
    return value in wanted if isinstance(wanted, (list, tuple)) else bool(value == wanted)


def _compile(snapshot: Snapshot, model: TableMap) -> CompiledMap:
    entity = snapshot.entities[model.entity]
    ins = [item for item in model.attributes if item.direction in ("in", "both")]
    outs = [item for item in model.attributes if item.direction in ("out", "both") and _columns(item)]
    inward = tuple(_inward(snapshot, entity.attributes[item.attribute], item, model) for item in ins)
    outward = tuple(_outward(snapshot, entity.attributes[item.attribute], item, model) for item in outs)
    by_attribute = {item.attribute: _columns(item) for item in model.attributes}
    keys = [item for name in model.integration_key for item in model.attributes if item.attribute == name]
    keys_out = tuple(_outward(snapshot, entity.attributes[item.attribute], item, model) for item in keys)
    key_columns = tuple(column for name in model.integration_key for column in by_attribute.get(name, ()))
    return CompiledMap(
        model=model,
        connection=snapshot.connections[model.connection],
        entity=entity,
        inward=inward,
        outward=outward,
        columns=_read_columns(model, inward, key_columns),
        key_columns=key_columns,
        keys_out=tuple(replace(item, missing="pass") for item in keys_out),
        creates=_creates(snapshot, model),
        hash_of=digests(repr(model.attributes)),
        inactive={name: _literal(snapshot, entity.attributes[name], value) for name, value in model.inactive},
        together=_together(snapshot, model),
        additive=_additive(model),
    )


def _additive(model: TableMap) -> frozenset[str]:
    both = (item for item in model.attributes if item.direction == "both")
    return frozenset(item.attribute for item in both if (item.conflict or model.conflict) == ADDITIVE)


def _together(snapshot: Snapshot, model: TableMap) -> tuple[str, ...]:
    wanted = (model.connection, model.group)
    every = (item for item in snapshot.table_maps.values() if item.active and (item.connection, item.group) == wanted)
    return tuple(item.key for item in every) if model.group else ()


def _columns(item: AttributeMap) -> tuple[str, ...]:
    return item.lookup_columns or ((item.column,) if item.column else ())


def _read_columns(model: TableMap, inward: tuple[Inward, ...], key_columns: tuple[str, ...]) -> tuple[str, ...]:
    through = model.write_through
    names = [*key_columns, *(column for item in inward for column in item.columns)]
    told = (through.key_column, through.status_column) if through else ()
    dates = (model.effective_from, model.effective_to)
    marks = (model.receipt_column,) if _additive(model) else ()
    names += [name for name in (model.change_column, model.identity_column, *dates, *told, *marks) if name]
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


def _literal(snapshot: Snapshot, attribute: CompiledAttribute, value: Any) -> Any:
    """A value of the metadata as the attribute stores it."""
    if value is None or value == "":
        return None
    return converter(attribute.model, "", _choices(snapshot, attribute))(value)


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
    columns, policies = _columns(item), policies_of(item, model)
    wanted = attribute.model.required == "required" or item.attribute in model.integration_key
    mend = None
    if lookup is not None:
        convert = lookup_value(lookup.converts, item, policies["value_map"])
    else:
        plain = converter(attribute.model, item.format, _choices(snapshot, attribute))
        convert = single_value(plain, item, policies["value_map"])
        mend = mender(item, policies, plain, wanted)
    if wanted:
        convert = needed(convert, item.attribute)
    if lookup is not None:
        convert_all = remembered(convert) if len(columns) == 1 else each(convert)
    else:
        convert_all = whole_column(attribute.model, item, convert, wanted=wanted)
    return Inward(item.attribute, columns, _picker(columns), convert, convert_all, lookup, mend)


def _picker(columns: tuple[str, ...]) -> Callable[[Any], Any]:
    """Takes out of a record the value of the one column, or a tuple of the values of several."""
    return itemgetter(*columns) if columns else lambda record: None


def _outward(snapshot: Snapshot, attribute: CompiledAttribute, item: AttributeMap, model: TableMap) -> Outward:
    """An attribute map in the way out."""
    lookup = _lookup(snapshot, attribute, item)
    plain = lookup.converts[0] if lookup is not None else converter(attribute.model, "", _choices(snapshot, attribute))
    backward = {
        hashable(pair.inside if empty(pair.inside) else plain(pair.inside)): pair.outside for pair in reversed(item.values)
    }
    write = writer(item.format) if item.format else None
    missing = policies_of(item, model)["value_map"]
    return Outward(item.attribute, _columns(item), backward, lookup, write, missing)
