"""The addresses of a map's entity set, and what its rows mean. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from connectors.errors import Fatal, RecordRejected
from connectors.odata import batch, values
from connectors.odata.description import EntitySet
from connectors.odata.settings import Settings
from connectors.protocol import Record
from connectors.tablemap import SET, CompiledMap, scope_of, wanted_columns

ETAG = "@odata.etag"
NAMED_AT_ONCE = 25
"""How many rows are asked for by their keys: addresses must stay short."""
SAFE = "(),'/:$=@*!;"
_PAIR = re.compile(r"(?:([A-Za-z_][A-Za-z0-9_]*)=)?('(?:[^']|'')*'|[^,']*)(?:,|$)")


class Asking:
    """One map at one entity set."""

    def __init__(self, table_map: CompiledMap, entity_set: EntitySet, settings: Settings) -> None:
        self.set = entity_set
        self._map = table_map
        self._settings = settings
        self._filters = table_map.model.filter
        self._change = table_map.model.change_column
        self._filtered = tuple(name for name, _ in self._filters)
        self._scope = scope_of(table_map, entity_set.key)
        self._columns = (*table_map.columns, *entity_set.key, *self._filtered)

    def rows(self, limit: int | None = None, after: Sequence[Any] | None = None) -> str:
        """All rows in the order of their key, from a key on."""
        conditions = (*self._conditions(), *([self._after(self.set.key, after)] if after is not None else []))
        return self._address(self._columns, conditions, self.set.key, top=limit)

    def tracked(self) -> str:
        """All rows, with a delta link at their end. No filter and no path: services track whole sets and their own rows."""
        return self._address([name for name in self._columns if "/" not in name], (), ())

    @property
    def follows_paths(self) -> bool:
        """Whether the map reads of rows that are pointed at, which deltas do not tell."""
        return bool(self.set.links)

    def these(self, records: Sequence[Record]) -> str:
        """The same rows once more, whole."""
        each = [" and ".join(f"{name} eq {self._literal(name, row[name])}" for name in self.set.key) for row in records]
        return self._address(self._columns, [" or ".join(f"({item})" for item in each)], ())

    def newest(self) -> str:
        """The row that was changed last, and how many rows there are."""
        first = (f"{self._change} desc",) if self._change else ()
        chosen = (self._change,) if self._change else self.set.key
        return self._address(chosen, self._conditions(), first, top=1, count=True)

    def past(self, change: Any) -> str:
        """How many rows have a later change value than this one."""
        later = f"{self._change} gt {self._literal(self._change, change)}"
        return self._address((self._change,), (*self._conditions(), later), (), top=1, count=True)

    def changed_from(self, change: Any, limit: int) -> str:
        """The rows with this change value or a later one; all that have one where there is no value yet."""
        since = f"{self._change} ne null" if change is None else f"{self._change} ge {self._literal(self._change, change)}"
        order = (self._change, *self.set.key)
        return self._address(self._columns, (*self._conditions(), since), order, top=limit)

    def changed_after(self, change: Any, after: Sequence[Any], limit: int) -> str:
        """The rows after a change value and key, in the order of changes."""
        order = (self._change, *self.set.key)
        since = self._after(order, (change, *after))
        return self._address(self._columns, (*self._conditions(), since), order, top=limit)

    def keys(self) -> str:
        """The map's key columns of all rows."""
        return self._address((*self._map.key_columns, *self.set.key, *self._filtered), self._conditions(), self.set.key)

    def having(self, wanted: Mapping[str, Any], *, whole: bool = True) -> str:
        """The rows with these values, whatever the filter says save of a part of the key: with every property, or only that."""
        return self._address(() if whole else self.set.key, self._equal(wanted), self.set.key)

    def having_any(self, wanted: Sequence[Mapping[str, Any]]) -> str:
        """The same of several, but not of those with a value that no row can have; empty where none is left."""
        found: list[str] = []
        for each in wanted:
            with suppress(RecordRejected):
                found.append(" and ".join(self._equal(each)))
        return self._address((), [" or ".join(f"({item})" for item in found)], self.set.key) if found else ""

    def _equal(self, wanted: Mapping[str, Any]) -> tuple[str, ...]:
        scope = tuple(f"({self._condition(name, value)})" for name, value in self._scope)
        return (*(f"{name} eq {self._literal(name, value)}" for name, value in wanted.items()), *scope)

    def one(self, row: Mapping[str, Any]) -> str:
        """The address of a row, by its key."""
        parts = [(name, self._literal(name, row[name])) for name in self.set.key]
        inside = parts[0][1] if len(parts) == 1 else ",".join(f"{name}={text}" for name, text in parts)
        return self._queried(f"{self.set.name}({quote(inside, safe=SAFE.replace('/', ''))})", [])

    def new(self) -> str:
        """Where rows are added."""
        return self._queried(self.set.name, [])

    def record(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row of the service as a record: its properties with their types, and its version."""
        kinds = self.set.kinds
        found = {name: self._read(kinds[name], value) for name, value in row.items() if name in kinds}
        for name in self.set.links.keys() & row.keys():
            there = row[name] if isinstance(row[name], dict) else {}
            for path in self._paths(name):
                found[path] = self._read(kinds[path], there.get(path.partition("/")[2]))
        return found | {ETAG: row[ETAG]} if ETAG in row else found

    def body(self, columns: Mapping[str, Any]) -> bytes:
        """The JSON of a row with these values; a row that is pointed at is named by its address. Raises RecordRejected."""
        plain = {name: value for name, value in columns.items() if "/" not in name}
        texts = {name: values.written(self.set.kinds.get(name, "Edm.String"), value) for name, value in plain.items()}
        for name in dict.fromkeys(column.partition("/")[0] for column in columns if "/" in column):
            keys = {path.partition("/")[2]: value for path, value in columns.items() if path.startswith(f"{name}/")}
            texts[f"{name}@odata.bind"] = values.written("Edm.String", self._bound(name, keys))
        return batch.row(texts)

    def _bound(self, name: str, keys: Mapping[str, Any]) -> str | None:
        """The address of the row that a navigation is to point at, by its key or another one; None for no row."""
        link = self.set.links[name]
        if all(value is None for value in keys.values()):
            return None
        if not link.set:
            raise Fatal(f"map {self._map.key}: $metadata does not say which entity set {name} points at")
        parts = [(key, self._literal(f"{name}/{key}", value)) for key, value in keys.items()]
        alone = len(parts) == 1 and link.key == (parts[0][0],)
        inside = parts[0][1] if alone else ",".join(f"{key}={text}" for key, text in parts)
        return f"/{link.set}({quote(inside, safe=SAFE.replace('/', ''))})"

    def _paths(self, name: str) -> list[str]:
        """What the map names of the rows that a navigation points at."""
        return [column for column in wanted_columns(self._map) if column.startswith(f"{name}/")]

    def passes(self, record: Record) -> bool:
        """Whether the filter lets a record through, for rows that came without the service being asked for it."""
        return self.holds(record) and all(self._matches(name, record.get(name), wanted) for name, wanted in self._filters)

    def concerns(self, record: Record) -> bool:
        """Whether a record is in the part of the set that the map is about, whether the filter lets it through or not."""
        return all(self._matches(name, record.get(name), wanted) for name, wanted in self._scope)

    def holds(self, record: Record) -> bool:
        """Whether what must not be empty is not: a service that has no null gives empty texts instead."""
        return all(record.get(name) not in (None, "") for name, wanted in self._filters if wanted == SET)

    def picked(self, record: Record) -> Record:
        """What the map reads of a record. Raises Fatal where the service leaves out what it was asked for."""
        try:
            return {name: record[name] for name in self._map.columns}
        except KeyError as missing:
            raise Fatal(f"map {self._map.key}: {self.set.name} answers without the property {missing}") from None

    def position(self, record: Record) -> list[Any]:
        """Where a record stands in the order of keys."""
        return [record[name] for name in self.set.key]

    def gone(self, entry: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The map's key of a row that is told to be gone; None where its address does not tell it.

        The address is that of the row, or its key alone.
        """
        text = str(entry.get("@id") or entry.get("@odata.id") or entry.get("id") or "")
        inside = text[text.index("(") + 1 : text.rindex(")")] if "(" in text and ")" in text else text
        found: dict[str, Any] = {}
        for at, match in enumerate(_PAIR.finditer(unquote(inside) if "(" in text else inside)):
            name = match[1] or (self.set.key[0] if len(self.set.key) == 1 and at == 0 else "")
            if name in self.set.kinds:
                found[name] = self._value(self.set.kinds[name], match[2])
        if set(self._map.key_columns) != set(self.set.key) or set(found) != set(self.set.key):
            return None
        return tuple(found[name] for name in self._map.key_columns)

    def _value(self, kind: str, text: str) -> Any:
        """A literal of an address as a value."""
        plain = text[text.index("'") + 1 : -1].replace("''", "'") if text.endswith("'") else text
        return self._read(kind, plain)

    def _read(self, kind: str, value: Any) -> Any:
        found = values.read(kind, value)
        empty = self._settings.empty_date
        if empty is not None and isinstance(found, dt.date):
            day = found.date() if isinstance(found, dt.datetime) else found
            return None if day == empty else found
        return found

    def _literal(self, name: str, value: Any) -> str:
        return values.literal(self.set.kinds.get(name, "Edm.String"), value)

    def _conditions(self) -> tuple[str, ...]:
        return tuple(self._condition(name, wanted) for name, wanted in self._filters)

    def _condition(self, name: str, wanted: Any) -> str:
        if wanted == SET:
            return f"{name} ne null"
        several = list(wanted) if isinstance(wanted, (list, tuple)) else [wanted]
        try:
            return " or ".join(f"{name} eq {self._literal(name, value)}" for value in several) or "false"
        except RecordRejected as fault:
            raise Fatal(f"map {self._map.key}: the filter on {name}: {fault}") from None

    def _after(self, names: Sequence[str], place: Sequence[Any]) -> str:
        """`(a, b) > (x, y)` in the words that every service knows."""
        first, text = names[0], self._literal(names[0], place[0])
        if len(names) == 1:
            return f"{first} gt {text}"
        return f"{first} gt {text} or ({first} eq {text} and ({self._after(names[1:], place[1:])}))"

    def _matches(self, name: str, value: Any, wanted: Any) -> bool:
        if wanted == SET:
            return True
        several = list(wanted) if isinstance(wanted, (list, tuple)) else [wanted]
        try:
            return self._literal(name, value) in {self._literal(name, item) for item in several}
        except RecordRejected:
            return False

    def _address(
        self,
        columns: Sequence[str],
        conditions: Sequence[str],
        order: Sequence[str],
        top: int | None = None,
        count: bool = False,
    ) -> str:
        own = [name for name in dict.fromkeys(columns) if "/" not in name]
        # Without columns the whole row is asked for, and with it what the map names of those that it points at.
        named = columns or wanted_columns(self._map)
        paths = [name for name in dict.fromkeys(named) if "/" in name]
        expanded = [
            f"{name}($select={','.join(path.partition('/')[2] for path in paths if path.startswith(f'{name}/'))})"
            for name in dict.fromkeys(path.partition("/")[0] for path in paths)
        ]
        joined = conditions[0] if len(conditions) == 1 else " and ".join(f"({item})" for item in conditions)
        parts = [
            ("$select", ",".join(own)),
            ("$expand", ",".join(expanded)),
            ("$filter", joined),
            ("$orderby", ",".join(order)),
            ("$top", "" if top is None else str(top)),
            ("$count", "true" if count else ""),
        ]
        return self._queried(self.set.name, [f"{name}={quote(text, safe=SAFE)}" for name, text in parts if text])

    def _queried(self, path: str, parts: Sequence[str]) -> str:
        query = "&".join([*parts, *([self._settings.query] if self._settings.query else [])])
        return f"{path}?{query}" if query else path


def without_root(root: str, link: str) -> str:
    """A link as it is kept: from the service's root on, so that it stays right where the service moves."""
    if link.startswith(root):
        return link.removeprefix(root)
    # Some services answer below another spelling of their own root; then the last of the path and the query count.
    path = urlsplit(root).path
    parts = urlsplit(link)
    if not parts.scheme and parts.path.startswith(path):
        return link.removeprefix(path)
    return link
