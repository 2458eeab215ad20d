"""A choir's archive over HTTP, from YAML, in both databases: Alma and Bo sing in one choir, Cleo in another, Lib keeps all."""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from metadata.checks import check
from metadata.model import Component, component_id
from metadata.snapshot import Snapshot
from runtime.app import create_app, make_services
from runtime.identity.logins import create_login
from runtime.identity.roles import grant_roles
from runtime.services import Services
from support.portal import PASSWORD, AtOnce, Browser, Outbox, config
from support.released import read_once, released
from support.statements import counting, note_statements

SITE = "archive"
CAST = {
    "alma": ("high", ("singer",)),
    "bo": ("high", ("singer",)),
    "cleo": ("low", ("singer",)),
    "rut": ("low", ("reader",)),
    "lib": ("", ("librarian",)),
    "nil": ("", ()),
}


@dataclass
class Program:
    """Somebody's program: it sends JSON and the token of its session, and knows where the service is."""

    browser: Browser
    token: str = ""

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            named.setdefault("X-CSRFToken", self.token)
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = named.pop("Content-Type", "application/json")
        address = path if path.startswith("/") else f"/_api/{path}"
        if data is None:
            return self.browser.client.open(address, method=method, headers=named)
        return self.browser.client.open(address, method=method, data=data, content_type=kind, headers=named)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.send("GET", path, **headers)

    def rows(self, path: str) -> list[dict[str, Any]]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = json.loads(answer.text)["value"]
        return found

    def numbers(self, query: str) -> list[str]:
        return [row["number"] for row in self.rows(f"scores?$select=number&$orderby=number&{query}")]


@dataclass
class Archive:
    """The site and its database."""

    app: Flask
    engine: sa.Engine
    snapshot: Snapshot
    statements: list[str]
    choirs: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)

    def add(self, entity: str, **values: Any) -> int:
        now = dt.datetime.now(dt.UTC)
        stamps = {"version": 1, "created_at": now, "created_from": "system", "changed_at": now, "changed_from": "system"}
        table = self.snapshot.entities[entity].table
        with self.engine.begin() as connection:
            made = connection.execute(sa.insert(table).returning(table.c.id), {**stamps, **values})
            return int(made.scalar_one())

    def score(self, number: str, choir: str = "high", **values: Any) -> int:
        return self.add("score", number=number, keeper=self.choirs[choir], **{"state": "shelf", **values})

    def stored(self, entity: str, row: int) -> dict[str, Any] | None:
        table = self.snapshot.entities[entity].table
        with self.engine.connect() as connection:
            found = connection.execute(sa.select(table).where(table.c.id == row)).mappings().first()
        return dict(found) if found is not None else None

    def count(self, entity: str) -> int:
        table = self.snapshot.entities[entity].table
        with self.engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())

    def as_(self, name: str) -> Program:
        browser = Browser(self.app.test_client())
        assert browser.sign_in(f"{name}@archive.example").status_code == 303
        token = browser.get("/_api/$token").get_json()["token"]
        return Program(browser, token)

    def stranger(self) -> Program:
        return Program(Browser(self.app.test_client()))

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        with counting(self.statements) as seen:
            yield seen


@contextmanager
def open_archive(database_url: str, folder: Path, metadata: Path, *more: Component, **parts: Any) -> Iterator[Archive]:
    """The archive with its people and nothing on its shelves. `parts` replace services."""
    reading = read_once(metadata)
    assert reading.problems == ()
    given = {component_id(item): item for item in (*reading.components, *more)}
    assert [problem for problem in check(given) if problem.severity == "error"] == []
    made: Services = replace(make_services(config(database_url, folder)), mailer=Outbox(), aside=AtOnce(), **parts)
    statements: list[str] = []
    note_statements(made.engine, statements)
    app = create_app(made.config, services=made)

    def members(snapshot: Snapshot) -> tuple[dict[str, int], dict[str, int]]:
        found = Archive(app, made.engine, snapshot, statements)
        found.choirs.update({name: found.add("account", name=name.capitalize(), number=name) for name in ("high", "low")})
        for name, (choir, roles) in CAST.items():
            mail = f"{name}@archive.example"
            row = found.add("contact", full_name=name.capitalize(), email=mail, active=True, account=found.choirs.get(choir))
            found.people[name] = row
            with made.engine.begin() as connection:
                grant_roles(connection, row, SITE, roles)
                create_login(connection, made.passwords, row, mail, PASSWORD)
        return found.choirs, found.people

    snapshot, (choirs, people) = released(made, tuple(given.values()), members)
    yield Archive(app, made.engine, snapshot, statements, choirs=dict(choirs), people=dict(people))
    made.engine.dispose()
