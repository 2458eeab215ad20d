"""Records of a load taken as columns: what the general way comes to, without an object for each row.

Records are taken by parts. A part in which anything needs a look of its own (a value that does not fit, a look-up without its
target) goes the general way, and so does every record of a map that does more with a row than to store it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, overload

from connectors.dated import is_dated
from connectors.held import blocks
from connectors.identities import has_identities
from connectors.mapping import Lookups, columns_of, key_texts
from connectors.port import Key
from connectors.protocol import Batch, Cursor, Record, Source
from connectors.seen import keeps_seen
from connectors.tablemap import CompiledMap, Inward

PART = 250
"""How many records are converted at once; a bad one sends so many the slower way."""


class Part(NamedTuple):
    """Some records, their outside keys as texts and their values by attribute; no values where any needs a look of its own."""

    records: Sequence[Record]
    keys: Sequence[str]
    columns: Sequence[Sequence[Any]] | None


class Converted(Sequence[Record]):
    """The records of a batch with what was made of them for a map; look-ups are natural keys."""

    __slots__ = ("_inward", "_records", "parts")

    def __init__(self, table_map: CompiledMap, records: Sequence[Record]) -> None:
        self._inward, self._records = table_map.inward, records
        self.parts = parts_of(table_map, records)

    def __len__(self) -> int:
        return len(self._records)

    @overload
    def __getitem__(self, at: int) -> Record: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Record]: ...

    def __getitem__(self, at: int | slice) -> Record | Sequence[Record]:
        return self._records[at]

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    def fit(self, table_map: CompiledMap) -> bool:
        """Whether they were made for this map as it is now, and no key comes twice: of those the last one would count."""
        if self._inward is not table_map.inward or not takes_columns(table_map):
            return False
        return len({key for part in self.parts for key in part.keys}) == len(self)


class Converting:
    """A source whose records come converted: whoever reads ahead converts ahead."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def pull(self, table_map: CompiledMap, cursor: Cursor | None, limit: int) -> Batch:
        """See `Source.pull`."""
        batch = self._source.pull(table_map, cursor, limit)
        return replace(batch, records=Converted(table_map, batch.records)) if takes_columns(table_map) else batch

    def keys(self, table_map: CompiledMap) -> Iterator[tuple[Any, ...]]:
        """See `Source.keys`."""
        return self._source.keys(table_map)


def takes_columns(table_map: CompiledMap) -> bool:
    """Whether a load does nothing with the rows of a map but store them."""
    more = table_map.suspect or table_map.inactive or table_map.mends or table_map.model.write_through or not table_map.creates
    entity = table_map.entity.key
    circle = any(item.lookup is not None and entity in item.lookup.targets for item in table_map.inward)
    return not (
        more or circle or keeps_seen(table_map) or is_dated(table_map) or blocks(table_map) or has_identities(table_map)
    )


def parts_of(table_map: CompiledMap, records: Sequence[Record]) -> tuple[Part, ...]:
    """Records, converted by parts; look-ups are natural keys."""
    return tuple(_part(table_map, records[at : at + PART]) for at in range(0, len(records), PART))


def with_ids(table_map: CompiledMap, parts: Sequence[Part], lookups: Lookups) -> tuple[list[Part], list[Record]]:
    """Parts with ids in place of natural keys, and the records of those that go the general way."""
    places = [(place, item) for place, item in enumerate(table_map.inward) if item.lookup is not None]
    ids = {place: _ids(item, place, parts, lookups) for place, item in places}
    ready: list[Part] = []
    others: list[Record] = []
    for part in parts:
        found = None if part.columns is None else _found(part.columns, ids)
        if found is None:
            others.extend(part.records)
        else:
            ready.append(part._replace(columns=found))
    return ready, others


def _part(table_map: CompiledMap, records: Sequence[Record]) -> Part:
    return Part(records, key_texts(table_map, records), columns_of(table_map, records))


def _ids(item: Inward, place: int, parts: Sequence[Part], lookups: Lookups) -> dict[Key | None, Any]:
    """What a look-up comes to for each natural key of a batch; targets that are not there are left out."""
    if item.lookup is None:
        return {}
    wanted: set[Key | None] = set()
    for part in parts:
        if part.columns is not None:
            wanted.update(part.columns[place])
    keys = {key for key in wanted if key is not None}
    lookups.load(item.lookup, keys)
    found = ((key, lookups.find(item.lookup, key)) for key in keys)
    return {None: None, **{key: target for key, target in found if target is not None}}


def _found(columns: Sequence[Sequence[Any]], ids: Mapping[int, Mapping[Key | None, Any]]) -> list[Sequence[Any]] | None:
    """The columns with the ids of look-ups; None where a target is missing."""
    made = list(columns)
    try:
        for place, known in ids.items():
            made[place] = [known[key] for key in columns[place]]
    except KeyError:
        return None
    return made
