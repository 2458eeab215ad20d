"""Entities to SQLAlchemy Core tables: real columns, keys, foreign keys and indexes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Sequence, String, Table

from metadata.model import Attribute, Entity, EntityPermission, Filter, View
from metadata.searching import SEARCHES, SearchIndex
from metadata.snapshot import CompiledAttribute, CompiledEntity, Relationship, frozen
from metadata.system import RESERVED_ATTRIBUTES
from metadata.types import KEY_TYPE, TYPES, sql_type

LONGEST_NAME = 60
ON_DELETE = {"restrict": "RESTRICT", "cascade": "CASCADE", "clear": "SET NULL"}
UNSORTED_TYPES = ("long_text", "choices", "file", "image")


def short_name(*parts: str) -> str:
    """A name for an index or a constraint that every database accepts; a long one ends in a digest of the whole."""
    name = "_".join(parts)
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 9]}_{hashlib.blake2s(name.encode(), digest_size=4).hexdigest()}"


def sequence_name(entity: str, attribute: str) -> str:
    """The sequence that an auto-number is drawn from, where the database has sequences."""
    return short_name("foyer_numbers", entity, attribute)


def target_column_name(attribute: str) -> str:
    """The column beside a polymorphic lookup that names the entity pointed at."""
    return f"{attribute}__entity"


def _columns(entity: str, attribute: Attribute) -> list[Column[Any]]:
    if attribute.type == "lookup" and attribute.targets:
        return [
            Column(attribute.key, KEY_TYPE),
            Column(target_column_name(attribute.key), String(60)),
        ]
    if attribute.type == "lookup":
        reference = ForeignKey(
            f"{attribute.target}.id",
            ondelete=ON_DELETE[attribute.on_delete],
            name=short_name("fk", entity, attribute.key),
        )
        return [Column(attribute.key, KEY_TYPE, reference)]
    return [Column(attribute.key, sql_type(attribute.type, attribute.max_length, attribute.scale))]


def _system_columns() -> list[Column[Any]]:
    columns: list[Column[Any]] = [Column("id", KEY_TYPE, primary_key=True, autoincrement=True)]
    for attribute in RESERVED_ATTRIBUTES[1:]:
        if attribute.key == "version":
            columns.append(Column("version", Integer, nullable=False, server_default="1"))
        elif attribute.type == "lookup":
            columns.append(Column(attribute.key, KEY_TYPE))
        else:
            columns.append(Column(attribute.key, sql_type(attribute.type, attribute.max_length)))
    return columns


def _table(entity: Entity, tables: MetaData) -> Table:
    stored = [attribute for attribute in entity.attributes if not attribute.formula]
    declared = [column for attribute in stored for column in _columns(entity.key, attribute)]
    system = _system_columns()
    table = Table(entity.key, tables, system[0], *declared, *system[1:])
    for key in entity.keys:
        _unique(table, key.key, key.attributes)
    covered = {key.attributes for key in entity.keys}
    for attribute in stored:
        if attribute.type == "auto_number":
            Sequence(sequence_name(entity.key, attribute.key), metadata=tables)
            if (attribute.key,) not in covered:
                _unique(table, attribute.key, (attribute.key,))
        if attribute.type == "lookup":
            columns = [attribute.key] if not attribute.targets else [attribute.key, target_column_name(attribute.key)]
            Index(short_name("ix", entity.key, attribute.key), *(table.c[name] for name in columns))
    return table


def _unique(table: Table, key: str, attributes: Iterable[str]) -> None:
    """What is unique is a unique index and not a constraint: every database can add and drop one."""
    Index(short_name("uq", table.name, key), *(table.c[name] for name in attributes), unique=True)


def _links(entity: Entity, tables: MetaData) -> dict[str, Table]:
    found = {}
    for link in entity.many_to_many:
        near, far = link_columns(entity.key, link.target)
        name = f"{entity.key}__{link.key}"
        table = Table(
            name,
            tables,
            Column(
                near,
                KEY_TYPE,
                ForeignKey(f"{entity.key}.id", ondelete="CASCADE", name=short_name("fk", name, near)),
                primary_key=True,
                autoincrement=False,
            ),
            Column(
                far,
                KEY_TYPE,
                ForeignKey(f"{link.target}.id", ondelete="CASCADE", name=short_name("fk", name, far)),
                primary_key=True,
                autoincrement=False,
            ),
        )
        Index(short_name("ix", name, far), table.c[far])
        found[link.key] = table
    return found


def link_columns(entity: str, target: str) -> tuple[str, str]:
    """The names of the two columns of an N:N table."""
    return ("near_id", "far_id") if entity == target else (f"{entity}_id", f"{target}_id")


def _attributes(entity: Entity, table: Table) -> Mapping[str, CompiledAttribute]:
    formulas = [column for attribute in entity.attributes if attribute.formula for column in _columns(entity.key, attribute)]
    nowhere = Table(entity.key, MetaData(), *formulas)
    compiled = {
        attribute.key: CompiledAttribute(
            key=attribute.key,
            model=attribute,
            type=TYPES[attribute.type],
            column=(nowhere if attribute.formula else table).c[attribute.key],
            system=bool(attribute.formula),
            target_column=table.c[target_column_name(attribute.key)] if attribute.targets else None,
        )
        for attribute in entity.attributes
    }
    for attribute in RESERVED_ATTRIBUTES:
        compiled[attribute.key] = CompiledAttribute(
            key=attribute.key, model=attribute, type=TYPES[attribute.type], column=table.c[attribute.key], system=True
        )
    return frozen(compiled)


def _relationships(entities: Iterable[Entity], links: Mapping[str, Mapping[str, Table]]) -> dict[str, dict[str, Relationship]]:
    found: dict[str, dict[str, Relationship]] = {entity.key: {} for entity in entities}
    for entity in entities:
        for attribute in entity.attributes:
            for target in attribute.targets or ((attribute.target,) if attribute.target else ()):
                name = attribute.relationship or f"{entity.key}_{attribute.key}"
                found[target][name] = Relationship(name, entity.key, attribute=attribute.key)
        for link in entity.many_to_many:
            table = links[entity.key][link.key]
            near, far = link_columns(entity.key, link.target)
            found[entity.key][link.key] = Relationship(link.key, link.target, link=table, near=near, far=far)
            back = f"{entity.key}_{link.key}"
            found[link.target][back] = Relationship(back, entity.key, link=table, near=far, far=near)
    return found


def _equalities(filter: Filter | None) -> Iterator[str]:
    """The attributes of an entity itself that each row of a filter has equal to a value, or to one of several."""
    for part in filter.all if filter is not None else ():
        yield from _equalities(part)
    if filter is not None and filter.attribute and filter.operator in ("eq", "in") and "." not in filter.attribute:
        yield filter.attribute


def _sorted_by(view: View) -> tuple[str, ...]:
    """The columns in whose order one index can have the rows of a view, without the id; none where it cannot."""
    if any("." in sort.attribute for sort in view.sort) or len({sort.descending for sort in view.sort}) > 1:
        return ()
    return tuple(sort.attribute for sort in view.sort if sort.attribute != "id")


def _add_view_indexes(
    tables: MetaData, entities: Iterable[Entity], views: Iterable[View], permissions: Iterable[EntityPermission]
) -> None:
    """An index for each declared sort, alone and behind what a view asks for and each permission path.

    So a page is read in its order, and what a view leaves out is not read to be counted. What it asks for by equality is a
    choice: a lookup has an index of its own, and of two values, as of a boolean, an index finds too many.
    """
    paths: dict[str, set[str]] = {}
    for permission in permissions:
        if permission.via and permission.active:
            paths.setdefault(permission.entity, set()).add(permission.via)
    choices = {(entity.key, one.key) for entity in entities for one in entity.attributes if one.type == "choice"}
    wanted: set[tuple[str, tuple[str, ...]]] = set()
    found: dict[str, set[tuple[str, ...]]] = {}
    for view in views:
        columns = _sorted_by(view)
        asked = [name for name in dict.fromkeys(_equalities(view.filter)) if (view.entity, name) in choices]
        found.setdefault(view.entity, set()).update((name, *columns) for name in asked if name not in columns)
        if columns:
            wanted.add((view.entity, (*columns, "id")))
            wanted.update((view.entity, (via, *columns, "id")) for via in paths.get(view.entity, ()) if via not in columns)
    for entity, columns in ((entity, columns) for entity, several in found.items() for columns in several):
        if len(columns) > 1 or all(other == columns or other[0] != columns[0] for other in found[entity]):
            wanted.add((entity, (*columns, "id")))
    wanted.update(_declared_indexes(entities))
    for entity, columns in sorted(wanted):
        table = tables.tables[entity]
        if all(name in table.c for name in columns):
            Index(short_name("ix", entity, *columns), *(table.c[name] for name in columns))


def _declared_indexes(entities: Iterable[Entity]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The columns of declared indexes, the id last as in those of views; a lookup and a key by themselves have one anyway."""
    for entity in entities:
        there = {key.attributes for key in entity.keys} | {(one.key,) for one in entity.attributes if one.type == "lookup"}
        for index in entity.indexes:
            named = tuple(name for name in index.attributes if name != "id")
            if named and named not in there:
                yield entity.key, (*named, "id")


def _add_name_indexes(tables: MetaData, names: Mapping[str, str]) -> None:
    """An index for each name by which rows are offered, in the order in which they are; one for a declared sort serves too."""
    for entity, name in names.items():
        table, called = tables.tables[entity], short_name("ix", entity, name, "id")
        if all(index.name != called for index in table.indexes):
            Index(called, table.c[name], table.c["id"])


def build_tables(
    entities: Iterable[Entity],
    views: Iterable[View] = (),
    permissions: Iterable[EntityPermission] = (),
    searches: Iterable[SearchIndex] = (),
    names: Mapping[str, str] | None = None,
) -> tuple[MetaData, Mapping[str, CompiledEntity]]:
    """The tables of the entities, and the entities compiled against them.

    A table carries its search indexes in `info`. `names` has attributes by which rows are offered (see metadata.offering). The
    entities must be complete (see metadata.system) and checked: each target, key attribute and type exists.
    """
    declared = tuple(entities)
    tables = MetaData()
    own = {entity.key: _table(entity, tables) for entity in declared}
    links = {entity.key: _links(entity, tables) for entity in declared}
    relationships = _relationships(declared, links)
    _add_view_indexes(tables, declared, views, permissions)
    _add_name_indexes(tables, names or {})
    for index in searches:
        own[index.entity].info.setdefault(SEARCHES, []).append(index)
    compiled = {
        entity.key: CompiledEntity(
            key=entity.key,
            model=entity,
            table=own[entity.key],
            attributes=_attributes(entity, own[entity.key]),
            relationships=frozen(relationships[entity.key]),
        )
        for entity in declared
    }
    return tables, frozen(compiled)
