"""Rows that come: a page after the other in whichever way the service counts them, then what has changed since."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urljoin

from connectors.errors import Fatal, meant
from connectors.protocol import Batch, Cursor, Record
from connectors.rest.client import RestClient, column
from connectors.rest.pointers import at, has
from connectors.tablemap import CompiledMap, passes_as_told, wanted_columns
from connectors.values import digest
from metadata.model import Resource

SEEN = 2000
"""How many rows of a sweep are remembered, so that those which come again are told from new ones."""
LINK = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?next"?', re.IGNORECASE)


class Coming:
    """The rows of a resource as batches."""

    def __init__(self, client: RestClient, resource: Resource) -> None:
        self._client = client
        self._resource = resource

    def pull(self, table_map: CompiledMap, cursor: Cursor | None, limit: int) -> Batch:
        """A part of a sweep over the rows.

        The first sweep is over all rows; so is the second, for what changed meanwhile. Each later one begins with the highest
        change value that was known when the one before began, so that a row which is changed during a sweep is read by the
        next. Without a change column every sweep is over all rows.
        """
        start = dict(cursor) if cursor is not None and cursor.get("by") == "rest" else _begin(None, None, [])
        rows, following = self._page(start["next"], start["since"])
        records = [self._record(table_map, row) for row in rows[start["skip"] :]]
        if start["skip"] == 0:
            self._complete(table_map, rows)
        taken, rest = records[:limit], records[limit:]
        change = table_map.model.change_column
        high = max([value for row in taken if (value := row.get(change)) is not None], default=None) if change else None
        high = start["high"] if high is None or (start["high"] is not None and start["high"] > high) else high
        marks = [digest(row.values()) for row in taken] if change else []
        fresh = [row for row, mark in zip(taken, marks, strict=True) if mark not in start["old"]] if change else taken
        seen = [*start["seen"], *marks][: SEEN + 1]
        more = bool(rest) or following is not None
        if rest:
            after = {**start, "skip": start["skip"] + len(taken), "high": high, "seen": seen}
        elif more:
            after = {**start, "next": following, "skip": 0, "high": high, "seen": seen}
        else:
            after = _begin(start["known"], high if high is not None else start["known"], seen if len(seen) <= SEEN else [])
        return Batch([row for row in fresh if self._passes(table_map, row)], after, more, table_map.compares)

    def keys(self, table_map: CompiledMap) -> Iterator[tuple[Any, ...]]:
        """The key columns of all rows."""
        for row in self.every(table_map):
            if self._passes(table_map, row):
                yield tuple(row[name] for name in table_map.key_columns)

    def every(self, table_map: CompiledMap) -> Iterator[Record]:
        """All rows there are now."""
        following: Any = None
        while True:
            rows, following = self._page(following, None)
            yield from (self._record(table_map, row) for row in rows)
            if following is None:
                return

    def rows_in(self, document: Any, pointer: str) -> list[Mapping[str, Any]]:
        """The rows of an answer. Raises Fatal for what is no list of objects: nonsense is not nothing."""
        found = at(document, pointer)
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            where = pointer or "its answer"
            what = f"{self._client.name} has no list of rows in {where} for {self._resource.key}"
            raise Fatal(f"{what}; mend the resource's rows")
        return found

    def _page(self, place: Any, since: Any) -> tuple[list[Mapping[str, Any]], Any]:
        """One page, and where the next one is; None after the last."""
        resource = self._resource
        document, answer = self._client.document(self._address(place, since))
        rows = self.rows_in(document, resource.rows)
        match resource.paging:
            case "page":
                number = resource.first_page if place is None else place
                return rows, number + 1 if len(rows) >= resource.page_size else None
            case "offset":
                return rows, (place or 0) + len(rows) if len(rows) >= resource.page_size else None
            case "cursor":
                return rows, at(document, resource.next) or None
            case "next_link":
                return rows, self._link(at(document, resource.next))
            case "link_header":
                found = LINK.search(answer.headers.get("link", ""))
                return rows, self._link(found[1] if found else None)
        return rows, None

    def _link(self, address: Any) -> str | None:
        if not address:
            return None
        return self._client.within(urljoin(self._client.within(""), str(address)))

    def _address(self, place: Any, since: Any) -> str:
        resource = self._resource
        if resource.paging in ("next_link", "link_header") and place is not None:
            return str(place)
        asked: dict[str, Any] = dict(resource.query)
        if resource.size_parameter:
            asked[resource.size_parameter] = resource.page_size
        if resource.paging == "page":
            asked[resource.parameter] = resource.first_page if place is None else place
        elif resource.paging == "offset":
            asked[resource.parameter] = place or 0
        elif resource.paging == "cursor" and place is not None:
            asked[resource.parameter] = place
        if since is not None and resource.changed_since:
            asked[resource.changed_since] = since
        return resource.path + ("&" if "?" in resource.path else "?") * bool(asked) + urlencode(asked)

    def _record(self, table_map: CompiledMap, row: Mapping[str, Any]) -> dict[str, Any]:
        names = dict.fromkeys((*wanted_columns(table_map), *self._resource.row_key))
        return {name: column(row, name) for name in names}

    def _complete(self, table_map: CompiledMap, rows: list[Mapping[str, Any]]) -> None:
        """A column that no row of a page has is none: a name that is written wrong would else be empty for ever."""
        for name in table_map.columns if rows else ():
            if not any(name in row or has(row, name.split("/")) for row in rows):
                there = list(rows[0])
                raise Fatal(f"map {table_map.key}: {self._resource.key} has no column {name}{meant(name, there)}")

    def _passes(self, table_map: CompiledMap, row: Record) -> bool:
        return passes_as_told(row, table_map.model.filter)


def _begin(since: Any, known: Any, old: list[str]) -> dict[str, Any]:
    """The beginning of a sweep: from which change value on, which was known then, which rows came in the one before."""
    return {"by": "rest", "next": None, "skip": 0, "since": since, "known": known, "high": known, "old": old, "seen": []}
