"""The import of a list: a file is chosen, its columns are matched, it is checked, and then its rows are saved.

The file's texts and how far it got are kept as an errand, which belongs to the person and is forgotten after a day. The check
does all that the import will do and undoes it; both go on in turns, each a transaction.
"""

from __future__ import annotations

import csv
import io
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import Response, make_response, redirect, request
from sqlalchemy import Connection

from metadata.model import ListComponent, ListImport
from runtime import errands
from runtime.context import RequestContext
from runtime.errands import Errand
from runtime.errors import AccessDenied
from runtime.files.names import clean_name
from runtime.files.spool import Spool
from runtime.forms.parse import Manner
from runtime.importing.grid import MOST_BYTES, Grid, NotReadable, read_csv
from runtime.importing.matching import chosen, proposed
from runtime.importing.workbook import can_read_workbooks, read_workbook
from runtime.pages.content import words_of
from runtime.pages.errand_turns import begin_errand, change_errand, find_errand, go_on, gone, owner_of
from runtime.pages.export import CSV, MARK
from runtime.pages.export_sheet import harmless
from runtime.pages.form_setting import manner_of
from runtime.pages.import_names import ERRORS, IMPORT
from runtime.pages.import_rows import CHANGED, FAULTY, NEW, SAME, Columns, RowImport, Tally, import_targets, may_import
from runtime.pages.import_view import ColumnChoice, ColumnChooser, ColumnOption, FileChooser, ImportReport, RowError
from runtime.pages.part import BlockAsk, Head, Part
from runtime.pages.queries import UnusableArgument
from runtime.pages.speech import text_of
from runtime.render import Action

BEGIN = "new"
FILE, COLUMN, CLEARS, ACTION = "file", "column", "clears", "_action"
CHOOSE, MATCH, REPORT = "blocks/import_file.html", "blocks/import_columns.html", "blocks/import_report.html"
TURN_ROWS = 100
ALL_SECONDS = 60.0
"""How long an import of all or nothing may take, as it is one transaction."""
MOST_SHOWN = 100
SAMPLES = 3
PACKED = b"PK\x03\x04"
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
FRESH: Mapping[str, Any] = {"at": 0, "counts": {}, "errors": [], "refused": ""}


class _Undone(Exception):
    """An import of all or nothing found a fault, or took too long."""


def import_action(ask: BlockAsk, model: ListComponent) -> Action | None:
    """The button of an import, for those who could save any row of a file."""
    given = model.imports
    if given is None or not may_import(ask.context, given):
        return None
    label = words_of(ask.context, given.label) or text_of(ask.context)("import.button")
    return Action(label, ask.query.link(**{IMPORT: BEGIN, "page": None, "after": None, "before": None}), "upload")


def show_import(ask: BlockAsk, model: ListComponent) -> Part:
    """The import at its step. Raises AccessDenied for somebody who may not, SignInNeeded for somebody unknown."""
    context, key = ask.context, ask.query.own[IMPORT]
    owner_of(context, _kind(model))
    errand = None if key == BEGIN else find_errand(context, _kind(model), key)
    given = model.imports
    if given is None or not may_import(context, given):
        raise AccessDenied
    if key == BEGIN:
        return _take(ask, model, given) if ask.posted else _choose(ask, given)
    if errand is None:
        return Part(response=gone(context, _back(ask)))
    if ask.query.own.get(ERRORS):
        return Part(response=_errors(ask, model, errand))
    return Part(response=_act(ask, given, errand)) if ask.posted else _shown(ask, given, errand)


def _kind(model: ListComponent) -> str:
    return f"import:{model.key}"


def _back(ask: BlockAsk) -> str:
    return ask.query.link(**{IMPORT: None, ERRORS: None})


def _choose(ask: BlockAsk, given: ListImport, error: str = "") -> Part:
    context = ask.context
    targets = import_targets(context, given)
    view = FileChooser(
        url=ask.query.link(),
        back=_back(ask),
        block=ask.index,
        accept=".csv,.xlsx" if can_read_workbooks() else ".csv",
        columns=tuple(target.label for target in targets),
        key=next((target.label for target in targets if target.key == given.key), ""),
        most_rows=given.most_rows,
        most_megabytes=min(MOST_BYTES, context.services.config.max_file_bytes) // 1_000_000,
        error=error,
    )
    head = Head(title=_title(ask, given))
    return Part(CHOOSE, view, head, status=422 if error else 200, failed=bool(error))


def _title(ask: BlockAsk, given: ListImport) -> str:
    return words_of(ask.context, given.label) or text_of(ask.context)("import.title")


def _take(ask: BlockAsk, model: ListComponent, given: ListImport) -> Part:
    """Read the file that was posted and keep it; one that cannot be read is asked for again with the reason."""
    context = ask.context
    manner = manner_of(context)
    try:
        name, grid = _read(given, manner)
    except NotReadable as wrong:
        return _choose(ask, given, wrong.fault.sentence(text_of(context)))
    columns = proposed(grid.headings, import_targets(context, given))
    kept = {
        "name": name,
        "headings": list(grid.headings),
        "rows": [[number, cells] for number, cells in grid.rows],
        "manner": [manner.language, manner.zone],
    }
    state = {**FRESH, "step": "columns", "columns": _as_names(columns), "clears": False}
    errand = begin_errand(context, _kind(model), kept, state)
    return Part(response=make_response(redirect(ask.query.link(**{IMPORT: errand.id}), 303)))


def _read(given: ListImport, manner: Manner) -> tuple[str, Grid]:
    file = request.files.get(FILE)
    if file is None or not file.filename:
        raise NotReadable("import.no_file")
    stream = file.stream
    if not isinstance(stream, Spool):
        raise TypeError("the request does not read files into spools")
    if stream.too_large or stream.size > MOST_BYTES:
        raise NotReadable("import.too_large", count=min(MOST_BYTES, stream.most) // 1_000_000)
    stream.seek(0)
    beginning = stream.read(len(PACKED))
    stream.seek(0)
    if beginning == OLD_WORKBOOK:
        raise NotReadable("import.old_workbook")
    if beginning == PACKED:
        return clean_name(file.filename), read_workbook(stream, given.most_rows, manner)
    return clean_name(file.filename), read_csv(stream, given.most_rows)


def _act(ask: BlockAsk, given: ListImport, errand: Errand) -> Response:
    """What a button of an import asks for. Raises UnusableArgument for what the step has no button for."""
    context = ask.context
    action, step = request.form.get(ACTION, ""), errand.state["step"]
    if action == "drop":
        with context.lease.transaction() as connection:
            errands.drop(connection, errand)
        return make_response(redirect(_back(ask), 303))
    if action == "columns" and step == "check":
        change_errand(context, errand, **FRESH, step="columns")
    elif action == "check" and step == "columns":
        _match(ask, given, errand)
    elif action == "go_on" and step in ("check", "run"):
        _go_on(context, given, errand)
    elif action in ("all", "good") and step == "check" and _is_done(errand):
        change_errand(context, errand, **FRESH, step="run", whole=action == "all")
        _go_on(context, given, _again(context, errand))
    elif action not in ("all", "good", "check", "columns"):
        raise UnusableArgument(ACTION)
    return make_response(redirect(ask.query.link(), 303))


def _again(context: RequestContext, errand: Errand) -> Errand:
    found = find_errand(context, errand.owner.kind, errand.id)
    if found is None:
        raise AccessDenied
    return found


def _match(ask: BlockAsk, given: ListImport, errand: Errand) -> None:
    """Keep which columns were chosen, and check the rows unless nothing was, or one attribute twice."""
    context = ask.context
    wanted = {place: request.form.get(f"{COLUMN}{place}", "") for place in range(len(errand.given["headings"]))}
    columns, twice = chosen(wanted, import_targets(context, given))
    fault = "twice" if twice else "" if columns else "none"
    step = {"step": "columns" if fault else "check", "fault": fault, "clears": bool(request.form.get(CLEARS))}
    change_errand(context, errand, **FRESH, **step, columns=_as_names(columns))
    if not fault:
        _go_on(context, given, _again(context, errand))


def _as_names(columns: Mapping[int, str]) -> dict[str, str]:
    """Columns as JSON keeps them."""
    return {str(place): key for place, key in columns.items()}


def _is_done(errand: Errand) -> bool:
    at: int = errand.state["at"]
    return at >= len(errand.given["rows"])


def _go_on(context: RequestContext, given: ListImport, errand: Errand) -> None:
    work = _Work(context, given, errand)
    turn = work.check if errand.state["step"] == "check" else work.all_or_nothing if errand.state["whole"] else work.good_ones
    go_on(context, errand, turn, _is_done)


class _Work:
    """The turns of an import."""

    def __init__(self, context: RequestContext, given: ListImport, errand: Errand) -> None:
        language, zone = errand.given["manner"]
        targets = {target.key for target in import_targets(context, given)}
        places = {int(place): key for place, key in errand.state["columns"].items() if key in targets}
        columns = Columns(len(errand.given["headings"]), places, errand.state["clears"], Manner(language, zone))
        self._rows = RowImport(context, given, columns)
        self._first = self._rows.firsts((number, cells) for number, cells in errand.given["rows"])

    def check(self, connection: Connection, errand: Errand) -> Errand:
        """The next rows, saved and undone."""
        undone = connection.begin_nested()
        try:
            tally = self._save(connection, errand, TURN_ROWS)
        finally:
            undone.rollback()
        return _told(errand, tally, TURN_ROWS)

    def good_ones(self, connection: Connection, errand: Errand) -> Errand:
        """The next rows, but for those that are refused."""
        return _told(errand, self._save(connection, errand, TURN_ROWS), TURN_ROWS)

    def all_or_nothing(self, connection: Connection, errand: Errand) -> Errand:
        """All rows; where one is refused, none."""
        until = time.monotonic() + ALL_SECONDS
        whole = Tally()
        undone = connection.begin_nested()
        try:
            for start in range(0, len(errand.given["rows"]), TURN_ROWS):
                part = self._save(connection, errand.now(at=start), TURN_ROWS)
                whole.counts.update(part.counts)
                whole.errors += part.errors
                if time.monotonic() > until:
                    raise _Undone
            if whole.errors:
                raise _Undone
        except BaseException as stopped:
            undone.rollback()
            if not isinstance(stopped, _Undone):
                raise
            refused = "import.nothing_saved" if whole.errors else "import.took_too_long"
            return _told(errand.now(step="check", refused=refused), whole, len(errand.given["rows"]))
        undone.commit()
        return _told(errand, whole, len(errand.given["rows"]))

    def _save(self, connection: Connection, errand: Errand, most: int) -> Tally:
        at = errand.state["at"]
        rows = [(number, cells) for number, cells in errand.given["rows"][at : at + most]]
        return self._rows.save(connection, rows, self._first)


def _told(errand: Errand, tally: Tally, rows: int) -> Errand:
    """The errand so many rows further, with what came of them."""
    state = errand.state
    counts = Counter(state["counts"])
    counts.update(tally.counts)
    at = min(state["at"] + rows, len(errand.given["rows"]))
    return errand.now(at=at, counts=dict(counts), errors=[*state["errors"], *(list(error) for error in tally.errors)])


def _shown(ask: BlockAsk, given: ListImport, errand: Errand) -> Part:
    head = Head(title=_title(ask, given))
    if errand.state["step"] == "columns":
        view = _columns_view(ask, given, errand)
        return Part(MATCH, view, head, status=422 if view.error else 200, failed=bool(view.error))
    return Part(REPORT, _report(ask, errand), head)


def _columns_view(ask: BlockAsk, given: ListImport, errand: Errand) -> ColumnChooser:
    text = text_of(ask.context)
    targets = import_targets(ask.context, given)
    kept: Mapping[str, str] = errand.state["columns"]
    rows = errand.given["rows"]
    columns = tuple(
        ColumnChoice(
            f"{COLUMN}{place}",
            heading or text("import.unnamed", number=place + 1),
            tuple(cells[place][:80] for _, cells in rows[:SAMPLES] if place < len(cells) and cells[place].strip()),
            tuple(ColumnOption(target.key, target.label, kept.get(str(place)) == target.key) for target in targets),
        )
        for place, heading in enumerate(errand.given["headings"])
    )
    fault = errand.state.get("fault", "")
    return ColumnChooser(
        file=errand.given["name"],
        rows=len(rows),
        columns=columns,
        key=next((target.label for target in targets if target.key == given.key), ""),
        clears=errand.state["clears"],
        url=ask.query.link(),
        back=_back(ask),
        block=ask.index,
        error=text(f"import.columns_{fault}") if fault else "",
    )


def _report(ask: BlockAsk, errand: Errand) -> ImportReport:
    text, state = text_of(ask.context), errand.state
    counts, errors = state["counts"], state["errors"]
    return ImportReport(
        file=errand.given["name"],
        step=state["step"],
        new=counts.get(NEW, 0),
        changed=counts.get(CHANGED, 0),
        same=counts.get(SAME, 0),
        faulty=counts.get(FAULTY, 0),
        left=len(errand.given["rows"]) - state["at"],
        errors=tuple(RowError(line, label, said) for line, label, said in errors[:MOST_SHOWN]),
        unshown=max(0, len(errors) - MOST_SHOWN),
        done=state["step"] == "run" and _is_done(errand),
        refused=text(state["refused"]) if state["refused"] else "",
        errors_url=ask.query.link(**{ERRORS: "csv"}) if errors else "",
        url=ask.query.link(),
        back=_back(ask),
        block=ask.index,
    )


def _errors(ask: BlockAsk, model: ListComponent, errand: Errand) -> Response:
    """The rows that are not taken, as they were, each with its line and what is wrong with it: to be mended and taken again."""
    if ask.query.own[ERRORS] != "csv":
        raise UnusableArgument(ask.query.name(ERRORS))
    text = text_of(ask.context)
    said: dict[int, list[str]] = {}
    for line, label, sentence in errand.state["errors"]:
        said.setdefault(line, []).append(f"{label}: {sentence}" if label else sentence)
    written = io.StringIO()
    written.write(MARK)
    writer = csv.writer(written)
    headings = errand.given["headings"]
    writer.writerow([harmless(cell) for cell in (*headings, text("import.line"), text("import.reason"))])
    for line, cells in errand.given["rows"]:
        if line in said:
            padded = [*cells, *[""] * (len(headings) - len(cells))][: len(headings)]
            writer.writerow([harmless(cell) for cell in (*padded, str(line), " ".join(said[line]))])
    response = Response(written.getvalue().encode(), content_type=CSV)
    response.headers["Content-Disposition"] = f'attachment; filename="{_safe(model.key)}-errors.csv"'
    return response


def _safe(key: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in key)
