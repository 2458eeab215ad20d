"""What an adapter for a kind of outside system offers: rows that come (Source), rows that go (Target)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from connectors.errors import ConnectorError
from connectors.tablemap import CompiledMap

Record = Mapping[str, Any]
"""A row outside: values by column name, as the driver gives them."""

UNCHANGED = "@unchanged"
"""In a record that tells only part of a row: the columns that it leaves as they are."""

Cursor = Mapping[str, Any]
"""How far a source got; JSON values only. Nobody but the source that wrote it reads it."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one row outside.

    `operation` is create (the record is a whole row), update (what it does not name stays), delete (the key is enough), or
    empty for a message that could not be read, which is the record then, with the `reason`. `id` is the same whenever the
    event comes again; `version` grows with each change of the row. Either may be missing.
    """

    operation: str
    record: Record
    id: str = ""
    version: Any = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """One pull. With `more` the next pull goes on at once.

    `cursor` is where the next pull starts. `compare` says that rows come whether they changed or not, so that the runner
    finds the changed ones by their hash. `total` is how many rows there are in all, if the source knows. `gone` are the
    outside key columns' values of rows that the source tells to have been deleted. `events` come from sources that tell
    what happens, in its order.
    """

    records: Sequence[Record]
    cursor: Cursor
    more: bool = False
    compare: bool = False
    total: int | None = None
    gone: Sequence[tuple[Any, ...]] = ()
    events: Sequence[Event] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One row on its way out: a map, the outside key columns, and the other columns with their new values.

    `operation` is insert, update or delete. `children` travel with an insert, in the order given. `met` is the outside row
    with which an update was compared, as `find` gave it; a target that can does not write over a later one, which is
    Retriable. An `exact` change is right only for that very row: a target that cannot make sure of it is to refuse.
    """

    map: CompiledMap
    operation: str
    key: Mapping[str, Any]
    values: Mapping[str, Any]
    children: tuple[Change, ...] = ()
    met: Record = field(default_factory=dict)
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """The other side's answer to a push. `repeated` says that the change had been there already."""

    repeated: bool = False
    row: Record = field(default_factory=dict)


class Source(Protocol):
    """Rows that come. Every method may raise Fatal or Retriable."""

    def pull(self, table_map: CompiledMap, cursor: Cursor | None, limit: int) -> Batch:
        """The changes since the cursor, at most `limit`; without a cursor all rows from the beginning."""
        ...

    def keys(self, table_map: CompiledMap) -> Iterator[tuple[Any, ...]]:
        """The outside key columns' values of all rows there are now."""
        ...


Columns = Mapping[str, tuple[str, str]]
"""The columns of a table outside: the kind of their values, and their type in its own words."""


@runtime_checkable
class Shaped(Protocol):
    """A source that can tell how a table looks now."""

    def shape(self, table_map: CompiledMap) -> Columns:
        """The columns of a map's table, read anew; none where the table cannot tell. Raises Fatal and Retriable."""
        ...


@runtime_checkable
class Counting(Protocol):
    """A source that can count what has changed after a place."""

    def waiting(self, table_map: CompiledMap, cursor: Cursor) -> int | None:
        """How many rows, or changes of rows, wait outside; None where that cannot be told. More than `MOST_WAITING` are not
        counted one by one. Raises Fatal and Retriable."""
        ...


MOST_WAITING = 100_000


@runtime_checkable
class Watching(Protocol):
    """A source that can tell at once that something may have changed."""

    def watch(self, maps: Sequence[CompiledMap], wake: Callable[[str], None], over: threading.Event) -> None:
        """Call `wake` with the name of a map whenever there may be something for it, until `over` is set; return at once
        where nothing can be told of these maps. Raises Fatal and Retriable."""
        ...


Changed = Callable[[CompiledMap, Cursor], Iterator[Batch]]
"""Pages of all that has changed for a map after a place, as of one moment; the last one, without `more`, has the new place.

Raises Fatal and Retriable."""


@runtime_checkable
class Momentary(Protocol):
    """A source that can tell what has changed for several maps as of one moment, so that its transactions are seen whole."""

    def tells(self, table_map: CompiledMap, cursor: Cursor | None) -> bool:
        """Whether the map is past its load, and no rows are to be read again, so that only changes are left to be told."""
        ...

    def at_one_moment(self, maps: Sequence[CompiledMap]) -> AbstractContextManager[Changed]:
        """What is asked within the block is of the moment of the first question. Raises Fatal and Retriable."""
        ...


@runtime_checkable
class Acknowledging(Protocol):
    """A source that is told how far our side has got, so that it may let go of what lies before."""

    def committed(self, table_map: CompiledMap, cursor: Cursor) -> None:
        """A batch with this cursor is committed. What goes wrong here is no loss: the same comes again. Raises nothing else
        than Fatal and Retriable."""
        ...


class Target(Protocol):
    """Rows that go. Every method may raise Fatal, Retriable or RecordRejected."""

    def push(self, change: Change, idempotency: str) -> Receipt:
        """Apply one change, once for each idempotency key however often it is called."""
        ...

    def find(self, table_map: CompiledMap, column: str, value: Any) -> Sequence[Record]:
        """The rows whose column has this value, in the order of their keys; the filter of the map is not applied."""
        ...


Verdict = Receipt | ConnectorError
"""What became of one change of several: its receipt, or what `push` would have raised."""


@runtime_checkable
class Batching(Protocol):
    """A target that takes many changes at once. None of them has children."""

    def push_many(self, changes: Sequence[Change]) -> Sequence[Verdict]:
        """Apply changes in their order, each as `push` would. At least one verdict; what has none was not tried. Raises
        nothing: where the outside does not answer at all, that is the verdict of the first."""
        ...

    def find_rows(self, table_map: CompiledMap, keys: Sequence[Mapping[str, Any]]) -> Sequence[Record]:
        """The rows with these keys, which name the same columns, in any order, as `find` gives them. Raises as that does."""
        ...


def texts(names: Iterable[str], row: Record) -> tuple[str, ...]:
    """Values of a row as texts, by which a row outside is told from others."""
    return tuple(str(row.get(name)) for name in names)


class Adapter(Source, Target, Protocol):
    """An open connection to an outside system."""

    def close(self) -> None:
        """Let go of files and connections."""
        ...
