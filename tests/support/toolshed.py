"""The site of the metadata reference's examples, a library of tools, with two tools, a member and a warden."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from metadata.files import read_folder
from metadata.snapshot import Snapshot
from metadata.store import MetadataStore
from runtime.access import Principal
from runtime.app import create_app, make_services
from runtime.identity.logins import create_login
from runtime.identity.roles import grant_roles
from runtime.records.write import update
from runtime.tables import create_engine_tables
from support.portal import PASSWORD, AtOnce, Browser, Outbox, config

EXAMPLE = Path(__file__).parents[2] / "docs" / "example"


@dataclass
class Toolshed:
    """The site and its database."""

    app: Flask
    snapshot: Snapshot

    def browser(self) -> Browser:
        return Browser(self.app.test_client())

    def signed_in(self, name: str) -> Browser:
        browser = self.browser()
        assert browser.sign_in(f"{name}@toolshed.example").status_code == 303
        return browser


def never_synced(entity: str) -> None:
    """Nothing is known of the outside, so that an empty list is not said to be on its way."""


@contextmanager
def opened(database_url: str, folder: Path) -> Iterator[Toolshed]:
    services = replace(make_services(config(database_url, folder)), mailer=Outbox(), aside=AtOnce(), freshness=never_synced)
    engine = services.engine
    store = MetadataStore(engine)
    store.create()
    create_engine_tables(engine)
    reading = read_folder(EXAMPLE)
    assert reading.problems == ()
    snapshot = store.publish("tester", components=reading.components, contents=reading.contents).snapshot

    def add(entity: str, **values: Any) -> int:
        now = dt.datetime.now(dt.UTC)
        stamps = {"version": 1, "created_at": now, "created_from": "system", "changed_at": now, "changed_from": "system"}
        with engine.begin() as connection:
            made = connection.execute(sa.insert(snapshot.entities[entity].table), {**stamps, **values})
        assert made.inserted_primary_key
        return int(made.inserted_primary_key[0])

    people = {}
    for name, roles in (("mona", ()), ("wanda", ("warden",))):
        people[name] = add("contact", full_name=name.capitalize(), email=f"{name}@toolshed.example", active=True)
        with engine.begin() as connection:
            grant_roles(connection, people[name], "toolshed", roles)
            create_login(connection, services.passwords, people[name], f"{name}@toolshed.example", PASSWORD)
    drill = add("tool", number="DRILL-1", name="Hammer drill", kind="power", deposit=20, shelf_note="Squeaks.")
    add("tool", number="LADDER-1", name="Ladder", kind="ladder", deposit=5)
    today = dt.datetime.now(dt.UTC).date()
    days = {"starts_on": today - dt.timedelta(9), "ends_on": today - dt.timedelta(2)}
    for number, state in (("L-00001", "asked"), ("L-00002", "out")):
        row = add("loan", number=number, tool=drill, member=people["mona"], state=state, delivery=False, **days)
    warden = Principal("contact", "toolshed", people["wanda"], roles=frozenset({"warden", "member"}))
    with engine.begin() as connection:
        for version, address in enumerate(("Oak Lane 1", "Elm Lane 2"), start=1):
            update(connection, snapshot, warden, "loan", row, version, {"delivery": True, "address": address})
    app = create_app(services.config, services=services)
    yield Toolshed(app, snapshot)
    engine.dispose()
