"""Rows whose text begins with what was typed, whatever its capitals: ranges that an index answers, then the letters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, bindparam, false, literal, or_, select

from metadata.snapshot import Snapshot
from runtime.records.likeness import escaped, like
from runtime.records.prepared import Prepared
from runtime.records.proof import Reader
from runtime.records.source import Source

LAST_LETTER = "\U0010ffff"
SPELLINGS: tuple[Callable[[str], str], ...] = (str, str.upper, str.lower, str.capitalize)
"""How what was typed may be written in a column: an index knows capitals from small letters."""
Bound = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Begins:
    """Rows whose value of one of the paths begins with what is bound. `closed` says that the database puts LAST_LETTER last,
    so that a range can end."""

    paths: tuple[str, ...]
    closed: bool

    @property
    def ranks(self) -> bool:
        """The order of the list stays."""
        return False

    def condition(self, source: Source) -> ColumnElement[bool]:
        """What a row must meet; nothing where none of the paths may be read."""
        values = (source.value(path) for path in self.paths)
        return or_(false(), *(self._begun(value) for value in values if value is not None))

    def rank(self, source: Source) -> None:
        """None."""
        return None

    def binds(self, typed: str) -> Bound:
        """The values of its binds for what was typed."""
        bound: list[tuple[str, Any]] = [("s_like", f"{escaped(typed)}%")]
        for number, spelled in enumerate(SPELLINGS if self.closed else ()):
            bound += [(f"s_from{number}", spelled(typed)), (f"s_to{number}", f"{spelled(typed)}{LAST_LETTER}")]
        return tuple(bound)

    def _begun(self, value: ColumnElement[Any]) -> ColumnElement[bool]:
        begun = like(value, _bound("s_like"))
        if not self.closed:
            return begun
        ranges = (value.between(_bound(f"s_from{number}"), _bound(f"s_to{number}")) for number in range(len(SPELLINGS)))
        return and_(or_(false(), *ranges), begun)


def begins(reader: Reader, snapshot: Snapshot, paths: tuple[str, ...]) -> Begins:
    """The narrowing to rows that begin so; how the database orders letters is asked once for a snapshot."""

    def ask() -> bool:
        ends = [literal(f"a{LAST_LETTER}", Text()) > literal(f"a{other}", Text()) for other in ("zz", "ö", "я", "中", "-9")]
        return bool(Prepared(select(and_(*ends)), reader.dialect).rows(reader, {})[0][0])

    return Begins(paths, snapshot.derive(("last letter", reader.dialect.name), ask))


def _bound(name: str) -> ColumnElement[Any]:
    return bindparam(name, type_=Text())
