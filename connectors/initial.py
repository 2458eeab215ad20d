"""The initial load: all maps, parents first; what points in a circle is set by a second pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from connectors.tablemap import CompiledMap
from connectors.values import digests

SECOND = "#2"
"""Ends the name of the checkpoint of a second pass."""
PART = "first pass"
"""How a first pass reads a record, in what is remembered of it: no whole map reads it so, and takes it again."""


@dataclass(frozen=True, slots=True)
class Step:
    """One map's turn. `later` are the look-ups that wait for the second pass."""

    table_map: CompiledMap
    later: tuple[str, ...] = ()

    @property
    def first_pass(self) -> CompiledMap:
        """The map without the look-ups that wait."""
        inward = tuple(item for item in self.table_map.inward if item.attribute not in self.later)
        return replace(self.table_map, inward=inward, hash_of=digests(PART)) if self.later else self.table_map

    @property
    def second_pass(self) -> CompiledMap:
        """The map with its integration key and the look-ups that waited; it adds to rows and makes none."""
        wanted = {*self.table_map.model.integration_key, *self.later}
        inward = tuple(item for item in self.table_map.inward if item.attribute in wanted)
        return replace(self.table_map, inward=inward, creates=False, skips=True)


def plan_load(maps: Iterable[CompiledMap]) -> tuple[Step, ...]:
    """The order in which every look-up finds its target; look-ups in a circle, and to the own entity, wait."""
    waiting = [item for item in maps if item.inward]
    provided = {item.entity.key for item in waiting}
    steps: list[Step] = []
    while waiting:
        open_entities = {item.entity.key for item in waiting if item.creates}
        chosen = next((item for item in waiting if not _blocking(item, open_entities, waiting)), None)
        if chosen is None:
            chosen = min(waiting, key=lambda item: len(_blocking(item, open_entities, waiting)))
        waits = chosen.creates and not chosen.streams  # an event is not told a second time
        later = _pointing_at(chosen, (open_entities | {chosen.entity.key}) & provided) if waits else ()
        steps.append(Step(chosen, later))
        waiting.remove(chosen)
    return tuple(steps)


def _blocking(item: CompiledMap, open_entities: set[str], waiting: Sequence[CompiledMap]) -> set[str]:
    """The entities that must be loaded before a map."""
    needed = {target for field in item.inward if field.lookup for target in field.lookup.targets}
    if item.creates:
        needed -= {item.entity.key}
    elif any(other.entity.key == item.entity.key and other.creates for other in waiting):
        needed |= {item.entity.key}
    return needed & open_entities


def _pointing_at(item: CompiledMap, entities: set[str]) -> tuple[str, ...]:
    key = item.model.integration_key
    return tuple(
        field.attribute
        for field in item.inward
        if field.lookup and field.attribute not in key and entities.intersection(field.lookup.targets)
    )
