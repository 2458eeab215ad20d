"""Files of dual-write maps to components of Foyer, with a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from metadata.errors import MetadataError, Position, Problem
from metadata.model import Component, Connection, TableMap
from metadata.text import Text
from runtime.dualwrite.definitions import Definitions
from runtime.dualwrite.entities import components_of, tables_of
from runtime.dualwrite.exported import read_exported
from runtime.dualwrite.maps import make_map
from runtime.dualwrite.published import read_published
from runtime.dualwrite.source import BY_HAND, MappedField, MapReport, SourceMap

ENDINGS = (".yaml", ".yml", ".json")
LARGEST = 20 * 1024 * 1024
"""Bytes of one file; the largest exports are far below."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """What came of some maps: components to save or write, and a report for each map."""

    components: tuple[Component, ...]
    reports: tuple[MapReport, ...]


def read_maps(path: Path) -> tuple[SourceMap, ...]:
    """The maps of a file, or of all files of a folder. Raises MetadataError with all that is wrong, and OSError."""
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in ENDINGS) if path.is_dir() else [path]
    maps: list[SourceMap] = []
    problems: list[Problem] = []
    for file in files:
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        if file.stat().st_size > LARGEST:
            problems.append(Problem(Position(name), "", "dual-write", f"The file has more than {LARGEST} bytes."))
            continue
        try:
            text = file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            problems.append(Problem(Position(name), "", "dual-write", "The file is no text in UTF-8."))
            continue
        read = read_exported if file.suffix.lower() == ".json" else read_published
        found, wrong = read(text, name, file.stem)
        maps += found
        problems += wrong
    if not maps and not problems:
        problems.append(Problem(Position(path.name), "", "dual-write", "There is no map of dual-write in it."))
    if problems:
        raise MetadataError(problems)
    return tuple(_named(maps))


def convert(maps: Sequence[SourceMap], definitions: Definitions, connection: str) -> Conversion:
    """The components of maps: connection, entities, choices, table maps. `connection` is the key of the outside."""
    told = [_with_told(source, maps) for source in maps]
    tables = tables_of(told, definitions)
    reports: list[MapReport] = []
    made: list[TableMap] = []
    for source in told:
        report = MapReport(source.name, source.title, source.file, tables[source.table].entity)
        found = make_map(source, tables, definitions, connection, report)
        better = _better(source, told)
        if better is not None and found is not None and found.active:
            report.active = False
            told_so = f"{better.name} maps the same two entities; this one is inactive, so that rows go one way only"
            report.add("map", source.entity, source.table, BY_HAND, told_so)
            found = replace(found, active=False)
        made += [found] if found is not None else []
        reports.append(report)
    outside = Connection(key=connection, label=Text.of("Dynamics 365"), connector="odata", settings=settings_of(connection))
    return Conversion((outside, *components_of(tables.values()), *made), tuple(reports))


def settings_of(connection: str) -> tuple[tuple[str, str], ...]:
    """Settings of a connection to Finance & Operations, all from the environment, named after the connection."""
    name = "".join(letter if letter.isalnum() else "_" for letter in connection).upper()
    name = name if name[:1].isalpha() else f"ERP_{name}"
    return (
        ("url", f"${{{name}_URL}}"),
        ("token_url", f"${{{name}_TOKEN_URL}}"),
        ("client_id", f"${{{name}_CLIENT_ID}}"),
        ("client_secret", f"${{{name}_CLIENT_SECRET}}"),
        ("scope", f"${{{name}_SCOPE}}"),
        ("query", "cross-company=true"),
        ("paging", "key"),
        ("empty_date", "1900-01-01"),
    )


def _named(maps: Iterable[SourceMap]) -> Iterable[SourceMap]:
    """Maps whose names differ, also without regard to capitals."""
    taken: set[str] = set()
    for source in maps:
        name, number = source.name, 1
        while name.lower() in taken:
            number += 1
            name = f"{source.name}-{number}"
        taken.add(name.lower())
        yield replace(source, name=name)


def _better(source: SourceMap, maps: Sequence[SourceMap]) -> SourceMap | None:
    """Another map of the same two entities and conditions that is to be preferred: with a key, later, told more."""

    def worth(item: SourceMap) -> tuple[bool, tuple[int, ...], int, str]:
        untold = sum(bool(line.untold) for line in item.fields)
        return item.key_told, item.version, -untold, item.name

    same = [other for other in maps if _pair(other) == _pair(source)]
    best = max(same, key=worth)
    return None if best is source else best


def _pair(source: SourceMap) -> tuple[str, str]:
    return source.entity, source.table


def _with_told(source: SourceMap, maps: Sequence[SourceMap]) -> SourceMap:
    """A map whose untold transforms and missing key are those that another map of the same two entities tells."""
    others = [other for other in maps if other is not source and _pair(other) == _pair(source)]
    lines = {(line.outside, line.inside): line for other in others for line in other.fields if not line.untold}

    def told(line: MappedField) -> MappedField:
        found = lines.get((line.outside, line.inside)) if line.untold else None
        return replace(line, values=found.values, default=found.default, untold="") if found is not None else line

    key = source.key or next((other.key for other in others if other.key_told), ())
    return replace(source, fields=tuple(told(line) for line in source.fields), key=key, key_told=bool(key))
