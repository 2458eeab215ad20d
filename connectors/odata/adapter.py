"""Entity sets of an OData service as a source and a target."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from connectors.errors import RecordRejected, Retriable
from connectors.odata.client import Nonsense, told
from connectors.odata.coming import Coming
from connectors.odata.going import Going
from connectors.odata.service import Service
from connectors.protocol import Batch, Change, Columns, Cursor, Receipt, Record, Verdict
from connectors.tablemap import CompiledMap


class ODataAdapter:
    """One service."""

    def __init__(self, name: str, settings: Mapping[str, str], clock: Callable[[], float] = time.monotonic) -> None:
        self._service = Service(name, settings, clock)
        self._coming = Coming(self._service)
        self._going = Going(self._service)

    def pull(self, table_map: CompiledMap, cursor: Cursor | None, limit: int) -> Batch:
        """Rows since the cursor. First all rows, then those that the service tells to have changed, or by change column."""
        return self._coming.pull(table_map, cursor, limit)

    def keys(self, table_map: CompiledMap) -> Iterator[tuple[Any, ...]]:
        """The key columns of all rows, a page after the other."""
        return self._coming.keys(table_map)

    def waiting(self, table_map: CompiledMap, cursor: Cursor) -> int | None:
        """See `Counting.waiting`: what `$count` says of rows past the change value that was reached."""
        return self._coming.waiting(table_map, cursor)

    def describe(self, table_map: CompiledMap) -> Columns:
        """See `connectors.sampling.Described`."""
        with _waiting():
            return self._service.columns(table_map)

    def find(self, table_map: CompiledMap, column: str, value: Any) -> Sequence[Record]:
        """The rows whose column has this value."""
        with _waiting():
            asking = self._service.asking(table_map)
            try:
                address = asking.having({column: value})
            except RecordRejected:
                return []  # what the type has not, no row has
            return [asking.record(row) for row in self._service.every(address)]

    def push(self, change: Change, idempotency: str) -> Receipt:
        """Write one change; with children, all in one change set, children first."""
        with _waiting():
            return self._going.together([*change.children, change]) if change.children else self._going.one(change)

    def find_rows(self, table_map: CompiledMap, keys: Sequence[Mapping[str, Any]]) -> Sequence[Record]:
        """See `Batching.find_rows`."""
        with _waiting():
            return self._going.rows(table_map, keys)

    def push_many(self, changes: Sequence[Change]) -> Sequence[Verdict]:
        """See `Batching.push_many`."""
        return self._going.many(changes)

    def command(self, method: str, address: str, body: bytes, idempotency: str) -> None:
        """Send one request. Raises RecordRejected where the service refuses it."""
        headers = {"Idempotency-Key": idempotency, "Repeatability-Request-ID": idempotency}
        if body:
            headers["Content-Type"] = "application/json"
        answer = self._service.client.send(method, address, headers, body or None)
        if answer.status >= 500:
            raise Retriable(f"{self._service.name} cannot do it now ({answer.status}){told(answer)}")
        if answer.status >= 400:
            raise RecordRejected(f"{self._service.name} refuses it ({answer.status}){told(answer)}", "row")

    def close(self) -> None:
        """Let the connections go."""
        self._service.client.close()


@contextmanager
def _waiting() -> Iterator[None]:
    """Nonsense in answer to a single row says nothing of the row: it waits, and is not parked for somebody to mend."""
    try:
        yield
    except Nonsense as fault:
        raise Retriable(str(fault)) from fault
