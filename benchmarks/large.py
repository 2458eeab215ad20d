"""A large site as makers have it: for each of its many entities a view, a list, a form, a chart, pages and rights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from benchmarks.measures import entity
from benchmarks.visitors import ROLE, SITE
from metadata.model import (
    AlternateKey,
    Attribute,
    AttributeMap,
    Block,
    Chart,
    Component,
    Connection,
    Entity,
    EntityPermission,
    Form,
    FormField,
    Language,
    ListComponent,
    MultistepForm,
    Page,
    RowAction,
    Section,
    Site,
    SiteSetting,
    Snippet,
    Step,
    Tab,
    TableMap,
    Text,
    View,
    ViewColumn,
    Webhook,
    WebLink,
    WebLinkSet,
    WebRole,
)
from metadata.model.security import STUDIO_RIGHTS

FIELDS = ("name", "a0", "a1", "a2", "a3", "a4", "a5")
IN_A_ROW = 50
"""Pages below one page of the tree."""
KINDS = ("text", "integer", "date", "boolean", "decimal", "datetime", "long_text")
"""Types of further attributes, by turns."""
MAY = ("read", "create", "append", "append_to")
SHARED = 4
"""One of so many further roles holds the permission of an entity."""
MAPPED = 10
"""One entity of so many has a table map, a multistep form, a webhook."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large the site is, and what lies in it: `attributes` of each entity, and `roles` beside the one that may do all."""

    entities: int
    attributes: int = 0
    roles: int = 0
    contacts: int = 0
    audit: int = 0

    @property
    def name(self) -> str:
        """What it says in a heading."""
        more = (
            ("attributes each", self.attributes),
            ("roles", self.roles),
            ("contacts", self.contacts),
            ("audit rows", self.audit),
        )
        return ", ".join((f"{self.entities:,} entities", *(f"{number:,} {what}" for what, number in more if number)))


def large_site(size: Size) -> Iterator[Component]:
    """The components of the site. Whoever holds its first role may do everything in the studio, and reads all rows."""
    entities = size.entities
    yield Language(key="en-US", label=Text.of("English"))
    yield Language(key="sv-SE", label=Text.of("Svenska"), fallback="en-US")
    yield Site(key=SITE, label=Text.of("Large"), languages=("en-US", "sv-SE"), menu="main")
    yield WebRole(key=ROLE, studio=STUDIO_RIGHTS)
    for number in range(size.roles):
        yield WebRole(key=f"role-{number}", label=Text.of(f"People of department {number}"))
    yield Page(key="home", label=Text.of("Home"), partial_url="/")
    yield Connection(key="outside", connector="memory")
    yield SiteSetting(key="search/enabled", value="true")
    sections = range(0, entities, IN_A_ROW)
    yield WebLinkSet(key="main", links=tuple(WebLink(page=f"section-{number}") for number in sections))
    for number in sections:
        yield Page(key=f"section-{number}", label=Text.of(f"Section {number}"), parent="home", partial_url=f"s{number}")
    yield EntityPermission(key="people", entity="contact", scope="global", privileges=MAY, roles=(ROLE,))
    for number in range(entities):
        yield from _around(number, size)


def _around(number: int, size: Size) -> Iterator[Component]:
    """An entity and what shows it."""
    key, label = f"e{number}", Text.of(f"Entity {number}")
    named = AlternateKey(key="name", attributes=("name",))
    base = entity(number, f"Entity {number}")
    more = range(len(base.attributes), size.attributes)
    further = tuple(Attribute(key=f"b{place}", type=KINDS[place % len(KINDS)], label=Text.of(f"B{place}")) for place in more)
    yield replace(base, keys=(named,), attributes=(*base.attributes, *further))
    columns = tuple(ViewColumn(attribute=name) for name in FIELDS[:4])
    yield View(key=f"view-{number}", entity=key, label=Text.of(f"All of {number}"), columns=columns)
    fields = tuple(
        FormField(attribute=name)
        for name in (*FIELDS, *(("before",) if number else ()), *(attribute.key for attribute in further))
    )
    yield Form(key=f"form-{number}", entity=key, label=label, tabs=(Tab(sections=(Section(fields=fields),)),))
    yield ListComponent(
        key=f"list-{number}",
        label=label,
        views=(f"view-{number}",),
        create_page=f"new-{number}",
        actions=(RowAction(type="details", page=f"record-{number}"),),
    )
    yield Chart(key=f"chart-{number}", label=label, view=f"view-{number}", group="a3")
    parent = f"section-{number - number % IN_A_ROW}"
    listed = Block(type="list", list=f"list-{number}")
    yield Page(key=f"page-{number}", label=label, parent=parent, partial_url=f"p{number}", blocks=(listed,))
    shown = Block(type="form", form=f"form-{number}")
    yield Page(key=f"record-{number}", label=label, parent=f"page-{number}", record_entity=key, blocks=(shown,))
    made = Block(type="form", form=f"form-{number}", mode="insert")
    yield Page(key=f"new-{number}", label=label, parent=f"page-{number}", partial_url="new", blocks=(made,))
    others = tuple(f"role-{role}" for role in range(size.roles) if (role + number) % SHARED == 0)
    yield EntityPermission(key=f"all-{number}", entity=key, scope="global", privileges=MAY, roles=(ROLE, *others))
    yield Snippet(key=f"snippet-{number}", value=Text.of({"en": f"Text {number}", "sv": f"Ord {number}"}))
    if number % MAPPED == 0:
        yield _mapped(number)
        steps = (Step(key="one", form=f"form-{number}"), Step(key="review", type="review"))
        yield MultistepForm(key=f"steps-{number}", entity=key, label=label, steps=steps)
        yield Webhook(
            key=f"hook-{number}", entity=key, roles=(ROLE,), address="https://hooks.example/", secret="${HOOK_SECRET}"
        )


def _mapped(number: int) -> TableMap:
    maps = tuple(AttributeMap(attribute=name, column=name.upper()) for name in FIELDS)
    return TableMap(
        key=f"map-{number}",
        connection="outside",
        entity=f"e{number}",
        table=f"T{number}",
        integration_key=("name",),
        attributes=maps,
    )


def marked(number: int, label: str) -> View:
    """The view of an entity with a column headed anew: a change that somebody who looks on must see."""
    columns = (ViewColumn(attribute="name", label=Text.of(label)), ViewColumn(attribute="a1"))
    return View(key=f"view-{number}", entity=f"e{number}", label=Text.of("All"), columns=columns)


def grown(number: int, label: str, size: Size) -> Component:
    """An entity with its name headed anew and an attribute more: a change of a table that somebody who looks on must see."""
    made = next(item for item in _around(number, size) if isinstance(item, Entity))
    name, *others = made.attributes
    more = Attribute(key="grown", type="text", label=Text.of(label))
    return replace(made, attributes=(replace(name, label=Text.of(label)), *others, more))
