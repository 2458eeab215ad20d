"""The databases that tests get: empty, writable, of the promised kind; or the copy of a site that was made before."""

import contextlib

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from support import databases
from support.released import prepared
from support.services import Unavailable


def kind_after_a_write(url: str) -> str:
    engine = sa.create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == []
        connection.execute(sa.text("CREATE TABLE note (body VARCHAR(20))"))
        connection.execute(sa.text("INSERT INTO note VALUES (:body)"), {"body": "Mötley ✓"})
        assert connection.execute(sa.text("SELECT body FROM note")).scalar_one() == "Mötley ✓"
    return engine.dialect.name


def test_each_kind_of_database_is_empty_and_writable(database_url, request):
    assert kind_after_a_write(database_url) == request.node.callspec.params["database_url"]


def test_mariadb_is_empty_and_writable(mariadb_url):
    assert kind_after_a_write(mariadb_url) == "mysql"


def test_a_database_is_dropped_under_an_open_connection(postgres_server, worker):
    with databases.postgres_database(postgres_server, worker) as url:
        engine = sa.create_engine(url, poolclass=NullPool)
        connection = engine.connect()
    with pytest.raises(sa.exc.OperationalError):
        connection.execute(sa.text("SELECT 1"))
    connection.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_was_made_twice_is_copied_from_then_on_and_each_copy_is_the_tests_own(kind, request, tmp_path):
    made = []

    def bodies_after_a_write(number):
        with contextlib.ExitStack() as stack:
            lent = f"sqlite:///{tmp_path / f'{number}.db'}"
            if kind == "postgresql":
                lent = stack.enter_context(request.getfixturevalue("postgres_shelf").database())
            engine = sa.create_engine(lent, poolclass=NullPool)

            def make():
                made.append(number)
                with engine.begin() as connection:
                    connection.execute(sa.text("CREATE TABLE note (body VARCHAR(20))"))
                    connection.execute(sa.text("INSERT INTO note VALUES ('kept')"))
                return "given"

            assert prepared(engine, request.node.nodeid, make) == "given"
            with engine.begin() as connection:
                connection.execute(sa.text("INSERT INTO note VALUES (:body)"), {"body": f"of {number}"})
                return sorted(connection.execute(sa.text("SELECT body FROM note")).scalars())

    assert [bodies_after_a_write(number) for number in range(4)] == [["kept", f"of {number}"] for number in range(4)]
    assert made == [0, 1]


def test_a_private_server_starts_and_leaves_nothing():
    try:
        with databases.private_postgres() as server:
            databases.run_statements(server, "SELECT 1")
    except Unavailable as reason:
        pytest.skip(str(reason))
    with pytest.raises(Unavailable, match="does not answer"):
        databases.assert_reachable(server)


def test_an_address_that_is_none_is_reported(monkeypatch):
    monkeypatch.setenv("FOYER_TEST_PG_URL", "nonsense")
    with pytest.raises(Unavailable, match="FOYER_TEST_PG_URL is not a database address"):
        databases.server_url("FOYER_TEST_PG_URL", "postgresql+psycopg")
