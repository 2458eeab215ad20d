"""Entity sets of an OData service as a source and a target."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from connectors.errors import Fatal, RecordRejected, Retriable, meant
from connectors.odata import batch
from connectors.odata import settings as reading
from connectors.odata.asking import ETAG, Asking, without_root
from connectors.odata.client import Answer, Client, Nonsense, told
from connectors.odata.description import Description
from connectors.protocol import Batch, Change, Cursor, Receipt, Record
from connectors.tablemap import CompiledMap
from connectors.values import digest

log = logging.getLogger(__name__)
TIES = 500
"""How many rows of the latest change value are remembered, to see which of them are new at the next pull."""
KEYS_AT_ONCE = 5000
NAMED_AT_ONCE = 25
"""How many rows are asked for by their keys: addresses must stay short."""
MET_AGAIN_SECONDS = 0.1
CAPPED = "Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"
"""By which Dataverse says that it has not counted to the end."""


class ODataAdapter:
    """One service. What it says of itself is read once; after a fault of shape it is read anew."""

    def __init__(self, name: str, settings: Mapping[str, str], clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._settings = reading.read(name, settings)
        self._client = Client(name, self._settings, clock)
        self._description: Description | None = None
        self._askings: dict[CompiledMap, Asking] = {}
        self._lock = threading.Lock()

    def pull(self, table_map: CompiledMap, cursor: Cursor | None, limit: int) -> Batch:
        """Rows since the cursor. First all rows, then those that the service tells to have changed, or by change column."""
        asking = self._asking(table_map)
        if cursor is None or cursor.get("by") != "odata":
            cursor = self._start(table_map, asking)
        if cursor["phase"] == "delta":
            return self._pull_delta(table_map, asking, cursor, limit)
        if cursor["phase"] == "changes":
            return self._pull_changes(asking, table_map.model.change_column, cursor, limit)
        return self._pull_all(table_map, asking, cursor, limit)

    def keys(self, table_map: CompiledMap) -> Iterator[tuple[Any, ...]]:
        """The key columns of all rows, a page after the other."""
        asking = self._asking(table_map)
        for row in self._every(asking.keys()):
            record = asking.record(row)
            if asking.holds(record):
                yield tuple(record[name] for name in table_map.key_columns)

    def find(self, table_map: CompiledMap, column: str, value: Any) -> Sequence[Record]:
        """The rows whose column has this value."""
        with _waiting():
            asking = self._asking(table_map)
            try:
                address = asking.having({column: value})
            except RecordRejected:
                return []  # what the type has not, no row has
            return [asking.record(row) for row in self._every(address)]

    def push(self, change: Change, idempotency: str) -> Receipt:
        """Write one change; with children, all in one change set, children first."""
        with _waiting():
            if not change.children:
                return self._push(change)
            self._push_together([*change.children, change])
            return Receipt()

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    # What the service is

    def _asking(self, table_map: CompiledMap) -> Asking:
        with self._lock:
            if table_map not in self._askings:
                if self._description is None:
                    self._description = self._described(table_map)
                try:
                    found = self._description.entity_set(table_map)
                except Fatal:
                    self._description = None
                    raise
                self._askings[table_map] = Asking(table_map, found, self._settings)
            return self._askings[table_map]

    def _described(self, table_map: CompiledMap) -> Description:
        """The service document first: it is small, and tells at once whether address, credentials and set are right."""
        found = self._document(self._client.get(""), "its service document")
        names = [str(item.get("name")) for item in found["value"] if isinstance(item, dict)]
        if table_map.model.table not in names:
            wanted = table_map.model.table
            raise Fatal(f"map {table_map.key}: {self._name} has no entity set {wanted}{meant(wanted, names)}")
        answer = self._client.send("GET", "$metadata", {"Accept": "application/xml"})
        if answer.status != 200:
            raise self._refusal(answer, "its $metadata")
        return Description(self._name, answer.body)

    # What comes

    def _start(self, table_map: CompiledMap, asking: Asking) -> dict[str, Any]:
        """Where a load begins. The highest change value is that of now, so that what changes meanwhile comes again."""
        cursor = self._again()
        if table_map.model.delta:
            return cursor
        annotations = f'odata.include-annotations="{CAPPED}"'
        found = self._document(self._client.get(asking.newest(), annotations), asking.set.name)
        count = found.get("@odata.count")
        if isinstance(count, int) and not found.get(f"@{CAPPED}"):
            cursor["total"] = count
        column = table_map.model.change_column
        if column and found["value"]:
            cursor["change"] = asking.record(found["value"][0]).get(column)
        return cursor

    def _pull_all(self, table_map: CompiledMap, asking: Asking, cursor: Cursor, limit: int) -> Batch:
        """A page of all rows, by the service's links or, where it counts rows to find the next page, by key."""
        tracked, by_key = table_map.model.delta, self._settings.by_key and not table_map.model.delta
        if tracked:
            address = cursor["next"] or asking.tracked()
        elif by_key:
            address = asking.rows(limit, cursor.get("after"))
        else:
            address = cursor["next"] or asking.rows()
        prefer = f"odata.maxpagesize={limit}" + (", odata.track-changes" if tracked else "")
        found = self._document(self._client.get(address, prefer), asking.set.name)
        records: Sequence[Record] = [asking.record(row) for row in found["value"]]
        more = bool(found.get("@odata.nextLink")) or (by_key and len(records) == limit)
        following = self._again()
        if more:
            following = {**cursor, "next": None if by_key else self._link(found["@odata.nextLink"])}
            if by_key:
                following["after"] = asking.position(records[-1])
        elif tracked:
            following = {"by": "odata", "phase": "delta", "next": self._delta_link(table_map, found)}
        elif not table_map.compares:
            following = {"by": "odata", "phase": "changes", "change": cursor["change"], "after": None, "ties": []}
        records = self._completed(asking, records) if tracked else records
        taken = [record for record in records if (asking.passes(record) if tracked else asking.holds(record))]
        return Batch(_picked(asking, taken), following, more, table_map.compares, cursor.get("total"))

    def _again(self) -> dict[str, Any]:
        """Where all rows are read from their beginning."""
        return {"by": "odata", "phase": "load", "next": None, "change": None, "total": None}

    def _pull_delta(self, table_map: CompiledMap, asking: Asking, cursor: Cursor, limit: int) -> Batch:
        answer = self._client.get(cursor["next"], f"odata.maxpagesize={limit}")
        if answer.status == 410 or _is_expired(answer):
            # What has changed since is not known any more; all rows are, and those that are the same stay untouched.
            log.warning(
                "%s has forgotten what changed: all rows are read again", self._name,
                extra={"action": "delta_expired", "map": table_map.key},
            )  # fmt: skip
            return self._pull_all(table_map, asking, self._again(), limit)
        found = self._document(answer, asking.set.name)
        rows = [row for row in found["value"] if not _is_gone(row)]
        more = bool(found.get("@odata.nextLink"))
        link = self._link(found["@odata.nextLink"]) if more else self._delta_link(table_map, found)
        following = {"by": "odata", "phase": "delta", "next": link}
        records = self._completed(asking, [asking.record(row) for row in rows])
        passing = [record for record in records if asking.passes(record)]
        left = _picked(asking, [record for record in records if not asking.passes(record)])
        gone = [asking.gone(row) for row in found["value"] if _is_gone(row)]
        lost = [key for key in gone if key is not None]
        lost += [tuple(record[name] for name in table_map.key_columns) for record in left]
        return Batch(_picked(asking, passing), following, more, gone=lost)

    def _pull_changes(self, asking: Asking, column: str, cursor: Cursor, limit: int) -> Batch:
        """The rows from the last change value on, without those of it that were seen.

        Where a page holds nothing but rows of that one value, the next is asked for by key.
        """
        change, after, ties = cursor["change"], cursor.get("after"), list(cursor.get("ties") or ())
        if after is not None:
            most = limit
            address = asking.changed_after(change, after, limit)
        else:
            most = limit + len(ties)
            address = asking.changed_from(change, most)
        found = self._document(self._client.get(address, f"odata.maxpagesize={most}"), asking.set.name)
        rows = [asking.record(row) for row in found["value"]]
        marked = [(row, digest(asking.picked(row).values())) for row in rows]
        fresh = [pair for pair in marked if after is not None or pair[1] not in ties]
        more = len(rows) >= most or bool(found.get("@odata.nextLink")) or len(fresh) > limit
        if len(fresh) > limit:
            fresh = fresh[:limit]
            rows = rows[: 1 + next(at for at, row in enumerate(rows) if row is fresh[-1][0])]
        records = [row for row, _ in fresh if asking.holds(row)]
        return Batch(_picked(asking, records), _following(asking, column, cursor, rows, more), more)

    def _completed(self, asking: Asking, records: Sequence[Record]) -> Sequence[Record]:
        """Rows of a delta with what the map reads of those that they point at; one that is gone meanwhile is left out."""
        if not asking.follows_paths:
            return records
        parts = [records[at : at + NAMED_AT_ONCE] for at in range(0, len(records), NAMED_AT_ONCE)]
        return [asking.record(row) for part in parts for row in self._every(asking.these(part))]

    def _every(self, address: str) -> Iterator[Mapping[str, Any]]:
        following: str | None = address
        while following is not None:
            found = self._document(self._client.get(following, f"odata.maxpagesize={KEYS_AT_ONCE}"), address.partition("?")[0])
            yield from found["value"]
            link = found.get("@odata.nextLink")
            following = self._link(link) if link else None

    def _link(self, link: Any) -> str:
        kept = without_root(self._settings.root, str(link))
        self._client.within(kept)
        return kept

    def _delta_link(self, table_map: CompiledMap, found: Mapping[str, Any]) -> str:
        link = found.get("@odata.deltaLink")
        if not link:
            raise Fatal(
                f"map {table_map.key}: {self._name} does not track changes of {table_map.model.table}; "
                "switch it on there, or name a change_column in place of delta"
            )
        return self._link(link)

    def _document(self, answer: Answer, what: str) -> dict[str, Any]:
        """The JSON of an answer with rows. Raises Fatal for anything else: nonsense is not nothing."""
        if answer.status != 200:
            raise self._refusal(answer, what)
        try:
            found = json.loads(answer.body, parse_float=Decimal)
        except (ValueError, RecursionError):
            raise Nonsense(f"{self._name} answers for {what} with {answer.kind or 'nothing'} that is no JSON") from None
        if not isinstance(found, dict) or not isinstance(found.get("value"), list):
            raise Nonsense(f"{self._name} answers for {what} with JSON that is no OData 4: it has no value")
        if not all(isinstance(row, dict) for row in found["value"]):
            raise Nonsense(f"{self._name} answers for {what} with something else than rows")
        return found

    def _refusal(self, answer: Answer, what: str) -> Fatal | Retriable:
        if answer.status >= 500:
            return Retriable(f"{self._name} cannot answer for {what} ({answer.status}){told(answer)}")
        if answer.status in (400, 404):
            self._description = None
            self._askings.clear()
        return Fatal(f"{self._name} does not answer for {what} ({answer.status}){told(answer)}")

    # What goes

    def _push(self, change: Change) -> Receipt:
        asking = self._asking(change.map)
        if change.operation == "insert":
            self._written(change, self._client.send("POST", asking.new(), JSON, self._body(asking, change)))
            return Receipt()
        row = self._row(asking, change)
        if row is None and change.operation == "delete":
            return Receipt(repeated=True)
        if row is None:
            raise RecordRejected(f"{self._name} has no row {dict(change.key)} in {asking.set.name}", "row")
        method, body = ("DELETE", None) if change.operation == "delete" else ("PATCH", self._body(asking, change))
        headers = {**(JSON if body else {}), "If-Match": row.get(ETAG) or "*"}
        answer = self._client.send(method, asking.one(row), headers, body)
        if answer.status == 404 and change.operation == "delete":
            return Receipt(repeated=True)
        self._written(change, answer)
        return Receipt()

    def _row(self, asking: Asking, change: Change) -> Mapping[str, Any] | None:
        """The row that is to be changed, with its version: the one that was met, or the one that is there."""
        if not change.key:
            raise Fatal(f"map {change.map.key}: a change without a key cannot be sent")
        if ETAG in change.met and all(name in change.met for name in asking.set.key):
            return change.met
        found = [asking.record(row) for row in self._every(asking.having(change.key, whole=False))]
        if len(found) > 1:
            raise RecordRejected(f"{self._name} has {len(found)} rows {dict(change.key)} in {asking.set.name}", "row")
        return found[0] if found else None

    def _body(self, asking: Asking, change: Change) -> bytes:
        columns = {**change.key, **change.values} if change.operation == "insert" else change.values
        return asking.body(columns)

    def _push_together(self, changes: Sequence[Change]) -> None:
        requests = []
        for change in changes:
            asking = self._asking(change.map)
            address = self._client.within(asking.new())
            requests.append(batch.Request("POST", address, self._body(asking, change), JSON))
        kind, body = batch.change_set(requests)
        answer = self._client.send("POST", "$batch", {"Content-Type": kind, "Accept": "multipart/mixed"}, body)
        if answer.kind != "multipart/mixed":
            self._written(changes[-1], answer, whole=True)
            raise self._nonsense(answer)
        found = batch.answers(answer)
        for part in found:
            self._written(changes[-1], part)
        if len(found) != len(changes):
            raise self._nonsense(answer)

    def _written(self, change: Change, answer: Answer, whole: bool = False) -> None:
        """Raise what an answer to a write means, unless it is yes."""
        if answer.status in (200, 201, 204):
            if answer.status == 204 or answer.kind == "application/json" or whole:
                return
            raise self._nonsense(answer)
        if answer.status == 412 and change.operation != "insert":
            message = f"{self._name} has a newer version of {dict(change.key)}; it is looked at again"
            raise Retriable(message, after=MET_AGAIN_SECONDS)
        words = told(answer)
        if answer.status >= 500 and "Write failed" not in words:
            raise Retriable(f"{self._name} cannot take it now ({answer.status}){words}")
        if answer.status in (408, 429):
            raise Retriable(f"{self._name} is busy ({answer.status}){words}")
        code = "row" if answer.status == 404 else "database"
        raise RecordRejected(f"{self._name} refuses the row ({answer.status}){words}", code)

    def _nonsense(self, answer: Answer) -> Retriable:
        """Whether it was done cannot be told; the same is sent again, and what is there already is found by its key."""
        return Retriable(f"{self._name} answers a write with {answer.kind or 'nothing'} that says neither yes nor no")


JSON: Mapping[str, str] = {"Content-Type": "application/json"}


@contextmanager
def _waiting() -> Iterator[None]:
    """Nonsense in answer to a single row says nothing of the row: it waits, and is not parked for somebody to mend."""
    try:
        yield
    except Nonsense as fault:
        raise Retriable(str(fault)) from fault


def _picked(asking: Asking, records: Sequence[Record]) -> list[Record]:
    return [asking.picked(record) for record in records]


def _following(asking: Asking, column: str, cursor: Cursor, rows: Sequence[Record], more: bool) -> dict[str, Any]:
    """The cursor after a page: the last change value, and which rows that have it were seen."""
    if not rows:
        return {**cursor, "after": None} if cursor.get("ties") is not None else dict(cursor)
    change = rows[-1][column]
    ties: list[str] | None = [digest(asking.picked(row).values()) for row in rows if row[column] == change]
    stuck = cursor["change"] == change
    if stuck and ties is not None:
        known = cursor.get("ties", [])
        ties = None if known is None else list(dict.fromkeys((*known, *ties)))
    if ties is not None and len(ties) > TIES:
        ties = None
    after = asking.position(rows[-1]) if ties is None or (stuck and more) else None
    return {**cursor, "phase": "changes", "change": change, "after": after, "ties": ties}


def _is_gone(row: Mapping[str, Any]) -> bool:
    """A row that was deleted, as OData 4.01 says it and as 4.0 does."""
    return "@removed" in row or str(row.get("@odata.context", "")).endswith("/$deletedEntity")


def _is_expired(answer: Answer) -> bool:
    """Dataverse says so in a refusal of its own."""
    return answer.status == 400 and (b"0x80044352" in answer.body or b"ExpiredVersionStamp" in answer.body)
