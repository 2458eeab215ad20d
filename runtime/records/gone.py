"""Which of some rows are no longer there: for whoever was shown them before and is to be told what became of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from metadata.snapshot import Snapshot
from metadata.types import KEY_TYPE
from runtime.access import Principal
from runtime.records.errors import Denied
from runtime.records.prepared import Prepared
from runtime.records.proof import Reader
from runtime.records.shapes import kept

AT_ONCE = 500


def gone_among(connection: Reader, snapshot: Snapshot, principal: Principal, entity: str, ids: Sequence[int]) -> frozenset[int]:
    """The ids of which the entity has no row any more.

    It tells nothing else of a row, and that of rows which the principal may read no longer too: the caller asks for ids alone
    that the principal was given earlier. Raises Denied for somebody without a name, who was given nothing.
    """
    if principal.contact is None:
        raise Denied(entity)
    dialect = connection.dialect

    def make() -> Prepared:
        table = snapshot.entities[entity].table
        among = table.c.id.in_([bindparam(f"a_of{place}", type_=KEY_TYPE) for place in range(AT_ONCE)])
        return Prepared(select(table.c.id).where(among), dialect)

    prepared = kept(snapshot, ("those gone", entity, dialect.name), make)
    there: set[int] = set()
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        values = {f"a_of{place}": some[min(place, len(some) - 1)] for place in range(AT_ONCE)}
        there.update(row[0] for row in prepared.rows(connection, values))
    return frozenset(ids) - there
