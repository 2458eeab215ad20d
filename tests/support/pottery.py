"""A pottery that exists in these tests only: potters book a firing in a kiln and say which pieces go in."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from flask import Flask

from metadata.model import (
    AlternateKey,
    Attribute,
    AttributePermission,
    AttributeRight,
    Block,
    Choice,
    Component,
    Entity,
    EntityPermission,
    Filter,
    Form,
    FormField,
    Language,
    MultistepForm,
    Option,
    Page,
    Section,
    Site,
    Step,
    Tab,
    Text,
    View,
    ViewColumn,
    WebRole,
)
from metadata.snapshot import Snapshot
from runtime.app import create_app, make_services
from runtime.forms.ports import Accepted, Queued, Refusal
from runtime.identity.logins import create_login
from runtime.identity.roles import grant_roles
from support.portal import PASSWORD, AtOnce, Browser, Outbox, config
from support.released import released

text = Text.of
CAST = {
    "ada": ("ada@clay.example", "clay", ("potter",)),
    "ben": ("ben@clay.example", "clay", ("potter",)),
    "cleo": ("cleo@mud.example", "mud", ("potter",)),
    "dirk": ("dirk@clay.example", "clay", ("reader",)),
    "newcomer": ("new@clay.example", "", ("potter",)),
}
ATMOSPHERE = Choice(
    key="atmosphere",
    options=(
        Option(value="oxidation", label=text({"en": "Oxidation", "sv": "Oxidation"})),
        Option(value="reduction", label=text({"en": "Reduction", "sv": "Reduktion"})),
    ),
)
KILN = Entity(
    key="kiln",
    primary_name="name",
    label=text("Kiln"),
    attributes=(
        Attribute(key="name", type="text"),
        Attribute(key="rate", type="money"),
        Attribute(key="closed", type="boolean"),
    ),
)
GLAZE = Entity(
    key="glaze",
    primary_name="name",
    attributes=(
        Attribute(key="name", type="text"),
        Attribute(key="price", type="money"),
        Attribute(key="batch", type="text"),
    ),
)
FIRING = Entity(
    key="firing",
    label=text("Firing"),
    primary_name="number",
    keys=(AlternateKey(key="number", attributes=("number",)),),
    attributes=(
        Attribute(key="number", type="auto_number", format="F-{number:04}"),
        Attribute(key="title", type="text", required="required", max_length=40, label=text({"en": "Title", "sv": "Titel"})),
        Attribute(key="potter", type="lookup", target="contact"),
        Attribute(key="studio", type="lookup", target="account"),
        Attribute(key="kiln", type="lookup", target="kiln", label=text("Kiln")),
        Attribute(key="peak", type="integer", min=600, max=1300, label=text({"en": "Peak", "sv": "Topp"})),
        Attribute(key="atmosphere", type="choice", choice="atmosphere", label=text("Atmosphere")),
        Attribute(key="weight", type="decimal", label=text("Weight")),
        Attribute(key="wanted", type="date", label=text("Wanted")),
        Attribute(key="note", type="long_text", label=text("Note")),
        Attribute(key="kiln_name", type="text"),
        Attribute(key="insured", type="boolean", label=text("Insured")),
        Attribute(key="approved", type="boolean", label=text("Approved")),
        Attribute(key="risk", type="text", label=text("Risk")),
    ),
)
PIECE = Entity(
    key="piece",
    primary_name="title",
    attributes=(
        Attribute(key="firing", type="lookup", target="firing", relationship="pieces", on_delete="cascade"),
        Attribute(key="title", type="text", label=text("Piece")),
        Attribute(key="glaze", type="lookup", target="glaze", required="required", label=text("Glaze")),
        Attribute(key="coats", type="integer", required="required", min=1, max=9, label=text("Coats")),
        Attribute(key="batch", type="text"),
        Attribute(key="kiln_name", type="text"),
    ),
)
FIELDS = (
    FormField(
        attribute="title",
        hint=text("What is in it"),
        prepopulate="@query.title",
        required_message=text({"en": "Give it a title", "sv": "Ge den en titel"}),
    ),
    FormField(attribute="kiln", view="kilns"),
    FormField(attribute="peak"),
    FormField(attribute="atmosphere", style="radios"),
    FormField(attribute="weight"),
    FormField(attribute="wanted", prepopulate="@today+7d"),
    FormField(attribute="note"),
    FormField(attribute="insured"),
    FormField(attribute="risk"),
    FormField(attribute="potter", hidden=True, set_on_save="@contact"),
    FormField(attribute="studio", hidden=True, set_on_save="@contact.account"),
    FormField(attribute="kiln_name", hidden=True, set_on_save="@record.kiln.name"),
    FormField(attribute="approved"),
)


def form(key: str, entity: str, *fields: FormField, **more: Any) -> Form:
    return Form(key=key, entity=entity, tabs=(Tab(sections=(Section(fields=fields),)),), **more)


FORMS = (
    form("firing-new", "firing", *FIELDS, success_page="firing", success_message=text("It is booked")),
    form("firing-edit", "firing", *FIELDS, success_page="firing"),
    form("firing-read", "firing", FormField(attribute="title"), FormField(attribute="note")),
    form(
        "basics",
        "firing",
        *FIELDS[:7],
        FormField(attribute="potter", hidden=True, set_on_save="@contact"),
        FormField(attribute="studio", hidden=True, set_on_save="@contact.account"),
        FormField(attribute="kiln_name", hidden=True, set_on_save="@record.kiln.name"),
    ),
    form("danger", "firing", FormField(attribute="risk", required=True)),
    form(
        "piece",
        "piece",
        FormField(attribute="title"),
        FormField(attribute="glaze"),
        FormField(attribute="coats", prepopulate=1),
        FormField(attribute="batch", hidden=True, set_on_save="@record.glaze.batch"),
        FormField(attribute="kiln_name", hidden=True, set_on_save="@record.firing.kiln_name"),
    ),
    form(
        "me",
        "contact",
        FormField(attribute="full_name", required=True),
        FormField(attribute="email", read_only=True),
        FormField(attribute="time_zone"),
        FormField(attribute="account"),
    ),
)
STEPS = MultistepForm(
    key="book",
    entity="firing",
    label=text("New firing"),
    requires=("account",),
    success_page="firing",
    success_message=text("Your firing is booked"),
    submit_label=text("Book it"),
    steps=(
        Step(key="basics", form="basics", label=text({"en": "Basics", "sv": "Grunder"})),
        Step(key="hot", type="condition", condition=Filter(attribute="peak", operator="gt", value=1200), otherwise="pieces"),
        Step(key="danger", form="danger", label=text("Danger")),
        Step(
            key="pieces",
            type="lines",
            form="piece",
            relationship="pieces",
            min_lines=1,
            max_lines=30,
            total="coats * glaze.price",
            label=text("Pieces"),
        ),
        Step(key="check", type="review", label=text("Check")),
    ),
)


def page(key: str, *blocks: Block, parent: str = "home", **more: Any) -> Page:
    return Page(key=key, label=text(key.capitalize()), **{"parent": parent, "partial_url": key, "blocks": blocks, **more})


POTTERY: tuple[Component, ...] = (
    Language(key="en-US"),
    Language(key="sv-SE"),
    ATMOSPHERE,
    KILN,
    GLAZE,
    FIRING,
    PIECE,
    *FORMS,
    STEPS,
    Site(key="pottery", label=text("Pottery"), languages=("en-US", "sv-SE"), time_zone="Europe/Stockholm"),
    WebRole(key="potter"),
    WebRole(key="reader"),
    View(
        key="kilns",
        entity="kiln",
        columns=(ViewColumn(attribute="name"), ViewColumn(attribute="rate")),
        filter=Filter(attribute="closed", operator="ne", value=True),
    ),
    page("home", parent="", partial_url="/"),
    page("firings"),
    page("firing", Block(type="form", form="firing-read"), parent="firings", partial_url="", record_entity="firing"),
    page("edit", Block(type="form", form="firing-edit", mode="edit"), parent="firing"),
    page("new", Block(type="form", form="firing-new", mode="insert"), parent="firings"),
    page("book", Block(type="multistep_form", multistep_form="book"), parent="firings"),
    page("me", Block(type="profile", form="me")),
    EntityPermission(
        key="mine",
        entity="firing",
        scope="contact",
        via="potter",
        roles=("potter",),
        privileges=("read", "write", "create", "append", "append_to"),
    ),
    EntityPermission(
        key="ours", entity="firing", scope="account", via="studio", roles=("potter", "reader"), privileges=("read", "write")
    ),
    EntityPermission(
        key="pieces",
        entity="piece",
        scope="parent",
        relationship="firing",
        parent="mine",
        roles=("potter",),
        privileges=("read", "write", "create", "append"),
    ),
    EntityPermission(key="kilns", entity="kiln", scope="global", roles=("potter",), privileges=("read", "append_to")),
    EntityPermission(key="glazes", entity="glaze", scope="global", roles=("potter",), privileges=("read", "append_to")),
    EntityPermission(key="studio", entity="account", scope="account", roles=("potter",), privileges=("read", "append_to")),
    EntityPermission(key="self", entity="contact", scope="self", roles=("potter",), privileges=("read", "append_to")),
    AttributePermission(
        key="approval",
        entity="firing",
        roles=("potter",),
        others=("read", "create", "update"),
        attributes=(AttributeRight(attribute="approved", read=True),),
    ),
    AttributePermission(key="readers", entity="firing", roles=("reader",), others=("read",)),
)


@dataclass
class Oven:
    """An outside system that takes what it is told to take, and remembers what it was asked."""

    asks: bool = False
    answers: list[Any] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    has: bool | None = False

    def concerns(self, snapshot: Snapshot, entity: str) -> bool:
        return self.asks and entity == "firing"

    def prepare(self, connection: sa.Connection, snapshot: Snapshot, entity: str, record_id: int, key: str) -> Asked:
        table = snapshot.entities[entity].table
        row = connection.execute(sa.select(table).where(table.c.id == record_id)).one()
        return Asked(self, snapshot, key, sent=str(row.title))

    def ask(self, key: str) -> Accepted | Queued | Refusal:
        self.keys.append(key)
        answer = self.answers.pop(0) if self.answers else Accepted()
        if isinstance(answer, Exception):
            raise answer
        return cast(Accepted | Queued | Refusal, answer)

    def knows(self, snapshot: Snapshot, entity: str, key: str) -> bool | None:
        return self.has


@dataclass
class Asked:
    """A question to the oven, and its answer."""

    oven: Oven
    snapshot: Snapshot
    key: str
    answer: Accepted | Queued = field(default_factory=Accepted)

    sent: str = ""

    def as_before(self, sent: str) -> Asked:
        return dataclasses.replace(self, sent=sent)

    def announce(self, connection: sa.Connection) -> None:
        pass

    def conclude(self, connection: sa.Connection, reply: Refusal) -> None:
        pass

    def ask(self) -> Asked | Refusal:
        answer = self.oven.ask(self.key)
        return answer if isinstance(answer, Refusal) else dataclasses.replace(self, answer=answer)

    def settle(self, connection: sa.Connection, record_id: int) -> Accepted | Queued:
        table = self.snapshot.entities["firing"].table
        connection.execute(sa.update(table).where(table.c.id == record_id).values(title=self.sent))
        return self.answer


@dataclass
class Pottery:
    """The site and its database."""

    app: Flask
    engine: sa.Engine
    snapshot: Snapshot
    oven: Oven
    ids: dict[str, int]

    def add(self, entity: str, **values: Any) -> int:
        table = self.snapshot.entities[entity].table
        now = dt.datetime.now(dt.UTC)
        stamps = {"version": 1, "created_at": now, "created_from": "system", "changed_at": now, "changed_from": "system"}
        with self.engine.begin() as connection:
            made = connection.execute(sa.insert(table).returning(table.c.id), {**stamps, **values})
            return int(made.scalar_one())

    def rows(self, entity: str) -> list[Mapping[str, Any]]:
        table = self.snapshot.entities[entity].table
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(sa.select(table).order_by(table.c.id)).mappings()]

    def change(self, entity: str, row: int, **values: Any) -> None:
        table = self.snapshot.entities[entity].table
        with self.engine.begin() as connection:
            connection.execute(sa.update(table).where(table.c.id == row).values(version=table.c.version + 1, **values))

    def firing(self, who: str = "ada", **values: Any) -> int:
        studio = self.ids[CAST[who][1]]
        given = {"number": f"X-{len(self.rows('firing'))}", "title": "Bowls", "peak": 1000, **values}
        return self.add("firing", potter=self.ids[who], studio=studio, **given)

    def as_(self, name: str) -> Browser:
        browser = Browser(self.app.test_client())
        assert browser.sign_in(CAST[name][0]).status_code == 303
        return browser


def make_pottery(database_url: str, folder: Path, *more: Component) -> Pottery:
    """The pottery, and `more` of it, with its people, two open kilns, a closed one, and two glazes."""
    made = make_services(config(database_url, folder))
    oven = Oven()
    services = dataclasses.replace(made, mailer=Outbox(), aside=AtOnce(), submission=oven)
    app = create_app(made.config, services=services)

    def people_and_kilns(snapshot: Snapshot) -> dict[str, int]:
        found = Pottery(app, made.engine, snapshot, oven, {})
        ids = found.ids
        ids.update({name: found.add("account", name=name.capitalize(), number=name) for name in ("clay", "mud")})
        for name, (email, account, roles) in CAST.items():
            ids[name] = found.add("contact", full_name=name.capitalize(), email=email, active=True, account=ids.get(account))
            with made.engine.begin() as connection:
                grant_roles(connection, ids[name], "pottery", roles)
                create_login(connection, made.passwords, ids[name], email, PASSWORD)
        for name, rate, closed in (("Big Bertha", "120.5", False), ("Little Bert", "60", False), ("Old Smoke", "10", True)):
            ids[name] = found.add("kiln", name=name, rate=rate, closed=closed)
        for name, price in (("Celadon", "4.25"), ("Tenmoku", "3")):
            ids[name] = found.add("glaze", name=name, price=price, batch=f"B-{name}")
        return ids

    snapshot, ids = released(made, (*POTTERY, *more), people_and_kilns)
    return Pottery(app, made.engine, snapshot, oven, dict(ids))


def hidden(page: str) -> dict[str, str]:
    """The hidden inputs of the page's form that is posted, by name."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def shown_errors(page: str) -> list[str]:
    """The sentences of the error summary."""
    summary = re.search(r'class="error-summary".*?</ul>', page, re.S)
    items = re.findall(r"<li>(.*?)</li>", summary[0], re.S) if summary else []
    return [html.unescape(re.sub(r"<[^>]+>", "", item)).strip() for item in items]


def title_of(page: str) -> str:
    """The title of the page's window."""
    found = re.search(r"<title>(.*?)</title>", page, re.S)
    return html.unescape(found[1]).strip() if found else ""
