"""The marina for each test, in both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.pages.freshness import Freshness
from support.marina_site import Marina, open_marina


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Marina]:
    """The marina, without bookings."""
    with open_marina(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def fresh() -> type[Freshness]:
    """Makes a Freshness."""
    return Freshness
