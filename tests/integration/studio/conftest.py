"""The marina's studio for each test, in both databases."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.marina_site import Marina
from support.studio import Maker, open_studio


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Marina]:
    with open_studio(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def maker(site: Marina) -> Callable[[str], Maker]:
    """Signs somebody in."""
    return lambda name: Maker.of(site, name)
