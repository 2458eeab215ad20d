"""What may refuse a release besides its own faults: what has not been signed off."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, inspect

from metadata.errors import Problem
from metadata.snapshot import Snapshot
from runtime.exposure.expectations import expectation_problems
from runtime.exposure.lock import lock_problems
from runtime.identity.tables import contact_roles


def exposure(connection: Connection, snapshot: Snapshot) -> Iterable[Problem]:
    """What is reachable and in no lock, for the sites that have one."""
    return lock_problems(snapshot)


def permission_tests(connection: Connection, snapshot: Snapshot) -> Iterable[Problem]:
    """What permission tests expect of the rows that are there, and is not so."""
    if not any(site.tests for site in snapshot.sites.values()) or not inspect(connection).has_table(contact_roles.name):
        return ()
    return expectation_problems(connection, snapshot)
