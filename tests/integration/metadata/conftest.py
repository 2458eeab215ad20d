"""A store in an empty database of each kind."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from metadata.store import MetadataStore
from runtime.database import make_engine


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def store(engine: Engine) -> MetadataStore:
    made = MetadataStore(engine)
    made.create()
    return made
