"""Rows that would come: a sample of them converted and looked up as a run would do it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from connectors.mapping import Lookups, Mapped, Refusal, convert_records, join_key, key_text
from connectors.port import RowStore
from connectors.preflight.findings import ERROR, WARNING, Finding, named
from connectors.protocol import Record
from connectors.tablemap import CompiledMap, Inward, Lookup
from metadata.snapshot import Snapshot

COMPANY = "company"
MENDS = {
    "value_map": "Add them to values, or say with missing what becomes of others.",
    "choice": "Add them to the choice, or give the attribute map values.",
    "required": "Give the attribute map a default, or make the attribute optional.",
    "length": "Give the attribute a larger max_length.",
    "range": "Widen the attribute's min, max or scale, or have the outside mended.",
    "type": "Give the attribute map a format or values, or the attribute another type.",
}


def in_sample(table_map: CompiledMap, records: Sequence[Record]) -> Iterator[Finding]:
    """What the rows themselves tell: their keys, their change values, and values that ours cannot hold."""
    _, refused = convert_records(table_map, records)
    keys = Counter(key_text(table_map, record) for record in records)
    twice = [key for key, number in keys.items() if number > 1]
    if twice:
        what = f"{len(twice)} of {len(keys)} keys belong to several rows outside: {named(twice)}."
        yield _finding(table_map, "key", ERROR, "integration_key", what, "Add the attribute that tells them apart.")
    for column in table_map.key_columns:
        empty = sum(record.get(column) in (None, "") for record in records)
        if empty:
            mend = "Choose a key that every row has, or leave such rows out with filter."
            yield _finding(table_map, "key", ERROR, column, f"{empty} of {len(records)} rows have no value in the key.", mend)
    change = table_map.model.change_column
    late = sum(record.get(change) is None for record in records) if change else 0
    if late:
        what = f"{late} of {len(records)} rows have no change value; what changes in them is never read again."
        yield _finding(table_map, "changes", ERROR, change, what, "Have the outside fill it, or name another change_column.")
    yield from _refusals(table_map, refused, len(records))


def _refusals(table_map: CompiledMap, refused: Sequence[Refusal], total: int) -> Iterator[Finding]:
    """Rows that cannot be taken, by attribute and reason."""
    grouped: dict[tuple[str, str], list[Refusal]] = defaultdict(list)
    for item in refused:
        attribute = item.reason.partition(":")[0].partition(" ")[0]
        grouped[attribute, item.code].append(item)
    for (attribute, code), items in grouped.items():
        check = {"value_map": "value_map", "choice": "value_map", "required": "required"}.get(code, "type")
        reasons = [item.reason.removeprefix(f"{attribute}: ") for item in items]
        first = reasons[0]
        if check == "value_map":
            column = next((one.columns for one in table_map.inward if one.attribute == attribute), ())
            first = f"nothing says what {named(item.record.get(name) for item in items for name in column)} means"
        what = f"{len(items)} of {total} rows would be rejected: {first}."
        yield _finding(table_map, check, ERROR, attribute, what, MENDS.get(code, "Look at the rows."))


def in_lookups(
    table_map: CompiledMap, rows: RowStore, maps: Sequence[CompiledMap], records: Sequence[Record]
) -> Iterator[Finding]:
    """Whether what the rows point at is here, or a map brings it."""
    for item in table_map.inward:
        if item.lookup is None:
            continue
        brings = [other for other in maps if other.active and other.creates and other.entity.key in item.lookup.targets]
        lacking = _lacking(table_map, item, item.lookup, rows, records)
        for other in brings:
            first = {name.partition(".")[0] for name in item.lookup.key}
            absent = first - {one.attribute for one in other.inward} - {"id"}
            if absent and lacking:
                what = f"rows of {other.entity.key} are found by {', '.join(sorted(absent))}, which {other.key} does not bring."
                mend = f"Map it in {other.key}, or change lookup_key."
                yield _finding(table_map, "lookup", ERROR, item.attribute, what, mend)
        if lacking and not brings and table_map.entity.key not in item.lookup.targets:
            yield _unfound(table_map, item.attribute, item.lookup, lacking)


def _lacking(table_map: CompiledMap, item: Inward, lookup: Lookup, rows: RowStore, records: Sequence[Record]) -> list[str]:
    """The natural keys of rows that are not here."""
    mapped: list[Mapped] = list(convert_records(table_map, records)[0])
    wanted = {row.values[item.attribute] for row in mapped if row.values.get(item.attribute) is not None}
    lookups = Lookups(rows)
    lookups.load(lookup, wanted)
    return [join_key(key) for key in sorted(wanted, key=repr) if lookups.find(lookup, key) is None]


def _unfound(table_map: CompiledMap, attribute: str, lookup: Lookup, lacking: Sequence[str]) -> Finding:
    target = " or ".join(lookup.targets)
    what = f"no map brings {target}, and there is none of {named(lacking)}; such rows are rejected."
    if COMPANY in lookup.targets:
        return _finding(table_map, "company", ERROR, attribute, what, "Make these companies, or map them.")
    return _finding(table_map, "lookup", ERROR, attribute, what, f"Map {target}, or make the attribute a text.")


def in_model(table_map: CompiledMap, snapshot: Snapshot) -> Iterator[Finding]:
    """What the metadata tells together: a key that is not unique here, and deletions that other rows would hold up."""
    key = table_map.model.integration_key
    unique = [set(one.attributes) for one in table_map.entity.model.keys]
    if set(key) not in unique:
        what = f"{table_map.entity.key} has no alternate key of {', '.join(key)}: people could make two rows of one."
        yield _finding(table_map, "key", WARNING, "integration_key", what, "Add the alternate key to the entity.")
    if table_map.model.delete != "delete":
        return
    for entity in snapshot.entities.values():
        for attribute in entity.attributes.values():
            if attribute.system or table_map.entity.key not in attribute.targets or attribute.model.on_delete != "restrict":
                continue
            what = f"rows that {entity.key}.{attribute.key} points at cannot be deleted here when they are gone outside."
            mend = f"Say on_delete: clear or cascade at {entity.key}.{attribute.key}, or delete: keep."
            yield _finding(table_map, "deletions", WARNING, "delete", what, mend)


def _finding(table_map: CompiledMap, check: str, severity: str, place: str, what: str, mend: str) -> Finding:
    return Finding(table_map.key, check, severity, place, what, mend)
