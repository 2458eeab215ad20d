"""The cast and some boats, in both databases."""

import pytest

from runtime.records import create
from support.cast import stage_for


@pytest.fixture
def stage(database_url):
    """Everybody, one boat each for Alice, Bob, Carol and Dave, with a trip and a stop."""
    stage = stage_for(database_url)
    with stage.transaction() as connection:
        for name, account in (("alice", "acme"), ("bob", "acme"), ("carol", "other"), ("dave", "acme north")):
            values = {
                "name": f"{name}s",
                "owner": stage.contacts[name],
                "customer": stage.accounts[account],
                "secret": f"key {name}",
            }
            boat = create(connection, stage.snapshot, stage.system, "boat", values)
            trip = create(connection, stage.snapshot, stage.system, "trip", {"name": f"of {name}", "boat": boat.id})
            create(connection, stage.snapshot, stage.system, "stop", {"name": f"by {name}", "trip": trip.id})
    yield stage
    stage.engine.dispose()


@pytest.fixture
def connection(stage):
    with stage.transaction() as connection:
        yield connection
