"""The query budget: the statements of each page for each role, how the database would run them, and what that comes to.

Lists, related lists, what lookups of forms offer and the figures on tiles are looked at, as the records layer asks for them
first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from metadata.model import Block, Filter, Form, FormField
from metadata.snapshot import CompiledSite, PageNode, Snapshot
from runtime.access import Person, Principal
from runtime.exposure.standings import ANONYMOUS, Who, singles
from runtime.forms.builder import form_fields
from runtime.identity.tables import contact_roles
from runtime.records.errors import Denied
from runtime.records.lookups import offer_plan
from runtime.records.people import load_person
from runtime.records.plan import ListOptions, ListPlan, Near, plan_list
from runtime.records.surveying import Asked, business_tables, explained, table_size
from runtime.sitemap import openable_pages

LARGE = 1000
"""Rows from which on reading a whole table is a finding."""
ALIAS = re.compile(r"(?:FROM|JOIN|,)\s+(\w+) AS (\w+)")
SQLITE_STEP = re.compile(r"(SCAN|SEARCH) (\w+)(?: USING (?:COVERING )?INDEX (\w+))?(.*)")


@dataclass(frozen=True, slots=True)
class Step:
    """One table of a statement: the index by which its rows are found (none: all are read), and how many there will be."""

    table: str
    index: str
    rows: int
    scan: bool


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


def _equal(filter: Filter) -> Iterator[str]:
    for part in filter.all:
        yield from _equal(part)
    if filter.attribute and filter.operator in ("eq", "in") and "." not in filter.attribute:
        yield filter.attribute


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
        on_sqlite = self.connection.dialect.name == "sqlite"
        steps = tuple(self._sqlite(rows, sql) if on_sqlite else self._postgresql(rows[0][0]))
        touched = sum(step.rows for step in steps)
        return Cost(page, who, what, steps, touched, tuple(self._findings(plan, steps, touched)))

    def _findings(self, plan: ListPlan, steps: tuple[Step, ...], touched: int) -> Iterator[str]:
        for step in steps:
            if step.scan and self._size(step.table) >= self.limits.large:
                yield f"reads all {self._size(step.table)} rows of {step.table}; {self._proposal(plan, step.table)}"
        if self.limits.budget is not None and touched > self.limits.budget:
            yield f"about {touched} rows, over the budget of {self.limits.budget}"

    def _proposal(self, plan: ListPlan, table: str) -> str:
        """The index in the words of metadata: what permissions go by, then what the view's filter asks for by equality."""
        grants = [self.site.permissions.get(grant.permission) for access in plan.accesses for grant in access.grants]
        own = [item for item in grants if item is not None and item.entity == table]
        ways = [item.via or item.relationship for item in own]
        equal = [path for filter in plan.filters for path in _equal(filter)] if plan.entity.key == table else []
        entity = self.snapshot.entities.get(table)
        wanted = [name for name in dict.fromkeys((*ways, *equal)) if name and entity is not None and name in entity.attributes]
        if not wanted:
            return "all of them are within reach, and no filter of the view asks for equal values, so that no index can help"
        return f"an index of {table} over {', '.join(wanted)} would find them: a view that is sorted by them has one made"

    def _size(self, table: str) -> int:
        if table not in self._sizes:
            self._sizes[table] = table_size(self.connection, self.snapshot, table)
        return self._sizes[table]

    def _sqlite(self, rows: Any, sql: str) -> Iterator[Step]:
        names: dict[str, str] = {alias: table for table, alias in ALIAS.findall(sql)}
        for row in rows:
            found = SQLITE_STEP.match(str(row[3]))
            if found:
                alias = str(found[2])
                table = names.get(alias, alias)
                if table not in business_tables(self.snapshot):
                    continue
                keyed = found[3] or ("primary key" if "PRIMARY KEY" in found[4] else "")
                scan = found[1] == "SCAN" and not found[3]
                yield Step(table, keyed, self._size(table) if scan else 1 if keyed == "primary key" else 10, scan)

    def _postgresql(self, document: Any) -> Iterator[Step]:
        waiting = [document[0]["Plan"]]
        while waiting:
            node = waiting.pop()
            waiting += node.get("Plans", [])
            if "Relation Name" in node:
                scan = node["Node Type"] == "Seq Scan"
                rows = self._size(node["Relation Name"]) if scan else int(node["Plan Rows"])
                yield Step(node["Relation Name"], node.get("Index Name", ""), rows, scan)
