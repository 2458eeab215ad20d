"""Rows that go, with their versions: each for itself, alone or with others in a `$batch`; with its children in a change set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.batched import batched
from connectors.errors import ConnectorError, Fatal, Overtaken, RecordRejected, Retriable, is_silence
from connectors.odata import batch
from connectors.odata.asking import ETAG, NAMED_AT_ONCE, Asking
from connectors.odata.client import Answer, Nonsense, told
from connectors.odata.service import Service
from connectors.protocol import Change, Receipt, Record, Verdict, texts
from connectors.tablemap import CompiledMap

MOST = 50
"""How many changes are in one batch, at most."""
NO_BATCHES = (404, 405, 415, 501)
DONE = (200, 201, 204)
JSON: Mapping[str, str] = {"Content-Type": "application/json"}


class Going:
    """Changes on their way to a service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._most = MOST

    def one(self, change: Change) -> Receipt:
        """Write one change."""
        request = self._request(change)
        if request is None:
            return Receipt(repeated=True)
        answer = self._service.client.send(request.method, request.address, request.headers, request.body or None)
        return self._receipt(change, answer)

    def many(self, changes: Sequence[Change]) -> list[Verdict]:
        """See `Batching.push_many`. A service that is too slow for so many is given fewer the next time."""
        part = _first_of_each_row(changes[: self._most])
        if len(part) == 1:
            return [self._alone(part[0])]
        verdicts: list[Verdict] = []
        requests: dict[int, batch.Request] = {}
        for at, change in enumerate(part):
            try:
                request = self._request(change)
            except ConnectorError as fault:
                if is_silence(_no_nonsense(fault)) and at:
                    break
                verdicts.append(_no_nonsense(fault))
            else:
                verdicts.append(Receipt(repeated=request is None))
                requests |= {at: request} if request is not None else {}
        if not requests:
            return verdicts
        try:
            found = self._answers(list(requests.values()))
        except Retriable as fault:
            self._most = max(1, self._most // 2)
            return [fault]
        except ConnectorError:
            found = []
        if not found:
            return [self._alone(part[0])]
        self._most = min(MOST, self._most * 2)
        for at, one in zip(requests, found, strict=False):
            try:
                verdicts[at] = self._receipt(part[at], one)
            except ConnectorError as fault:
                verdicts[at] = fault
        return verdicts if len(found) >= len(requests) else verdicts[: list(requests)[len(found)]]

    def _answers(self, requests: Sequence[batch.Request]) -> Sequence[Answer]:
        """All in one change set, which the service does in one transaction; where it takes not all of them, each for itself.

        None where it takes no batches.
        """
        found: Sequence[Answer] = ()
        for form in (batch.change_set, batch.each):
            kind, body = form(requests)
            headers = {"Content-Type": kind, "Accept": "multipart/mixed", "Prefer": "odata.continue-on-error"}
            answer = self._service.client.send("POST", "$batch", headers, body)
            found = batch.answers(answer) if answer.kind == "multipart/mixed" else ()
            if len(found) == len(requests) and all(item.status in DONE for item in found):
                return found
            if answer.status in NO_BATCHES:
                self._most = 1
                return ()
        return found

    def rows(self, table_map: CompiledMap, keys: Sequence[Record]) -> list[Record]:
        """The rows with these keys, with every property."""
        asking = self._service.asking(table_map)
        addresses = [asking.having_any(part) for part in batched(keys, NAMED_AT_ONCE)]
        return [asking.record(row) for address in addresses if address for row in self._service.every(address)]

    def _alone(self, change: Change) -> Verdict:
        try:
            return self.one(change)
        except ConnectorError as fault:
            return _no_nonsense(fault)

    def _request(self, change: Change) -> batch.Request | None:
        """What is to be asked for a change; None where the row that is to go is gone."""
        asking, client = self._service.asking(change.map), self._service.client
        if change.operation == "insert":
            return batch.Request("POST", client.within(asking.new()), self._body(asking, change), JSON)
        row = self._row(asking, change)
        if row is None and change.operation == "delete":
            return None
        if row is None:
            raise RecordRejected(f"{self._service.name} has no row {dict(change.key)} in {asking.set.name}", "row")
        address, version = client.within(asking.one(row)), {"If-Match": row.get(ETAG) or "*"}
        if change.operation == "delete":
            return batch.Request("DELETE", address, b"", version)
        return batch.Request("PATCH", address, self._body(asking, change), {**JSON, **version})

    def _receipt(self, change: Change, answer: Answer) -> Receipt:
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
        if change.exact:
            what = f"{self._service.name} tells no version (ETag) of {asking.set.name}"
            raise Fatal(f"{what}, without which nothing can be added up; take another policy than additive")
        found = [asking.record(row) for row in self._service.every(asking.having(change.key, whole=False))]
        if len(found) > 1:
            raise RecordRejected(f"{self._service.name} has {len(found)} rows {dict(change.key)} in {asking.set.name}", "row")
        return found[0] if found else None

    def _body(self, asking: Asking, change: Change) -> bytes:
        columns = {**change.key, **change.values} if change.operation == "insert" else change.values
        return asking.body(columns)

    def _written(self, change: Change, answer: Answer) -> None:
        """Raise what an answer to a write means, unless it is yes."""
        if answer.status in DONE:
            if answer.status == 204 or answer.kind == "application/json":
                return
            raise self._nonsense(answer)
        if answer.status == 412 and change.operation != "insert":
            raise Overtaken(f"{self._service.name} has a newer version of {dict(change.key)}; it is looked at again")
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


def _first_of_each_row(changes: Sequence[Change]) -> Sequence[Change]:
    """The changes before the second one of any row, whose address and version are to be known when it is sent."""
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for at, change in enumerate(changes):
        place = (change.map.model.table, texts(change.key, change.key))
        if place in seen:
            return changes[:at]
        seen.add(place)
    return changes


def _no_nonsense(fault: ConnectorError) -> ConnectorError:
    """Nonsense in answer to a single row says nothing of the row: it waits, and is not parked for somebody to mend."""
    return Retriable(str(fault)) if isinstance(fault, Nonsense) else fault
