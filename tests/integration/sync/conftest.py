"""A world of harbours and boats on each kind of database."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from metadata.model import TableMap
from support import databases
from support.databases import private_postgres
from support.harbour import World, boats, harbours, make_world
from support.scene import Scene
from support.services import Unavailable, missing
from support.tracked import Tracked


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


@pytest.fixture
def outside_sqlite(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'outside.db'}"


@pytest.fixture
def outside_pg(postgres_shelf: Any) -> Iterator[str]:
    with postgres_shelf.database() as url:
        yield url


@pytest.fixture
def outside_mariadb(mariadb_url: str) -> str:
    return mariadb_url


@pytest.fixture
def scene(database_url: str, outside_sqlite: str, request: pytest.FixtureRequest) -> Iterator[Callable[..., Scene]]:
    """Makes a scene; on PostgreSQL both sides are, and on SQLite both sides are."""
    made: list[Scene] = []
    theirs = outside_sqlite if database_url.startswith("sqlite") else request.getfixturevalue("outside_pg")

    def make(*maps: TableMap) -> Scene:
        made.append(Scene(database_url, theirs, *maps))
        return made[-1]

    yield make
    for found in made:
        found.close()


@pytest.fixture(scope="module")
def logical_server() -> Iterator[sa.URL]:
    """A PostgreSQL of our own whose log can be decoded; what is committed is in it at once."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(private_postgres("-c wal_level=logical -c synchronous_commit=on"))
        except Unavailable as reason:
            missing("postgresql", str(reason))
        yield server


@pytest.fixture
def log_url(logical_server: sa.URL, worker: str) -> Iterator[str]:
    name = databases.create_postgres(logical_server, worker)
    yield databases.as_text(logical_server.set(database=name))
    drop = f"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = '{name}'"
    databases.run_statements(logical_server, drop)
    databases.drop_postgres(logical_server, name)


@pytest.fixture(params=["sqlite triggers", "postgresql triggers", "mariadb triggers", "postgresql log"])
def tracked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tracked]:
    kind, tracking = request.param.split()
    if kind == "sqlite":
        (tmp_path / "outside.db").touch()
        url = f"sqlite:///{tmp_path / 'outside.db'}"
    else:
        url = request.getfixturevalue(
            {"postgresql": "pg_url", "mariadb": "mariadb_url"}[kind] if tracking != "log" else "log_url"
        )
    with contextlib.closing(Tracked(url, tracking, f"sqlite:///{tmp_path / 'ours.db'}")) as found:
        yield found
