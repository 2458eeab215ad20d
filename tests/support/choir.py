"""A choir's library of scores, from YAML: two choirs that see their own, a librarian who sees all, and a search over them."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from metadata.files import read_folder
from metadata.model import Component
from metadata.snapshot import Snapshot
from metadata.store import MetadataStore
from runtime.access import Principal
from runtime.app import create_app, make_services
from runtime.database import writing
from runtime.identity.logins import create_login
from runtime.identity.roles import grant_roles
from runtime.records.remove import delete
from runtime.records.write import create, update
from support.portal import PASSWORD, AtOnce, Browser, Outbox, config
from support.released import released
from support.statements import counting, note_statements

CHOIR = Path(__file__).parent / "choir.yaml"
CAST = {
    "mia": ("mia@north.example", "north", ("singer",)),
    "moa": ("moa@north.example", "north", ("singer",)),
    "noa": ("noa@south.example", "south", ("singer",)),
    "lib": ("lib@choir.example", "", ("librarian",)),
}


def components() -> tuple[Component, ...]:
    """The metadata of the site."""
    reading = read_folder(CHOIR)
    assert reading.problems == ()
    return reading.components


@dataclass
class Choir:
    """The site and its database; rows are written as the engine writes them."""

    app: Flask
    engine: sa.Engine
    store: MetadataStore
    snapshot: Snapshot
    ids: dict[str, int]
    statements: list[str]

    def add(self, entity: str, **values: Any) -> int:
        with writing(self.engine).begin() as connection:
            return create(connection, self.snapshot, Principal.system("system"), entity, values).id

    def score(self, code: str, title: str, choir: str = "north", **values: Any) -> int:
        return self.add("score", code=code, title=title, choir=self.ids[choir], **values)

    def change(self, entity: str, row: int, version: int, **values: Any) -> None:
        with writing(self.engine).begin() as connection:
            update(connection, self.snapshot, Principal.system("system"), entity, row, version, values)

    def remove(self, entity: str, row: int, version: int) -> None:
        with writing(self.engine).begin() as connection:
            delete(connection, self.snapshot, Principal.system("system"), entity, row, version)

    def publish(self, *changed: Component) -> tuple[str, ...]:
        """Publish components; the steps that this took in the tables."""
        published = self.store.publish("tester", components=changed)
        self.snapshot = published.snapshot
        return published.plan.lines

    def as_(self, name: str) -> Browser:
        browser = Browser(self.app.test_client())
        assert browser.sign_in(CAST[name][0]).status_code == 303
        return browser

    def stranger(self) -> Browser:
        return Browser(self.app.test_client())

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        with counting(self.statements) as seen:
            yield seen


@contextmanager
def open_choir(database_url: str, folder: Path, *metadata: Component) -> Iterator[Choir]:
    """The site with its people and without scores, of its own metadata or of that given."""
    made = make_services(config(database_url, folder))
    statements: list[str] = []
    note_statements(made.engine, statements)
    store = MetadataStore(made.engine)
    services = replace(made, mailer=Outbox(), aside=AtOnce())
    app = create_app(made.config, services=services)

    def people(snapshot: Snapshot) -> dict[str, int]:
        choir = Choir(app, made.engine, store, snapshot, {}, statements)
        for name in ("north", "south"):
            choir.ids[name] = choir.add("account", name=name.capitalize(), number=name)
        for name, (email, account, roles) in CAST.items():
            choir.ids[name] = choir.add(
                "contact",
                full_name=name.capitalize(),
                email=email,
                active=True,
                account=choir.ids.get(account),
                motto=f"{name.capitalize()} sings in tune",
            )
            with made.engine.begin() as connection:
                grant_roles(connection, choir.ids[name], "choir", roles)
                create_login(connection, made.passwords, choir.ids[name], email, PASSWORD)
        return choir.ids

    snapshot, ids = released(made, metadata or components(), people)
    yield Choir(app, made.engine, store, snapshot, dict(ids), statements)
    made.engine.dispose()


def found(answer: TestResponse) -> dict[str, list[str]]:
    """What a page of the search shows, by type: titles without marks."""
    assert answer.status_code == 200, answer.text[:500]
    groups = re.findall(r'<section class="hits".*?</section>', answer.text, re.S)
    return {_plain(re.findall(r"<h2.*?>(.*?)<span", group, re.S)[0]): _titles(group) for group in groups}


def facets(answer: TestResponse) -> dict[str, str]:
    """The types offered with their numbers."""
    tabs = re.findall(r'<a id="search-\d+-view-\d+".*?>(.*?) <span class="count">(.*?)</span>', answer.text, re.S)
    return {_plain(label): count for label, count in tabs}


def _titles(group: str) -> list[str]:
    return [_plain(title) for title in re.findall(r"<h3>(.*?)</h3>", group, re.S)]


def _plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", text)).strip()
