"""The apiary for each test, in both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.apiary import Apiary, open_apiary
from support.portal import Browser


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Apiary]:
    """The apiary, without hives."""
    with open_apiary(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def sqlite_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Alice at an apiary that all tests of a module share, for what never reaches the database."""
    folder = tmp_path_factory.mktemp("apiary")
    with open_apiary(f"sqlite:///{folder / 'test.db'}", folder) as opened:
        yield opened.as_("alice")
