"""Records as a database gives them: the names once, the values of each as a row. Most are never looked at one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

from connectors.protocol import Record


class RecordSet(Sequence[Record]):
    """Records that are made when they are asked for. `names` are their columns, `rows` their values in that order."""

    __slots__ = ("names", "rows")

    def __init__(self, names: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        self.names, self.rows = names, rows

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> Record: ...

    @overload
    def __getitem__(self, at: slice) -> RecordSet: ...

    def __getitem__(self, at: int | slice) -> Record | RecordSet:
        if isinstance(at, slice):
            return RecordSet(self.names, self.rows[at])
        return dict(zip(self.names, self.rows[at], strict=True))

    def __iter__(self) -> Iterator[Record]:
        return (dict(zip(self.names, row, strict=True)) for row in self.rows)

    def columns(self) -> dict[str, list[Any]]:
        """The values by column."""
        values = map(list, zip(*self.rows, strict=True)) if self.rows else ([] for _ in self.names)
        return dict(zip(self.names, values, strict=True))
