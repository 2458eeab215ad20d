"""One record, found by the value of an attribute, and the rows related to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Select, bindparam, literal_column, null, select

from metadata.model import RelatedList
from metadata.model.base import Privilege
from metadata.snapshot import CompiledAttribute, Snapshot
from runtime.access import Principal, Standing, access_of
from runtime.passing import passing
from runtime.records.ask import ListAsk
from runtime.records.classed import note_record
from runtime.records.lists import ListPage, fetch_list
from runtime.records.plan import ListOptions, ListPlan, Near, plan_list
from runtime.records.prepared import Prepared, Row
from runtime.records.proof import Reader
from runtime.records.source import Source, trace
from runtime.records.values import read_value
from runtime.records.words import bind_values

ON_ROW: tuple[Privilege, ...] = ("write", "delete", "append", "append_to", "history")


@passing
class Record:
    """One row as a principal may read it. A path that may not be read is left out of `values`; an empty one is None.

    `labels` has the name of the row that a lookup leads to, under the lookup's path. A polymorphic lookup's value is the pair
    of its entity and id. `can` are the privileges held on this row.
    """

    entity: str
    id: int
    version: int
    key: Any
    values: Mapping[str, Any]
    labels: Mapping[str, Any]
    can: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Query:
    """A prepared select of one record and where its row holds what."""

    prepared: Prepared
    attribute: CompiledAttribute
    values: tuple[tuple[str, int, int | None], ...]
    labels: tuple[tuple[str, int], ...]
    rights: tuple[tuple[str, int], ...]
    constant: frozenset[str]


def fetch_record(
    connection: Reader,
    snapshot: Snapshot,
    principal: Principal,
    entity: str,
    attribute: str,
    value: Any,
    paths: tuple[str, ...],
) -> Record | None:
    """The record whose attribute has this value (typed, or text of an address), with the values of `paths`.

    None where there is none, where it may not be read, or where the attribute may not: these look alike.
    """
    query = _query_for(snapshot, principal.standing, (entity, attribute, paths), connection.dialect)
    if query is None:
        return None
    try:
        typed = read_value(query.attribute.type.name, value)
    except ValueError:
        return None
    values = {**bind_values(principal, query.prepared.names), "a_value": typed}
    rows = query.prepared.rows(connection, values)
    if not rows:
        return None
    note_record(snapshot, entity, [path for path, _, _ in query.values], rows[0][0])
    return _record(entity, query, rows[0])


def plan_related(snapshot: Snapshot, principal: Principal, entity: str, related: RelatedList, key: str = "") -> ListPlan:
    """The plan of a related list of an entity's records; `key` as in ListOptions. Raises Denied where none may be read."""
    return plan_list(snapshot, principal, related.view, ListOptions(key=key, near=Near(entity, related.relationship)))


def fetch_related(
    connection: Reader, plan: ListPlan, principal: Principal, record: Record, ask: ListAsk | None = None
) -> ListPage:
    """A page of the rows related to a record that the principal has read, by a plan of `plan_related`."""
    return fetch_list(connection, plan, principal, ask, near=record.id)


def _query_for(
    snapshot: Snapshot, standing: Standing, wanted: tuple[str, str, tuple[str, ...]], dialect: Dialect
) -> _Query | None:
    return snapshot.derive(
        ("record statement", standing, wanted, dialect.name), lambda: _make(snapshot, standing, wanted, dialect)
    )


def _make(snapshot: Snapshot, standing: Standing, wanted: tuple[str, str, tuple[str, ...]], dialect: Dialect) -> _Query | None:
    entity, key, paths = wanted
    read = access_of(snapshot, standing, entity, "read")
    leaves = trace(snapshot, standing, entity, key)
    if not read.allowed or leaves is None or "." in key:
        return None
    source = Source(snapshot, standing, entity)
    columns: list[ColumnElement[Any]] = [
        source.rows.c.id,
        source.rows.c.version,
        _or_null(source.value(source.entity.primary_name.key)),
    ]
    values, labels = _add_paths(snapshot, standing, source, paths, columns)
    rights, constant = [], {"read"}
    for privilege in ON_ROW:
        access = access_of(snapshot, standing, entity, privilege)
        if access.allowed and read.implies(access):
            constant.add(privilege)
        elif access.allowed:
            rights.append((privilege, len(columns)))
            columns.append(access.predicate(source.rows))
    statement = _statement(source, columns, key).where(*([] if read.unrestricted else [read.predicate(source.rows)]))
    return _Query(
        Prepared(statement, dialect), leaves[0].attribute, tuple(values), tuple(labels), tuple(rights), frozenset(constant)
    )


def _statement(source: Source, columns: list[ColumnElement[Any]], key: str) -> Select[Any]:
    column = source.value(key)
    labelled = [item.label(f"c{index}") for index, item in enumerate(columns)]
    found = _or_null(column) == bindparam("a_value", type_=None if column is None else column.type)
    order = source.rows.c.id
    return select(*labelled).select_from(source.joined).where(found).order_by(order).limit(literal_column("1"))


def _add_paths(
    snapshot: Snapshot, standing: Standing, source: Source, paths: tuple[str, ...], columns: list[ColumnElement[Any]]
) -> tuple[list[tuple[str, int, int | None]], list[tuple[str, int]]]:
    values: list[tuple[str, int, int | None]] = []
    labels: list[tuple[str, int]] = []
    for path in dict.fromkeys(paths):
        value = source.value(path)
        if value is None:
            continue
        columns.append(value)
        place, target = len(columns) - 1, source.target(path)
        if target is not None:
            columns.append(target)
        values.append((path, place, None if target is None else len(columns) - 1))
        label = source.label(path)
        if label is not None:
            labels.append((path, len(columns)))
            columns.append(label)
    return values, labels


def _record(entity: str, query: _Query, row: Row) -> Record:
    values = {
        path: row[place] if target is None else None if row[place] is None else (row[target], row[place])
        for path, place, target in query.values
    }
    labels = {path: row[place] for path, place in query.labels}
    can = query.constant.union(privilege for privilege, place in query.rights if row[place])
    return Record(entity, row[0], row[1], row[2], values, labels, frozenset(can))


def _or_null(column: ColumnElement[Any] | None) -> ColumnElement[Any]:
    return null() if column is None else column
