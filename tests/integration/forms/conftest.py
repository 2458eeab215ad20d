"""The pottery over HTTP, in both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.pottery import Pottery, make_pottery


@pytest.fixture
def pottery(database_url: str, tmp_path: Path) -> Iterator[Pottery]:
    """The pottery, without firings."""
    made = make_pottery(database_url, tmp_path)
    yield made
    made.engine.dispose()
