"""Rows that go: one at a time with its version, or a record with its children in one change set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.errors import Fatal, RecordRejected, Retriable
from connectors.odata import batch
from connectors.odata.asking import ETAG, Asking
from connectors.odata.client import Answer, told
from connectors.odata.service import Service
from connectors.protocol import Change, Receipt

MET_AGAIN_SECONDS = 0.1
JSON: Mapping[str, str] = {"Content-Type": "application/json"}


class Going:
    """Changes on their way to a service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def one(self, change: Change) -> Receipt:
        """Write one change."""
        asking = self._service.asking(change.map)
        if change.operation == "insert":
            self._written(change, self._service.client.send("POST", asking.new(), JSON, self._body(asking, change)))
            return Receipt()
        row = self._row(asking, change)
        if row is None and change.operation == "delete":
            return Receipt(repeated=True)
        if row is None:
            raise RecordRejected(f"{self._service.name} has no row {dict(change.key)} in {asking.set.name}", "row")
        method, body = ("DELETE", None) if change.operation == "delete" else ("PATCH", self._body(asking, change))
        headers = {**(JSON if body else {}), "If-Match": row.get(ETAG) or "*"}
        answer = self._service.client.send(method, asking.one(row), headers, body)
        if answer.status == 404 and change.operation == "delete":
            return Receipt(repeated=True)
        self._written(change, answer)
        return Receipt()

    def together(self, changes: Sequence[Change]) -> Receipt:
        """Add rows, all or none."""
        requests = []
        for change in changes:
            asking = self._service.asking(change.map)
            address = self._service.client.within(asking.new())
            requests.append(batch.Request("POST", address, self._body(asking, change), JSON))
        kind, body = batch.change_set(requests)
        headers = {"Content-Type": kind, "Accept": "multipart/mixed"}
        answer = self._service.client.send("POST", "$batch", headers, body)
        found = batch.answers(answer) if answer.kind == "multipart/mixed" else []
        if not found and answer.status >= 400:
            self._written(changes[-1], answer)
        for part in found:
            self._written(changes[-1], part)
        if len(found) != len(changes):
            raise self._nonsense(answer)
        return Receipt()

    def _row(self, asking: Asking, change: Change) -> Mapping[str, Any] | None:
        """The row that is to be changed, with its version: the one that was met, or the one that is there."""
        if not change.key:
            raise Fatal(f"map {change.map.key}: a change without a key cannot be sent")
        if ETAG in change.met and all(name in change.met for name in asking.set.key):
            return change.met
        found = [asking.record(row) for row in self._service.every(asking.having(change.key, whole=False))]
        if len(found) > 1:
            raise RecordRejected(f"{self._service.name} has {len(found)} rows {dict(change.key)} in {asking.set.name}", "row")
        return found[0] if found else None

    def _body(self, asking: Asking, change: Change) -> bytes:
        columns = {**change.key, **change.values} if change.operation == "insert" else change.values
        return asking.body(columns)

    def _written(self, change: Change, answer: Answer) -> None:
        """Raise what an answer to a write means, unless it is yes."""
        if answer.status in (200, 201, 204):
            if answer.status == 204 or answer.kind == "application/json":
                return
            raise self._nonsense(answer)
        if answer.status == 412 and change.operation != "insert":
            message = f"{self._service.name} has a newer version of {dict(change.key)}; it is looked at again"
            raise Retriable(message, after=MET_AGAIN_SECONDS)
        words = told(answer)
        if answer.status >= 500 and "Write failed" not in words:
            raise Retriable(f"{self._service.name} cannot take it now ({answer.status}){words}")
        if answer.status in (408, 429):
            raise Retriable(f"{self._service.name} is busy ({answer.status}){words}")
        code = "row" if answer.status == 404 else "database"
        raise RecordRejected(f"{self._service.name} refuses the row ({answer.status}){words}", code)

    def _nonsense(self, answer: Answer) -> Retriable:
        """Whether it was done cannot be told; the same is sent again, and what is there already is found by its key."""
        return Retriable(f"{self._service.name} answers a write with {answer.kind or 'nothing'} that says neither yes nor no")
