"""A gallery that exists in these tests only: artists submit works with a picture, a paper and a private note as files."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from PIL import Image
from werkzeug.test import TestResponse

from metadata.model import (
    AlternateKey,
    Attribute,
    AttributePermission,
    AttributeRight,
    Block,
    Component,
    Entity,
    EntityPermission,
    Form,
    FormField,
    Language,
    ListComponent,
    MultistepForm,
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
from runtime.files.register import files
from runtime.identity.logins import create_login
from runtime.identity.roles import grant_roles
from runtime.records.tables import AUDIT
from runtime.services import Services
from support.portal import PASSWORD, AtOnce, Browser, Outbox, config
from support.pottery import hidden
from support.released import released

text = Text.of
CAST = {"ada": ("artist",), "ben": ("artist",), "vera": ("visitor",)}
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
MOST = 200_000
WORK = Entity(
    key="work",
    label=text("Work"),
    primary_name="title",
    keys=(AlternateKey(key="title", attributes=("title",)),),
    attributes=(
        Attribute(key="title", type="text", required="required", max_length=40, label=text("Title")),
        Attribute(key="artist", type="lookup", target="contact"),
        Attribute(key="picture", type="image", label=text({"en": "Picture", "sv": "Bild"})),
        Attribute(key="paper", type="file", accept=("application/pdf", "text/plain"), max_size=5000, label=text("Paper")),
        Attribute(key="secret", type="file", label=text("Secret")),
    ),
)
LOAN = Entity(
    key="loan",
    primary_name="place",
    attributes=(
        Attribute(key="work", type="lookup", target="work", relationship="loans", on_delete="cascade"),
        Attribute(key="place", type="text", required="required", label=text("Place")),
        Attribute(key="contract", type="file", accept=("application/pdf",), label=text("Contract")),
    ),
)
FILES = (FormField(attribute="picture"), FormField(attribute="paper"), FormField(attribute="secret"))
MINE = FormField(attribute="artist", hidden=True, set_on_save="@contact")


def form(key: str, entity: str, *fields: FormField, **more: Any) -> Form:
    return Form(key=key, entity=entity, tabs=(Tab(sections=(Section(fields=fields),)),), **more)


def page(key: str, *blocks: Block, parent: str = "home", **more: Any) -> Page:
    return Page(key=key, label=text(key.capitalize()), **{"parent": parent, "partial_url": key, "blocks": blocks, **more})


def column(key: str) -> ViewColumn:
    return ViewColumn(attribute=key)


GALLERY: tuple[Component, ...] = (
    Language(key="en-US"),
    Language(key="sv-SE"),
    WORK,
    LOAN,
    form("work-new", "work", FormField(attribute="title"), *FILES, MINE, success_page="work"),
    form("work-edit", "work", FormField(attribute="title"), *FILES, success_page="work"),
    form("work-read", "work", FormField(attribute="title"), *FILES),
    form("work-first", "work", FormField(attribute="title"), FormField(attribute="paper", required=True), MINE),
    form("loan", "loan", FormField(attribute="place"), FormField(attribute="contract")),
    MultistepForm(
        key="lend",
        entity="work",
        success_page="work",
        steps=(
            Step(key="first", form="work-first", label=text("Work")),
            Step(key="loans", type="lines", form="loan", relationship="loans", max_lines=5, label=text("Loans")),
            Step(key="check", type="review", label=text("Check")),
        ),
    ),
    View(
        key="works", entity="work", columns=tuple(ViewColumn(attribute=key) for key in ("title", "picture", "paper", "secret"))
    ),
    Site(key="gallery", label=text("Gallery"), languages=("en-US", "sv-SE")),
    WebRole(key="artist"),
    WebRole(key="visitor"),
    ListComponent(key="works", views=("works",)),
    page("home", parent="", partial_url="/"),
    page("works", Block(type="list", list="works")),
    page("work", Block(type="form", form="work-read"), parent="works", partial_url="", record_entity="work"),
    page("edit", Block(type="form", form="work-edit", mode="edit"), parent="work"),
    page("new", Block(type="form", form="work-new", mode="insert"), parent="works"),
    page("lend", Block(type="multistep_form", multistep_form="lend"), parent="works"),
    EntityPermission(
        key="mine",
        entity="work",
        scope="contact",
        via="artist",
        roles=("artist",),
        privileges=("read", "write", "create", "append", "append_to", "delete"),
    ),
    EntityPermission(key="all", entity="work", scope="global", roles=("visitor",), privileges=("read",)),
    EntityPermission(
        key="loans",
        entity="loan",
        scope="parent",
        relationship="work",
        parent="mine",
        roles=("artist",),
        privileges=("read", "write", "create", "append"),
    ),
    EntityPermission(key="self", entity="contact", scope="self", roles=("artist",), privileges=("read", "append_to")),
    AttributePermission(
        key="visitors",
        entity="work",
        roles=("visitor",),
        attributes=tuple(AttributeRight(attribute=key, read=True) for key in ("title", "picture", "paper")),
    ),
    AttributePermission(key="artists", entity="work", roles=("artist",), others=("read", "create", "update")),
)


@dataclass
class Gallery:
    """The site, its database and its store."""

    app: Flask
    services: Services
    snapshot: Snapshot
    ids: dict[str, int]
    folder: Path

    @property
    def engine(self) -> sa.Engine:
        return self.services.engine

    def as_(self, name: str) -> Artist:
        browser = Browser(self.app.test_client())
        assert browser.sign_in(f"{name}@gallery.example").status_code == 303
        return Artist(browser)

    def rows(self, entity: str) -> list[Mapping[str, Any]]:
        return self.select(sa.select(self.snapshot.entities[entity].table))

    def register(self) -> list[Mapping[str, Any]]:
        return self.select(sa.select(files))

    def trail(self) -> list[dict[str, Any]]:
        return [json.loads(row["changes"]) for row in self.select(sa.select(AUDIT).order_by(AUDIT.c.id))]

    def select(self, statement: sa.Select[Any]) -> list[Mapping[str, Any]]:
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(statement.order_by(sa.literal_column("1"))).mappings()]

    def contents(self) -> list[bytes]:
        """All that lies in the store."""
        return [file.read_bytes() for file in sorted(self.folder.rglob("*")) if file.is_file()]


@dataclass
class Artist:
    """A browser that sends files."""

    browser: Browser

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.browser.get(path, **more)

    def send(self, path: str, page_text: str = "", **fields: Any) -> TestResponse:
        """Fill in the form of a page and send it; a pair of bytes and a name is a file."""
        shown = page_text or self.get(path).text
        values = {name: upload(value) for name, value in {**hidden(shown), **fields}.items()}
        return self.browser.client.post(path, data=values, content_type="multipart/form-data")


def upload(value: Any) -> Any:
    return (io.BytesIO(value[0]), value[1]) if isinstance(value, tuple) else value


def make_gallery(database_url: str, folder: Path, *more: Component, **settings: str) -> Gallery:
    """The gallery with its people and nothing in it."""
    made = make_services(config(database_url, folder, FOYER_MAX_FILE_BYTES=str(MOST), **settings))

    def people(snapshot: Snapshot) -> dict[str, int]:
        ids: dict[str, int] = {}
        contact = snapshot.entities["contact"].table
        for name, roles in CAST.items():
            email = f"{name}@gallery.example"
            stamps = {"created_from": "system", "changed_from": "system", "version": 1}
            now = {"created_at": sa.func.now(), "changed_at": sa.func.now()}
            with made.engine.begin() as connection:
                person = sa.insert(contact).values(full_name=name.capitalize(), email=email, active=True, **stamps, **now)
                ids[name] = connection.execute(person.returning(contact.c.id)).scalar_one()
                grant_roles(connection, ids[name], "gallery", roles)
                create_login(connection, made.passwords, ids[name], email, PASSWORD)
        return ids

    snapshot, ids = released(made, (*GALLERY, *more), people)
    services = dataclasses.replace(made, mailer=Outbox(), aside=AtOnce())
    return Gallery(create_app(made.config, services=services), services, snapshot, dict(ids), folder / "files")


def picture(width: int = 4, height: int = 3, kind: str = "PNG") -> bytes:
    """A small picture."""
    made = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(made, kind)
    return made.getvalue()


def links(page_text: str) -> list[str]:
    """The addresses of the files that a page links to."""
    return list(dict.fromkeys(re.findall(r'href="(/_files/[^"]+)"', page_text)))
