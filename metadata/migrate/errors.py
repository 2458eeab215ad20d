"""Why tables were not changed: one class per cause, whose docstring is its sentence."""

from __future__ import annotations

from collections.abc import Iterable


class MigrationRefused(Exception):
    """The tables were not changed."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        sentence = (type(self).__doc__ or "").strip().splitlines()[0]
        super().__init__("\n".join((sentence, *(f"  {reason}" for reason in self.reasons))))


class Destructive(MigrationRefused):
    """The change would lose values in the database; say --allow-destructive if it shall."""


class Blocked(MigrationRefused):
    """The rows or tables in the database stand in the way of the change."""


class NotApplied(MigrationRefused):
    """The database refused the change."""
