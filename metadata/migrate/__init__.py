"""Physical tables: compare those of a snapshot with the database's, plan the steps, carry them out.

In: a connection and a snapshot. Out: a plan that reads as text; then changed tables, in the caller's transaction. Only
tables that are in Foyer's register are ever touched.
"""

from __future__ import annotations

from metadata.migrate.applying import apply, create_ahead
from metadata.migrate.errors import Blocked, Destructive, MigrationRefused, NotApplied
from metadata.migrate.planning import Plan, plan, remaking
from metadata.migrate.register import create_register
from metadata.migrate.steps import Step

__all__ = [
    "Blocked",
    "Destructive",
    "MigrationRefused",
    "NotApplied",
    "Plan",
    "Step",
    "apply",
    "create_ahead",
    "create_register",
    "plan",
    "remaking",
]
