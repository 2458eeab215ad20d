"""Exports of other products: what becomes of each part is told; then what is new becomes drafts, until taken back."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import io
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flask import Response, flash, make_response, redirect, request

from metadata.errors import MetadataError
from metadata.model import ComponentId, component_id
from metadata.store import EditedMeanwhile, Sketch
from runtime import errands
from runtime.dualwrite.source import VERDICTS
from runtime.errors import BadRequest, PageNotFound
from runtime.exchange.archive import LARGEST, NoArchive, unpack
from runtime.exchange.exports import NOTES, PRODUCTS, Converted, Product, convert_export
from runtime.exchange.intake import differences
from runtime.pages.export_sheet import harmless
from runtime.powerpages.report import Outcome
from runtime.studio.desk import Desk
from runtime.studio.exchanging import Before, Refusal, exchange_desk, line_of, own_of, relative
from runtime.studio.exchanging import page as exchange_page
from runtime.studio.releasing import DiffLine
from runtime.studio.turning import turned

MOST_SHOWN = 100
"""Components whose differences are shown."""
AT_ONCE = 100
"""Parts on one page of the report."""
LONGEST_WORDS = 200
FOLDER = "export"
"""What the archive is called where something is wrong with the whole of it."""
MARK = "\ufeff"
HEADINGS = ("kind", "name", "file", "verdict", "made", "reason")


@dataclass(frozen=True, slots=True)
class Look:
    """What an export would change: the parts with their verdicts, components with what differs, and what is wrong then."""

    outcomes: tuple[Outcome, ...]
    lines: tuple[tuple[str, str, tuple[DiffLine, ...]], ...]
    total: int
    problems: tuple[str, ...]

    @property
    def as_data(self) -> dict[str, Any]:
        """As it is kept between requests."""
        lines = [[name, change, [asdict(line) for line in found]] for name, change, found in self.lines]
        return {
            "outcomes": [one.as_data() for one in self.outcomes],
            "lines": lines,
            "total": self.total,
            "problems": self.problems,
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Look:
        """From what was kept."""
        lines = tuple((name, change, tuple(DiffLine(**line) for line in found)) for name, change, found in data["lines"])
        return cls(tuple(Outcome(**one) for one in data["outcomes"]), lines, data["total"], tuple(data["problems"]))


@dataclass(frozen=True, slots=True)
class Sought:
    """Which parts of a report are wanted."""

    verdict: str
    kind: str
    words: str

    def of(self, outcomes: Iterable[Outcome]) -> list[Outcome]:
        """Those of the parts."""
        words = self.words.casefold().split()
        return [
            one
            for one in outcomes
            if (not self.verdict or one.verdict == self.verdict)
            and (not self.kind or one.kind == self.kind)
            and all(word in f"{one.name} {one.file} {one.made} {one.reason}".casefold() for word in words)
        ]


def submit_export(product: str) -> Response:
    """Take an export in as far as its report, and lead there. Nothing is changed."""
    known, desk = _known(product), exchange_desk()
    uploaded = request.files.get("file")
    data = uploaded.stream.read(LARGEST + 1) if uploaded is not None and uploaded.filename else b""
    try:
        converted, before = _converted(desk, known, data)
        look = _look(desk, converted, before)
    except Refusal as refusal:
        return exchange_page(desk, refused=refusal.said, problems=refusal.problems, status=422)
    except NoArchive as error:
        return exchange_page(desk, refused=desk.say(f"studio.exchange_{error.key}"), status=422)
    now = dt.datetime.now(dt.UTC)
    with desk.context.lease.transaction() as connection:
        held = errands.begin(connection, _owner(desk, f"{known} file"), {"zip": base64.b64encode(data).decode()}, {}, now)
        errand = errands.begin(connection, _owner(desk, known), {**look.as_data, "file": held.id}, {}, now)
    return desk.go("exchange", known, errand.id)


def export_report(product: str, errand: str) -> Response:
    """What becomes of each part, narrowed and turned, or all of what is wanted as a file."""
    known, desk = _known(product), exchange_desk()
    found = _errand(desk, known, errand)
    sought = Sought(*(request.args.get(name, "").strip()[:LONGEST_WORDS] for name in ("verdict", "kind", "q")))
    look = Look.of(found.given)
    if request.args.get("as") == "csv":
        return _csv(sought.of(look.outcomes), known)
    return _page(desk, known, found, look, sought)


def submit_export_report(product: str, errand: str) -> Response:
    """Save what is new as drafts, all of it or nothing; or take that back."""
    known, desk = _known(product), exchange_desk()
    found = _errand(desk, known, errand)
    do = request.form.get("do")
    if do not in ("save", "undo") or (do == "undo") != bool(found.state):
        raise BadRequest
    try:
        return _save(desk, known, found) if do == "save" else _undo(desk, known, found)
    except Refusal as refusal:
        return _page(desk, known, found, Look.of(found.given), Sought("", "", ""), refusal)


def _known(product: str) -> Product:
    for known in PRODUCTS:
        if known == product:
            return known
    raise PageNotFound


def _owner(desk: Desk, kind: str) -> errands.Owner:
    return errands.Owner(int(desk.context.principal.contact or 0), desk.reach.site, f"export {kind}")


def _errand(desk: Desk, product: Product, key: str) -> errands.Errand:
    found = errands.find(desk.context.connection, _owner(desk, product), key, dt.datetime.now(dt.UTC))
    if found is None:
        raise PageNotFound
    return found


def _converted(desk: Desk, product: Product, data: bytes) -> tuple[Converted, Before]:
    """What comes of an archive, and what it is held against; its contents are gone. Raises NoArchive, Refusal."""
    with tempfile.TemporaryDirectory() as folder:
        return _converted_in(desk, product, data, Path(folder, FOLDER))


def _converted_in(desk: Desk, product: Product, data: bytes, folder: Path) -> tuple[Converted, Before]:
    unpack(data, folder)
    before = Before.of(own_of(desk, desk.readable()))
    try:
        converted = convert_export(product, folder, desk.store, before.components, desk.reach.site)
    except MetadataError as error:
        raise Refusal(desk.say("studio.exchange_wrong"), relative(error.problems, folder)) from None
    outside = [str(name) for name in map(component_id, converted.components) if not desk.reach.covers(name)]
    if outside:
        raise Refusal(desk.say("studio.exchange_outside", what=", ".join(sorted(outside)[:5])))
    return converted, before


def _look(desk: Desk, converted: Converted, before: Before) -> Look:
    after = {**before.components, **{component_id(item): item for item in converted.components}}
    found = differences(before.components, after)
    lines = tuple((str(one.component), one.kind, line_of(desk, one).lines) for one in found[:MOST_SHOWN])
    parts = sorted(converted.outcomes, key=lambda one: -VERDICTS.index(one.verdict))  # what is to be done comes first
    return Look(tuple(parts), lines, len(found), tuple(dict.fromkeys(map(str, converted.problems))))


def _save(desk: Desk, product: Product, found: errands.Errand) -> Response:
    held = errands.find(desk.context.connection, _owner(desk, f"{product} file"), found.given["file"], dt.datetime.now(dt.UTC))
    if held is None:
        raise Refusal(desk.say("studio.exchange_forgotten"))
    heads = desk.bench.all
    with tempfile.TemporaryDirectory() as folder:
        try:
            converted, before = _converted_in(desk, product, base64.b64decode(held.given["zip"]), Path(folder, FOLDER))
        except NoArchive as error:
            raise Refusal(desk.say(f"studio.exchange_{error.key}")) from None
        kept = tuple(before.as_stored(item) for item in converted.components)
        expected = {name: _number(heads.get(name)) for name in map(component_id, kept)}
        desk.prove()
        try:
            saved = desk.store.save(kept, desk.author, NOTES[product], expected=expected, contents=converted.contents)
        except EditedMeanwhile:
            raise Refusal(desk.say("studio.changed_meanwhile")) from None
    desk.note("import", "site", 0, components=[str(name) for name in saved], product=product)
    state = [[name.kind, name.key, name.site, _revision(heads.get(name))] for name in saved]
    with desk.context.lease.transaction() as connection:
        claimed = errands.claim(connection, found)
        if claimed is not None:
            errands.save(connection, claimed.now(saved=state))
        errands.drop(connection, held)
    flash(desk.say("studio.exchange_saved", count=len(saved)), "good")
    return desk.go("exchange", product, found.id)


def _undo(desk: Desk, product: Product, found: errands.Errand) -> Response:
    """Each draft that nobody has changed since is what it was before, or gone."""
    waiting: list[tuple[ComponentId, int, int]] = []
    for kind, key, site, before in found.state["saved"]:
        name = ComponentId(kind, key, site)
        item = desk.bench.all.get(name)
        if item is not None and not item.head.deleted and item.head.note == NOTES[product]:
            waiting.append((name, before, item.head.number))
    data = desk.store.data(before for _, before, _ in waiting if before)
    sketches = [Sketch(name, data[before]) for name, before, _ in waiting if before and data.get(before)]
    gone = [name for name, before, _ in waiting if not (before and data.get(before))]
    desk.prove()
    expected = {name: number for name, _, number in waiting}
    try:
        desk.store.save((), desk.author, "taken back", gone, expected, sketches=sketches)
    except EditedMeanwhile:
        raise Refusal(desk.say("studio.changed_meanwhile")) from None
    desk.note("import", "site", 0, components=[str(name) for name, *_ in waiting], product=product, undone=True)
    with desk.context.lease.transaction() as connection:
        errands.drop(connection, found)
    flash(desk.say("studio.export_undone", count=len(waiting)), "good")
    return make_response(redirect(desk.url("exchange"), 303))


def _number(item: Any) -> int:
    return item.head.number if item is not None and not item.head.deleted else 0


def _revision(item: Any) -> int:
    return item.head.id if item is not None and not item.head.deleted else 0


def _page(
    desk: Desk, product: Product, found: errands.Errand, look: Look, sought: Sought, refusal: Refusal | None = None
) -> Response:
    here = desk.url("exchange", product, found.id)
    given = {"verdict": sought.verdict, "kind": sought.kind, "q": sought.words}
    parts = sought.of(look.outcomes)
    counts = Counter(one.verdict for one in look.outcomes)
    return desk.page(
        "export.html",
        title=desk.say(f"studio.export.{product}"),
        status=422 if refusal else 200,
        look=look,
        here=here,
        sought=sought,
        found=turned(parts, here, given, AT_ONCE),
        counts=[(verdict, counts[verdict]) for verdict in VERDICTS],
        kinds=sorted({one.kind for one in look.outcomes}),
        saved=len(found.state.get("saved", ())),
        refusal=refusal,
    )


def _csv(outcomes: Sequence[Outcome], product: Product) -> Response:
    text = io.StringIO()
    text.write(MARK)
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    writer.writerows([harmless(one.as_data()[name]) for name in HEADINGS] for one in outcomes)
    response = Response(text.getvalue().encode(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{product}.csv"'
    return response
