"""What an outside table is said to be, read from a database of each kind."""

import pytest
import sqlalchemy as sa

from connectors.sql.describing import described

PARTLY = (
    "CREATE TABLE barrel (no INTEGER NOT NULL PRIMARY KEY, label VARCHAR(20) NOT NULL, cellar INTEGER NOT NULL, emptied INT)",
    "CREATE UNIQUE INDEX barrel_label ON barrel (label) WHERE emptied IS NULL",
    "CREATE UNIQUE INDEX barrel_cellar ON barrel (cellar, label)",
    "CREATE UNIQUE INDEX barrel_lower ON barrel (lower(label))",
)


@pytest.fixture
def engine(database_url):
    made = sa.create_engine(database_url)
    yield made
    made.dispose()


def test_an_index_that_holds_for_some_rows_or_for_an_expression_makes_no_key(engine):
    with engine.begin() as connection:
        for statement in PARTLY:
            connection.exec_driver_sql(statement)
        (barrel,) = described(connection, None, None)
    assert (barrel.name, barrel.primary_key, barrel.unique) == ("barrel", ("no",), (("cellar", "label"),))
