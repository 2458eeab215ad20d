"""Fixtures of the property tests."""

import pytest

from runtime.database import make_engine, writing
from runtime.records.tables import TABLES


@pytest.fixture
def engine(database_url):
    """An engine on an empty database but for the engine's own tables."""
    engine = make_engine(database_url)
    with writing(engine).begin() as connection:
        TABLES.create_all(connection)
    yield engine
    engine.dispose()
