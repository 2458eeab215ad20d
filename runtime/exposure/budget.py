"""The query budget: the statements of each page for each role, how the database would run them, and what that comes to.

Lists, related lists, what lookups of forms offer and the figures on tiles are looked at, as the records layer asks for them
first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from metadata.checks.indexes import fault_in
from metadata.model import Block, Filter, Form, FormField
from metadata.snapshot import CompiledSite, PageNode, Snapshot
from metadata.text import counted
from runtime.access import Person, Principal
from runtime.exposure.standings import ANONYMOUS, Who, singles
from runtime.forms.builder import form_fields
from runtime.identity.tables import contact_roles
from runtime.records.errors import Denied
from runtime.records.lookups import offer_plan
from runtime.records.people import load_person
from runtime.records.plan import ListOptions, ListPlan, Near, plan_list
from runtime.records.statement import CAP
from runtime.records.surveying import FIRST_PAGE, Asked, business_tables, explained, how_many, table_size
from runtime.sitemap import openable_pages

LARGE = 1000
"""Rows from which on reading a whole table is a finding."""
ALIAS = re.compile(r"(?:FROM|JOIN|,)\s+(\w+) AS (\w+)")
SQLITE_STEP = re.compile(r"(SCAN|SEARCH) (\w+)(?: USING (?:COVERING )?INDEX (\w+))?(.*)")
FOUND = 10
"""Rows that SQLite is taken to find by an index that is not unique: it tells no number."""
STREAMING = ("Limit", "Nested Loop", "Hash Join", "Append", "Merge Append", "Subquery Scan", "Result")
"""Nodes of PostgreSQL that ask for rows below them one by one, so that a limit above holds for those as well."""
SPARSE = 2
"""Of how many rows that are read one must be asked for, lest an index would have been better."""


@dataclass(frozen=True, slots=True)
class Step:
    """One table of a statement: the index by which its rows are found (none: the table itself), and how many are read.

    `scan`: the rows are read one after the other, of which `kept` are asked for.
    """

    table: str
    index: str
    rows: int
    scan: bool
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """A statement of a page for people with a role: its steps, the rows that they touch, and what is wrong with it."""

    page: str
    who: str
    what: str
    steps: tuple[Step, ...]
    rows: int
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a statement may come to: how many estimated rows, none for any number; from how many rows on a table is large."""

    budget: int | None = None
    large: int = LARGE


def _left_out(filter: Filter) -> Iterator[str]:
    """The attributes by which a filter says which rows it does not want."""
    for part in filter.all:
        yield from _left_out(part)
    if filter.operator in ("ne", "not_in") and "." not in filter.attribute:
        yield filter.attribute


def _compared(filter: Filter) -> Iterator[str]:
    """The row's own attributes that a filter compares with values as an index can, all of which must hold."""
    for part in filter.all:
        yield from _compared(part)
    if filter.operator in ("eq", "in", "lt", "le", "gt", "ge") and "." not in filter.attribute:
        yield filter.attribute


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The entity whose rows are asked for, how, and how many there are of them, up to one more than are counted."""

    entity: str
    asked: Asked
    found: int


@dataclass
class Budget:
    """Reads the plans of one site's statements."""

    connection: Connection
    snapshot: Snapshot
    site: CompiledSite
    limits: Limits
    _sizes: dict[str, int] = field(default_factory=dict)

    def costs(self) -> Iterator[Cost]:
        """The statements of all pages, for everybody who may open them."""
        for who in singles(self.snapshot, self.site):
            principal = self._somebody(who)
            pages = openable_pages(self.snapshot, self.site, who.standing[2])
            for key in sorted(pages):
                for what, plan, asked in self._plans(principal, self.site.pages[key]):
                    yield self._cost(key, who.name, what, plan, principal, asked)

    def _somebody(self, who: Who) -> Principal:
        """A person who holds the role, if there is one, so that estimates are of real rows."""
        if who.name == ANONYMOUS:
            return Principal.anonymous(self.snapshot, self.site.key)
        held = select(contact_roles.c.contact_id).where(contact_roles.c.site == self.site.key)
        found = self.connection.execute(held.where(contact_roles.c.role == who.name).limit(1)).scalar()
        person = load_person(self.connection, self.snapshot, found) if found is not None else None
        actor = Person(person.contact, person.account, person.company) if person is not None else Person(0, 0, 0)
        return Principal.signed_in(self.snapshot, self.site.key, actor, who.standing[2])

    def _plans(self, principal: Principal, node: PageNode) -> Iterator[tuple[str, ListPlan, Asked]]:
        for view, near, what, asked in self._asked(node):
            with suppress(Denied, KeyError):
                yield what, plan_list(self.snapshot, principal, view, ListOptions(near=near)), asked
        for block in node.page.blocks:
            for form in self._forms(block):
                for item, target in self._offering(form):
                    with suppress(Denied, KeyError):
                        plan = offer_plan(self.snapshot, principal, target, item.view)
                        yield f"form {form.key}, {target} to choose as {item.attribute}", plan, "offer"

    def _asked(self, node: PageNode) -> Iterator[tuple[str, Near | None, str, Asked]]:
        for block in node.page.blocks:
            if block.type == "list":
                for view in self.site.lists[block.list].views:
                    yield view, None, f"list {block.list}, view {view}", "page"
            for tile in block.tiles:
                if tile.view:
                    yield tile.view, None, f"tile of view {tile.view}", "count"
            form = self.snapshot.forms.get(block.form)
            for section in (one for tab in form.tabs for one in tab.sections) if form and block.type == "form" else ():
                if section.related is not None:
                    near = Near(form.entity, section.related.relationship) if form else None
                    yield section.related.view, near, f"related rows, view {section.related.view}", "page"

    def _forms(self, block: Block) -> Iterator[Form]:
        """The forms of a block in which people enter something."""
        if block.type == "form" and block.mode != "read":
            yield self.snapshot.forms[block.form]
        elif block.type == "multistep_form":
            for step in self.site.multistep_forms[block.multistep_form].steps:
                if step.form:
                    yield self.snapshot.forms[step.form]

    def _offering(self, form: Form) -> Iterator[tuple[FormField, str]]:
        """The lookups that a form asks for, with each entity that one offers rows of."""
        attributes = self.snapshot.entities[form.entity].attributes
        for item in form_fields(form):
            attribute = attributes.get(item.attribute)
            shown = item.read_only or item.hidden or item.set_on_save is not None
            if attribute is not None and attribute.type.name == "lookup" and not shown:
                for target in attribute.targets:
                    yield item, target

    def _cost(self, page: str, who: str, what: str, plan: ListPlan, principal: Principal, asked: Asked) -> Cost:
        rows, sql = explained(self.connection, principal, plan, asked)
        if self.connection.dialect.name == "sqlite":
            found = how_many(self.connection, principal, plan)
            steps = tuple(self._sqlite(rows, sql, _Wanted(plan.entity.key, asked, found)))
        else:
            steps = tuple(self._postgresql(rows[0][0]))
        touched = sum(step.rows for step in steps)
        return Cost(page, who, what, steps, touched, tuple(self._findings(plan, steps, touched)))

    def _findings(self, plan: ListPlan, steps: tuple[Step, ...], touched: int) -> Iterator[str]:
        for step in steps:
            if step.scan and step.rows >= self.limits.large and step.rows > SPARSE * step.kept:
                read = f"reads {counted(step.rows, 'row')} of {step.table}" + (
                    f" in the order of {step.index}" if step.index else ""
                )
                yield f"{read} to find {step.kept}; {self._proposal(plan, step.table)}"
        if self.limits.budget is not None and touched > self.limits.budget:
            yield f"about {touched} rows, over the budget of {self.limits.budget}"

    def _proposal(self, plan: ListPlan, table: str) -> str:
        """What would help, in the words of metadata."""
        own = plan.filters if plan.entity.key == table else ()
        negative = list(dict.fromkeys(name for filter in own for name in _left_out(filter)))
        if negative:
            said = f"its filter says which {', '.join(negative)} it leaves out"
            return f"{said}: name the values that it wants, and an index finds them"
        attributes = plan.entity.attributes
        compared = [name for name in dict.fromkeys(name for filter in own for name in _compared(filter)) if name in attributes]
        calculated = [name for name in compared if attributes[name].calculated]
        if calculated:
            said = f"its filter asks for {', '.join(calculated)}, worked out anew for each row"
            return f"{said}, which no index finds: ask for what is stored"
        if other := [name for name in compared if attributes[name].type.name not in ("choice", "lookup")]:
            said = f"its filter asks for {', '.join(other)}"
            able = [
                name for name in compared if attributes[name].type.name != "boolean" and not fault_in(attributes[name].model)
            ]
            if not able:
                return f"{said}, which no index finds: ask for something else as well"
            return f"{said}: declare an index of {table}, with attributes: [{', '.join(able)}]"
        made = "a filter that asks for choices by equality, or a permission by a lookup of its own, has an index made"
        return f"{made}, which the database finds good after ANALYZE"

    def _size(self, table: str) -> int:
        if table not in self._sizes:
            self._sizes[table] = table_size(self.connection, self.snapshot, table)
        return self._sizes[table]

    def _sqlite(self, rows: Any, sql: str, wanted: _Wanted) -> Iterator[Step]:
        names: dict[str, str] = {alias: table for table, alias in ALIAS.findall(sql)}
        told = {row[0]: (row[1], str(row[3])) for row in rows}
        sorted_after = any(row[1] == 0 and "TEMP B-TREE FOR ORDER BY" in str(row[3]) for row in rows)
        for row in rows:
            found = SQLITE_STEP.match(str(row[3]))
            table = names.get(str(found[2]), str(found[2])) if found else ""
            if not found or table not in business_tables(self.snapshot):
                continue
            keyed = found[3] or ("primary key" if "PRIMARY KEY" in found[4] else "")
            if found[1] == "SEARCH":
                yield Step(table, keyed, 1 if keyed == "primary key" else FOUND, scan=False)
            elif table == wanted.entity:
                counting = wanted.asked == "count" or _within_another(told, row[0])
                most = CAP + 1 if counting else self._size(table) if sorted_after else FIRST_PAGE["a_limit"]
                read = math.ceil(self._size(table) * min(1, most / max(wanted.found, 1)))
                yield Step(table, keyed, read, scan=True, kept=min(most, wanted.found))
            else:
                yield Step(table, keyed, self._size(table), scan=True)

    def _postgresql(self, document: Any) -> Iterator[Step]:
        """Estimates are of what a node would give in the end; a limit above it ends it after a share of that."""
        waiting = [(document[0]["Plan"], 1.0, 1.0)]
        while waiting:
            node, share, processes = waiting.pop()
            below = node.get("Plans", [])
            workers = node.get("Workers Planned", 0)
            processes *= workers + max(0, 1 - 0.3 * workers) if workers else 1
            for place, part in enumerate(below):
                once = part.get("Parent Relationship") in ("InitPlan", "SubPlan", "Inner")
                passed = share if not once and (place == 0 or "Append" in node["Node Type"]) else 1.0
                if node["Node Type"] == "Limit":
                    passed *= min(1, node["Plan Rows"] / max(part["Plan Rows"], 1))
                elif node["Node Type"] not in STREAMING:
                    passed = 1.0
                waiting.append((part, passed, processes))
            if "Relation Name" in node:
                index = node.get("Index Name", "") or ", ".join(sorted(set(_indexes(below))))
                scan = node["Node Type"] == "Seq Scan" or ("Index" in node["Node Type"] and "Index Cond" not in node)
                kept = node["Plan Rows"] * (processes if node.get("Parallel Aware") else 1)
                read = self._size(node["Relation Name"]) if scan else node["Plan Rows"]
                yield Step(node["Relation Name"], index, math.ceil(read * share), scan, math.ceil(kept * share))


def _within_another(told: Mapping[int, tuple[int, str]], step: int) -> bool:
    """Whether a step of SQLite is part of a query within the query, as a count is."""
    while step in told:
        step, text = told[step]
        if "SUBQUERY" in text or text.startswith(("CO-ROUTINE", "MATERIALIZE")):
            return True
    return False


def _indexes(parts: Sequence[Any]) -> Iterator[str]:
    for part in parts:
        if "Index Name" in part:
            yield part["Index Name"]
        elif "Bitmap" in part["Node Type"]:
            yield from _indexes(part.get("Plans", []))
