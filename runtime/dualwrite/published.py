"""Maps written down from the public reference: one YAML file each, with `source`, `target`, `direction` and `transform`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metadata.errors import Problem
from metadata.files.parse import Document, parse
from runtime.dualwrite.source import Hop, MappedField, SourceMap

DIRECTIONS = {"=": "both", "<>": "both", "><": "both", ">": "in", ">>": "in", "<": "out", "<<": "out"}
"""The arrows of the reference, seen from the side that becomes ours."""


def read_published(text: str, file: str, name: str) -> tuple[list[SourceMap], list[Problem]]:
    """The map of a YAML text, and what is wrong with it. Files whose document has no `fields` hold no map."""
    documents, problems = parse(text, file)
    maps: list[SourceMap] = []
    for document in documents:
        if isinstance(document.data, dict) and "fields" in document.data:
            found = _faults(document)
            problems += found
            if not found:
                maps.append(_map(document.data, file, name))
    return maps, problems


def _faults(document: Document) -> list[Problem]:
    data, where = document.data, document.positions
    wrong: list[tuple[str, str]] = []
    for key in ("source_entity", "target_table"):
        if not isinstance(data.get(key), str) or not data[key]:
            wrong.append((key, f"{key} is missing; it names the entity of that side."))
    for key in ("filters", "integration_key", "scope"):
        if not isinstance(data.get(key) or {}, dict):
            wrong.append((key, f"{key} must be a mapping."))
    if not isinstance(data["fields"], list):
        return [Problem(where("fields"), "", "dual-write", "fields must be a list of mapped fields.")]
    for index, item in enumerate(data["fields"]):
        path = f"fields.{index}"
        if not isinstance(item, dict):
            wrong.append((path, "A mapped field has source, target and direction."))
            continue
        direction = str(item.get("direction"))
        if direction not in DIRECTIONS:
            wrong.append((f"{path}.direction", f"There is no direction {direction[:20]!r}; there are {', '.join(DIRECTIONS)}."))
        for side in ("source", "target"):
            if not isinstance(item.get(side), str | None):
                wrong.append((f"{path}.{side}", f"{side} must be the name of a column, or null."))
        if not item.get("source") and not item.get("target"):
            wrong.append((path, "A mapped field names a source, a target, or both."))
    return [Problem(where(path), "", "dual-write", message) for path, message in wrong]


def _map(data: Mapping[str, Any], file: str, name: str) -> SourceMap:
    filters, key = data.get("filters") or {}, data.get("integration_key") or {}
    return SourceMap(
        name=name,
        title=str(data.get("name") or name),
        file=file,
        entity=data["source_entity"],
        technical=str(data.get("source_entity_technical_name") or ""),
        table=data["target_table"],
        company=(data.get("scope") or {}).get("value") == "company",
        fields=tuple(_field(item) for item in data["fields"]),
        key=tuple(str(column) for column in key.get("columns") or ()),
        key_told=bool(key.get("columns")),
        outside_filter=str(filters.get("source") or ""),
        inside_filter=str(filters.get("target_odata") or ""),
    )


def _field(item: Mapping[str, Any]) -> MappedField:
    transform, lookup = item.get("transform") or {}, item.get("lookup") or {}
    kind = transform.get("type", "")
    values = transform.get("map") if kind == "value_map" else None
    hops = tuple(Hop(hop["table"], hop["key"]) for hop in lookup.get("polymorphic") or ())
    return MappedField(
        outside=item.get("source") or "",
        inside=item.get("target") or "",
        direction=DIRECTIONS[str(item["direction"])],
        values=tuple((values or {}).items()),
        default=transform.get("value") if kind == "default" else None,
        table=str(lookup.get("table") or ""),
        hops=hops,
        untold="" if kind in ("", "value_map", "default") else str(kind),
    )
