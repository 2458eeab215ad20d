"""All that is looked at before a map runs, in the order in which a run would meet it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from connectors.errors import ConnectorError, Retriable
from connectors.home import AtHome, Home
from connectors.preflight import coming, going
from connectors.preflight.findings import ERROR, WARNING, Finding
from connectors.protocol import Adapter, Record
from connectors.tablemap import CompiledMap, passes_as_told
from metadata.model import Connection
from metadata.snapshot import Snapshot

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Preflight:
    """What is needed to look at maps. `limit` is how many rows of each side are looked at, 0 for all."""

    home: Home
    snapshot: Snapshot
    maps: Sequence[CompiledMap]
    adapter_of: Callable[[Connection], Adapter]
    limit: int = 2000

    def look_at(self, table_map: CompiledMap) -> Iterator[Finding]:
        """Everything that would go wrong with a map, or may. Nothing is written anywhere."""
        yield from _resting(table_map)
        yield from coming.in_model(table_map, self.snapshot)
        with self.home.read() as connection:
            yield from going.in_values(table_map, self.home.rows(connection), self.limit)
        try:
            adapter = self.adapter_of(table_map.connection)
        except ConnectorError as fault:
            mend = "Set what is missing where foyer worker runs."
            yield Finding(table_map.key, "connection", ERROR, table_map.connection.key, f"{fault}.", mend)
            return
        if isinstance(adapter, AtHome):
            adapter.come_home(self.home)
        try:
            records = self._sample(table_map, adapter) if table_map.inward else []
            yield from going.in_writing(table_map, adapter)
        except ConnectorError as fault:
            yield _fault(table_map, fault)
            return
        if table_map.inward and not records and not table_map.streams:  # a stream tells what happens: now and then nothing
            what = f"{table_map.model.table} has no row that the map would take."
            yield Finding(
                table_map.key, "rows", WARNING, "filter", what, "Look at the filter, and whose rows the account may see."
            )
        yield from coming.in_sample(table_map, records)
        with self.home.read() as connection:
            yield from coming.in_lookups(table_map, self.home.rows(connection), self.maps, records)

    def _sample(self, table_map: CompiledMap, adapter: Adapter) -> list[Record]:
        """The first rows that a load would bring."""
        records: list[Record] = []
        cursor = None
        while True:
            most = min(AT_ONCE, self.limit - len(records)) if self.limit else AT_ONCE
            batch = adapter.pull(table_map, cursor, most)
            records += batch.records
            new = [event.record for event in batch.events if event.operation == "create"]
            records += [record for record in new if passes_as_told(record, table_map.model.filter)]
            cursor = batch.cursor
            if not batch.more or (self.limit and len(records) >= self.limit):
                return records


def _resting(table_map: CompiledMap) -> Iterator[Finding]:
    connection = table_map.connection
    for what, there in (("the map", table_map.model.active), (f"connection {connection.key}", connection.active)):
        if not there:
            yield Finding(table_map.key, "state", WARNING, "active", f"{what} is inactive.", "Say active: true to run it.")


def _fault(table_map: CompiledMap, fault: ConnectorError) -> Finding:
    if isinstance(fault, Retriable):
        mend = "See whether it runs, its address is right, and it knows the credentials of the connection."
        return Finding(table_map.key, "connection", ERROR, table_map.connection.key, f"{fault}.", mend)
    mend = "Correct the name in the map, or the connection's settings and rights, as it says."
    return Finding(table_map.key, "outside", ERROR, table_map.model.table, f"{fault}.", mend)
