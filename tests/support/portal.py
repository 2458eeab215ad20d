"""A small portal for tests over HTTP: two languages, a tree of pages, roles, the cast, and a clock that tests move."""

import dataclasses
import datetime as dt
import re
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response
from flask.testing import FlaskClient
from markupsafe import escape
from werkzeug.test import TestResponse

from metadata.model import (
    Block,
    Component,
    Language,
    Page,
    PageAccessRule,
    Redirect,
    Site,
    SiteMarker,
    SiteSetting,
    WebLink,
    WebLinkSet,
    WebRole,
)
from metadata.snapshot import PageNode, Snapshot
from metadata.store import MetadataStore
from metadata.text import Text
from runtime.app import create_app, make_services
from runtime.config import Config
from runtime.context import RequestContext
from runtime.identity import tables
from runtime.identity.invitations import InvitationTerms, invite
from runtime.identity.logins import create_login
from runtime.identity.roles import grant_roles
from runtime.mail import MailFailed, MailMessage
from runtime.records.people import Person, load_person
from runtime.services import Services
from support.released import released

PASSWORD = "correct horse battery"
SECRET = "a secret for tests only"
SITE = "portal"
CAST = {
    "alice": ("alice@harbour.example", "sv-SE", "harbour", ("member",)),
    "bob": ("bob@harbour.example", "", "harbour", ()),
    "carol": ("carol@quay.example", "", "quay", ("keeper",)),
    "erin": ("erin@own.example", "", "", ("editor",)),
}


def text(value: str) -> Text:
    return Text.of(value)


def page(key: str, parent: str = "home", **more: Any) -> Page:
    values: dict[str, Any] = {"partial_url": key, "label": text(key.capitalize()), **more}
    return Page(key=key, parent=parent, **values)


HARBOUR = Site(key=SITE, label=text("Harbour"), languages=("en-US", "sv-SE"), menu="main")


def components(**site: Any) -> tuple[Component, ...]:
    """The metadata of the portal; `site` replaces properties of its site."""
    return (
        Language(key="en-US", label=text("English")),
        Language(key="sv-SE", label=text("Svenska")),
        dataclasses.replace(HARBOUR, **site),
        WebRole(key="visitor", default="anonymous"),
        WebRole(key="signed", default="authenticated"),
        WebRole(key="member"),
        WebRole(key="keeper"),
        WebRole(key="editor"),
        WebRole(key="previewer", preview=True),
        page("home", parent="", partial_url="/", blocks=(Block(type="text", text=text("Hello")),)),
        page("news"),
        page("club"),
        page("boats", parent="club"),
        page("vault", parent="club"),
        page("draft", state="draft"),
        page("people", hidden=True),
        page("person", parent="people", partial_url="", record_entity="contact", record_key="id"),
        page("lost", hidden=True),
        page("refused", hidden=True),
        SiteMarker(key="not_found", page="lost"),
        SiteMarker(key="access_denied", page="refused"),
        SiteMarker(key="headlines", page="news"),
        PageAccessRule(key="members", page="club", roles=("member", "keeper")),
        PageAccessRule(key="keepers", page="vault", roles=("keeper",)),
        PageAccessRule(key="editors", page="home", right="grant_change", roles=("editor",)),
        WebLinkSet(key="main", links=(WebLink(page="news"), WebLink(page="club"))),
        Redirect(key="old-news", source="/old-news", page="news", code=301),
        Redirect(key="headline", source="/headline", marker="headlines"),
        Redirect(key="away", source="/away", url="https://elsewhere.example/there"),
        SiteSetting(key="identity/attempts_per_minute", value="1000"),
    )


@dataclass
class Outbox:
    """A mailer that keeps what it is given, or fails when told to."""

    sent: list[MailMessage] = field(default_factory=list)
    broken: bool = False

    def send(self, message: MailMessage) -> None:
        if self.broken:
            raise MailFailed("the server is away")
        self.sent.append(message)

    def link(self) -> str:
        """The path and query of the newest link in a mail."""
        found: list[str] = [link for mail in self.sent for link in re.findall(r"https?://[^/\s]+(/\S+)", mail.text)]
        return found[-1]


class AtOnce(Executor):
    """Runs what is to be done aside before going on, so that tests see it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def titles(context: RequestContext, node: PageNode, record_keys: tuple[str, ...]) -> Response:
    """A page as its name, the keys of its records, and what the context says."""
    person = context.principal.name or "nobody"
    return Response(f"<h1>{escape(node.page.key)}</h1>{'|'.join(map(str, record_keys))} {escape(person)} {context.language}")


@dataclass
class Portal:
    """The portal in a database of its own."""

    app: Flask
    services: Services
    outbox: Outbox
    ids: dict[str, int]

    @property
    def engine(self) -> sa.Engine:
        return self.services.engine

    @property
    def snapshot(self) -> Snapshot:
        return self.services.snapshots.current()

    def browser(self) -> "Browser":
        return Browser(self.app.test_client())

    def signed_in(self, name: str) -> "Browser":
        browser = self.browser()
        assert browser.sign_in(CAST[name][0]).status_code == 303
        return browser

    def person(self, name: str) -> Person:
        with self.engine.connect() as connection:
            found = load_person(connection, self.snapshot, self.ids[name])
        assert found
        return found

    def invite(self, name: str, **terms: Any) -> str:
        with self.engine.begin() as connection:
            return invite(connection, self.snapshot, self.snapshot.sites[SITE], self.person(name), InvitationTerms(**terms))

    def grant(self, name: str, *roles: str) -> None:
        with self.engine.begin() as connection:
            grant_roles(connection, self.ids[name], SITE, roles)

    def change(self, table: sa.Table, where: sa.ColumnElement[bool], **values: Any) -> int:
        with self.engine.begin() as connection:
            return connection.execute(sa.update(table).where(where).values(values)).rowcount

    def rows(self, statement: sa.Select[Any]) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(statement))

    def pass_time(self, span: dt.timedelta) -> None:
        """Make everything that identity has noted older by a span."""
        moments = [
            column
            for table in tables.METADATA.tables.values()
            for column in table.c
            if column.name.endswith("_at") or column.name == "locked_until"
        ]
        with self.engine.begin() as connection:
            for column in moments:
                for row in connection.execute(sa.select(*column.table.primary_key, column).where(column.is_not(None))).all():
                    key = sa.and_(*(part == value for part, value in zip(column.table.primary_key, row[:-1], strict=True)))
                    connection.execute(sa.update(column.table).where(key).values({column.name: row[-1] - span}))
        vars(self.services.arrivals)["_known"].clear()  # what a process remembers would be older as well

    def publish(self, *changed: Component) -> None:
        MetadataStore(self.engine).publish("tester", components=changed)


@dataclass
class Browser:
    """A browser: keeps cookies, sends the CSRF token of the page that it last asked for one."""

    client: FlaskClient

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def token(self, path: str = "/signin") -> str:
        found = re.search(r'name="csrf[-_]token"[^>]*(?:value|content)="([^"]+)"', self.get(path).text)
        assert found, f"{path} has no CSRF token"
        return found[1]

    def post(
        self, path: str, fields: dict[str, str] | None = None, *, token_from: str = "/password/forgot", **more: Any
    ) -> TestResponse:
        data = {"csrf_token": self.token(token_from), **(fields or {})}
        return self.client.post(path, data=data, **more)

    def sign_in(self, email: str, password: str = PASSWORD, **fields: str) -> TestResponse:
        return self.post("/signin", {"email": email, "password": password, **fields})

    def who(self, path: str = "/news") -> str:
        """Whom the portal takes the browser for."""
        return self.get(path).text.split("</h1>")[1].split()[0]


def config(database_url: str, folder: Path, **more: str) -> Config:
    return Config.from_environment(
        {
            "FOYER_DATABASE_URL": database_url,
            "FOYER_DATA_DIR": str(folder),
            "FOYER_SECRET_KEY": SECRET,
            "FOYER_ARGON2_TIME": "1",
            "FOYER_ARGON2_MEMORY": "64",
            "FOYER_PUBLIC_URL": "http://portal.example",
            **more,
        }
    )


def make_portal(database_url: str, folder: Path, metadata: tuple[Component, ...] | None = None, **settings: str) -> Portal:
    """A portal with everybody of the cast as a contact; all but Bob can sign in."""
    made = make_services(config(database_url, folder, **settings))

    def people(snapshot: Snapshot) -> dict[str, int]:
        with made.engine.begin() as connection:
            ids = _people(connection, snapshot)
            for name, (email, _, _, roles) in CAST.items():
                grant_roles(connection, ids[name], SITE, roles)
                if name != "bob":
                    create_login(connection, made.passwords, ids[name], email, PASSWORD)
        return ids

    _, ids = released(made, metadata or components(), people, tuple(sorted(settings.items())))
    outbox = Outbox()
    services = dataclasses.replace(made, mailer=outbox, aside=AtOnce())
    return Portal(create_app(made.config, services=services, show=titles), services, outbox, dict(ids))


def _people(connection: sa.Connection, snapshot: Snapshot) -> dict[str, int]:
    stamps = {
        "version": 1,
        "created_at": dt.datetime.now(dt.UTC),
        "created_from": "system",
        "changed_at": dt.datetime.now(dt.UTC),
        "changed_from": "system",
    }

    def add(entity: str, **values: Any) -> int:
        table = snapshot.entities[entity].table
        return int(connection.execute(sa.insert(table).returning(table.c.id), {**stamps, **values}).scalar_one())

    accounts = {name: add("account", name=name.capitalize(), number=name.upper()) for name in ("harbour", "quay")}
    return {
        name: add(
            "contact",
            full_name=name.capitalize(),
            email=email,
            language=language or None,
            account=accounts.get(account),
            active=True,
        )
        for name, (email, language, account, _) in CAST.items()
    }
