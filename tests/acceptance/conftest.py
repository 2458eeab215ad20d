"""The demo as a person starts it: the real processes, real HTTP, the ERP's own database beside them."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.demo import Demo, running_demo

HERE = Path(__file__).parent
_running = contextlib.ExitStack()
_demos: list[Demo] = []


@pytest.fixture
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A demo with a small ERP in which nothing moves by itself: one for all tests that follow each other here."""
    if not _demos:
        _demos.append(_running.enter_context(running_demo(tmp_path_factory.mktemp("demo"))))
    return _demos[0]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Iterator[None]:
    # A demo at rest still looks for changes several times a second: it would slow all tests that come after these.
    try:
        return (yield)
    finally:
        if nextitem is None or HERE not in nextitem.path.parents:
            _demos.clear()
            _running.close()
