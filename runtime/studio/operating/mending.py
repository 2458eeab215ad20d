"""One row that a side would not take: as it came, why, and where; its values changed, tried again, or given up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Response, flash, request

from connectors import outbox
from connectors.outbox import SUBMIT
from connectors.values import digest, dump_json
from runtime.errors import BadRequest, PageNotFound
from runtime.pages.content import words_of
from runtime.studio.desk import Desk
from runtime.studio.operating.floor import class_word, given, home, map_label, maps_of, note, open_floor, reading, since
from runtime.sync.letters import Letter, NotMendable, discard_letter, edit_letter, find_letter, replay_letter, summed_columns

VALUE, EMPTY = "v.", "empty."
LONGEST_VALUE = 20_000


@dataclass(frozen=True, slots=True)
class Cell:
    """One outside column of the row. `wrong` is what is said of it, `attribute` the label of what it becomes here.

    Nobody types over one that is `summed`.
    """

    column: str
    text: str
    empty: bool
    long: bool
    attribute: str
    wrong: str
    summed: bool


def refused_row() -> Response:
    """The page of one row."""
    desk = open_floor()
    return _page(desk, _letter(desk))


def mend() -> Response:
    """Keep other values, try the row again, or give it up."""
    desk = open_floor()
    letter, act = _letter(desk), given("do")
    if act not in ("save", "replay", "discard"):
        raise BadRequest
    if act == "discard":
        if given("sure") != "yes":
            return _page(desk, letter, refused=desk.say("studio.sync_not_sure"), status=422)
        lost = discard_letter(home(desk), letter)
        note(desk, "discard", letter.map.key, row=letter.name)
        flash(desk.say("studio.sync_discarded", count=lost), "good")
        return desk.go("sync", "map", letter.map.key, "rows")
    if given("base") != _base(letter):
        return _page(desk, letter, refused=desk.say("studio.sync_changed_meanwhile"), status=409)
    changed = _changed(letter)
    ours = home(desk)
    if changed:
        try:
            with ours.begin() as connection:
                edit_letter(connection, letter, changed)
        except NotMendable:
            why = "studio.sync_row_summed" if summed_columns(letter) else "studio.sync_fixed"
            return _page(desk, letter, refused=desk.say(why), status=422)
        note(desk, "edit", letter.map.key, row=letter.name, columns=sorted(changed))
        with ours.read() as connection:
            letter = find_letter(connection, maps_of(desk), letter.name) or letter
    if act == "save":
        flash(desk.say("studio.sync_row_kept" if changed else "studio.nothing_changed"), "good")
        return _page(desk, letter)
    return _replayed(desk, letter)


def _replayed(desk: Desk, letter: Letter) -> Response:
    taken = replay_letter(home(desk), letter)
    note(desk, "replay", letter.map.key, row=letter.name)
    if taken is False:
        left = find_letter(reading(desk), maps_of(desk), letter.name) or letter
        return _page(desk, left, refused=desk.say("studio.sync_still_refused"), status=422)
    flash(desk.say("studio.sync_sent" if taken is None else "studio.sync_taken"), "good")
    return desk.go("sync", "map", letter.map.key, "rows")


def _letter(desk: Desk) -> Letter:
    found = find_letter(reading(desk), maps_of(desk), str(request.values.get("name", ""))[:600].replace("\x00", ""))
    if found is None:
        raise PageNotFound
    return found


def _page(desk: Desk, letter: Letter, *, refused: str = "", status: int = 200) -> Response:
    later = outbox.behind(reading(desk), letter.owed) if letter.owed is not None else []
    fixed = letter.owed is not None and letter.owed.operation == SUBMIT
    key = letter.name.partition("/")[2] if letter.owed is None else letter.name
    return desk.page(
        "sync_row.html",
        title=desk.say("studio.sync_row_of", map=map_label(desk, letter.map.key), name=key),
        status=status,
        letter=letter,
        name=map_label(desk, letter.map.key),
        base=_base(letter),
        cells=_cells(desk, letter),
        fixed=fixed,
        code_word=class_word(desk, letter.code),
        deletes=letter.code == "in_use",
        age=since(desk, letter.since),
        again=desk.formats.moment(letter.again_at) if letter.again_at else "",
        later=[f"{item.id} {item.operation}" for item in later],
        refused=refused,
        rows=desk.url("sync", "map", letter.map.key, "rows"),
    )


def _base(letter: Letter) -> str:
    """What tells the row that was shown from one that has come in its place."""
    return digest((dump_json(dict(letter.columns)), letter.reason))


def _cells(desk: Desk, letter: Letter) -> list[Cell]:
    """The columns of a row, the one at fault first among those that the map reads."""
    labels = _labels(desk, letter)
    at_fault = letter.reason.partition(":")[0]
    cells, summed = [], summed_columns(letter)
    for column, value in letter.columns.items():
        names = [name for name, (columns, _) in labels.items() if column in columns]
        wrong = letter.reason if at_fault in names or at_fault == column else ""
        text = _text(value)
        label = ", ".join(labels[name][1] for name in names)
        how = "\n" in text or len(text) > 80, label, wrong, column in summed
        cells.append(Cell(column, text, value is None, *how))
    return cells


def _labels(desk: Desk, letter: Letter) -> dict[str, tuple[tuple[str, ...], str]]:
    """By attribute: the outside columns that it is mapped to, and its label."""
    attributes = letter.map.entity.attributes
    found = {}
    for item in letter.map.model.attributes:
        columns = item.lookup_columns or ((item.column,) if item.column else ())
        model = attributes[item.attribute].model if item.attribute in attributes else None
        found[item.attribute] = (columns, (words_of(desk.context, model.label) if model else "") or item.attribute)
    return found


def _changed(letter: Letter) -> dict[str, Any]:
    """What was typed over. Raises BadRequest for columns that the row does not have."""
    values: dict[str, Any] = {}
    for field, text in request.form.items():
        if not field.startswith(VALUE):
            continue
        column = field.removeprefix(VALUE)
        if column not in letter.columns or len(text) > LONGEST_VALUE:
            raise BadRequest
        before = letter.columns[column]
        text = text.replace("\r\n", "\n")
        if request.form.get(EMPTY + column) == "yes":
            after = None
        elif text == _text(before) and before is not None:
            after = before
        else:
            after = _typed(text, before) if text or before is not None else None
        if after != before:
            values[column] = after
    return values


def _typed(text: str, before: Any) -> Any:
    """What was typed as a value of the type that was there; as a text where it is none, for the map to judge."""
    try:
        if isinstance(before, bool):
            return {"true": True, "false": False}.get(text.strip().lower(), text)
        if isinstance(before, int):
            return int(text)
        if isinstance(before, (float, Decimal)):
            return Decimal(text.strip())
        if isinstance(before, dt.datetime):
            return dt.datetime.fromisoformat(text.strip())
        if isinstance(before, dt.date):
            return dt.date.fromisoformat(text.strip())
    except (ValueError, InvalidOperation):
        return text
    return text


def _text(value: Any) -> str:
    """A value as it stands in its field."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (Mapping, list, tuple)):
        return dump_json(value)
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)
