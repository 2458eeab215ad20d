"""Rows that go: one request each, and back again where a record's children went and the record itself is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from connectors.errors import Fatal, RecordRejected
from connectors.protocol import Change, Receipt, Record
from connectors.rest.client import RestClient, column
from connectors.rest.coming import Coming
from connectors.rest.pointers import at
from connectors.tablemap import CompiledMap, passes_as_told, scope_of, wanted_columns
from metadata.model import Resource, ResourceRequest

ROW = "@row"
DOTS = (".", "..")
GONE = (404, 410)


class Going:
    """Changes on their way to one resource."""

    def __init__(self, client: RestClient, resource: Resource) -> None:
        self._client = client
        self._resource = resource

    def write(self, change: Change, idempotency: str) -> Receipt:
        """Write one change."""
        operation = {"insert": "create"}.get(change.operation, change.operation)
        request: ResourceRequest | None = getattr(self._resource, operation)
        if request is None:
            raise Fatal(f"map {change.map.key}: {self._resource.key} does not say how to {operation} a row")
        columns = {**change.key, **change.values} if change.operation == "insert" else dict(change.values)
        headers = {"Content-Type": "application/json"}
        if self._resource.idempotency_header:
            headers[self._resource.idempotency_header] = idempotency
        body = None if operation == "delete" and not request.body else _body(request, columns, change.key)
        answer = self._client.send(request.method, _address(request.path, {**columns, **change.key}), headers, body)
        if change.operation == "delete" and answer.status in GONE:
            return Receipt(repeated=True)
        self._client.written(answer, self._resource.message)
        return Receipt()

    def find(self, table_map: CompiledMap, name: str, value: Any) -> Sequence[Record]:
        """The rows whose column has this value: by the address of one row if that is its key, else among all rows."""
        resource = self._resource
        if not (resource.one and resource.row_key == (name,)):
            rows = Coming(self._client, resource).every(table_map)
            scope = scope_of(table_map, resource.row_key)
            mine = (row for row in rows if passes_as_told(row, scope))
            return [row for row in mine if row.get(name) == value or str(row.get(name)) == str(value)]
        answer = self._client.get(_address(resource.one, {name: value}))
        if answer.status in GONE:
            return []
        document, _ = self._client.read(answer, resource.one)
        row = at(document, resource.row)
        if not isinstance(row, dict):
            raise Fatal(f"{self._client.name} has no row in its answer for {resource.one}; see row of the resource")
        return [{item: column(row, item) for item in dict.fromkeys((*wanted_columns(table_map), *resource.row_key))}]


def _address(path: str, values: Mapping[str, Any]) -> str:
    """An address with values in place of names in braces. Raises RecordRejected for a value that no address can hold."""
    for name, value in values.items():
        if "{" + name + "}" in path:
            text = "" if value is None else str(value)
            if not text or text in DOTS:
                raise RecordRejected(f"there is no {name} for the address {path}", "required")
            path = path.replace("{" + name + "}", quote(text, safe=""))
    return path


def _body(request: ResourceRequest, columns: Mapping[str, Any], key: Mapping[str, Any]) -> bytes:
    row = _nested(columns)
    filled: Any = row if not request.body else _filled(json.loads(request.body), row, {**columns, **key})
    return json.dumps(filled, ensure_ascii=False, default=_plain).encode()


def _filled(template: Any, row: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
    if isinstance(template, dict):
        return {name: _filled(value, row, columns) for name, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, row, columns) for value in template]
    if template == ROW:
        return row
    if isinstance(template, str) and template.startswith("@"):
        return template[1:] if template.startswith("@@") else columns.get(template[1:])
    return template


def _nested(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Columns as an object: a path with slashes is a member of a member."""
    made: dict[str, Any] = {}
    for name, value in columns.items():
        *way, last = name.split("/")
        holder = made
        for step in way:
            holder = holder.setdefault(step, {})
        holder[last] = value
    return made


def _plain(value: Any) -> Any:
    """Dates and moments as ISO 8601 has them; decimals as numbers where those are exact, else as texts; the rest as texts."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if not isinstance(value, Decimal):
        return str(value)
    if value == value.to_integral_value():
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else str(value)
