"""Maps as dual-write keeps and exports them: JSON with legs, alone, in a record's `msdyn_mapping`, or in a project's tasks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from metadata.errors import Position, Problem
from runtime.dualwrite.source import Hop, MappedField, SourceMap

DIRECTIONS = {
    "1": "in", "forward": "in", "foonly": "in",
    "2": "out", "backward": "out", "ceonly": "out",
    "3": "both", "both": "both", "bidirectional": "both",
}  # fmt: skip
"""By number and by word, of the leg's own source and destination."""
OURS = frozenset({"CRM", "CDS", "DATAVERSE"})
TURNED = {"in": "out", "out": "in", "both": "both"}
SETS = {"cdm_companies": "cdm_company"}
"""Sets whose entity the rule for plurals does not find."""
POLYMORPHIC = re.compile(r"([A-Za-z_0-9]+)\(([A-Za-z_0-9]+)\)")


def read_exported(text: str, file: str, name: str) -> tuple[list[SourceMap], list[Problem]]:
    """The maps of a JSON text, and what is wrong with it."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 0)
        return [], [_problem(file, f"This is not valid JSON: {getattr(error, 'msg', error)}.", line)]
    maps: list[SourceMap] = []
    problems: list[Problem] = []
    for path, title, mapping, around in _mappings(data, "", name):
        if isinstance(mapping, str):
            try:
                mapping = json.loads(mapping)
            except (ValueError, RecursionError):
                problems.append(_problem(file, "msdyn_mapping is not valid JSON.", path=path))
                continue
        for index, leg in enumerate(_legs(mapping)):
            place = f"{path}.legs.{index}".lstrip(".")
            found = _faults(leg, file, place)
            problems += found
            if not found:
                maps.append(_map(leg, title if index == 0 else f"{title} {index + 1}", file, around))
    if not maps and not problems:
        problems.append(_problem(file, "There is no map in it: no legs, no msdyn_mapping, no entityMappingTasks."))
    return maps, problems


def _mappings(data: Any, path: str, name: str) -> Iterator[tuple[str, str, Any, Mapping[str, Any]]]:
    """Each mapping with its path, its title and what was around it."""
    if isinstance(data, list):
        for index, item in enumerate(data):
            yield from _mappings(item, f"{path}.{index}".lstrip("."), name)
    if not isinstance(data, dict):
        return
    title = str(data.get("msdyn_displayname") or data.get("msdyn_name") or data.get("displayName") or data.get("name") or name)
    if data.get("msdyn_mapping"):
        yield f"{path}.msdyn_mapping".lstrip("."), title, data["msdyn_mapping"], data
    elif isinstance(data.get("legs"), list):
        yield path, title, data, data
    elif isinstance(data.get("entityMappingTasks"), list):
        for index, task in enumerate(data["entityMappingTasks"]):
            yield f"{path}.entityMappingTasks.{index}".lstrip("."), title, task, data
    elif isinstance(data.get("value"), list):
        yield from _mappings(data["value"], f"{path}.value".lstrip("."), name)


def _legs(mapping: Any) -> list[Any]:
    return list(mapping.get("legs") or ()) if isinstance(mapping, dict) else []


def _problem(file: str, message: str, line: int = 0, path: str = "") -> Problem:
    return Problem(Position(file, line, path), "", "dual-write", message)


def _faults(leg: Any, file: str, path: str) -> list[Problem]:
    if not isinstance(leg, dict):
        return [_problem(file, "A leg has sourceSchema, destinationSchema and fieldMappings.", path=path)]
    found = []
    for key in ("sourceSchema", "destinationSchema"):
        if not isinstance(leg.get(key), str) or not leg[key]:
            found.append(_problem(file, f"{key} is missing; it names the entity of that side.", path=f"{path}.{key}"))
    lines = leg.get("fieldMappings")
    if not isinstance(lines, list):
        return [*found, _problem(file, "fieldMappings must be a list.", path=f"{path}.fieldMappings")]
    for index, line in enumerate(lines):
        at = f"{path}.fieldMappings.{index}"
        word = str(line.get("syncDirection", "3")).lower() if isinstance(line, dict) else ""
        if word not in DIRECTIONS:
            told = f"There is no syncDirection {word[:20]!r}; there are 1 (forward), 2 (backward) and 3 (both)."
            found.append(_problem(file, told, path=f"{at}.syncDirection"))
        elif not line.get("sourceField") and not line.get("destinationField"):
            found.append(_problem(file, "A field mapping names a sourceField, a destinationField, or both.", path=at))
    return found


def _map(leg: Mapping[str, Any], title: str, file: str, around: Mapping[str, Any]) -> SourceMap:
    turned = str(leg.get("sourceEnvironmentType") or "").upper() in OURS
    ends = [str(leg["sourceSchema"]), str(leg["destinationSchema"])]
    filters = [str(leg.get("sourceFilter") or ""), str(leg.get("reversedSourceFilter") or "")]
    outside, inside = reversed(ends) if turned else ends
    outside_filter, inside_filter = reversed(filters) if turned else filters
    key = _key(around, inside)
    return SourceMap(
        name=re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-").lower()[:100] or "map",
        title=title,
        file=file,
        entity=outside,
        technical=outside if outside.endswith("Entity") else "",
        table=entity_of(inside),
        company=any(column.endswith(".cdm_companycode") for column in key) or _is_of_company(around, outside),
        fields=tuple(_field(line, turned) for line in leg["fieldMappings"]),
        key=key,
        key_told=bool(key),
        outside_filter=outside_filter,
        inside_filter=inside_filter,
        version=tuple(int(part) for part in re.findall(r"\d+", str(around.get("msdyn_version") or ""))),
    )


def entity_of(name: str) -> str:
    """The entity of a set, such as account of accounts; a name that is no plural stays as it is."""
    name = name.lower()
    if name in SETS:
        return SETS[name]
    for plural, singular in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("s", "")):
        if name.endswith(plural) and not name.endswith(("ss", "us")):
            return name.removesuffix(plural) + singular
    return name


def _schemas(around: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    for environment in around.get("environments") or ():
        for schema in environment.get("schemas") or () if isinstance(environment, dict) else ():
            if isinstance(schema, dict) and schema.get("name") == name:
                yield schema


def _key(around: Mapping[str, Any], name: str) -> tuple[str, ...]:
    keys = [key for schema in _schemas(around, name) for key in schema.get("keys") or () if isinstance(key, dict)]
    return next((tuple(map(str, key.get("fields") or ())) for key in keys if key.get("isIntegrationKey")), ())


def _is_of_company(around: Mapping[str, Any], name: str) -> bool:
    return any(schema.get("primaryCompanyContextField") for schema in _schemas(around, name))


def _field(line: Mapping[str, Any], turned: bool) -> MappedField:
    outside, inside = str(line.get("sourceField") or ""), str(line.get("destinationField") or "")
    direction = DIRECTIONS[str(line.get("syncDirection", "3")).lower()]
    if turned:
        outside, inside, direction = inside, outside, TURNED[direction]
    values: tuple[tuple[Any, Any], ...] = ()
    default, untold = None, ""
    for transform in line.get("valueTransforms") or ():
        kind = str(transform.get("transformType") or "").lower()
        if kind == "valuemap" and isinstance(transform.get("valueMap"), dict):
            pairs = [(key, _plain(value)) for key, value in transform["valueMap"].items()]
            values = tuple((value, _plain(key)) for key, value in pairs) if turned else tuple(pairs)
        elif kind not in ("default", "valuemap"):
            untold = kind or "a transform without a name"
        if transform.get("defaultValue") not in (None, ""):
            default = _plain(transform["defaultValue"])
    hops = tuple(Hop(table.lower(), key) for table, key in POLYMORPHIC.findall(inside))
    table = entity_of(str(line.get("destinationLookupFieldRelatedEntity") or ""))
    return MappedField(outside, inside, direction, values, default, table, hops, untold)


def _plain(value: Any) -> Any:
    """An export writes every value as a text: true and false are meant, and so are whole numbers."""
    if not isinstance(value, str):
        return value
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    return int(value) if re.fullmatch(r"0|-?[1-9][0-9]{0,9}", value) else value
