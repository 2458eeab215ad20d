"""Rows by what they are called, for values that come from files: of those that a lookup may be set to, by name or by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import ColumnElement, Connection, bindparam, false, or_

from metadata.snapshot import CompiledEntity, Snapshot
from runtime.access import Principal
from runtime.records.ask import ListAsk
from runtime.records.following import follow
from runtime.records.plan import ListOptions, ListPlan, plan_entity, plan_list
from runtime.records.prepared import Row
from runtime.records.source import Source

AT_ONCE = 20
PAGE_SIZE = 200


@dataclass(frozen=True, slots=True)
class _Called:
    """Only rows that one of these attributes calls by one of the names that are bound."""

    paths: tuple[str, ...]
    ranks: ClassVar[bool] = False

    def condition(self, source: Source) -> ColumnElement[bool]:
        columns = [column for path in self.paths if (column := source.value(path)) is not None]
        return or_(
            false(), *(column == bindparam(_bind(place), type_=column.type) for column in columns for place in range(AT_ONCE))
        )

    def rank(self, source: Source) -> None:
        return None


def naming_paths(entity: CompiledEntity) -> tuple[str, ...]:
    """The attributes that call a row by a text: its primary name, auto-numbers, and keys of one attribute."""
    keys = [key.attributes[0] for key in entity.model.keys if len(key.attributes) == 1]
    numbers = [key for key, attribute in entity.attributes.items() if attribute.type.name == "auto_number"]
    found = dict.fromkeys((entity.primary_name.key, *keys, *numbers))
    return tuple(key for key in found if key in entity.attributes and entity.attributes[key].type.textual)


def rows_called(
    connection: Connection, snapshot: Snapshot, principal: Principal, entity: str, names: Iterable[str], *, view: str = ""
) -> dict[str, frozenset[int]]:
    """The ids of the rows that each name calls, of those that may be read and pointed at, and that the view holds.

    As many statements as there are twenties of names. Raises Denied where no row may be chosen.
    """
    paths = naming_paths(snapshot.entities[entity])
    wanted = list(dict.fromkeys(names))
    if not paths or not wanted:
        return {}
    options = ListOptions(extra=paths, privileges=("read", "append_to"))
    plan = plan_list(snapshot, principal, view, options) if view else plan_entity(snapshot, principal, entity, options)
    found: dict[str, set[int]] = {}
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        padded = [*some, *[some[-1]] * (AT_ONCE - len(some))]
        bound = tuple((_bind(place), name) for place, name in enumerate(padded))
        ask = ListAsk(view, narrowings=(_Called(paths),), bound=bound)
        for page in follow(connection, plan, principal, ask, PAGE_SIZE):
            for row in page:
                for name in _names(plan, paths, row):
                    found.setdefault(name, set()).add(row[0])
    return {name: frozenset(found[name]) for name in wanted if name in found}


def _names(plan: ListPlan, paths: tuple[str, ...], row: Row) -> Iterator[str]:
    for path in paths:
        column = plan.extra.get(path)
        if column is not None and row[column.index] is not None:
            yield row[column.index]


def _bind(place: int) -> str:
    return f"a_name{place}"
