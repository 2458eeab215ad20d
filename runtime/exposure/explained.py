"""An answer told in full: permissions, the way through real rows, the condition, the smallest change that turns it round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection

from connectors.tablemap import compiled_maps
from metadata.model import EntityPermission, ListComponent
from metadata.snapshot import Snapshot
from metadata.text import counted
from runtime.access import Principal, access_for
from runtime.exposure.flips import Change, Question, smallest
from runtime.records.counting import count_exactly
from runtime.records.plan import ListPlan, plan_entity, plan_list
from runtime.records.reasons import Explanation, Part, explain, find_row
from runtime.records.ways import predicate_text, way_of
from runtime.sync.freshness import freshness


@dataclass(frozen=True, slots=True)
class Line:
    """A permission: what it comes to, the stops from the record to whom it leads, and its condition as SQL."""

    part: Part
    way: tuple[str, ...] = ()
    predicate: str = ""

    @property
    def state(self) -> str:
        """What it comes to, in words."""
        part = self.part
        if part.lacks:
            return f"does not count, {part.lacks}"
        if not part.covers:
            return "does not open the attribute"
        if part.vain:
            return f"counts, and reaches no row, as {part.vain}"
        if part.reaches is None:
            return "counts"
        return f"counts, and {'reaches' if part.reaches else 'does not reach'} this row"


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to a question. `change` turns it round; None where permissions and web roles alone cannot.

    `classes` are those of the attributes that it is about, as makers gave them: they say how much protection values need, and
    decide nothing.
    """

    question: Question
    told: Explanation
    lines: tuple[Line, ...]
    change: Change | None
    classes: tuple[tuple[str, str], ...] = ()

    def as_data(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "allowed": self.told.allowed,
            "permissions": [
                {**asdict(line.part), "way": list(line.way), "predicate": line.predicate, "state": line.state}
                for line in self.lines
            ],
            "attributes": sorted(self.told.attributes),
            "classes": dict(self.classes),
            "change": None if self.change is None else self.change.said,
        }


@dataclass(frozen=True, slots=True)
class Emptiness:
    """Why a list has as many rows as it has: all there are, those within reach, those that the view leaves of them."""

    list: str
    view: str
    rows: int
    within_reach: int
    shown: int
    why: str


def tell(connection: Connection, snapshot: Snapshot, principal: Principal, question: Question) -> Told:
    """The answer, in full. Raises KeyError for an entity or site that there is not."""
    told = explain(connection, snapshot, principal, question.entity, question.privilege, question.key, question.attribute)
    if not told.found:
        return Told(question, told, (), None)
    row = find_row(connection, snapshot, question.entity, question.key) if question.key else None
    lines = tuple(_line(connection, snapshot, principal, part, row) for part in told.parts)
    asked = {question.attribute} if question.attribute else told.attributes
    attributes = snapshot.entities[question.entity].model.attributes
    classes = tuple((one.key, one.classification) for one in attributes if one.classification and one.key in asked)
    return Told(question, told, lines, smallest(connection, snapshot, principal, question, told), classes)


def why_rows(connection: Connection, snapshot: Snapshot, principal: Principal, model: ListComponent) -> Iterator[Emptiness]:
    """Each view of a list, with what keeps rows from being in it."""
    for key in model.views:
        view = snapshot.views[key]
        system = Principal.system("admin")
        there = count_exactly(connection, plan_entity(snapshot, system, view.entity), system)
        if not access_for(snapshot, principal, view.entity, "read").allowed:
            why = f"no permission lets this person read {view.entity}"
            yield Emptiness(model.key, key, there, 0, 0, why)
            continue
        within = _count(connection, plan_entity(snapshot, principal, view.entity), principal)
        shown = _count(connection, plan_list(snapshot, principal, key), principal)
        why = _why(connection, snapshot, principal, view.entity, (there, within, shown))
        yield Emptiness(model.key, key, there, within, shown, why)


def _count(connection: Connection, plan: ListPlan, principal: Principal) -> int:
    return count_exactly(connection, plan, principal)


def _why(connection: Connection, snapshot: Snapshot, principal: Principal, entity: str, counts: tuple[int, int, int]) -> str:
    there, within, shown = counts
    if shown:
        return f"{shown} of {there} rows are shown"
    if within:
        return f"the view's filter leaves none of the {counted(within, 'row')} within reach"
    if there:
        vain = {part.vain for part in explain(connection, snapshot, principal, entity, "read").parts if not part.lacks}
        because = f", as {vain.pop()}" if len(vain) == 1 and "" not in vain else ""
        return f"there are {there} rows, and the permissions that count reach none of them{because}"
    mapped = any(item.inward and item.entity.key == entity for item in compiled_maps(snapshot))
    if mapped and freshness(connection, snapshot, entity) is None:
        return "there are no rows, because their first synchronisation has not finished"
    return "there are no rows"


def _line(connection: Connection, snapshot: Snapshot, principal: Principal, part: Part, row: int | None) -> Line:
    site = snapshot.sites[principal.site]
    permission: EntityPermission | None = site.permissions.get(part.permission)
    if part.lacks or permission is None:
        return Line(part)
    stops = way_of(connection, snapshot, site, principal, permission, row) if row is not None else ()
    return Line(part, tuple(map(str, stops)), predicate_text(snapshot, site, permission, connection))
