"""Look-ups of a load are proved all at once on PostgreSQL, and hold as if each had been checked."""

import pytest
import sqlalchemy as sa

from runtime.database import writing
from runtime.records.proved import FEW
from support.harbour import boats, harbours, make_world
from support.statements import note_statements

NUMBER = 3 * FEW
COLUMNS = ("number", "name", "harbour")
RESTING = "session_replication_role = replica"
PLAIN = tuple(item for item in boats().attributes if item.attribute != "tender_of")


@pytest.fixture
def world(pg_url):
    world = make_world(pg_url, (harbours(), boats(attributes=PLAIN)))
    world.said = said = []
    note_statements(world.engine, said)
    world.engine.dispose()
    with world.now() as connection:
        world.home.rows(connection).upsert("harbour", ("code",), [{"code": "GOT", "name": "a"}, {"code": "STO", "name": "b"}])
    yield world
    world.engine.dispose()


def harbour_ids(world):
    return [row[0] for row in world.rows("harbour", "id")]


def load(world, connection, *targets, begin=0):
    """Load boats that point at these harbours in turn."""
    rows = [(begin + no, f"Boat {no}", targets[no % len(targets)]) for no in range(NUMBER)]
    return world.home.rows(connection).bulk_load("boat", ("number",), COLUMNS, rows)


def rested(world):
    return any(RESTING in text for text in world.said)


def in_harbour(world):
    return [row[0] for row in world.rows("boat", "harbour")]


def test_the_checks_of_rows_rest_while_their_targets_are_held_and_only_then(world):
    first, second = harbour_ids(world)
    with world.now() as connection:
        assert load(world, connection, first, second, None).inserted == NUMBER
        assert rested(world)
        assert connection.exec_driver_sql("SHOW session_replication_role").scalar() == "origin"
        with pytest.raises(sa.exc.IntegrityError), connection.begin_nested():
            connection.exec_driver_sql("UPDATE boat SET harbour = 999 WHERE number = 1")
    assert sorted(set(in_harbour(world)), key=repr) == [first, second, None]


def test_a_target_of_rows_that_are_being_loaded_cannot_go(world):
    first, second = harbour_ids(world)
    table = world.snapshot.entities["harbour"].table
    with world.now() as connection:
        load(world, connection, first)
        with writing(world.engine).connect() as other:
            other.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
            with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
                other.execute(sa.delete(table).where(table.c.id == first))
            other.rollback()
            other.execute(sa.delete(table).where(table.c.id == second))
            other.commit()
    assert rested(world)
    with pytest.raises(sa.exc.IntegrityError), world.now() as connection:
        connection.execute(sa.delete(table).where(table.c.id == first))


def test_a_load_that_points_at_nothing_is_refused_as_ever_and_leaves_nothing(world):
    first = harbour_ids(world)[0]
    with pytest.raises(sa.exc.IntegrityError, match="fk_boat_harbour"), world.now() as connection:
        load(world, connection, first, 999)
    assert not rested(world)
    assert in_harbour(world) == []


@pytest.mark.parametrize(
    "reference",
    ["second bigint DEFAULT 999 REFERENCES harbour (id)", "FOREIGN KEY (harbour, name) REFERENCES berth (harbour, name)"],
)
def test_what_cannot_be_proved_is_checked_row_by_row(world, reference):
    first = harbour_ids(world)[0]
    with world.now() as connection:
        connection.exec_driver_sql("CREATE TABLE berth (harbour bigint, name text, PRIMARY KEY (harbour, name))")
        connection.exec_driver_sql(f"ALTER TABLE boat ADD {reference}")
    with pytest.raises(sa.exc.IntegrityError, match="foreign key"), world.now() as connection:
        load(world, connection, first)
    assert not rested(world)


def test_a_role_that_may_not_spare_the_checks_loads_all_the_same(world):
    first = harbour_ids(world)[0]
    with writing(world.engine).connect() as connection:
        for statement in (
            "CREATE ROLE foyer_test_proved",
            "GRANT ALL ON ALL TABLES IN SCHEMA public TO foyer_test_proved",
            "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO foyer_test_proved",
            "SET LOCAL ROLE foyer_test_proved",
        ):
            connection.exec_driver_sql(statement)
        assert load(world, connection, first).inserted == NUMBER
        connection.rollback()
    assert not rested(world)


def test_a_trigger_of_somebody_else_fires_for_every_row(world):
    first = harbour_ids(world)[0]
    with world.now() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.name := upper(NEW.name); RETURN NEW; END'"
        )
        connection.exec_driver_sql("CREATE TRIGGER shout BEFORE INSERT ON boat FOR EACH ROW EXECUTE FUNCTION shout()")
        load(world, connection, first)
    assert not rested(world)
    assert {name for (name,) in world.rows("boat", "name")} == {f"BOAT {no}" for no in range(NUMBER)}
