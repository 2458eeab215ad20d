"""What the caller may do, as OpenAPI 3.1: entity sets within reach, their properties, and the calls that are permitted."""

from __future__ import annotations

from typing import Any

from metadata.model.base import Privilege
from metadata.snapshot import Snapshot
from runtime.access import access_of
from runtime.api.calls import Caller
from runtime.api.model import EntitySet, Property, visible
from runtime.odata.options import LARGEST
from runtime.odata.values import KEY

TYPES: dict[str, dict[str, Any]] = {
    "Edm.Int64": {"type": "integer", "format": "int64"},
    "Edm.Decimal": {"type": "number"},
    "Edm.Boolean": {"type": "boolean"},
    "Edm.Date": {"type": "string", "format": "date"},
    "Edm.DateTimeOffset": {"type": "string", "format": "date-time"},
    "Edm.Guid": {"type": "string", "format": "uuid"},
    "Edm.String": {"type": "string"},
    "Collection(Edm.String)": {"type": "array", "items": {"type": "string"}},
}
"""JSON types by the types of OData."""
OPTIONS = {
    "$select": "Properties, with commas between them.",
    "$filter": "A condition, such as number eq 'A-1'.",
    "$orderby": "Properties to order by, each perhaps with desc.",
    "$expand": "Ways to other rows that are to come along.",
    "$top": "How many rows at most.",
    "$skip": "How many rows to leave out.",
    "$count": "true for the number of all rows.",
    "$search": "Words that rows have.",
    "$apply": "Numbers over rows, such as aggregate($count as n).",
    "$skiptoken": "What the link to the next rows has.",
    "$deltatoken": "What a delta link has.",
}
NUMBERS: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": LARGEST}
OPTION_TYPES: dict[str, dict[str, Any]] = {"$top": NUMBERS, "$skip": NUMBERS, "$count": {"type": "boolean"}}
OF_ONE = ("$select", "$expand")
TEXT = {"type": "string"}
REFUSALS: dict[str, tuple[int, ...]] = {
    "rows": (400, 401, 403, 404, 410, 501),
    "row": (400, 401, 403, 404, 501),
    "new": (400, 401, 403, 404, 409, 412, 413, 501),
    "change": (400, 401, 403, 404, 409, 412, 413, 501),
    "delete": (400, 401, 403, 404, 409, 412, 501),
}
"""With what the calls are refused, besides what may happen to any request."""
WRITES: tuple[tuple[Privilege, str], ...] = (("create", "new"), ("write", "change"))
REFUSED = {"$ref": "#/components/responses/refused"}
PREFER = {
    "name": "Prefer",
    "in": "header",
    "schema": TEXT,
    "description": "odata.track-changes for a delta link at the end of the rows; return=representation for the row written.",
}
ETAG = {"ETag": {"description": "The version of the row.", "schema": TEXT}}
WHERE = {
    "OData-EntityId": {"description": "The address of the row.", "schema": TEXT},
    "entityid": {"description": "The id of the row.", "schema": TEXT},
}


def openapi(caller: Caller) -> dict[str, Any]:
    """The document for a caller."""
    sets = visible(caller.snapshot, caller.principal.standing, caller.offer)
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for one in sets:
        schemas[one.name] = _read_schema(caller, one)
        paths[f"/{one.name}"] = _collection(caller, one)
        paths[f"/{one.name}({{{KEY}}})"] = _row(caller, one)
        for privilege, ending in WRITES:
            if _may(caller, one, privilege):
                schemas[f"{one.name}.{ending}"] = _write_schema(caller, one, privilege)
    return {
        "openapi": "3.1.0",
        "info": {"title": str(caller.site.key), "version": str(caller.snapshot.release)},
        "servers": [{"url": caller.root}],
        "security": [{"token": []}, {"session": [], "csrf": []}],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "error": _error()},
            "responses": {
                "refused": {
                    "description": "The call was refused; the code says why.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/error"}}},
                }
            },
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "foyer"},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRFToken"},
            },
        },
    }


def _collection(caller: Caller, one: EntitySet) -> dict[str, Any]:
    rows = {
        "type": "object",
        "required": ["value"],
        "properties": {
            "@odata.count": {"type": "integer"},
            "@odata.nextLink": TEXT,
            "@odata.deltaLink": TEXT,
            "value": {"type": "array", "items": _ref(one.name)},
        },
    }
    found: dict[str, Any] = {
        "get": _call(
            f"list_{one.name}", "Rows.", "rows", {"200": _json("Rows.", rows)}, parameters=[*_options(*OPTIONS), PREFER]
        )
    }
    if _may(caller, one, "create"):
        made = _written(one, "It was made.", {**WHERE, "Location": WHERE["OData-EntityId"]}, "201")
        new = _ref(f"{one.name}.new")
        found["post"] = _call(f"create_{one.name}", "Makes a row.", "new", made, parameters=[PREFER], body=new)
    return found


def _row(caller: Caller, one: EntitySet) -> dict[str, Any]:
    key = {"name": KEY, "in": "path", "required": True, "schema": TYPES["Edm.Int64"]}
    version = {"name": "If-Match", "in": "header", "schema": TEXT, "description": "The version to change."}
    known = {"name": "If-None-Match", "in": "header", "schema": TEXT, "description": "The version that is known."}
    shown = {
        "200": {**_json("The row.", _ref(one.name)), "headers": ETAG},
        "304": {"description": "The row is at the version that is known.", "headers": ETAG},
    }
    found: dict[str, Any] = {
        "parameters": [key],
        "get": _call(f"get_{one.name}", "A row.", "row", shown, parameters=[*_options(*OF_ONE), known]),
    }
    if _may(caller, one, "write"):
        changed = _written(one, "It was changed.", {**WHERE, **ETAG}, "200")
        body = _ref(f"{one.name}.change")
        found["patch"] = _call(
            f"change_{one.name}", "Changes a row.", "change", changed, parameters=[version, PREFER], body=body
        )
    if _may(caller, one, "delete"):
        found["delete"] = _call(
            f"delete_{one.name}", "Deletes a row.", "delete", {"204": {"description": "It was deleted."}}, parameters=[version]
        )
    return found


def _written(one: EntitySet, what: str, headers: dict[str, Any], status: str) -> dict[str, Any]:
    """The answers to a write: that it was done, or the row where that is preferred and may be read."""
    shown = _json("The row, where it was asked for.", _ref(one.name))
    return {status: {**shown, "headers": {**headers, **ETAG}}, "204": {"description": what, "headers": headers}}


def _call(
    name: str,
    summary: str,
    kind: str,
    responses: dict[str, Any],
    *,
    parameters: list[dict[str, Any]] | None = None,
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    refused = {str(status): REFUSED for status in REFUSALS[kind]}
    found: dict[str, Any] = {"operationId": name, "summary": summary, "responses": {**responses, **refused, "default": REFUSED}}
    if parameters:
        found["parameters"] = parameters
    if body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return found


def _options(*names: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "description": OPTIONS[name], "schema": OPTION_TYPES.get(name, TEXT)} for name in names
    ]


def _json(what: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": what, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _may(caller: Caller, one: EntitySet, privilege: Privilege) -> bool:
    return not caller.reading and access_of(caller.snapshot, caller.principal.standing, one.entity.key, privilege).allowed


def _read_schema(caller: Caller, one: EntitySet) -> dict[str, Any]:
    readable = one.readable(caller.snapshot, caller.principal.standing)
    properties = {item.name: _schema(caller.snapshot, item) for item in readable}
    return {"type": "object", "properties": {"@odata.etag": {"type": "string"}, **properties}}


def _write_schema(caller: Caller, one: EntitySet, privilege: Privilege) -> dict[str, Any]:
    """What may be given; a lookup by the address of a row."""
    allowed = access_of(caller.snapshot, caller.principal.standing, one.entity.key, privilege).attributes
    properties: dict[str, Any] = {}
    for item in one.properties.values():
        attribute = item.attribute
        kept = attribute.system or attribute.calculated or attribute.type.is_file
        if attribute.key in allowed and item.part == "value" and not kept:
            properties[item.name] = _schema(caller.snapshot, item)
    for way in one.navigations.values():
        if not way.many and way.attribute in allowed:
            properties[f"{way.name}@odata.bind"] = {"type": ["string", "null"], "description": "The address of a row."}
    found: dict[str, Any] = {"type": "object", "properties": properties}
    needed = [name for name, item in one.properties.items() if name in properties and _needed(item)]
    return {**found, "required": needed} if privilege == "create" and needed else found


def _needed(item: Property) -> bool:
    model = item.attribute.model
    return model.required == "required" and model.default is None and item.attribute.type.name != "auto_number"


def _schema(snapshot: Snapshot, item: Property) -> dict[str, Any]:
    found = dict(TYPES[item.type])
    model = item.attribute.model
    if model.choice and item.part == "value":
        options = [option.value for option in snapshot.choices[model.choice].options]
        if item.type == "Edm.String":
            return {"type": ["string", "null"], "enum": [*options, None]}
        return {"type": "array", "items": {"type": "string", "enum": options}}
    if model.max_length and item.type == "Edm.String":
        found["maxLength"] = model.max_length
    if item.name != KEY and isinstance(found["type"], str) and found["type"] != "array":
        found["type"] = [found["type"], "null"]
    return found


def _error() -> dict[str, Any]:
    text = {"type": "string"}
    detail = {"type": "object", "properties": {"code": text, "target": text, "message": text}}
    properties = {"code": text, "message": text, "target": text, "details": {"type": "array", "items": detail}}
    inner = {"type": "object", "required": ["code", "message"], "properties": properties}
    return {"type": "object", "required": ["error"], "properties": {"error": inner}}
