"""One worker at a time, and one that was frozen too long writes nothing any more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.lease import LeaseLost, under_lease
from connectors.links import announce, link_records
from connectors.process import has_ended, this_process
from metadata.model import WriteThrough
from support.harbour import boat_row, boats, eventually, harbour_row, harbours, make_world


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


def run_out(world):
    """What five seconds without a heartbeat do, of a holder that is not known to have ended."""
    with world.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_lease SET expires_at = 0, holder = 'elsewhere:1'"))


def frozen(world):
    """A station that holds the lease and beats no more, as a stopped process."""
    station = world.station()
    station.turn()
    station._heart.stop()
    return station


def test_a_worker_whose_lease_was_taken_over_writes_nothing(world):
    stale, other = frozen(world), world.station()
    run_out(world)
    other.turn()
    assert other.held
    world.put("harbour", harbour_row("GOT", seq=7))
    stale._next.clear()
    with pytest.raises(LeaseLost):
        stale.turn()
    assert world.rows("harbour", "id") == []
    assert world.checkpoint("harbours").problem is None
    other.close()


def test_a_fault_outside_that_a_stale_holder_meets_is_not_written_either(world):
    stale, other = frozen(world), world.station()
    run_out(world)
    other.turn()
    world.outside.down = True
    stale._next.clear()
    with pytest.raises(LeaseLost):
        stale.turn()
    assert world.checkpoint("harbours").problem is None
    other.close()


def test_a_transaction_that_was_open_when_the_lease_ran_out_cannot_commit_after_the_next_has_it(pg_url):
    world = make_world(pg_url, (harbours(), boats()))
    stale, other = frozen(world), world.station()
    try:
        with pytest.raises(sa.exc.DBAPIError), under_lease(world.home, stale._lease) as connection:  # noqa: PT012
            connection.execute(sa.text("UPDATE foyer_sync_checkpoint SET problem = 'stale'"))
            run_out(world)
            other.turn()
            assert other.held
        assert world.checkpoint("harbours").problem is None
    finally:
        other.close()
        world.engine.dispose()


def test_a_lease_is_renewed_beside_the_work(world):
    station = world.station()
    station.turn()
    first = expiry(world)
    assert eventually(lambda: expiry(world) > first)
    station.close()


def test_a_heartbeat_that_finds_another_holder_makes_the_next_turn_stop(world):
    station = world.station()
    station.turn()
    with world.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_lease SET token = 'another'"))
    assert eventually(lambda: station._heart.lost)
    with pytest.raises(LeaseLost):
        station.turn()


def test_the_lease_of_a_process_that_has_ended_is_free_at_once(world):
    process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    holder = this_process().replace(f":{os.getpid()}@", f":{process.pid}@").rpartition("/")[0]
    started = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19]
    first = world.station()
    first.turn()
    first._heart.stop()
    with world.now() as connection:
        named = sa.text("UPDATE foyer_sync_lease SET holder = :holder").bindparams(holder=f"{holder}/{started}")
        connection.execute(named)
    second = world.station()
    second.turn()
    assert not second.held
    process.kill()
    assert eventually(lambda: has_ended(f"{holder}/{started}"))
    second.turn()
    assert second.held
    process.wait()
    second.close()


@pytest.mark.parametrize("stranger", ["host:1", "host:999999", "host:999999@another-boot.1/5", "", "host:x@/"])
def test_a_process_of_which_nothing_is_known_is_not_taken_for_dead(stranger):
    assert not has_ended(stranger)


def test_this_process_lives():
    assert not has_ended(this_process())


def expiry(world):
    with world.engine.connect() as connection:
        return connection.execute(sa.text("SELECT expires_at FROM foyer_sync_lease")).scalar_one()


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
