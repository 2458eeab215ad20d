"""The gallery over HTTP, in both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.gallery import Gallery, make_gallery


@pytest.fixture
def gallery(database_url: str, tmp_path: Path) -> Iterator[Gallery]:
    """The gallery, without works."""
    made = make_gallery(database_url, tmp_path)
    yield made
    made.engine.dispose()
