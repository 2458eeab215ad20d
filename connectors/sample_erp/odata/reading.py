"""Rows as they are asked for: a page at a time, with next links, and delta links where changes are to be told."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, and_, func, or_, select

from connectors.sample_erp.odata import filters
from connectors.sample_erp.odata.model import Wrong, key_of, kind, literal, navigations, row_shown, shown, token, untoken
from connectors.sample_erp.schema import change_counter, deleted_row

KNOWN = ("$select", "$expand", "$filter", "$orderby", "$top", "$skip", "$count", "$skiptoken", "$deltatoken", "cross-company")
PAGE = 5000
_EXPANDED = re.compile(r"([A-Za-z_]+)(?:\(\$select=([A-Za-z_,]+)\))?(?:,|$)")
CHANGED = "modified_seq"


@dataclass(frozen=True)
class Ask:
    """One question for rows: the options of its address, and what it prefers.

    `epoch` counts how often delta links were forgotten.
    """

    root: str
    table: Table
    options: Mapping[str, str]
    page: int = PAGE
    tracked: bool = False
    epoch: int = 0

    @property
    def columns(self) -> list[str]:
        """The properties that are asked for; all where none are named."""
        names = [name.strip() for name in self.options.get("$select", "").split(",") if name.strip()]
        return [filters.column(self.table, name).name for name in names] or list(self.table.c.keys())

    def number(self, name: str) -> int | None:
        """An option that is a number. Raises Wrong for another one."""
        text = self.options.get(name)
        if text is None:
            return None
        if not text.isdigit():
            raise Wrong(400, f"{name} is a number, not {text!r}.")
        return int(text)

    def link(self, options: Mapping[str, str]) -> str:
        """An address of the same rows."""
        return f"{self.root}{self.table.name}?{urlencode(options, quote_via=quote, safe='$,')}"


def rows(conn: Connection, ask: Ask) -> dict[str, Any]:
    """The answer to a question for rows. Raises Wrong."""
    for name in ask.options:
        if name not in KNOWN:
            raise Wrong(400, f"The query option {name} is not supported.")
    if "$deltatoken" in ask.options:
        return _changed(conn, ask)
    if ask.tracked and ({"$filter", "$orderby", "$top", "$expand"} & ask.options.keys()):
        raise Wrong(400, "Change tracking goes with $select only.")
    return _page(conn, ask)


def one(conn: Connection, table: Table, text: str) -> dict[str, Any]:
    """The stored row at an address. Raises Wrong where there is none."""
    key = key_of(table)
    name, sign, value = text.partition("=")
    if sign and "'" not in name:
        if name.strip() != key.name:
            raise Wrong(400, f"{name.strip()} is not the key of {table.name}.")
        text = value
    row = conn.execute(select(table).where(key == literal(key, text.strip()))).mappings().first()
    if row is None:
        raise Wrong(404, f"There is no row {text} in {table.name}.")
    return dict(row)


def _page(conn: Connection, ask: Ask) -> dict[str, Any]:
    table, key = ask.table, key_of(ask.table)
    order = filters.order(table, ask.options.get("$orderby", ""))
    if key not in [column for column, _ in order]:
        order.append((key, False))
    where = [filters.condition(table, ask.options["$filter"])] if ask.options.get("$filter") else []
    start = untoken(ask.options["$skiptoken"]) if "$skiptoken" in ask.options else None
    seq, taken = (start[0], start[1]) if start else (_now(conn), 0)
    left = None if ask.number("$top") is None else max(0, (ask.number("$top") or 0) - taken)
    size = ask.page if left is None else min(ask.page, left)
    found = _select(ask, where, order, start).limit(size + 1)
    stored = [dict(row) for row in conn.execute(found).mappings()]
    more = len(stored) > size and size > 0 and (left is None or left > size)
    stored = stored[:size]
    answer: dict[str, Any] = {"@odata.context": f"{ask.root}$metadata#{table.name}"}
    if ask.options.get("$count") == "true":
        answer["@odata.count"] = conn.execute(select(func.count()).select_from(table).where(*where)).scalar_one()
    answer["value"] = [row_shown(table, row, ask.columns) for row in stored]
    for name, found_rows in _expanded(conn, ask, stored).items():
        for shown_row, pointed in zip(answer["value"], found_rows, strict=True):
            shown_row[name] = pointed
    if more:
        place = [seq, taken + size, *(stored[-1][column.name] for column, _ in order)]
        answer["@odata.nextLink"] = ask.link({**ask.options, "$skiptoken": token(place)})
    elif ask.tracked:
        answer["@odata.deltaLink"] = _delta_link(ask, seq)
    return answer


def _expanded(conn: Connection, ask: Ask, stored: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any] | None]]:
    """What the rows point at, for each navigation that is asked for, in the order of the rows."""
    text = ask.options.get("$expand", "")
    found: dict[str, list[dict[str, Any] | None]] = {}
    for match in _EXPANDED.finditer(text):
        if match[1] not in navigations(ask.table):
            raise Wrong(400, f"Could not find a property named '{match[1]}' on type '{ask.table.name}'.")
        column, target = navigations(ask.table)[match[1]]
        there = Ask(ask.root, target, {"$select": match[2] or ""})
        keys = {row[column.name] for row in stored}
        chosen = conn.execute(select(target).where(key_of(target).in_(keys))).mappings()
        by_key = {row[key_of(target).name]: row_shown(target, dict(row), there.columns) for row in chosen}
        found[match[1]] = [by_key.get(row[column.name]) for row in stored]
    if text and "".join(match[0] for match in _EXPANDED.finditer(text)) != text:
        raise Wrong(400, f"$expand cannot be read: {text[:60]!r}.")
    return found


def _select(
    ask: Ask, where: Sequence[ColumnElement[bool]], order: Sequence[tuple[Column[Any], bool]], start: list[Any] | None
) -> Select[Any]:
    """Rows from a place on. By their values where the order rises, so that rows which come and go meanwhile move nobody."""
    chosen = select(ask.table).where(*where)
    for column, falls in order:
        chosen = chosen.order_by(column.desc().nulls_last() if falls else column.asc().nulls_first())
    skip = ask.number("$skip") or 0
    if start is None:
        return chosen.offset(skip) if skip else chosen
    if any(falls for _, falls in order):
        return chosen.offset(skip + start[1])
    return chosen.where(_after([column for column, _ in order], start[2:]))


def _after(columns: Sequence[Column[Any]], place: Sequence[Any]) -> ColumnElement[bool]:
    first, value = columns[0], _place(columns[0], place[0])
    later: ColumnElement[bool] = first.is_not(None) if value is None else first > value
    if len(columns) == 1:
        return later
    same = first.is_(None) if value is None else first == value
    return or_(later, and_(same, _after(columns[1:], place[1:])))


def _place(column: Column[Any], value: Any) -> Any:
    """A value of a token as the column has it."""
    if isinstance(value, str) and kind(column) != "Edm.String":
        return literal(column, value)
    return Decimal(str(value)) if isinstance(value, float) else value


def _changed(conn: Connection, ask: Ask) -> dict[str, Any]:
    """What has changed since a delta link was given, and what is gone: by change number, so that nothing is left out."""
    found = untoken(ask.options["$deltatoken"])
    if len(found) != 2 or not all(isinstance(part, int) for part in found):
        raise Wrong(400, "The delta token cannot be read.")
    epoch, since = found
    if epoch != ask.epoch:
        raise Wrong(410, "The delta token has expired; read everything again.")
    table, seq = ask.table, ask.table.c[CHANGED]
    until = _now(conn)
    changed = conn.execute(select(table).where(seq > since, seq <= until).order_by(seq).limit(ask.page + 1)).mappings()
    note = deleted_row.c
    lost = conn.execute(
        select(note.modified_seq, note.row_key)
        .where(note.table_name == table.name, note.modified_seq > since, note.modified_seq <= until)
        .order_by(note.modified_seq)
        .limit(ask.page + 1)
    )
    entries = [(row[CHANGED], row_shown(table, row, ask.columns)) for row in map(dict, changed)]
    entries += [(number, _gone(ask, key)) for number, key in lost]
    entries.sort(key=lambda entry: entry[0])
    answer: dict[str, Any] = {"@odata.context": f"{ask.root}$metadata#{table.name}/$delta"}
    answer["value"] = [entry for _, entry in entries[: ask.page]]
    if len(entries) > ask.page:
        options = {**ask.options, "$deltatoken": token([epoch, entries[ask.page - 1][0]])}
        answer["@odata.nextLink"] = ask.link(options)
    else:
        answer["@odata.deltaLink"] = _delta_link(ask, until)
    return answer


def _delta_link(ask: Ask, seq: int) -> str:
    options = {name: value for name, value in ask.options.items() if name in ("$select", "cross-company")}
    return ask.link({**options, "$deltatoken": token([ask.epoch, seq])})


def _gone(ask: Ask, key: str) -> dict[str, Any]:
    """A deleted row as OData 4.0 tells it."""
    value = json.loads(key)
    text = "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(shown(value))
    context = f"{ask.root}$metadata#{ask.table.name}/$deletedEntity"
    return {"@odata.context": context, "id": f"{ask.root}{ask.table.name}({quote(text)})", "reason": "deleted"}


def _now(conn: Connection) -> int:
    """The last change number that can be seen."""
    return int(conn.execute(select(change_counter.c.value)).scalar_one())
