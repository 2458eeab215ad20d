"""Harbours of a REST service in step with ours: loaded, changed on either side, and gone."""

import pytest

from metadata.model import AttributeMap
from runtime.access import Principal
from runtime.records.hooks import Listeners
from runtime.records.write import create, update
from runtime.sync.listener import keep_outbox
from support.harbour import harbour_row, harbours, make_world
from support.rest import harbour_resource, rest_outside

BOTH = (
    AttributeMap(attribute="code", column="code"),
    AttributeMap(attribute="name", column="name", direction="both"),
    AttributeMap(attribute="depth", column="depth", direction="both"),
)
LISTENERS = Listeners((keep_outbox,))


@pytest.fixture
def service():
    with rest_outside() as there:
        yield there


@pytest.fixture
def world(service, database_url):
    adapter = service.adapter(harbour_resource("cursor"))
    made = make_world(database_url, (harbours(attributes=BOTH, delete="delete"),), adapter)
    yield made
    made.engine.dispose()


def put(service, code, seq, **more):
    service.rows[code] = {**harbour_row(code, seq), "depth": 4.5, **more}


def names(world):
    return dict(world.rows("harbour", "code", "name"))


def deliver(world):
    station = world.station()
    try:
        return station.deliver()
    finally:
        station.close()


def test_rows_come_and_changes_go(world, service):
    for seq in range(5):
        put(service, f"H{seq}", seq)
    world.pull()
    assert names(world) == {f"H{seq}": f"Harbour H{seq}" for seq in range(5)}
    put(service, "H1", 9, name="Theirs")
    world.pull()
    assert names(world)["H1"] == "Theirs"
    system = Principal.system("portal")
    row, version = next((r, v) for r, code, v in world.rows("harbour", "id", "code", "version") if code == "H2")
    with world.now() as connection:
        update(connection, world.snapshot, system, "harbour", row, version, {"name": "Ours"}, listeners=LISTENERS)
        create(connection, world.snapshot, system, "harbour", {"code": "H7", "name": "New"}, listeners=LISTENERS)
    assert deliver(world) == 2
    assert (service.rows["H2"]["name"], service.rows["H7"]["name"]) == ("Ours", "New")


def test_a_service_that_is_down_takes_nothing_away(world, service):
    put(service, "H1", 1)
    world.pull()
    service.wrong += [(500, {}, b"")] * 3
    assert world.pull()["harbours"].outcome == "waiting"
    assert names(world) == {"H1": "Harbour H1"}
