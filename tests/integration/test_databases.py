"""The databases that tests get: empty, writable, of the promised kind."""

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from support import databases
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
