"""A decided list: columns that may be read, order, conditions and rights, for one view and one set of roles. Not yet SQL."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace

from metadata.model import Filter
from metadata.model.base import Privilege
from metadata.snapshot import CompiledAttribute, CompiledEntity, Relationship, Snapshot
from runtime.access import Access, Principal, Standing, access_of
from runtime.records.errors import Denied
from runtime.records.shapes import kept
from runtime.records.source import name_paths, trace

SortKey = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Selected:
    """One selected expression: the value of a path, or of its lookup the label, the target entity (`target`), or the id of a
    row that may be read (`reached`) and its entity (`entity`)."""

    path: str
    part: str = "value"


@dataclass(frozen=True, slots=True)
class PlannedColumn:
    """A column of a list: where its value, its label (of a lookup) and its small print stand in each row.

    `target_index` is where a polymorphic lookup's entity stands. An index is None where there is nothing of the kind.
    """

    path: str
    attribute: CompiledAttribute
    index: int
    label_index: int | None = None
    target_index: int | None = None
    second: PlannedColumn | None = None

    @property
    def sortable(self) -> bool:
        """Whether a list may be ordered by it; a lookup is ordered by its label."""
        return self.label_index is not None if self.attribute.type.name == "lookup" else self.attribute.type.ordered

    @property
    def second_index(self) -> int | None:
        """Where the text of the small print stands: its label, if it is a lookup."""
        if self.second is None:
            return None
        return self.second.index if self.second.label_index is None else self.second.label_index


@dataclass(frozen=True, slots=True)
class Near:
    """The record whose related rows are wanted: its entity and the relationship as seen from it."""

    entity: str
    relationship: str


@dataclass(frozen=True, slots=True)
class ListOptions:
    """What a caller wants beyond a view.

    `extra` are paths to select besides the view's columns; `key` is the attribute whose value names a row in addresses (the
    primary name where missing); `filter` is one more condition; `near` asks for related rows only; `mine` and `company` are the
    lookups of the switch; `privileges` must all be held on a row.
    """

    extra: tuple[str, ...] = ()
    key: str = ""
    filter: Filter | None = None
    near: Near | None = None
    mine: str = ""
    company: str = ""
    privileges: tuple[Privilege, ...] = ("read",)


PLAIN = ListOptions()


@dataclass(frozen=True, slots=True, eq=False)
class ListPlan:
    """Everything about a list that does not depend on the request. Kept on the snapshot and compared by identity.

    In each row of a page, place 0 holds the id and place 1 the human key; `columns` and `extra` say where the rest stands.
    Where the request has `chosen` what is selected, there are too many plans to keep all that is made from them.
    """

    snapshot: Snapshot
    standing: Standing
    entity: CompiledEntity
    view: str
    key: str
    columns: tuple[PlannedColumn, ...]
    extra: dict[str, PlannedColumn]
    selected: tuple[Selected, ...]
    sort: tuple[SortKey, ...]
    filters: tuple[Filter, ...]
    accesses: tuple[Access, ...]
    write: Access
    delete: Access
    options: ListOptions
    relationship: Relationship | None = None
    chosen: bool = False

    def column(self, path: str) -> PlannedColumn | None:
        """The column of a path, among the view's columns or the extra ones."""
        return next((column for column in self.columns if column.path == path), None) or self.extra.get(path)

    def name_type(self, path: str) -> CompiledAttribute:
        """The attribute whose values a list is ordered by when ordered by this path."""
        leaves = trace(self.snapshot, self.standing, self.entity.key, path)
        if leaves is None:
            raise KeyError(path)
        if leaves[-1].attribute.type.name != "lookup":
            return leaves[-1].attribute
        names = name_paths(self.snapshot, self.standing, self.entity.key, path)
        return next(iter(names.values()), leaves[-1].attribute)


def plan_list(snapshot: Snapshot, principal: Principal, view: str, options: ListOptions = PLAIN) -> ListPlan:
    """The plan of a view for a principal. Raises KeyError for an unknown view and Denied where no row may be read."""
    identity = ("list plan", principal.standing, view, _named(options))
    return snapshot.derive(identity, lambda: _make(snapshot, principal.standing, view, options))


def plan_entity(snapshot: Snapshot, principal: Principal, entity: str, options: ListOptions = PLAIN) -> ListPlan:
    """The plan of an entity's rows by name, for where there is no view. Raises Denied where no row may be read."""
    identity = ("entity plan", principal.standing, entity, _named(options))
    return snapshot.derive(identity, lambda: _make_entity(snapshot, principal.standing, entity, options))


def readable_views(snapshot: Snapshot, principal: Principal, views: tuple[str, ...]) -> tuple[str, ...]:
    """Those of a list's views of which a column may be read; the first one alone where there is none.

    The others are for this person as if the list did not have them.
    """
    if len(views) == 1:
        return views
    standing = principal.standing
    return snapshot.derive(("readable views", standing, views), lambda: _readable_views(snapshot, standing, views))


def plan_rows(
    snapshot: Snapshot, principal: Principal, entity: str, selected: tuple[Selected, ...], near: Near | None = None
) -> ListPlan:
    """The plan of an entity's rows with what a program has chosen of them, from place 2 on, in the order of their ids.

    It tells nothing of what else may be done with a row. Raises Denied where no row may be read.
    """
    standing = principal.standing

    def make() -> ListPlan:
        found = _plan(snapshot, standing, entity, ListOptions(key="id", near=near))
        write, delete = Access(entity, "write", (), frozenset()), Access(entity, "delete", (), frozenset())
        return replace(found, selected=selected, write=write, delete=delete, chosen=True)

    return kept(snapshot, ("rows plan", standing, entity, selected, near), make)


def _named(options: ListOptions) -> Hashable:
    """What stands for options in a key: themselves, which is quicker, but a filter's values may be of any kind."""
    return options if options.filter is None else repr(options)


class _Layout:
    """Hands out places in the row."""

    def __init__(self, snapshot: Snapshot, standing: Standing, entity: str) -> None:
        self.selected: list[Selected] = []
        self._snapshot = snapshot
        self._standing = standing
        self._entity = entity

    def column(self, path: str, second: str = "") -> PlannedColumn | None:
        """The planned column of a path, or None where it may not be read."""
        leaves = trace(self._snapshot, self._standing, self._entity, path)
        if leaves is None:
            return None
        attribute = leaves[-1].attribute
        index = self.place(Selected(path))
        named = attribute.type.is_file or bool(attribute.targets and self._names(path))
        return PlannedColumn(
            path,
            attribute,
            index,
            self.place(Selected(path, "label")) if named else None,
            self.place(Selected(path, "target")) if attribute.target_column is not None else None,
            self.column(second) if second else None,
        )

    def _names(self, path: str) -> dict[str, CompiledAttribute]:
        return name_paths(self._snapshot, self._standing, self._entity, path)

    def place(self, wanted: Selected) -> int:
        if wanted not in self.selected:
            self.selected.append(wanted)
        return self.selected.index(wanted) + 2


def _make(snapshot: Snapshot, standing: Standing, view_key: str, options: ListOptions) -> ListPlan:
    view = snapshot.views[view_key]
    plan = _plan(snapshot, standing, view.entity, options)
    layout = _Layout(snapshot, standing, view.entity)
    columns = [layout.column(column.attribute, column.second) for column in view.columns]
    extra = {path: layout.column(path) for path in options.extra}
    return replace(
        plan,
        view=view_key,
        columns=tuple(column for column in columns if column is not None),
        extra={path: column for path, column in extra.items() if column is not None},
        selected=tuple(layout.selected),
        sort=_readable_sort(snapshot, standing, view.entity, ((item.attribute, item.descending) for item in view.sort)),
        filters=tuple(part for part in (view.filter, options.filter) if part is not None),
    )


def _readable_views(snapshot: Snapshot, standing: Standing, views: tuple[str, ...]) -> tuple[str, ...]:
    found = [snapshot.views[key] for key in views]
    open_ones = (
        view.key
        for view in found
        if any(trace(snapshot, standing, view.entity, column.attribute) is not None for column in view.columns)
    )
    return tuple(open_ones) or views[:1]


def _make_entity(snapshot: Snapshot, standing: Standing, entity: str, options: ListOptions) -> ListPlan:
    plan = _plan(snapshot, standing, entity, options)
    name = plan.entity.primary_name.key
    layout = _Layout(snapshot, standing, entity)
    column = layout.column(name)
    extra = {path: layout.column(path) for path in options.extra}
    return replace(
        plan,
        columns=(column,) if column is not None else (),
        extra={path: column for path, column in extra.items() if column is not None},
        selected=tuple(layout.selected),
        sort=_readable_sort(snapshot, standing, entity, ((name, False),)),
        filters=(options.filter,) if options.filter is not None else (),
    )


def _plan(snapshot: Snapshot, standing: Standing, entity: str, options: ListOptions) -> ListPlan:
    accesses = tuple(access_of(snapshot, standing, entity, privilege) for privilege in options.privileges)
    if not all(access.allowed for access in accesses):
        raise Denied(entity)
    compiled = snapshot.entities[entity]
    key = options.key or compiled.primary_name.key
    return ListPlan(
        snapshot,
        standing,
        compiled,
        "",
        key,
        (),
        {},
        (),
        (),
        (),
        accesses,
        access_of(snapshot, standing, entity, "write"),
        access_of(snapshot, standing, entity, "delete"),
        options,
        _relationship(snapshot, standing, entity, options.near),
    )


def _relationship(snapshot: Snapshot, standing: Standing, entity: str, near: Near | None) -> Relationship | None:
    """The relationship that leads to `entity`. Raises Denied where its lookup may not be read."""
    if near is None:
        return None
    relationship = snapshot.entities[near.entity].leading(near.relationship, entity)
    if relationship.entity != entity:
        raise KeyError(near.relationship)
    if relationship.attribute and trace(snapshot, standing, entity, relationship.attribute) is None:
        raise Denied(entity, attribute=relationship.attribute)
    return relationship


def _readable_sort(snapshot: Snapshot, standing: Standing, entity: str, sort: Iterable[SortKey]) -> tuple[SortKey, ...]:
    return tuple(item for item in sort if item[0] != "id" and _can_sort(snapshot, standing, entity, item[0]))


def _can_sort(snapshot: Snapshot, standing: Standing, entity: str, path: str) -> bool:
    leaves = trace(snapshot, standing, entity, path)
    if leaves is None:
        return False
    attribute = leaves[-1].attribute
    if attribute.type.name == "lookup":
        return bool(name_paths(snapshot, standing, entity, path))
    return attribute.type.ordered
