"""The marina's studio with harbours and boats that come from an outside in memory: what operators watch and mend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.memory.adapter import MemoryAdapter, memory_world
from metadata.model import AttributeMap, Component, Connection, TableMap, WebRole
from runtime.identity.roles import grant_roles
from runtime.tables import create_engine_tables
from support.harbour import BOAT, HARBOUR, STATE, World, boats, harbours
from support.marina_site import Marina
from support.studio import open_studio

OPERATOR = WebRole(key="operator", studio=("operate",))


def two_way_boats(**more: Any) -> TableMap:
    """The map of boats, whose names and berths go both ways."""
    kept = tuple(item for item in boats().attributes if item.attribute != "name")
    names = (
        AttributeMap(attribute="name", column="name", direction="both"),
        AttributeMap(attribute="berth", column="berth", direction="both", conflict="manual"),
    )
    return boats(attributes=(*kept, *names), **more)


@contextmanager
def open_quay(url: str, folder: Path, *changed: Component) -> Iterator[tuple[Marina, World]]:
    """The studio, where Erin operates and nothing else, and the world that its maps bring in."""
    outside = Connection(key="outside", connector="memory", settings=(("name", str(folder)),))
    found = {item.key: item for item in (HARBOUR, BOAT, STATE, outside, OPERATOR, harbours(), two_way_boats(), *changed)}
    with open_studio(url, folder, *found.values()) as site:
        create_engine_tables(site.engine)
        with site.engine.begin() as connection:
            grant_roles(connection, site.people["erin"], "marina", ("operator",))
        memory = memory_world(str(folder))
        memory.tables = {"harbour": [], "boat": []}
        yield site, World(site.engine, site.snapshot, MemoryAdapter("outside", {"name": str(folder)}), memory)


def turned(world: World) -> None:
    """One turn of a worker: what is due, wished for and owed."""
    station = world.station()
    try:
        station.turn()
        while station.deliver():
            pass
    finally:
        station.close()
