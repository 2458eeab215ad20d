"""An outside database: what is wrong with its address or shape is told in a sentence."""

import pytest
import sqlalchemy as sa

from connectors.errors import Fatal, Retriable
from connectors.settings import read_settings
from connectors.sql.adapter import SqlAdapter
from connectors.sql.moment import Seen
from connectors.tablemap import compiled_map
from metadata.model import Connection
from support.harbour import harbours, snapshot_of


def the_map(**more):
    return compiled_map(snapshot_of(harbours(**more)), "harbours")


@pytest.fixture
def url(tmp_path):
    url = f"sqlite:///{tmp_path / 'outside.db'}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE harbour (code TEXT PRIMARY KEY, name TEXT, depth REAL, seq INTEGER)"))
    engine.dispose()
    return url


@pytest.mark.parametrize("settings", [{}, {"url": "nonsense"}, {"url": "klingon://host/db"}])
def test_an_address_that_cannot_work_is_fatal(settings):
    with pytest.raises(Fatal):
        SqlAdapter("erp", settings)


@pytest.mark.parametrize("url", ["sqlite:////nowhere/there.db", "postgresql://nobody@127.0.0.1:1/x"])
def test_a_database_that_is_not_there_is_waited_for(url):
    adapter = SqlAdapter("erp", {"url": url})
    with pytest.raises(Retriable, match="erp does not answer"):
        adapter.pull(the_map(), None, 10)
    adapter.close()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"table": "harbor"}, "there is no table harbor; did you mean harbour"),
        ({"change_column": "sec"}, "no column sec; did you mean seq"),
        ({"filter": (("cod", 1),)}, "no column cod; did you mean code"),
    ],
)
def test_a_wrong_name_is_answered_with_what_may_be_meant(url, more, words):
    adapter = SqlAdapter("erp", {"url": url})
    with pytest.raises(Fatal, match=words):
        adapter.pull(the_map(**more), None, 10)
    adapter.close()


def test_settings_take_variables_and_files_and_name_what_is_missing(tmp_path):
    connection = Connection(key="erp", connector="sql", settings=(("url", "${ERP_URL}?x=1"),))
    assert read_settings(connection, {"ERP_URL": "sqlite://"}) == {"url": "sqlite://?x=1"}
    secret = tmp_path / "secret"
    secret.write_text("sqlite://\n")
    assert read_settings(connection, {"ERP_URL_FILE": str(secret)}) == {"url": "sqlite://?x=1"}
    with pytest.raises(Fatal, match="ERP_URL"):
        read_settings(connection, {})


AGE = 2**32


@pytest.mark.parametrize(
    ("end", "number", "seen"),
    [
        (800, 799, True),
        (800, 800, False),
        (800, 700, False),
        (5 * AGE + 800, 799, True),
        (5 * AGE + 800, 801, False),
        (5 * AGE + 3, AGE - 7, True),
        (5 * AGE + 3, AGE - 2, False),
        (5 * AGE - 2, 4, False),
    ],
    ids=[
        "before",
        "the next",
        "open",
        "of this age",
        "later",
        "of the age before",
        "open since the age before",
        "of the next age",
    ],
)
def test_the_half_of_a_transactions_number_tells_whether_it_is_seen(end, number, seen):
    assert Seen(end, frozenset({700, 5 * AGE - 2})).has(number) is seen
