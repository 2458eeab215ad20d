"""`foyer test-permissions`: what the permission tests of the metadata expect, asked of the rows that are there."""

from __future__ import annotations

from collections import Counter

import click

from metadata.compiler import compile_snapshot
from runtime.cli.installation import open_installation
from runtime.cli.output import Report, reporting
from runtime.exposure.expectations import Outcome, outcomes
from runtime.tables import create_engine_tables


@click.command("test-permissions")
@click.option("--drafts", is_flag=True, help="Ask of what would be released, not of what is.")
@click.option("--strict", is_flag=True, help="Fail also where a person or a record is not there.")
@click.option("--all", "everything", is_flag=True, help="Tell of each expectation, not of those alone that do not hold.")
@reporting
def command(*, drafts: bool, strict: bool, everything: bool) -> Report:
    """Ask what the permission tests expect: who sees what, and who may do what with it."""
    installation = open_installation()
    create_engine_tables(installation.engine)
    store = installation.store
    snapshot = compile_snapshot((store.working() if drafts else store.released()).values())
    with installation.engine.connect() as connection:
        found = [item for site in snapshot.sites.values() for item in outcomes(connection, snapshot, site)]
    bad = ("failed", "skipped") if strict else ("failed",)
    number: Counter[str] = Counter(item.state for item in found)
    lines = [
        f"{item.state}: {item.test.key} {item.place + 1}: {item.said}" for item in found if everything or item.state in bad
    ]
    lines.append(f"{number['passed']} passed, {number['failed']} failed, {number['skipped']} skipped.")
    return Report(tuple(lines), {"outcomes": [_data(item) for item in found]}, ok=not any(number[state] for state in bad))


def _data(item: Outcome) -> dict[str, str | int]:
    return {"test": item.test.key, "place": item.place + 1, "state": item.state, "said": item.said}
