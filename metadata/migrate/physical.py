"""Tables in the form in which they are made: what is unique is a unique index, which every database can add and drop."""

from __future__ import annotations

from sqlalchemy import Index, MetaData, Table, UniqueConstraint


class PhysicalTables:
    """Copies of a snapshot's tables, made when they are first asked for; the snapshot's own stay as they are."""

    def __init__(self, tables: MetaData) -> None:
        self._source = tables
        self._copies = MetaData()

    def table(self, name: str) -> tuple[Table, tuple[Index, ...]]:
        """The copy of a table with all its indexes, among copies of the tables that its foreign keys lead to."""
        self._copy(name)
        copy = self._copies.tables[name]
        for key in self._source.tables[name].foreign_key_constraints:
            self._copy(key.referred_table.name)
        return copy, tuple(sorted(copy.indexes, key=lambda index: str(index.name)))

    def _copy(self, name: str) -> None:
        if name in self._copies.tables:
            return
        copy = self._source.tables[name].to_metadata(self._copies)
        for constraint in list(copy.constraints):
            if isinstance(constraint, UniqueConstraint):
                copy.constraints.discard(constraint)
                Index(str(constraint.name), *constraint.columns, unique=True)
