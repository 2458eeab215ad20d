"""Connections that rest between requests: they are used again, they end with the engine, and no transaction stays on one."""

import pytest

from runtime.database import make_engine
from runtime.lease import Doors, Lease


class Counter:
    """Leases on the doors of an engine, all given back in the end."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url, pool_size=2, ping=False)
        self.doors = Doors.of(self.engine)
        self.leases: list[Lease] = []

    def lease(self) -> Lease:
        self.leases.append(Lease(self.doors))
        return self.leases[-1]


@pytest.fixture
def counter(database_url):
    made = Counter(database_url)
    yield made
    for lease in made.leases:
        lease.release()
    made.engine.dispose()


def read(lease: Lease) -> object:
    return lease.connection.exec_driver_sql("SELECT 1").scalar()


def raw(lease: Lease) -> object:
    return lease.connection.connection.driver_connection


def test_the_next_request_reads_on_the_connection_of_the_one_before(counter):
    first, second = counter.lease(), counter.lease()
    used = raw(first)
    first.rest()
    assert raw(second) is used


def test_two_requests_at_once_never_share_one(counter):
    leases = [counter.lease() for _ in range(4)]
    assert len({id(raw(lease)) for lease in leases}) == 4
    for lease in leases:
        lease.rest()
    assert counter.engine.pool.checkedout() == 2


def test_what_was_written_is_committed_and_what_failed_is_not(counter):
    lease = counter.lease()
    read(lease)
    with lease.transaction() as connection:
        connection.exec_driver_sql("CREATE TABLE note (text VARCHAR(20))")
    with lease.transaction() as connection:
        connection.exec_driver_sql("INSERT INTO note VALUES ('kept')")
    with pytest.raises(ZeroDivisionError), lease.transaction() as connection:  # noqa: PT012 - a transaction is left by it
        connection.exec_driver_sql("INSERT INTO note VALUES ('lost')")
        raise ZeroDivisionError
    lease.rest()
    other = counter.lease()
    assert other.connection.exec_driver_sql("SELECT text FROM note").scalars().all() == ["kept"]
    assert not raw_transaction(other)


def test_reads_in_a_transaction_see_its_writes_and_others_do_not(counter):
    lease, other = counter.lease(), counter.lease()
    with lease.transaction() as connection:
        connection.exec_driver_sql("CREATE TABLE mark (id INTEGER)")
    with lease.transaction() as connection:
        connection.exec_driver_sql("INSERT INTO mark VALUES (1)")
        assert lease.connection.exec_driver_sql("SELECT count(*) FROM mark").scalar() == 1
        assert other.connection.exec_driver_sql("SELECT count(*) FROM mark").scalar() == 0
    assert other.connection.exec_driver_sql("SELECT count(*) FROM mark").scalar() == 1


def test_one_that_died_is_not_handed_on(counter):
    lease = counter.lease()
    dead = raw(lease)
    dead.close()
    lease.discard()
    assert raw(counter.lease()) is not dead


def test_they_end_with_the_engine(counter):
    lease = counter.lease()
    used = raw(lease)
    lease.rest()
    counter.engine.dispose()
    with pytest.raises(Exception, match="closed"):
        used.execute("SELECT 1")


def raw_transaction(lease: Lease) -> bool:
    """Whether the driver's connection is in a transaction."""
    driver = raw(lease)
    return driver.in_transaction if hasattr(driver, "in_transaction") else driver.info.transaction_status.value != 0
