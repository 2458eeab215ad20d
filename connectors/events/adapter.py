"""A stream of change events as a source and a target, whatever broker has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.errors import Fatal
from connectors.events.envelope import envelope_of, read_message, source_of, write_change
from connectors.events.message import Broker
from connectors.home import AtHome, Home
from connectors.protocol import Batch, Change, Cursor, Receipt, Record
from connectors.tablemap import CompiledMap


class EventAdapter:
    """A broker's streams, each of which a map names as its table. Settings: `envelope` and `source`."""

    def __init__(self, name: str, settings: Mapping[str, str], kind: str, broker: Broker) -> None:
        self._name, self._kind, self._broker = name, kind, broker
        self._envelope = envelope_of(name, settings, kind)
        self._own = source_of(name, settings)

    def pull(self, table_map: CompiledMap, cursor: Cursor | None, limit: int) -> Batch:
        """What has happened since the cursor, in order; without one, from the oldest event that there is."""
        at = cursor.get("at") if cursor and cursor.get("by") == self._kind else None
        reading = self._broker.read(table_map.key, table_map.model.table, at, limit)
        found = (read_message(self._envelope, message, self._own) for message in reading.messages)
        events = tuple(event for event in found if event is not None)
        return Batch((), {"by": self._kind, "at": reading.at}, reading.more, events=events)

    def committed(self, table_map: CompiledMap, cursor: Cursor) -> None:
        """Tell the broker how far our side has got."""
        if cursor.get("by") == self._kind:
            self._broker.settle(table_map.key, table_map.model.table, cursor["at"])

    def waiting(self, table_map: CompiledMap, cursor: Cursor) -> int | None:
        """See `Counting.waiting`: messages, of which some may be of other kinds or of one row."""
        if cursor.get("by") != self._kind:
            return None
        return self._broker.waiting(table_map.key, table_map.model.table, cursor.get("at"))

    def come_home(self, home: Home) -> None:
        """Tell a broker that is in our own database where that is."""
        if isinstance(self._broker, AtHome):
            self._broker.come_home(home)

    def keys(self, table_map: CompiledMap) -> Iterator[tuple[Any, ...]]:
        """A stream tells what happens, not what there is. Raises Fatal."""
        raise Fatal(f"map {table_map.key}: a stream of events has no list of rows")

    def find(self, table_map: CompiledMap, column: str, value: Any) -> Sequence[Record]:
        """Nobody can be asked for a row."""
        return ()

    def push(self, change: Change, idempotency: str) -> Receipt:
        """Publish a change under its key, and wait until the broker has it."""
        message = write_change(self._envelope, change, idempotency, self._own)
        return Receipt(repeated=self._broker.publish(change.map.model.table, message, idempotency))

    def close(self) -> None:
        """Let the broker go."""
        self._broker.close()
