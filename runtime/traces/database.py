"""What a step asked of the portal's database, as it is told."""

from __future__ import annotations

from connectors.steps import Fact


def facts_of(statements: int, seconds: float) -> dict[str, Fact]:
    """So many commands, and the seconds that they were waited for; nothing where there were none."""
    return {"db.statements": statements, "db.seconds": round(seconds, 6)} if statements else {}
