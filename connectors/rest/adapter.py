"""Resources of a REST service as a source and a target."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from connectors.errors import ConnectorError, Fatal, RecordRejected, Retriable, meant
from connectors.odata.client import Nonsense
from connectors.protocol import Batch, Change, Cursor, Receipt, Record
from connectors.rest import settings as reading
from connectors.rest.client import RestClient
from connectors.rest.coming import Coming
from connectors.rest.going import Going
from connectors.tablemap import CompiledMap
from metadata.model import Resource


class RestAdapter:
    """One service. What its resources are is declared on the connection."""

    def __init__(
        self,
        name: str,
        settings: Mapping[str, str],
        resources: Sequence[Resource] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = RestClient(name, reading.read(name, settings), clock)
        self._resources = {resource.key: resource for resource in resources}

    def pull(self, table_map: CompiledMap, cursor: Cursor | None, limit: int) -> Batch:
        """A part of a sweep over all rows, or over those that have changed."""
        return Coming(self._client, self._of(table_map)).pull(table_map, cursor, limit)

    def keys(self, table_map: CompiledMap) -> Iterator[tuple[Any, ...]]:
        """The key columns of all rows, a page after the other."""
        return Coming(self._client, self._of(table_map)).keys(table_map)

    def find(self, table_map: CompiledMap, column: str, value: Any) -> Sequence[Record]:
        """The rows whose column has this value."""
        with _waiting():
            return Going(self._client, self._of(table_map)).find(table_map, column, value)

    def push(self, change: Change, idempotency: str) -> Receipt:
        """Write one change; children before their record, and taken back where the record is refused."""
        done: list[Change] = []
        with _waiting():
            try:
                for number, child in enumerate(change.children):
                    if self._write(child, f"{idempotency}-{number + 1}"):
                        done.append(child)
                return Going(self._client, self._of(change.map)).write(change, idempotency)
            except RecordRejected:
                self._take_back(done)
                raise

    def command(self, method: str, address: str, body: bytes, idempotency: str) -> None:
        """Send one request. Raises RecordRejected where the service refuses it."""
        headers = {"Idempotency-Key": idempotency, **({"Content-Type": "application/json"} if body else {})}
        self._client.written(self._client.send(method, address, headers, body or None), "")

    def obstacles(self, table_map: CompiledMap) -> list[tuple[str, str, str]]:
        """See `connectors.preflight.going.Probing`; a right that the account has not cannot be told without writing."""
        resource = self._of(table_map)
        wanted = {"create": resource.create, "update": resource.update}
        wanted |= {"delete": resource.delete} if table_map.model.delete == "delete" else {}
        missing = [word for word, request in wanted.items() if request is None]
        return [("", f"{resource.key} does not say how to {word} a row.", f"Give the resource {word}.") for word in missing]

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    def _of(self, table_map: CompiledMap) -> Resource:
        wanted = table_map.model.table
        if wanted not in self._resources:
            there = meant(wanted, self._resources)
            raise Fatal(f"map {table_map.key}: connection {self._client.name} declares no resource {wanted}{there}")
        return self._resources[wanted]

    def _write(self, child: Change, idempotency: str) -> bool:
        """Add a child; whether it is new. One that an earlier try has added is there already."""
        going = Going(self._client, self._of(child.map))
        try:
            going.write(child, idempotency)
        except RecordRejected:
            column, value = next(iter(child.key.items()))
            if child.operation != "insert" or not going.find(child.map, column, value):
                raise
            return False
        return True

    def _take_back(self, done: Sequence[Change]) -> None:
        for child in reversed(done):
            # The refusal is what counts; a child that stays is told by foyer sync compare.
            with suppress(ConnectorError):
                Going(self._client, self._of(child.map)).write(Change(child.map, "delete", child.key, {}), "")


@contextmanager
def _waiting() -> Iterator[None]:
    """Nonsense in answer to a single row says nothing of the row: it waits, and is not parked for somebody to mend."""
    try:
        yield
    except Nonsense as fault:
        raise Retriable(str(fault)) from fault
