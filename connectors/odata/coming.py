"""Rows that come: all of them, those that changed by delta link or change column, and the keys of those there are."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.errors import Fatal
from connectors.odata.asking import NAMED_AT_ONCE, Asking
from connectors.odata.client import Answer
from connectors.odata.service import Service
from connectors.protocol import Batch, Cursor, Record
from connectors.tablemap import CompiledMap
from connectors.values import digest

log = logging.getLogger(__name__)
TIES = 500
"""How many rows of the latest change value are remembered, to see which of them are new at the next pull."""
CAPPED = "Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"
"""By which Dataverse says that it has not counted to the end."""


class Coming:
    """The rows of a service as batches."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def pull(self, table_map: CompiledMap, cursor: Cursor | None, limit: int) -> Batch:
        """Rows since the cursor. First all rows, then those that the service tells to have changed, or by change column."""
        asking = self._service.asking(table_map)
        if cursor is None or cursor.get("by") != "odata":
            cursor = self._start(table_map, asking)
        if cursor["phase"] == "delta":
            return self._pull_delta(table_map, asking, cursor, limit)
        if cursor["phase"] == "changes":
            return self._pull_changes(asking, table_map.model.change_column, cursor, limit)
        return self._pull_all(table_map, asking, cursor, limit)

    def keys(self, table_map: CompiledMap) -> Iterator[tuple[Any, ...]]:
        """The key columns of all rows, a page after the other."""
        asking = self._service.asking(table_map)
        for row in self._service.every(asking.keys()):
            record = asking.record(row)
            if asking.holds(record):
                yield tuple(record[name] for name in table_map.key_columns)

    def _start(self, table_map: CompiledMap, asking: Asking) -> dict[str, Any]:
        """Where a load begins. The highest change value is that of now, so that what changes meanwhile comes again."""
        cursor = _again()
        if table_map.model.delta:
            return cursor
        found, count = self._counted(asking, asking.newest())
        if count is not None:
            cursor["total"] = count
        column = table_map.model.change_column
        if column and found["value"]:
            cursor["change"] = asking.record(found["value"][0]).get(column)
        return cursor

    def _counted(self, asking: Asking, address: str) -> tuple[Mapping[str, Any], int | None]:
        """An answer, and how many rows it says that there are; None where the service has not counted to the end."""
        annotations = f'odata.include-annotations="{CAPPED}"'
        found = self._service.document(self._service.client.get(address, annotations), asking.set.name)
        count = found.get("@odata.count")
        return found, count if isinstance(count, int) and not found.get(f"@{CAPPED}") else None

    def waiting(self, table_map: CompiledMap, cursor: Cursor) -> int | None:
        """How many rows have changed after the last value that was read. A delta link does not tell what lies behind it."""
        if cursor.get("by") != "odata" or cursor.get("phase") != "changes" or cursor.get("change") is None:
            return None
        asking = self._service.asking(table_map)
        return self._counted(asking, asking.past(cursor["change"]))[1]

    def _pull_all(self, table_map: CompiledMap, asking: Asking, cursor: Cursor, limit: int) -> Batch:
        """A page of all rows, by the service's links or, where it counts rows to find the next page, by key."""
        tracked, by_key = table_map.model.delta, self._service.settings.by_key and not table_map.model.delta
        if tracked:
            address = cursor["next"] or asking.tracked()
        elif by_key:
            address = asking.rows(limit, cursor.get("after"))
        else:
            address = cursor["next"] or asking.rows()
        prefer = f"odata.maxpagesize={limit}" + (", odata.track-changes" if tracked else "")
        found = self._service.document(self._service.client.get(address, prefer), asking.set.name)
        records: Sequence[Record] = [asking.record(row) for row in found["value"]]
        more = bool(found.get("@odata.nextLink")) or (by_key and len(records) == limit)
        more = more and (not by_key or bool(records))
        following = _again()
        if more:
            following = {**cursor, "next": None if by_key else self._service.link(found["@odata.nextLink"])}
            if by_key:
                following["after"] = asking.position(records[-1])
        elif tracked:
            following = {"by": "odata", "phase": "delta", "next": self._delta_link(table_map, found)}
        elif not table_map.compares:
            following = {"by": "odata", "phase": "changes", "change": cursor["change"], "after": None, "ties": []}
        records = self._completed(asking, records) if tracked else records
        taken = [record for record in records if (asking.passes(record) if tracked else asking.holds(record))]
        return Batch(_picked(asking, taken), following, more, table_map.compares, cursor.get("total"))

    def _pull_delta(self, table_map: CompiledMap, asking: Asking, cursor: Cursor, limit: int) -> Batch:
        answer = self._service.client.get(cursor["next"], f"odata.maxpagesize={limit}")
        if answer.status == 410 or _is_expired(answer):
            # What has changed since is not known any more; all rows are, and those that are the same stay untouched.
            log.warning(
                "%s has forgotten what changed: all rows are read again", self._service.name,
                extra={"action": "delta_expired", "map": table_map.key},
            )  # fmt: skip
            return self._pull_all(table_map, asking, _again(), limit)
        found = self._service.document(answer, asking.set.name)
        rows = [row for row in found["value"] if not _is_gone(row)]
        more = bool(found.get("@odata.nextLink"))
        link = self._service.link(found["@odata.nextLink"]) if more else self._delta_link(table_map, found)
        following = {"by": "odata", "phase": "delta", "next": link}
        records = self._completed(asking, [asking.record(row) for row in rows])
        passing = [record for record in records if asking.passes(record)]
        left = _picked(asking, [record for record in records if asking.concerns(record) and not asking.passes(record)])
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
        found = self._service.document(self._service.client.get(address, f"odata.maxpagesize={most}"), asking.set.name)
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
        return [asking.record(row) for part in parts for row in self._service.every(asking.these(part))]

    def _delta_link(self, table_map: CompiledMap, found: Mapping[str, Any]) -> str:
        link = found.get("@odata.deltaLink")
        if not link:
            raise Fatal(
                f"map {table_map.key}: {self._service.name} does not track changes of {table_map.model.table}; "
                "switch it on there, or name a change_column in place of delta"
            )
        return self._service.link(link)


def _again() -> dict[str, Any]:
    """Where all rows are read from their beginning."""
    return {"by": "odata", "phase": "load", "next": None, "change": None, "total": None}


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
