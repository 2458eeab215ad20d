"""A small world for synchronisation: harbours, boats that point at them and at each other, and an outside that has them."""

import datetime as dt
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from connectors.checkpoint import Checkpoint, read_checkpoint
from connectors.home import Home
from connectors.memory.adapter import MemoryAdapter, MemoryWorld, memory_world
from connectors.protocol import Adapter
from connectors.rejects import Reject, read_rejects
from connectors.station import Station
from connectors.tablemap import compiled_maps
from metadata.compiler import compile_snapshot
from metadata.model import (
    AlternateKey,
    Attribute,
    AttributeMap,
    Choice,
    Connection,
    Entity,
    Option,
    TableMap,
    ValueMap,
)
from metadata.snapshot import Snapshot
from runtime.database import make_engine, writing
from runtime.sync.homes import home_of
from runtime.sync.worker import prepare

HARBOUR = Entity(
    key="harbour",
    primary_name="name",
    attributes=(
        Attribute(key="code", type="text", max_length=10, required="required"),
        Attribute(key="name", type="text", required="required"),
        Attribute(key="depth", type="decimal", scale=2),
    ),
    keys=(AlternateKey(key="code", attributes=("code",)),),
)
BOAT = Entity(
    key="boat",
    primary_name="name",
    attributes=(
        Attribute(key="number", type="integer", required="required"),
        Attribute(key="name", type="text", max_length=20, required="required"),
        Attribute(key="built", type="date"),
        Attribute(key="price", type="money", scale=2),
        Attribute(key="active", type="boolean", default=True),
        Attribute(key="state", type="choice", choice="boat_state"),
        Attribute(key="harbour", type="lookup", target="harbour"),
        Attribute(key="tender_of", type="lookup", target="boat", on_delete="clear"),
        Attribute(key="berth", type="text"),
    ),
    keys=(AlternateKey(key="number", attributes=("number",)),),
)
STATE = Choice(key="boat_state", options=(Option(value="afloat"), Option(value="ashore")))
STATES = (ValueMap(outside="A", inside="afloat"), ValueMap(outside="L", inside="ashore"))


def harbours(**more: Any) -> TableMap:
    """The map of harbours."""
    given: dict[str, Any] = {
        "key": "harbours",
        "connection": "outside",
        "entity": "harbour",
        "table": "harbour",
        "integration_key": ("code",),
        "change_column": "seq",
        "attributes": (
            AttributeMap(attribute="code", column="code"),
            AttributeMap(attribute="name", column="name"),
            AttributeMap(attribute="depth", column="depth"),
        ),
    }
    return TableMap(**{**given, **more})


def boats(**more: Any) -> TableMap:
    """The map of boats."""
    given: dict[str, Any] = {
        "key": "boats",
        "connection": "outside",
        "entity": "boat",
        "table": "boat",
        "integration_key": ("number",),
        "change_column": "seq",
        "attributes": (
            AttributeMap(attribute="number", column="no"),
            AttributeMap(attribute="name", column="name"),
            AttributeMap(attribute="built", column="built"),
            AttributeMap(attribute="price", column="price"),
            AttributeMap(attribute="state", column="state", values=STATES),
            AttributeMap(attribute="harbour", column="harbour", lookup_key=("code",)),
            AttributeMap(attribute="tender_of", column="tender_of", lookup_key=("number",)),
        ),
    }
    return TableMap(**{**given, **more})


def whole_tables(snapshot: Snapshot) -> sa.MetaData:
    """The tables of a snapshot that was compiled whole."""
    assert isinstance(snapshot.tables, sa.MetaData)
    return snapshot.tables


def snapshot_of(*maps: TableMap, settings: Mapping[str, str] | None = None, connector: str = "memory") -> Snapshot:
    """The world's metadata with these maps over one connection."""
    outside = Connection(key="outside", connector=connector, settings=tuple((settings or {}).items()))
    return compile_snapshot((HARBOUR, BOAT, STATE, outside, *maps))


def harbour_row(code: str, seq: int = 1, **more: Any) -> dict[str, Any]:
    """A harbour outside."""
    return {"code": code, "name": f"Harbour {code}", "depth": Decimal("4.50"), "seq": seq} | more


def boat_row(no: int, seq: int = 1, **more: Any) -> dict[str, Any]:
    """A boat outside."""
    row = {"no": no, "name": f"Boat {no}", "built": dt.date(2020, 1, 2), "price": Decimal("1250.50"), "state": "A"}
    return {**row, "harbour": "GOT", "tender_of": None, "seq": seq, "external_id": None, **more}


@dataclass
class World:
    """Our database and an outside, with the verbs that tests need."""

    engine: sa.Engine
    snapshot: Snapshot
    adapter: Adapter
    outside: MemoryWorld

    @property
    def home(self) -> Home:
        """Our side."""
        return home_of(self.engine, self.snapshot)

    def station(self) -> Station:
        """A station over all maps."""
        return Station(self.home, self.adapter, "outside", compiled_maps(self.snapshot))

    def pull(self) -> dict[str, Any]:
        """Pull all maps once; the runs by map (the last one of each)."""
        station = self.station()
        try:
            return {run.map: run for run in station.pull(compiled_maps(self.snapshot))}
        finally:
            station.close()

    def rows(self, entity: str, *names: str) -> list[tuple[Any, ...]]:
        """Our rows by id: the attributes asked for."""
        table = self.snapshot.entities[entity].table
        chosen = sa.select(*(table.c[name] for name in names)).order_by(table.c.id)
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(chosen)]

    def rejects(self, table_map: str = "boats") -> list[Reject]:
        """What was rejected."""
        with self.engine.connect() as connection:
            return read_rejects(connection, table_map)

    def checkpoint(self, table_map: str = "boats") -> Checkpoint:
        """How far a map got."""
        with self.engine.connect() as connection:
            return read_checkpoint(connection, table_map)

    def put(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Insert or replace rows outside, by their first column."""
        there = self.outside.tables.setdefault(table, [])
        for row in rows:
            key = next(iter(row))
            there[:] = [old for old in there if old[key] != row[key]]
            there.append(dict(row))

    def now(self) -> sa.Connection:
        """A transaction that writes, for a with statement."""
        return writing(self.engine).begin()  # type: ignore[return-value]


def make_world(
    url: str,
    maps: Iterable[TableMap],
    adapter: Any = None,
    outside: str = "outside",
    connector: str = "memory",
    settings: Mapping[str, str] | None = None,
) -> World:
    """A world on an empty database; outside is a memory world of this name unless an adapter is given."""
    snapshot = snapshot_of(*maps, settings=settings, connector=connector)
    engine = make_engine(url)
    with writing(engine).begin() as connection:
        whole_tables(snapshot).create_all(connection)
    prepare(engine)
    memory = memory_world(outside)
    memory.tables = {"harbour": [], "boat": []}
    memory.unique = set()
    memory.down = False
    return World(engine, snapshot, adapter or MemoryAdapter("outside", {"name": outside}), memory)


def eventually(what: Callable[[], Any], seconds: float = 60.0) -> Any:
    """What came of waiting until something holds, or its last answer."""
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found or time.monotonic() > end:
            return found
        time.sleep(0.01)


def column(rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    """The only column of rows."""
    return [row[0] for row in rows]
