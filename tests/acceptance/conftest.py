"""The demo as a person starts it: the real processes, real HTTP, the ERP's own database beside them."""

from collections.abc import Iterator

import pytest

from support.demo import Demo, running_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo with a small ERP in which nothing moves by itself."""
    with running_demo(tmp_path_factory.mktemp("demo")) as found:
        yield found
