"""The apiary for each test, in both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.apiary import Apiary, open_apiary


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Apiary]:
    """The apiary, without hives."""
    with open_apiary(database_url, tmp_path) as opened:
        yield opened
