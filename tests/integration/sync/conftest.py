"""A world of harbours and boats on each kind of database."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from metadata.model import TableMap
from support.harbour import World, boats, harbours, make_world


@pytest.fixture
def world_of(database_url: str) -> Iterator[Callable[..., World]]:
    """Makes the world with other maps than usual."""
    made: list[World] = []

    def make(*maps: TableMap, **more: Any) -> World:
        made.append(make_world(database_url, maps, **more))
        return made[-1]

    yield make
    for world in made:
        world.engine.dispose()


@pytest.fixture
def world(world_of: Callable[..., World]) -> World:
    return world_of(harbours(), boats())
