"""`foyer sync rejects`, `show`, `edit`, `replay`, `discard` and `retry`: rows that one side would not take.

A change of ours that the outside refuses is named by its number, an outside row that cannot be taken here by MAP/KEY.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from typing import Any

import click
from sqlalchemy import Connection

from connectors import outbox
from connectors.adjusted import read_adjusted
from connectors.outbox import Owed
from connectors.tablemap import compiled_maps
from connectors.transforms import shown
from metadata.snapshot import Snapshot
from runtime.cli.output import Report, reporting
from runtime.cli.sync_maps import maps_named, open_sync
from runtime.database import writing
from runtime.sync.homes import home_of
from runtime.sync.letters import (
    Letter,
    NotMendable,
    discard_letter,
    edit_letter,
    find_letter,
    read_letters,
    replay_letter,
    retry_letters,
)

CODES = click.option("--code", "codes", multiple=True, help="Only rows with a reason of this class; may be given again.")
NAMED = click.argument("name", metavar="NUMBER|MAP/KEY")


@click.command("rejects")
@click.argument("table_map", required=False, metavar="[MAP]")
@CODES
@reporting
def list_rejects(table_map: str | None, codes: tuple[str, ...]) -> Report:
    """List every row that one side would not take, with its reason and the class of that."""
    installation, snapshot = open_sync()
    maps = maps_named(snapshot, table_map)
    with installation.engine.connect() as connection:
        found = read_letters(connection, maps, codes)
    lines = [_line(letter) for letter in found]
    classes = Counter(letter.code for letter in found)
    lines += [f"By class: {', '.join(f'{number} {code}' for code, number in sorted(classes.items()))}."] * bool(found)
    data = {
        "out": [{**dataclasses.asdict(item.owed), **_more(item)} for item in found if item.owed is not None],
        "in": [{**dataclasses.asdict(item.reject), **_more(item)} for item in found if item.reject is not None],
        "classes": dict(classes),
    }
    return Report(tuple(lines) or ("Everything was taken.",), data)


@click.command("show")
@NAMED
@reporting
def show(name: str) -> Report:
    """Show one row: what it would write, why it was not taken, and what waits behind it."""
    installation, snapshot = open_sync()
    with installation.engine.connect() as connection:
        found = _find(connection, snapshot, name)
        later = outbox.behind(connection, found.owed) if found.owed is not None else []
    lines = [f"{name}: {found.reason}"]
    if found.owed is not None:
        lines.append(
            f"  {found.owed.operation} of {found.owed.entity} {found.owed.record_id}, tried {found.owed.attempts} times"
        )
    lines += [f"  {column} = {_shown(value)}" for column, value in found.columns.items()]
    lines += [f"  behind it: {item.id} {item.operation}" for item in later]
    lines += [f"  {found.behind} later versions of the row wait behind it"] * bool(found.reject and found.behind)
    data = {
        "row": dataclasses.asdict(found.owed or found.reject),  # type: ignore[arg-type]
        "waiting": [item.id for item in later],
        **_more(found),
    }
    return Report(tuple(lines), data)


@click.command("edit")
@NAMED
@click.argument("changes", nargs=-1, required=True, metavar="COLUMN=VALUE...")
@reporting
def edit(name: str, changes: tuple[str, ...]) -> Report:
    """Change outside columns of one row; a value is JSON, or else a text. `replay` then tries it."""
    installation, snapshot = open_sync()
    with writing(installation.engine).begin() as connection:
        found = _find(connection, snapshot, name)
        try:
            values = edit_letter(connection, found, _parsed(found, changes))
        except NotMendable as fault:
            raise click.ClickException(str(fault)) from None
    return Report((f"{name} is changed; foyer sync replay {name} tries it.",), {"name": name, "values": dict(values)})


@click.command("replay")
@NAMED
@reporting
def replay(name: str) -> Report:
    """Try one row again, now; what waits behind it follows."""
    installation, snapshot = open_sync()
    with installation.engine.connect() as connection:
        found = _find(connection, snapshot, name)
    taken = replay_letter(home_of(installation.engine, snapshot), found)
    if taken is None:
        return Report((f"{name} is sent again by the worker.",), {"name": name, "taken": None})
    line = f"{name} is in now." if taken else f"{name} is still not taken; foyer sync show {name} says why."
    return Report((line,), {"name": name, "taken": taken}, ok=taken)


@click.command("discard")
@NAMED
@reporting
def discard(name: str) -> Report:
    """Give one row up; later changes of the same record go on, and with a new record its changes are given up too."""
    installation, snapshot = open_sync()
    with installation.engine.connect() as connection:
        found = _find(connection, snapshot, name)
    gone = discard_letter(home_of(installation.engine, snapshot), found)
    return Report((f"{gone} given up.",), {"name": name, "discarded": gone})


@click.command("retry")
@click.argument("table_map", required=False, metavar="[MAP]")
@CODES
@reporting
def retry(table_map: str | None, codes: tuple[str, ...]) -> Report:
    """Try again, now, what was rejected and what is parked; only that, and with --code only what has such a reason."""
    installation, snapshot = open_sync()
    maps = maps_named(snapshot, table_map)
    done = retry_letters(home_of(installation.engine, snapshot), maps, codes)
    line = f"{done.taken} of the rejected rows are in now, {done.left} are left; {done.released} owed changes are sent again."
    return Report((line,), dataclasses.asdict(done))


@click.command("adjusted")
@click.argument("table_map", required=False, metavar="[MAP]")
@reporting
def adjusted(table_map: str | None) -> Report:
    """List values that were cut off, rounded, clamped or replaced as their maps say, with what the outside has."""
    installation, snapshot = open_sync()
    maps = maps_named(snapshot, table_map)
    with installation.engine.connect() as connection:
        found = read_adjusted(connection, [item.key for item in maps])
    lines = [
        f"{item.map}/{item.key} {item.attribute}: {shown(item.was)} became {_shown(item.became)} ({item.code}: {item.policy})"
        for item in found
    ]
    data = {"adjusted": [dataclasses.asdict(item) for item in found]}
    return Report(tuple(lines) or ("Every value was taken as it came.",), data)


COMMANDS = (list_rejects, show, edit, replay, discard, retry, adjusted)


def _find(connection: Connection, snapshot: Snapshot, name: str) -> Letter:
    found = find_letter(connection, compiled_maps(snapshot), name)
    if found is None:
        raise click.ClickException(f"There is no row {name}; foyer sync rejects lists them.")
    return found


def _parsed(found: Letter, changes: tuple[str, ...]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for change in changes:
        column, sign, text = change.partition("=")
        if not sign or column not in found.columns:
            known = ", ".join(found.columns) or "none"
            raise click.ClickException(f"Write COLUMN=VALUE with a column of this row; it has {known}.")
        try:
            values[column] = json.loads(text)
        except ValueError:
            values[column] = text
    return values


def _line(letter: Letter) -> str:
    named = f"{letter.name}  out {letter.map.key} {_key(letter.owed)}" if letter.owed else f"{letter.name}  in"
    waiting = f" ({letter.behind} later changes wait)" if letter.behind else ""
    return f"{named}: {letter.reason} [{letter.code or 'unknown'}{'' if letter.permanent else ', tried again'}]{waiting}"


def _more(letter: Letter) -> dict[str, Any]:
    return {"code": letter.code, "permanent": letter.permanent, "waiting": letter.behind}


def _key(owed: Owed) -> str:
    named = owed.payload.get("key", {})
    return ", ".join(f"{column} {_shown(value)}" for column, value in named.items()) or f"{owed.entity} {owed.record_id}"


def _shown(value: Any) -> str:
    return "empty" if value is None else str(value)
