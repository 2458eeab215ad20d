"""`foyer sync rejects`, `show`, `edit`, `replay` and `discard`: single rows that one side would not take.

A change of ours that the outside refuses is named by its number, an outside row that cannot be taken here by MAP/KEY.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click
from sqlalchemy import Connection

from connectors import outbox, rejects
from connectors.adjusted import read_adjusted
from connectors.home import Work, utc_now
from connectors.inbound import retry_records
from connectors.links import link_records, unlink
from connectors.mapping import Lookups
from connectors.outbox import SUBMIT, Owed
from connectors.rejects import Reject
from connectors.tablemap import CompiledMap, compiled_maps
from connectors.transforms import shown
from metadata.snapshot import Snapshot
from runtime.cli.installation import Installation
from runtime.cli.output import Report, reporting
from runtime.cli.sync_maps import chosen_maps, open_sync
from runtime.database import writing
from runtime.forms.drafts import new_key
from runtime.sync.homes import home_of

NAMED = click.argument("name", metavar="NUMBER|MAP/KEY")


@dataclass(frozen=True, slots=True)
class _Found:
    """One row that waits for somebody: a change of ours, or an outside row."""

    table_map: CompiledMap
    owed: Owed | None = None
    reject: Reject | None = None

    @property
    def columns(self) -> Mapping[str, Any]:
        """The outside columns that it writes, or that were read."""
        if self.owed is not None:
            return dict(self.owed.payload.get("values", {}))
        return self.reject.record if self.reject is not None else {}

    @property
    def reason(self) -> str:
        """Why it was not taken."""
        return self.owed.reason if self.owed is not None else self.reject.reason if self.reject is not None else ""


@click.command("rejects")
@click.argument("table_map", required=False, metavar="[MAP]")
@reporting
def list_rejects(table_map: str | None) -> Report:
    """List every row that one side would not take, with its reason."""
    installation, snapshot = open_sync()
    maps = chosen_maps(snapshot, (table_map,) if table_map else ())
    with installation.engine.connect() as connection:
        out = [(item, len(outbox.behind(connection, item))) for each in maps for item in outbox.parked(connection, each.key)]
        into = [reject for each in maps for reject in rejects.read_rejects(connection, each.key)]
    lines = [f"{item.id}  out {item.map} {_key(item)}: {item.reason}{_waiting(later)}" for item, later in out]
    lines += [f"{reject.map}/{reject.key}  in: {reject.reason}" for reject in into]
    data = {
        "out": [{**dataclasses.asdict(item), "waiting": later} for item, later in out],
        "in": [dataclasses.asdict(reject) for reject in into],
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
    data = {
        "row": dataclasses.asdict(found.owed or found.reject),  # type: ignore[arg-type]
        "waiting": [item.id for item in later],
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
        if found.owed is not None and found.owed.operation == SUBMIT:
            raise click.ClickException("A new record is sent as it is in the portal: change it there, then replay.")
        values = {**found.columns, **_parsed(found, changes)}
        if found.owed is not None:
            outbox.rewrite(connection, found.owed.id, {**found.owed.payload, "values": values})
        elif found.reject is not None:
            rejects.rewrite(connection, found.reject, values)
    return Report((f"{name} is changed; foyer sync replay {name} tries it.",), {"name": name, "values": values})


@click.command("replay")
@NAMED
@reporting
def replay(name: str) -> Report:
    """Try one row again, now; what waits behind it follows."""
    installation, snapshot = open_sync()
    with writing(installation.engine).begin() as connection:
        found = _find(connection, snapshot, name)
        if found.owed is not None:
            _send_again(connection, found.owed)
            return Report((f"{name} is sent again by the worker.",), {"name": name, "taken": None})
    taken = _take_again(installation, snapshot, found)
    line = f"{name} is in now." if taken else f"{name} is still not taken; foyer sync show {name} says why."
    return Report((line,), {"name": name, "taken": taken}, ok=taken)


@click.command("discard")
@NAMED
@reporting
def discard(name: str) -> Report:
    """Give one row up; later changes of the same record go on, and with a new record its changes are given up too."""
    installation, snapshot = open_sync()
    with writing(installation.engine).begin() as connection:
        found = _find(connection, snapshot, name)
        gone = 1
        if found.owed is not None:
            whole = found.owed.operation in ("insert", SUBMIT)
            lost = [found.owed, *(outbox.behind(connection, found.owed) if whole else ())]
            for item in lost:
                outbox.discard(connection, item.id, f"discarded: {found.owed.reason}")
            gone = len(lost)
        elif found.reject is not None:
            rejects.drop_rejects(connection, found.reject.map, (found.reject.key,))
    return Report((f"{gone} given up.",), {"name": name, "discarded": gone})


@click.command("adjusted")
@click.argument("table_map", required=False, metavar="[MAP]")
@reporting
def adjusted(table_map: str | None) -> Report:
    """List values that were cut off, rounded, clamped or replaced as their maps say, with what the outside has."""
    installation, snapshot = open_sync()
    maps = chosen_maps(snapshot, (table_map,) if table_map else ())
    with installation.engine.connect() as connection:
        found = read_adjusted(connection, [item.key for item in maps])
    lines = [
        f"{item.map}/{item.key} {item.attribute}: {shown(item.was)} became {_shown(item.became)} ({item.code}: {item.policy})"
        for item in found
    ]
    data = {"adjusted": [dataclasses.asdict(item) for item in found]}
    return Report(tuple(lines) or ("Every value was taken as it came.",), data)


COMMANDS = (list_rejects, show, edit, replay, discard, adjusted)


def _find(connection: Connection, snapshot: Snapshot, name: str) -> _Found:
    maps = {item.key: item for item in compiled_maps(snapshot)}
    if name.isascii() and name.isdecimal() and len(name) < 19:
        owed = outbox.read_owed(connection, int(name))
        if owed is not None and owed.state not in outbox.OVER and owed.map in maps:
            return _Found(maps[owed.map], owed=owed)
    table_map, _, key = name.partition("/")
    found = rejects.find_reject(connection, table_map, key) if table_map in maps else None
    if found is None:
        raise click.ClickException(f"There is no row {name}; foyer sync rejects lists them.")
    return _Found(maps[table_map], reject=found)


def _parsed(found: _Found, changes: tuple[str, ...]) -> dict[str, Any]:
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


def _send_again(connection: Connection, owed: Owed) -> None:
    """A submission that was refused goes out as a new one: its key stands for the refusal outside."""
    if owed.operation != SUBMIT or owed.state != outbox.PARKED:
        outbox.replay(connection, owed)
        return
    key = new_key()
    unlink(connection, owed.map, (owed.idempotency,))
    link_records(connection, owed.map, {key: owed.record_id})
    outbox.replay(connection, owed, key)


def _take_again(installation: Installation, snapshot: Snapshot, found: _Found) -> bool:
    home, reject = home_of(installation.engine, snapshot), found.reject
    if reject is None:
        return False
    with home.begin() as connection:
        work = Work(connection, home.rows(connection), found.table_map, utc_now())
        retry_records(work, [reject.record], Lookups(work.rows))
        return rejects.find_reject(connection, reject.map, reject.key) is None


def _key(owed: Owed) -> str:
    named = owed.payload.get("key", {})
    return ", ".join(f"{column} {_shown(value)}" for column, value in named.items()) or f"{owed.entity} {owed.record_id}"


def _waiting(later: int) -> str:
    return f" ({later} later changes wait)" if later else ""


def _shown(value: Any) -> str:
    return "empty" if value is None else str(value)
