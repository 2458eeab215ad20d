"""Whatever breaks table maps in the field, planted once each: found before the map runs, with what mends it."""

import dataclasses
import uuid
from datetime import date

import pytest
import sqlalchemy as sa

from connectors.errors import Fatal
from connectors.events.adapter import EventAdapter
from connectors.preflight.checking import Preflight
from connectors.sql.adapter import SqlAdapter
from connectors.tablemap import compiled_map
from connectors.webhook.inbox import InboxBroker
from metadata.model import AttributeMap, Filter, ValueMap
from runtime.access import Principal
from runtime.records.hooks import Listeners
from runtime.records.write import create
from support.harbour import STATES, boat_row, boats, harbour_row, harbours, make_world

KEYED = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="name", column="name", direction="both"),
    AttributeMap(attribute="state", column="state", values=STATES, direction="both"),
)


def look(world, *, maps=("harbours", "boats"), adapter_of=None, limit=2000, only="boats"):
    every = [compiled_map(world.snapshot, key) for key in maps]
    looking = Preflight(world.home, world.snapshot, every, adapter_of or (lambda connection: world.adapter), limit)
    return list(looking.look_at(next(item for item in every if item.key == only)))


def told(findings, check):
    return [(item.severity, item.place, f"{item.what} {item.mend}") for item in findings if item.check == check]


@pytest.fixture
def world(world_of):
    world = world_of(harbours(), boats())
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(1), boat_row(2, tender_of=1))
    return world


def test_a_map_in_order_has_nothing_to_mend(world):
    assert look(world) == []
    world.pull()
    assert look(world) == []


def test_messages_that_wait_in_our_own_database_are_looked_at_from_anywhere(world_of):
    adapter = EventAdapter("outside", {}, "webhook", InboxBroker("outside"))
    world = world_of(harbours(change_column=""), connector="webhook", adapter=adapter)
    assert look(world, maps=("harbours",), only="harbours") == []


def test_an_outside_that_does_not_answer(world):
    world.outside.down = True
    (found,) = told(look(world), "connection")
    assert found[:2] == ("error", "outside")
    assert "outside is down" in found[2]
    assert "See whether it runs" in found[2]


def test_a_setting_or_secret_that_is_missing(world):
    def refuse(connection):
        raise Fatal("connection outside needs the environment variable HARBOUR_TOKEN, which is not set")

    (found,) = told(look(world, adapter_of=refuse), "connection")
    assert "HARBOUR_TOKEN" in found[2]
    assert "where foyer worker runs" in found[2]


@pytest.mark.parametrize(
    ("more", "word"),
    [({"table": "bote"}, "no table bote"), ({"attributes": (*KEYED, AttributeMap(attribute="berth", column="brth"))}, "brth")],
)
def test_a_table_or_column_that_is_not_there(world_of, more, word):
    world = world_of(harbours(), boats(**more))
    world.put("boat", boat_row(1))
    (found,) = told(look(world), "outside")
    assert word in found[2]


def test_a_filter_that_lets_nothing_through_is_no_green_zero(world_of):
    world = world_of(harbours(), boats(filter=(("state", "sunk"),)))
    world.put("boat", boat_row(1))
    assert told(look(world), "rows")[0][:2] == ("warning", "filter")


@pytest.mark.parametrize(
    ("row", "check", "place", "word"),
    [
        ({"state": "W"}, "value_map", "state", "nothing says what 'W' means. Add them to values"),
        ({"name": "n" * 30}, "type", "name", "20 are allowed. Give the attribute a larger max_length"),
        ({"price": "dear"}, "type", "price", "is not a number"),
        ({"name": None}, "required", "name", "must have a value. Give the attribute map a default"),
        ({"no": None}, "key", "no", "1 of 2 rows have no value in the key"),
        ({"harbour": "XXX"}, "lookup", "harbour", "no map brings harbour, and there is none of 'XXX'"),
    ],
)
def test_a_row_that_would_be_rejected_or_missed(world_of, row, check, place, word):
    world = world_of(harbours(active=False), boats())
    world.put("boat", boat_row(1, harbour=None), {**boat_row(2, harbour=None), **row})
    found = told(look(world, maps=("boats",)), check)
    assert found[0][:2] == ("error", place)
    assert word in found[0][2]


def test_keys_that_do_not_tell_rows_apart(world_of):
    by_name = boats(integration_key=("name",), attributes=KEYED)
    world = world_of(harbours(), by_name)
    world.put("boat", boat_row(1, name="Ann"), boat_row(2, name="Ann"), boat_row(3))
    found = told(look(world), "key")
    assert ("warning", "integration_key") in [item[:2] for item in found]
    assert any("1 of 2 keys belong to several rows outside: 'Ann'" in item[2] for item in found)


def test_a_lookup_whose_map_does_not_bring_the_key(world_of):
    by_depth = AttributeMap(attribute="harbour", column="harbour", lookup_key=("depth",))
    coded = harbours(attributes=harbours().attributes[:2])
    world = world_of(coded, boats(attributes=(*KEYED, by_depth)))
    world.put("boat", boat_row(1, harbour="4.5"))
    (found,) = told(look(world), "lookup")
    assert "found by depth, which harbours does not bring. Map it in harbours" in found[2]


def test_values_of_ours_that_the_outside_has_no_word_for(world_of):
    half = AttributeMap(attribute="state", column="state", values=(ValueMap(outside="A", inside="afloat"),), direction="both")
    world = world_of(
        harbours(), boats(attributes=(*KEYED[:2], half), outgoing=Filter(attribute="name", operator="ne", value="B"))
    )
    with world.now() as connection:
        for number, name, state in ((1, "A", "afloat"), (2, "A", "ashore"), (3, "B", "ashore")):
            values = {"number": number, "name": name, "state": state}
            create(connection, world.snapshot, Principal.system("portal"), "boat", values, listeners=Listeners())
    (found,) = told(look(world), "value_map")
    assert found[:2] == ("error", "state")
    assert "1 of 3 rows here have 'ashore'" in found[2]


def test_a_company_that_is_not_here(world_of):
    attributes = (
        AttributeMap(attribute="number", column="no"),
        AttributeMap(attribute="name", column="name"),
        AttributeMap(attribute="company", column="area", lookup_key=("code",)),
    )
    owners = harbours(key="owners", entity="account", table="owner", integration_key=("number",), attributes=attributes)
    world = world_of(owners)
    world.put("owner", {"no": "C1", "name": "Ann", "area": "usmf", "seq": 1})
    (found,) = told(look(world, maps=("owners",), only="owners"), "company")
    assert found[:2] == ("error", "company")
    assert "there is none of 'usmf'; such rows are rejected. Make these companies" in found[2]


def test_deletions_that_other_rows_would_hold_up(world_of):
    world = world_of(harbours(delete="delete"), boats())
    (found,) = told(look(world, only="harbours"), "deletions")
    assert "boat.harbour" in found[2]


def test_what_rests_is_said(world_of):
    world = world_of(harbours(), boats(active=False))
    assert told(look(world), "state")[0][2] == "the map is inactive. Say active: true to run it."


def test_only_so_many_rows_are_looked_at(world):
    world.put("boat", boat_row(3, state="W"))
    assert told(look(world, limit=2), "value_map") == []
    assert len(told(look(world, limit=0), "value_map")) == 1


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def shipyard(request, tmp_path):
    """An outside database whose boats need a yard, and which an account may only read where there are accounts."""
    file = tmp_path / "yard.db"
    file.touch()
    names = {"postgresql": "pg_url", "mariadb": "mariadb_url"}
    url = f"sqlite:///{file}" if request.param == "sqlite" else request.getfixturevalue(names[request.param])
    engine = sa.create_engine(url)
    columns = [sa.Column("no", sa.Integer, primary_key=True, autoincrement=False), sa.Column("name", sa.String(20))]
    more = [sa.Column("state", sa.String(1)), sa.Column("yard", sa.String(9), nullable=False), sa.Column("built", sa.Date)]
    sa.Table("boat", sa.MetaData(), *columns, *more, sa.Column("seq", sa.Integer)).create(engine)
    row = {"no": 1, "yard": "Y", "built": date(2020, 1, 2)}
    with engine.begin() as connection:
        values = "values (:no, 'A', 'A', :yard, :built, null)"
        connection.execute(sa.text(f"insert into boat (no, name, state, yard, built, seq) {values}"), row)
    yield engine
    engine.dispose()


def shipyard_world(tmp_path, url, **more):
    world = make_world(f"sqlite:///{tmp_path / 'ours.db'}", (harbours(), boats(attributes=KEYED, **more)))
    return dataclasses.replace(world, adapter=SqlAdapter("outside", {"url": url}))


def test_a_column_that_new_rows_need_and_nothing_fills(shipyard, tmp_path):
    url = shipyard.url.render_as_string(hide_password=False)
    world = shipyard_world(tmp_path, url)
    (found,) = told(look(world), "writing")
    assert found[:2] == ("error", "yard")
    assert "constants" in found[2]
    world.adapter.close()
    with shipyard.connect() as connection:
        assert connection.scalar(sa.text("select count(*) from boat")) == 1


def test_all_columns_that_are_not_there_are_told_at_once(shipyard, tmp_path):
    wrong = (AttributeMap(attribute="price", column="prize"), AttributeMap(attribute="built", column="bilt"))
    url = shipyard.url.render_as_string(hide_password=False)
    world = make_world(f"sqlite:///{tmp_path / 'ours.db'}", (harbours(), boats(attributes=(*KEYED, *wrong))))
    world = dataclasses.replace(world, adapter=SqlAdapter("outside", {"url": url}))
    (found,) = told(look(world), "outside")
    world.adapter.close()
    assert "no column prize" in found[2]
    assert "no column bilt; did you mean built?" in found[2]


def test_a_constant_fills_the_column_and_rows_without_a_change_value_are_told(shipyard, tmp_path):
    world = shipyard_world(tmp_path, shipyard.url.render_as_string(hide_password=False), constants=(("yard", "Y"),))
    assert told(look(world), "writing") == []
    assert told(look(world), "changes")[0][2].startswith("1 of 1 rows have no change value")
    world.adapter.close()


def test_a_right_that_the_account_has_not(pg_url, tmp_path):
    account, word = f"reader_{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
    owner = sa.create_engine(pg_url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(sa.text("create table boat (no int primary key, name text, state text, seq int)"))
        connection.execute(sa.text(f"create role {account} login password '{word}'"))
        connection.execute(sa.text(f"grant select on boat to {account}"))
    try:
        url = owner.url.set(username=account, password=word).render_as_string(hide_password=False)
        world = shipyard_world(tmp_path, url, delete="delete")
        found = told(look(world), "writing")
        world.adapter.close()
        assert [item[2].partition(" outside")[0] for item in found] == [
            f"rows may not be {word}" for word in ("added", "changed", "deleted")
        ]
        assert all("Grant the account of connection outside the right" in item[2] for item in found)
    finally:
        with owner.connect() as connection:
            connection.execute(sa.text(f"drop owned by {account}"))
            connection.execute(sa.text(f"drop role {account}"))
        owner.dispose()
