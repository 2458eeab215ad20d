"""Entities to SQLAlchemy Core tables: real columns, keys, foreign keys and indexes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Sequence, String, Table

from metadata.model import Attribute, Entity, EntityPermission, Filter, View
from metadata.searching import SEARCHES, SearchIndex
from metadata.snapshot import CompiledAttribute, CompiledEntity, GatheredTables, Relationship, Snapshot, frozen
from metadata.system import RESERVED_ATTRIBUTES
from metadata.types import KEY_TYPE, TYPES, sql_type

LONGEST_NAME = 60
ON_DELETE = {"restrict": "RESTRICT", "cascade": "CASCADE", "clear": "SET NULL"}
LAYOUT = "layout"
"""Where a table's `info` has what it was made of."""
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


def _view_indexes(
    entities: Iterable[Entity], views: Iterable[View], permissions: Iterable[EntityPermission]
) -> set[tuple[str, tuple[str, ...]]]:
    """An index for each declared sort, alone and behind what a view asks for and each permission path; by entity its columns.

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
    return wanted


def _declared_indexes(entities: Iterable[Entity]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The columns of declared indexes, the id last as in those of views; a lookup and a key by themselves have one anyway."""
    for entity in entities:
        there = {key.attributes for key in entity.keys} | {(one.key,) for one in entity.attributes if one.type == "lookup"}
        for index in entity.indexes:
            named = tuple(name for name in index.attributes if name != "id")
            if named and named not in there:
                yield entity.key, (*named, "id")


@dataclass(frozen=True, slots=True)
class _Layout:
    """All that the tables of one entity are made of: while it is the same, so are they.

    `indexes` are the columns of those for views; `name` is the attribute by which rows are offered.
    """

    model: Entity
    indexes: tuple[tuple[str, ...], ...] = ()
    name: str = ""
    searches: tuple[SearchIndex, ...] = ()


@dataclass(slots=True)
class _Wanted:
    """The same while it is gathered."""

    indexes: list[tuple[str, ...]] = field(default_factory=list)
    searches: list[SearchIndex] = field(default_factory=list)


def _layouts(
    entities: tuple[Entity, ...],
    views: Iterable[View],
    permissions: Iterable[EntityPermission],
    searches: Iterable[SearchIndex],
    names: Mapping[str, str],
) -> dict[str, _Layout]:
    wanted = {entity.key: _Wanted() for entity in entities}
    for key, columns in sorted({*_view_indexes(entities, views, permissions), *_declared_indexes(entities)}):
        wanted[key].indexes.append(columns)
    for index in searches:
        wanted[index.entity].searches.append(index)
    return {
        entity.key: _Layout(entity, tuple(one.indexes), names.get(entity.key, ""), tuple(one.searches))
        for entity, one in zip(entities, wanted.values(), strict=True)
    }


def _laid_out(layout: _Layout, tables: MetaData) -> Table:
    """The table of an entity with its indexes. One for a declared sort serves as that of a name too."""
    entity = layout.model
    table = _table(entity, tables)
    for columns in layout.indexes:
        if all(name in table.c for name in columns):
            Index(short_name("ix", entity.key, *columns), *(table.c[name] for name in columns))
    if layout.name:
        called = short_name("ix", entity.key, layout.name, "id")
        if all(index.name != called for index in table.indexes):
            Index(called, table.c[layout.name], table.c["id"])
    if layout.searches:
        table.info[SEARCHES] = list(layout.searches)
    table.info[LAYOUT] = layout
    return table


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
    layouts = _layouts(declared, views, permissions, searches, names or {})
    own = {key: _laid_out(layout, tables) for key, layout in layouts.items()}
    links = {entity.key: _links(entity, tables) for entity in declared}
    relationships = _relationships(declared, links)
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


def build_tables_like(
    like: Snapshot,
    entities: Iterable[Entity],
    views: Iterable[View],
    permissions: Iterable[EntityPermission],
    searches: Iterable[SearchIndex],
    names: Mapping[str, str],
) -> tuple[MetaData | GatheredTables, Mapping[str, CompiledEntity]]:
    """The same to be read from alone: the tables of an entity are those of `like` where they would be made just so.

    A foreign key of such tables knows the name of what it points at, and leads to no table: each new one is made by itself, so
    that of the snapshots before nothing lives on but the tables that are still used. Where all are those of `like`, `tables` is
    its own too, with what is remembered there.
    """
    declared = tuple(entities)
    layouts = _layouts(declared, views, permissions, searches, names)
    there = like.tables.tables
    same = {
        key: like.entities[key]
        for key, layout in layouts.items()
        if key in like.entities and like.entities[key].table.info[LAYOUT] == layout
    }
    own = {key: same[key].table if key in same else _laid_out(layout, MetaData()) for key, layout in layouts.items()}
    links = {
        entity.key: {link.key: there[f"{entity.key}__{link.key}"] for link in entity.many_to_many}
        if entity.key in same
        else _links(entity, MetaData())
        for entity in declared
    }
    relationships = _relationships(declared, links)
    compiled = {}
    for entity in declared:
        key, found = entity.key, same.get(entity.key)
        if found is None:
            compiled[key] = CompiledEntity(key, entity, own[key], _attributes(entity, own[key]), frozen(relationships[key]))
        else:
            changed = found.relationships != relationships[key]
            compiled[key] = replace(found, relationships=frozen(relationships[key])) if changed else found
    tables = {table.name: table for table in own.values()}
    tables.update((table.name, table) for several in links.values() for table in several.values())
    if tables.keys() == there.keys() and all(table is there[name] for name, table in tables.items()):
        return like.tables, frozen(compiled)
    return GatheredTables(frozen(tables)), frozen(compiled)
