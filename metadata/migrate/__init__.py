"""Physical tables: compare those of a snapshot with the database's, plan the steps, carry them out.

In: a connection and a snapshot. Out: a plan that reads as text; then changed tables, in the caller's transaction. Only
tables that are in Foyer's register are ever touched. What compares and changes is loaded when it is first asked for: a
process that answers requests hardly ever is.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from metadata.migrate.errors import Blocked, Destructive, MigrationRefused, NotApplied
from metadata.migrate.register import create_register

if TYPE_CHECKING:
    from metadata.migrate.applying import apply, create_ahead
    from metadata.migrate.planning import Plan, plan, remaking
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

_LATER = {
    "apply": "applying",
    "create_ahead": "applying",
    "Plan": "planning",
    "plan": "planning",
    "remaking": "planning",
    "Step": "steps",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"metadata.migrate.{_LATER[name]}"), name)
