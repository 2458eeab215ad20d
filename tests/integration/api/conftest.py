"""The archive for each test, in both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.archive import Archive, open_archive

METADATA = Path(__file__).parent / "archive.yaml"


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Archive]:
    """The archive, without scores."""
    with open_archive(database_url, tmp_path, METADATA) as opened:
        yield opened
