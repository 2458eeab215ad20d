"""The site as a zip file of its metadata: taken out, and brought in as drafts after a look at every difference."""

from __future__ import annotations

import base64
import datetime as dt
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import Response, flash, request

from metadata.compiler import assign_site
from metadata.errors import MetadataError, Problem
from metadata.model import Component, ComponentId, component_id
from metadata.store import Components, Difference
from runtime import errands
from runtime.errors import AccessDenied, BadRequest
from runtime.exchange.archive import LARGEST, NoArchive, archived, unpack
from runtime.exchange.exports import PRODUCTS
from runtime.exchange.intake import Intake, take_in
from runtime.exchange.overrides import read_overrides
from runtime.studio.desk import Desk, open_desk
from runtime.studio.offering import OFFERED
from runtime.studio.releasing import DiffLine, diff_lines
from runtime.studio.rights import EXCHANGE
from runtime.studio.scalars import SORTS, read_as

WORKING, RELEASED = "working", "released"
MOST_SHOWN = 200
LONGEST_OVERRIDES = 100_000
LINES, MOST_LINES = 3, 50
"""Lines for what differs in the installation: shown at first, and at most."""
DIFFERING = ("connection", "site_setting", "site", "identity_provider", "webhook", "table_map", "sync_alert")
"""The kinds whose components are offered there: those that are most often otherwise from one installation to the next."""


@dataclass(frozen=True, slots=True)
class Line:
    """One component that an import would change: added, changed or deleted, and how."""

    name: ComponentId
    change: str
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """What was handed in: the archive, what is otherwise here, as text and line by line, and whether what it lacks is to go."""

    data: bytes
    overrides: str
    lines: Mapping[str, Mapping[str, Any]]
    delete: bool


@dataclass(frozen=True, slots=True)
class Before:
    """What is there, each component under its site's name; `stored` are the names that they have in the store, where a site
    that is alone may leave its own out."""

    components: Components
    stored: Mapping[ComponentId, ComponentId]

    @classmethod
    def of(cls, found: Components) -> Before:
        """From the components of the store."""
        assigned = {component_id(item): item for item in assign_site(found.values())}
        return cls(assigned, dict(zip(assigned, found, strict=True)))

    def as_stored(self, component: Component) -> Component:
        """A component under the name that it has in the store."""
        name = component_id(component)
        kept = self.stored.get(name, name)
        without: dict[str, Any] = {"site": kept.site}
        return component if kept == name else replace(component, **without)


class Refusal(Exception):
    """It is not brought in; carries what is said, and the problems."""

    def __init__(self, said: str, problems: tuple[Problem, ...] = ()) -> None:
        self.said = said
        self.problems = problems
        super().__init__(said)


def exchange() -> Response:
    """Take the site out, or bring files in."""
    return page(exchange_desk())


def download() -> Response:
    """The site as a zip file, with the drafts or as it is served."""
    desk = exchange_desk()
    which = request.args.get("of", WORKING)
    if which not in (WORKING, RELEASED):
        raise BadRequest
    components = own_of(desk, desk.readable() if which == WORKING else desk.released())
    desk.prove()
    desk.note("export", "site", 0, of=which, components=len(components))
    response = Response(archived(components, desk.store.content), content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{desk.reach.site}-{dt.date.today():%Y-%m-%d}.zip"'
    return response


def submit_exchange() -> Response:
    """Show what an archive would change; then, on the second press, save it as drafts: all of it or nothing."""
    desk = exchange_desk()
    try:
        if request.form.get("do") == "save":
            return _save(desk, request.form.get("errand", ""))
        return _look(desk, _given())
    except Refusal as refusal:
        return page(desk, refused=refusal.said, problems=refusal.problems, status=422)
    except NoArchive as error:
        return page(desk, refused=desk.say(f"studio.exchange_{error.key}"), status=422)


def exchange_desk() -> Desk:
    """The desk of somebody who may take the site out and bring files in. Raises SignInNeeded, AccessDenied."""
    desk = open_desk()
    if not desk.reach.has(EXCHANGE):
        raise AccessDenied
    return desk


def own_of(desk: Desk, components: Components) -> Components:
    """Without those of other sites, which belong to others."""
    return {name: item for name, item in components.items() if _is_own(desk, name)}


def _is_own(desk: Desk, name: ComponentId) -> bool:
    site = name.key if name.kind == "site" else name.site
    return site in ("", desk.reach.site)


def _given() -> Given:
    """What was posted. Raises NoArchive, BadRequest."""
    uploaded = request.files.get("file")
    if uploaded is None or not uploaded.filename:
        raise NoArchive("not_zip")
    data = uploaded.stream.read(LARGEST + 1)
    text = request.form.get("overrides", "")[: LONGEST_OVERRIDES + 1]
    return Given(data, text, _over_lines(), request.form.get("delete") == "yes")


def _over_lines() -> Mapping[str, Mapping[str, Any]]:
    """What differs here, line by line as it was typed: component, property and value. Lines that are not filled in are none."""
    found: dict[str, dict[str, Any]] = {}
    for component, name, sort, value in typed_lines():
        if component and name and sort in SORTS:
            found.setdefault(component, {})[name] = read_as(sort, value)
    return found


def typed_lines() -> tuple[tuple[str, ...], ...]:
    """The lines that were posted, as they were typed."""
    given = (request.form.getlist(f"over.{part}")[:MOST_LINES] for part in ("component", "property", "sort", "value"))
    return tuple(tuple(text.strip() for text in line) for line in zip(*given, strict=False))


def _look(desk: Desk, given: Given) -> Response:
    with tempfile.TemporaryDirectory() as folder:
        intake, before = _taken(desk, given, Path(folder))
    found = tuple(line_of(desk, difference) for difference in intake.differences(before.components))
    held = {
        "zip": base64.b64encode(given.data).decode(),
        **{name: getattr(given, name) for name in ("overrides", "lines", "delete")},
    }
    with desk.context.lease.transaction() as connection:
        errand = errands.begin(connection, _owner(desk), held, {}, dt.datetime.now(dt.UTC))
    return page(desk, lines=found, errand=errand.id, warnings=intake.warnings, given=given)


def _save(desk: Desk, key: str) -> Response:
    found = errands.find(desk.context.connection, _owner(desk), key, dt.datetime.now(dt.UTC))
    if found is None:
        raise Refusal(desk.say("studio.exchange_forgotten"))
    given = Given(base64.b64decode(found.given["zip"]), *(found.given[name] for name in ("overrides", "lines", "delete")))
    with tempfile.TemporaryDirectory() as folder:
        intake, before = _taken(desk, given, Path(folder))
        desk.prove()
        kept = tuple(before.as_stored(item) for item in intake.components)
        gone = tuple(before.stored[name] for name in intake.delete)
        saved = desk.store.save(kept, desk.author, "brought in as files", gone, contents=intake.contents)
    desk.note("import", "site", 0, components=[str(name) for name in saved])
    with desk.context.lease.transaction() as connection:
        errands.drop(connection, found)
    removed = len(set(saved) & set(gone))
    for text, count in (("exchange_saved", len(saved) - removed), ("exchange_taken", removed)):
        if count:
            flash(desk.say(f"studio.{text}", count=count), "good")
    return desk.go("publish")


def _taken(desk: Desk, given: Given, folder: Path) -> tuple[Intake, Before]:
    """The intake of an archive, and what it is held against. Raises NoArchive, Refusal."""
    unpack(given.data, folder)
    before = Before.of(own_of(desk, desk.readable()))
    try:
        over = dict(read_overrides(given.overrides))
        for name, properties in given.lines.items():
            over[name] = {**over.get(name, {}), **properties}
        themes = desk.context.renderer.roots
        intake = take_in(str(folder), before.components, delete=given.delete, drafts=True, overrides=over, themes=themes)
    except MetadataError as error:
        raise Refusal(desk.say("studio.exchange_wrong"), relative(error.problems, folder)) from None
    if not intake.components:
        raise NoArchive("empty")
    changed = [difference.component for difference in intake.differences(before.components)]
    outside = [str(name) for name in changed if not desk.reach.covers(name)]
    if outside:
        raise Refusal(desk.say("studio.exchange_outside", what=", ".join(outside[:5])))
    return intake, before


def relative(problems: tuple[Problem, ...], folder: Path) -> tuple[Problem, ...]:
    """The problems with files named as they are in the archive."""
    return tuple(_without(problem, folder) for problem in problems)


def _without(problem: Problem, folder: Path) -> Problem:
    position = problem.position
    for root in (folder.resolve().as_posix(), folder.as_posix()):
        if position.file.startswith(root):
            name = position.file.removeprefix(root).lstrip("/")
            return Problem(
                type(position)(name, position.line, position.path),
                problem.component,
                problem.code,
                problem.message,
                problem.severity,
            )
    return problem


def line_of(desk: Desk, difference: Difference) -> Line:
    """A component that differs, for people to read."""
    return Line(difference.component, difference.kind, diff_lines(difference, desk.property))


def _owner(desk: Desk) -> errands.Owner:
    return errands.Owner(int(desk.context.principal.contact or 0), desk.reach.site, "exchange")


def page(
    desk: Desk,
    *,
    lines: tuple[Line, ...] | None = None,
    errand: str = "",
    warnings: tuple[Problem, ...] = (),
    problems: tuple[Problem, ...] = (),
    given: Given | None = None,
    refused: str = "",
    status: int = 200,
) -> Response:
    """The page of export and import: both ways, or what an import would change, or why nothing was taken."""
    return desk.page(
        "exchange.html",
        title=desk.say("studio.exchange"),
        status=status,
        lines=lines[:MOST_SHOWN] if lines is not None else None,
        total=len(lines) if lines is not None else 0,
        errand=errand,
        warnings=warnings,
        problems=problems,
        given=given,
        refused=refused,
        most=LARGEST // 1_000_000,
        products=PRODUCTS,
        over=_shown_lines() if lines is None else (),
        over_text=request.form.get("overrides", ""),
        over_offered=[
            (f"{kind} {item.id.key}", desk.label(item))
            for kind in DIFFERING
            for item in desk.within(kind)
            if not item.head.deleted
        ][:OFFERED],
        over_sorts=SORTS,
        over_most=MOST_LINES,
    )


def _shown_lines() -> list[tuple[str, ...]]:
    """What was typed, with lines to be filled in after it; as many as the address asks for."""
    typed = [line for line in typed_lines() if any(line[:2]) or line[3]]
    asked = request.args.get("lines", "")
    wanted = min(int(asked), MOST_LINES) if asked.isdecimal() and len(asked) < 4 else len(typed) + LINES
    return [*typed, *([("", "", "text", "")] * (wanted - len(typed)))]
