"""What a run would do, without doing it: rows that would come, change, leave or be refused, with samples before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.checkpoint import read_checkpoint
from connectors.dated import holds
from connectors.errors import ConnectorError, Fatal
from connectors.home import Home, Work
from connectors.initial import Step
from connectors.mapping import Lookups, Mapped, Refusal, convert_records, join_key
from connectors.port import Key
from connectors.protocol import Adapter, Cursor, Record
from connectors.runner import pages
from connectors.seen import changed_records, gone
from connectors.tablemap import CompiledMap, Lookup

INSERT, UPDATE, UNCHANGED, LEAVE, REJECT = "insert", "update", "unchanged", "leave", "reject"
COMING = -1
"""In place of the id of a row that would be there by then."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One row: what would become of it, its outside key, and by attribute what it has and would have; or why not."""

    kind: str
    key: str
    values: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run of one map would do: how many rows of each kind, and the first few of each. `problem` says why it cannot.

    Where it is not `whole` only the first rows were looked at.
    """

    map: str
    counts: Mapping[str, int]
    samples: tuple[Sample, ...]
    problem: str = ""
    whole: bool = True


class Coming(Lookups):
    """Look-ups that also find the rows that would be there by then."""

    def __init__(self, coming: Mapping[tuple[str, tuple[str, ...]], set[Key]]) -> None:
        super().__init__()
        self._coming = coming

    def find(self, lookup: Lookup, key: Key) -> Any:
        """See Lookups.find."""
        found = super().find(lookup, key)
        if found is not None:
            return found
        target = next((name for name in lookup.targets if key in self._coming.get((name, lookup.key), ())), "")
        return ((target, COMING) if lookup.polymorphic else COMING) if target else None


@dataclass(slots=True)
class Forecaster:
    """Looks ahead over the maps of one connection, in the order of a load. Writes nothing, here or outside.

    It ends after the page with which `most` rows of a map were looked at.
    """

    home: Home
    adapter: Adapter
    initial: bool = False
    samples: int = 3
    most: int | None = None
    _coming: dict[tuple[str, tuple[str, ...]], set[Key]] = field(default_factory=dict)

    def look(self, steps: Sequence[Step]) -> Iterator[Forecast]:
        """One forecast for each step."""
        self._coming = {
            (target, item.lookup.key): set()
            for step in steps
            for item in step.table_map.inward
            if item.lookup is not None
            for target in item.lookup.targets
        }
        for step in steps:
            told = _Told(step.table_map.key, self.samples)
            try:
                self._look(step, told)
            except ConnectorError as fault:
                yield told.forecast(str(fault))
            else:
                yield told.forecast()

    def _look(self, step: Step, told: _Told) -> None:
        table_map = step.table_map
        if table_map.streams:
            raise Fatal(f"map {table_map.key}: a stream of events tells what happens, not what there is")
        lookups = Coming(self._coming)
        for batch in pages(self.adapter, table_map, self._cursor(table_map), self._page(table_map)):
            with self.home.read() as connection:
                work = Work(connection, self.home.rows(connection), table_map, self.home.now())
                lookups.use(work.rows)
                self._rows(work, batch.records, step.later, (lookups, told))
            if not batch.more:
                break
            if self.most is not None and told.counts.total() >= self.most:
                told.whole = False
                return
        if table_map.watches:
            there = frozenset(join_key(key) for key in self.adapter.keys(table_map))
            with self.home.read() as connection:
                for key, _ in gone(connection, table_map, there):
                    told.add(LEAVE, key, reason=table_map.model.delete)

    def _page(self, table_map: CompiledMap) -> int:
        return min(table_map.model.batch_size, self.most or table_map.model.batch_size)

    def _cursor(self, table_map: CompiledMap) -> Cursor | None:
        with self.home.read() as connection:
            state = read_checkpoint(connection, table_map.key)
        return state.cursor if state.loaded and not self.initial else None

    def _rows(self, work: Work, records: Sequence[Record], later: tuple[str, ...], so_far: tuple[Lookups, _Told]) -> None:
        lookups, told = so_far
        fresh = records
        if work.table_map.compares and not self.initial:
            fresh = changed_records(work.connection, work.table_map, records)
            told.counts[UNCHANGED] += len(records) - len(fresh)
        mapped, refused = convert_records(
            work.table_map, [record for record in fresh if holds(work.table_map, record, work.now)]
        )
        for row in mapped:
            self._expect(work.table_map, row)
        for item in work.table_map.inward:
            if item.lookup is not None:
                mapped = _resolved(item.attribute, item.lookup, mapped, (lookups, item.attribute in later, refused))
        for refusal in refused:
            told.add(REJECT, refusal.key, reason=refusal.reason)
        self._compared(work, mapped, told)

    def _expect(self, table_map: CompiledMap, row: Mapped) -> None:
        for (target, key), found in self._coming.items():
            if target == table_map.entity.key and all(name in row.values for name in key):
                found.add(tuple(row.values[name] for name in key))

    def _compared(self, work: Work, mapped: Sequence[Mapped], told: _Told) -> None:
        entity, key = work.table_map.entity.key, work.table_map.model.integration_key
        wanted = {row.key: tuple(row.values[name] for name in key) for row in mapped}
        ids = work.rows.resolve(entity, key, set(wanted.values()))
        names = [item.attribute for item in work.table_map.inward]
        stored = {row["id"]: row for row in work.rows.read(entity, ids.values(), names)}
        for row in mapped:
            record = ids.get(wanted[row.key])
            if record is None and not work.table_map.creates:
                told.add(REJECT, row.key, reason="there is no row to add to")
            elif record is None:
                told.add(INSERT, row.key, {name: (None, value) for name, value in row.values.items()})
            else:
                before = stored[record]
                differing = {name: (before[name], value) for name, value in row.values.items() if before[name] != value}
                told.add(UPDATE if differing else UNCHANGED, row.key, differing)


@dataclass(slots=True)
class _Told:
    """Counts what is found, and keeps the first few of each kind."""

    map: str
    most: int
    counts: Counter[str] = field(default_factory=Counter)
    found: list[Sample] = field(default_factory=list)
    whole: bool = True

    def add(self, kind: str, key: str, values: Mapping[str, tuple[Any, Any]] | None = None, reason: str = "") -> None:
        self.counts[kind] += 1
        if kind != UNCHANGED and self.counts[kind] <= self.most:
            self.found.append(Sample(kind, key, values or {}, reason))

    def forecast(self, problem: str = "") -> Forecast:
        return Forecast(self.map, dict(self.counts), tuple(self.found), problem, self.whole)


def _resolved(
    attribute: str, lookup: Lookup, mapped: Sequence[Mapped], how: tuple[Lookups, bool, list[Refusal]]
) -> list[Mapped]:
    """The rows with what a look-up would find; those that find nothing are refused, unless it is set by a later pass."""
    lookups, later, refused = how
    lookups.load(lookup, {row.values[attribute] for row in mapped if row.values.get(attribute) is not None})
    kept = []
    for row in mapped:
        key = row.values.get(attribute)
        if key is not None:
            found = lookups.find(lookup, key)
            if found is None and not later:
                reason = f"{attribute}: there is no {' or '.join(lookup.targets)} {join_key(key)}"
                refused.append(Refusal(row.key, row.record, "lookup", reason))
                continue
            row.values[attribute] = COMING if found is None else found
        kept.append(row)
    return kept
