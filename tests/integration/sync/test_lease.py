"""One worker at a time, and one that was frozen too long writes nothing any more."""

import pytest
import sqlalchemy as sa

from connectors.lease import LeaseLost
from connectors.links import announce, link_records
from metadata.model import WriteThrough
from support.harbour import boat_row, boats, harbour_row, harbours


def test_a_second_worker_waits_until_the_first_lets_go(world):
    world.put("harbour", harbour_row("GOT"))
    first, second = world.station(), world.station()
    assert first.turn()
    assert second.turn() == []
    first.close()
    world.put("harbour", harbour_row("STO", seq=2))
    second.turn()
    assert len(world.rows("harbour", "id")) == 2
    second.close()


def test_a_worker_whose_lease_was_taken_over_writes_nothing(world):
    frozen, other = world.station(), world.station()
    frozen.turn()
    with world.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_lease SET expires_at = 0"))
    other.turn()
    world.put("harbour", harbour_row("GOT", seq=7))
    frozen._next.clear()
    with pytest.raises(LeaseLost):
        frozen.turn()
    assert world.rows("harbour", "id") == []
    other.close()


@pytest.fixture
def sending(world_of):
    through = WriteThrough(key_column="external_id")
    world = world_of(harbours(), boats(write_through=through))
    world.put("harbour", harbour_row("GOT"))
    world.pull()
    return world


def test_a_row_that_was_sent_from_here_is_found_by_its_outside_key_and_not_made_twice(sending):
    table = sending.snapshot.entities["boat"].table
    with sending.now() as connection:
        added = sa.insert(table).values(name="Ours", version=1).returning(table.c.id)
        link_records(connection, "boats", {"key-1": connection.execute(added).scalar_one()})
    sending.put("boat", boat_row(5, external_id="key-1", name="Theirs"))
    sending.pull()
    assert sending.rows("boat", "number", "name") == [(5, "Theirs")]


def test_a_row_whose_submission_is_under_way_waits_for_its_end(sending):
    with sending.now() as connection:
        announce(connection, "key-1", 60)
    sending.put("boat", boat_row(5, external_id="key-1"), boat_row(6))
    sending.pull()
    assert sending.rows("boat", "number") == [(6,)]
    with sending.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_intent SET expires_at = 0"))
        connection.execute(sa.text("UPDATE foyer_sync_reject SET retry_at = last_at"))
    sending.pull()
    assert sending.rows("boat", "number") == [(6,), (5,)]
