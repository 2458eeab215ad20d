"""Why tables were not changed: one class per cause, with its sentence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from metadata.told import told


class MigrationRefused(Exception):
    """The tables were not changed."""

    sentence: ClassVar[str] = told("The tables were not changed.")

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join((self.sentence, *(f"  {reason}" for reason in self.reasons))))


class Destructive(MigrationRefused):
    """The change would lose values in the database; say --allow-destructive if it shall."""

    sentence = told("The change would lose values in the database; say --allow-destructive if it shall.")


class Blocked(MigrationRefused):
    """The rows or tables in the database stand in the way of the change."""

    sentence = told("The rows or tables in the database stand in the way of the change.")


class NotApplied(MigrationRefused):
    """The database refused the change."""

    sentence = told("The database refused the change.")
