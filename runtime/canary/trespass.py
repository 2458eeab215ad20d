"""What a request did to rows, held against what the person may do to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runtime.canary.asking import Ask
from runtime.canary.findings import Finding
from runtime.canary.ground import Ground
from runtime.canary.judge import Judge, Rows
from runtime.canary.marks import Cell
from runtime.canary.seeding import SYSTEM

People = dict[tuple[str, Any], tuple[Any, ...]]
PLAIN = (None, "", True, False)
KEPT = frozenset({"version", "changed_at", "changed_by", "changed_from"})


def trespasses(ground: Ground, who: str, ask: Ask, before: Rows, after: Rows) -> Iterator[Finding]:
    """The rows that changed and that the person may not have changed so."""
    old = Judge(ground.snapshot, ground.site, before, ground.planted.links, ground.judge.asker)
    new = Judge(ground.snapshot, ground.site, after, ground.planted.links, ground.judge.asker)
    for entity, rows in before.items():
        gone = rows.keys() - after[entity].keys()
        for row in gone:
            if not old.may(entity, "delete", row) and not _falls_with(old, after, entity, row):
                yield _finding(ground, who, ask, Cell(entity, row, "*"), "the row is deleted")
        for row in after[entity].keys() - rows.keys():
            if not new.may(entity, "create", row):
                yield _finding(ground, who, ask, Cell(entity, row, "*"), "a row is made out of reach")
        for row in rows.keys() & after[entity].keys():
            if rows[row] != after[entity][row]:
                yield from _changes(ground, who, ask, (entity, row), (old, new))


def meddling(who: str, ask: Ask, people: tuple[People, People], accounts: set[int]) -> list[Finding]:
    """What became otherwise of what is kept of other people's sign-ins, and foreign accounts that are acted for."""
    before, after = people
    keys = sorted((key for key in before.keys() | after.keys() if before.get(key) != after.get(key)), key=str)
    said = f"{ask} {_short(dict(ask.fields))}"
    found = [
        Finding("write", who, said, f"{table} {number} is changed", "what is another's", ask.surface) for table, number in keys
    ]
    return found + [Finding("write", who, said, f"account {one} is acted for", "", ask.surface) for one in sorted(accounts)]


def _changes(ground: Ground, who: str, ask: Ask, at: tuple[str, int], judges: tuple[Judge, Judge]) -> Iterator[Finding]:
    (entity, row), (old, new) = at, judges
    values, made = old.rows[entity][row], new.rows[entity][row]
    changed = [key for key in made if key not in KEPT and made[key] != values.get(key)]
    for key in changed:
        cell = Cell(entity, row, key)
        pointed = new.pointed_at(entity, key, made)
        if pointed is None and old.pointed_at(entity, key, values) is not None and not old.may(entity, "write", row):
            continue  # what it pointed at is gone
        if not old.may(entity, "write", row):
            yield _finding(ground, who, ask, cell, f"is changed to {_short(made[key])}")
        elif (
            key not in old.cells(entity, row, "write")
            and str(made[key]) in ask.text
            and made[key] not in (None, "", True, False)
        ):
            yield _finding(ground, who, ask, cell, f"may not be changed, and is now {_short(made[key])}")
        elif pointed is not None and pointed[0] not in SYSTEM and not old.may(pointed[0], "append_to", pointed[1]):
            yield _finding(ground, who, ask, cell, f"points at {pointed[0]} {pointed[1]} now")
    if changed and not new.may(entity, "write", row):
        yield _finding(ground, who, ask, Cell(entity, row, changed[0]), "the row is moved out of reach")


def _falls_with(old: Judge, after: Rows, entity: str, row: int) -> bool:
    """Whether a row is gone because one that it pointed at is."""
    for attribute in old.snapshot.entities[entity].model.attributes:
        found = old.pointed_at(entity, attribute.key, old.rows[entity][row])
        if found is not None and attribute.on_delete == "cascade" and found[1] not in after[found[0]]:
            return True
    return False


def _finding(ground: Ground, who: str, ask: Ask, cell: Cell, seen: str) -> Finding:
    sent = dict(ask.fields) or ask.json
    return Finding("write", who, f"{ask} {_short(sent)}", seen, f"{cell} of {ground.planted.owner(cell)}", ask.surface)


def _short(value: Any) -> str:
    return str(value)[:160]
