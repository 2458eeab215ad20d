"""The other world: what one person may not see has other values there, or is not there at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from metadata.model import Attribute
from metadata.snapshot import CompiledSite, Snapshot
from runtime.canary.judge import Asker, Judge
from runtime.canary.kept import is_known
from runtime.canary.marks import Cell, Marks
from runtime.canary.seeding import Planted, settle

Seen = dict[tuple[str, int], frozenset[str]]
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
ACCOUNT = frozenset({"name", "number"})
CONTACT = frozenset({"full_name", "email", "language", "time_zone", "active"})
FLIPPED = ("boolean", "choice", "choices")


def judged(snapshot: Snapshot, site: CompiledSite, planted: Planted, asker: Asker) -> Judge:
    """The rules over what was planted."""
    return Judge(snapshot, site, planted.rows, planted.links, asker)


def seen_cells(judge: Judge) -> Seen:
    """The rows within reach, each with the attributes that may be read of it."""
    found = {(entity, row): judge.cells(entity, row) for entity, rows in judge.rows.items() for row in rows}
    for held in judge.asker.held:
        entity, cells = judge.given(held)
        if held.row in judge.rows[entity]:
            found[entity, held.row] |= cells
    return {key: cells for key, cells in found.items() if cells}


def otherwise(judge: Judge, planted: Planted, marks: Marks) -> Planted:
    """Rows of which the asker sees exactly what he sees of the planted ones; whatever he does not see is put otherwise.

    What decides who sees what, which is lookups and links, stays. So does what makers filter and sort by on rows that are seen:
    they may do so by what a person does not see.
    """
    seen = seen_cells(judge)
    made = planted.copy()
    told, deciding = _spoken_of(judge.snapshot), _deciding(judge.snapshot)
    for entity, rows in made.rows.items():
        for row, values in rows.items():
            for attribute in judge.snapshot.entities[entity].model.attributes:
                shown = seen.get((entity, row), frozenset())
                cell = Cell(entity, row, attribute.key)
                if (
                    attribute.key in shown
                    or attribute.formula
                    or (entity, attribute.key) in deciding
                    or (shown and attribute.key in told)
                    or known_of_oneself(judge, cell)
                ):
                    continue
                if attribute.type in ("file", "image") and cell in made.files:
                    made.files[cell] = (made.files[cell][0], marks.word(cell, other=True))
                else:
                    values[attribute.key] = _other(judge.snapshot, attribute, cell, values.get(attribute.key), marks)
    for cell in made.kept:
        if not is_known(planted, judge, cell) and cell.attribute not in seen.get((cell.entity, cell.row), frozenset()):
            made.kept[cell] = marks.word(cell, other=True)
    _take_away(judge, made, seen)
    settle(judge.snapshot, made)
    return made


def _deciding(snapshot: Snapshot) -> frozenset[tuple[str, str]]:
    """What says whether a membership counts, and which role it gives: it decides who sees what, as lookups do."""
    further = snapshot.entities["contact"].model.further_accounts
    return frozenset((further.entity, key) for key in (further.role, further.active) if key) if further else frozenset()


def known_of_oneself(judge: Judge, cell: Cell) -> bool:
    """Whether a cell says who the asker is, which no permission is needed for: name, address, account, and what makers put
    before a person of his own contact."""
    asker = judge.asker
    if (cell.entity, cell.row) == ("contact", asker.contact):
        return cell.attribute in _told_of_oneself(judge.snapshot)
    return cell.entity == "account" and cell.row in judge.acts_for and cell.attribute in ACCOUNT


def _told_of_oneself(snapshot: Snapshot) -> frozenset[str]:
    def make() -> frozenset[str]:
        everything = " ".join(map(repr, snapshot.components.values()))
        return CONTACT | {
            one.key
            for one in snapshot.entities["contact"].model.attributes
            if f"@contact.{one.key}" in everything or f"user.{one.key}" in everything
        }

    return snapshot.derive("canary of oneself", make)


def _other(snapshot: Snapshot, attribute: Attribute, cell: Cell, value: Any, marks: Marks) -> Any:
    if value is None or attribute.type == "lookup" or (cell.entity == "contact" and cell.attribute == "active"):
        return value
    if attribute.type == "boolean":
        return not value
    if attribute.type in FLIPPED:
        options = [one.value for one in snapshot.choices[attribute.choice].options]
        single = value if isinstance(value, str) else value[0]
        following = options[(options.index(single) + 1) % len(options)] if single in options else single
        return following if isinstance(value, str) else (following,)
    if attribute.key == "currency" or value == "SEK":
        return value
    other = marks.value(attribute, cell, other=True)
    return value if other is None else other


def _take_away(judge: Judge, made: Planted, seen: Seen) -> None:
    """Every other row that is not seen, where what is seen does not hang on it."""
    candidates = list(_unseen(judge, made, seen))
    if _same(judge, made, candidates, seen):
        _drop(made, candidates)
        return
    for one in candidates:
        if _same(judge, made, [one], seen):
            _drop(made, [one])


def _unseen(judge: Judge, made: Planted, seen: Seen) -> Iterator[tuple[str, int]]:
    held = {
        found
        for (entity, row), cells in seen.items()
        for key in cells
        if (found := judge.pointed_at(entity, key, judge.rows[entity][row])) is not None
    }
    # Whoever shared a link that the asker has is there in both worlds, and so is each account that the asker may act for.
    people = {("contact", one.contact) for one in (judge.asker, *(held.maker for held in judge.asker.held))}
    accounts = {*judge.acts_for, judge.asker.account, *(held.maker.account for held in judge.asker.held)}
    further = judge.snapshot.entities["contact"].model.further_accounts
    acting = judge.rows[further.entity].items() if further is not None and further.entity else ()
    mine = {(further.entity, row) for row, one in acting if further and one.get(further.contact) == judge.asker.contact}
    kept = people | mine | {("account", one) for one in accounts} | _colleagues(judge)
    for entity, rows in made.rows.items():
        hidden = [row for row in sorted(rows) if (entity, row) not in seen]
        for row in hidden[::2]:
            # The row with the highest id stays, so that new rows get the same ids in both worlds.
            if row != max(rows) and (entity, row) not in held and (entity, row) not in kept:
                yield entity, row


def _colleagues(judge: Judge) -> set[tuple[str, int]]:
    """The people of the asker's account, where a view that they share or the account's history tells of them, whether or not
    their contacts may be read."""
    account = judge.asker.account
    shared = any(one.saved == "shared" for one in judge.site.lists.values())
    if account is None or not (shared or judge.may("account", "history", account)):
        return set()
    return {("contact", row) for row, values in judge.rows["contact"].items() if values.get("account") == account}


def _same(judge: Judge, made: Planted, without: list[tuple[str, int]], seen: Seen) -> bool:
    trial = made.copy()
    _drop(trial, without)
    settle(judge.snapshot, trial)
    return seen_cells(Judge(judge.snapshot, judge.site, trial.rows, trial.links, judge.asker)) == seen


def _drop(made: Planted, rows: list[tuple[str, int]]) -> None:
    for entity, row in rows:
        del made.rows[entity][row]
    gone = set(rows)
    made.files = {cell: held for cell, held in made.files.items() if (cell.entity, cell.row) not in gone}


def _spoken_of(snapshot: Snapshot) -> frozenset[str]:
    """Names of attributes that stand in conditions, orders, formulas and templates of makers, of whatever entity."""
    return snapshot.derive("canary spoken of", lambda: frozenset(_names(snapshot)))


def _names(snapshot: Snapshot) -> Iterator[str]:
    for view in snapshot.views.values():
        yield from _NAME.findall(f"{view.filter} {view.sort}")
    for entity in snapshot.entities.values():
        for attribute in entity.model.attributes:
            yield from _NAME.findall(attribute.formula)
    for form in snapshot.forms.values():
        conditions = [form.locked_when, *(rule.when for rule in form.rules), *(action.when for action in form.actions)]
        yield from _NAME.findall(" ".join(conditions))
