from pathlib import Path

import pytest

from support.portal import Portal, make_portal


@pytest.fixture
def portal(database_url: str, tmp_path: Path) -> Portal:
    """The small portal, on each kind of database."""
    made = make_portal(database_url, tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture
def local_portal(sqlite_url: str, tmp_path: Path) -> Portal:
    """The small portal on SQLite, for what has nothing to do with the database."""
    made = make_portal(sqlite_url, tmp_path)
    yield made
    made.engine.dispose()
