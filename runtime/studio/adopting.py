"""Tables of a connection's database are looked at, chosen, and become drafts, after a look at all that would be made.

Only a connection as it is published is opened, so that a draft leads no credentials to another address.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from flask import Response, flash, request

from connectors.adapters import open_adapter
from connectors.described import Describing, OutsideTable
from connectors.errors import ConnectorError, first_line
from metadata.model import Attribute, ComponentId, Connection, Entity, TableMap, component_id
from metadata.store import EditedMeanwhile
from runtime.adopting.adopting import adopt, problems_of
from runtime.adopting.findings import LEFT_OUT, Adopted, Adoption, Finding
from runtime.adopting.making import Wanted
from runtime.errors import AccessDenied, ChangedMeanwhile, PageNotFound
from runtime.pages.content import words_of
from runtime.studio.adopted_names import Names
from runtime.studio.bench import Item
from runtime.studio.desk import Desk, open_desk
from runtime.studio.rights import ADOPTING, OF_PAGES
from runtime.studio.uses import uses_of

KIND = "connection"
SECONDS_KEPT = 300.0
"""For how long the tables that were looked at are those that are adopted."""
SECONDS_AFTER_FAILURE = 5.0


@dataclass(frozen=True, slots=True)
class Heard:
    """The tables of the outside, or why it told none."""

    tables: tuple[OutsideTable, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A table in the list: what there is of it already, and why it cannot be adopted; at most one of them."""

    table: OutsideTable
    there: Adopted | None
    fault: str
    chosen: bool

    @property
    def open(self) -> bool:
        """Whether there is anything to adopt."""
        return not self.fault and (self.there is None or bool(self.there.added))


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be made of one table: what people call its map, the new attributes, and what is to be known."""

    adopted: Adopted
    table_map: str
    attributes: tuple[Attribute, ...]
    findings: tuple[Finding, ...]


def adopt_tables(key: str) -> Response:
    """The tables that there are, read anew."""
    desk, item = _desk(key)
    connection = _published(desk, item)
    if isinstance(connection, Connection):
        desk.context.services.outside.forget(lambda asked: asked == _asked(connection))
    return _page(desk, item, _heard(desk, item))


def submit_adopt_tables(key: str) -> Response:
    """What would become of the chosen tables; then, on the second press, the same as drafts."""
    desk, item = _desk(key)
    heard = _heard(desk, item)
    chosen = tuple(name for name in request.form.getlist("table") if any(table.name == name for table in heard.tables))
    if heard.problem or not chosen or request.form.get("do") == "back":
        refused = "" if heard.problem or chosen else desk.say("studio.adopt_none_chosen")
        return _page(desk, item, heard, chosen, refused=refused)
    wanted = Wanted(
        item.id.key, request.form.get("both_ways") == "yes", _site(desk) if request.form.get("pages") == "yes" else ""
    )
    existing = desk.readable()
    found = adopt(heard.tables, chosen, existing, wanted)
    if any(not desk.reach.covers(component_id(made)) for made in found.components):
        raise AccessDenied
    wrong = tuple(desk.problem(problem) for problem in problems_of(found, existing))
    if request.form.get("do") == "save" and found.components and not wrong and request.form.get("seen") == _mark(found):
        return _save(desk, item, found)
    return _preview(desk, item, (chosen, wanted, found), wrong)


def _desk(key: str) -> tuple[Desk, Item]:
    desk = open_desk()
    item = desk.item(KIND, key)
    if not all(kind in desk.reach.kinds for kind in ADOPTING):
        raise AccessDenied
    if not desk.adopts(item):
        raise PageNotFound
    return desk, item


def _site(desk: Desk) -> str:
    """The site for which pages are made, where the person may make them."""
    return desk.reach.site if all(kind in desk.reach.kinds for kind in OF_PAGES) else ""


def _published(desk: Desk, item: Item) -> Connection | str:
    served = desk.context.snapshot.connections.get(item.id.key)
    return desk.say("studio.publish_connection", name=desk.label(item)) if served is None or item.waits else served


def _asked(connection: Connection) -> tuple[str, Connection]:
    return "tables", connection


def _heard(desk: Desk, item: Item) -> Heard:
    connection = _published(desk, item)
    if isinstance(connection, str):
        return Heard(problem=connection)

    def hear() -> Heard:
        try:
            with closing(open_adapter(connection)) as adapter:
                return Heard(tuple(adapter.tables()) if isinstance(adapter, Describing) else ())
        except ConnectorError as fault:
            return Heard(problem=first_line(fault))

    desk.context.lease.rest()
    found: Heard = desk.context.services.outside.recall(
        _asked(connection), hear, lambda heard: SECONDS_AFTER_FAILURE if heard.problem else SECONDS_KEPT
    )
    return found


def _lines(desk: Desk, item: Item, tables: Sequence[OutsideTable], chosen: Sequence[str]) -> Iterator[Line]:
    tried = adopt(tables, [table.name for table in tables], desk.readable(), Wanted(item.id.key))
    left = (finding for finding in tried.findings if finding.verdict == LEFT_OUT and not finding.part)
    faults = {finding.table: desk.say(finding.reason.text, **finding.reason.facts) for finding in left}
    there = {one.table: one for one in tried.adopted if not one.is_new}
    for table in tables:
        yield Line(table, there.get(table.name), faults.get(table.name, ""), table.name in chosen)


def _page(desk: Desk, item: Item, heard: Heard, chosen: Sequence[str] = (), refused: str = "") -> Response:
    return desk.page(
        "adopt.html",
        title=desk.say("studio.adopt"),
        status=422 if refused else 200,
        opened=item,
        item=item,
        tab="adopt",
        uses=len(uses_of(desk.bench, item.id)),
        lines=tuple(_lines(desk, item, heard.tables, chosen)),
        problem=heard.problem,
        refused=refused,
        site=_site(desk),
        both_ways=request.form.get("both_ways") == "yes",
        pages=request.method == "GET" or request.form.get("pages") == "yes",
    )


def _preview(desk: Desk, item: Item, asked: tuple[Sequence[str], Wanted, Adoption], wrong: tuple[str, ...]) -> Response:
    chosen, wanted, found = asked
    entities = {made.key: made for made in found.components if isinstance(made, Entity)}
    maps = {one.key: one for one in found.components if isinstance(one, TableMap)}
    previews = tuple(
        Preview(
            one,
            _called(desk, maps.get(one.table_map) or desk.context.snapshot.table_maps.get(one.table_map)) or one.table_map,
            tuple(part for part in entities[one.entity].attributes if part.key in one.added) if one.added else (),
            tuple(finding for finding in found.findings if finding.table == one.table),
        )
        for one in found.adopted
    )
    told = {one.table for one in found.adopted}
    return desk.page(
        "adopt_preview.html",
        title=desk.say("studio.adopt"),
        status=422 if wrong else 200,
        opened=item,
        item=item,
        tab="adopt",
        uses=len(uses_of(desk.bench, item.id)),
        chosen=chosen,
        wanted=wanted,
        previews=previews,
        names=Names(desk, found),
        findings=tuple(finding for finding in found.findings if finding.table not in told),
        made=tuple(map(component_id, found.components)),
        changed=frozenset(found.changed),
        seen=_mark(found),
        wrong=wrong,
    )


def _called(desk: Desk, made: TableMap | None) -> str:
    """What people call a table map, where it has a name."""
    return words_of(desk.context, made.label) if made else ""


def _mark(found: Adoption) -> str:
    """What is the same as long as the same would be made: what is saved is what was looked at."""
    return hashlib.sha256(repr(found.components).encode()).hexdigest()


def _save(desk: Desk, item: Item, found: Adoption) -> Response:
    desk.prove()
    expected: dict[ComponentId, int] = {component_id(made): 0 for made in found.components}
    for name in found.changed:
        held = desk.bench.all.get(name)
        expected[name] = held.head.number if held is not None else 0
    try:
        saved = desk.store.save(found.components, desk.author, f"adopted from {item.id.key}", expected=expected)
    except EditedMeanwhile as error:
        raise ChangedMeanwhile from error
    tables = [one.table for one in found.adopted]
    desk.note("adopt", KIND, 0, component=str(item.id), tables=tables, components=[str(name) for name in saved])
    flash(desk.say("studio.adopt_saved", count=len(saved)), "good")
    return desk.go("publish")
