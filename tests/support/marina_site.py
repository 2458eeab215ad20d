"""The marina over HTTP, in both databases: Alice and Bob sail for one account, Carol for another, Dora keeps the harbour."""

import datetime as dt
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from metadata.model import Component
from metadata.snapshot import Snapshot
from runtime.app import create_app, make_services
from runtime.identity.logins import create_login
from runtime.identity.roles import grant_roles
from runtime.pages.freshness import Freshness
from support.listening import listening
from support.marina import MARINA
from support.portal import PASSWORD, AtOnce, Browser, Outbox, config
from support.released import released
from support.statements import counting, note_statements

CAST = {
    "alice": ("alice@sail.example", "sail", ("skipper",)),
    "bob": ("bob@sail.example", "sail", ("skipper",)),
    "carol": ("carol@row.example", "row", ("skipper",)),
    "dora": ("dora@marina.example", "", ("master",)),
    "erin": ("erin@marina.example", "", ()),
}


@dataclass
class Tides:
    """How fresh the rows are, as a test says; unknown where it says nothing."""

    known: dict[str, Freshness]

    def __call__(self, entity: str) -> Freshness | None:
        return self.known.get(entity)


@dataclass
class Marina:
    """The site and its database."""

    app: Flask
    engine: sa.Engine
    snapshot: Snapshot
    people: dict[str, int]
    accounts: dict[str, int]
    tides: Tides
    statements: list[str]

    def add(self, entity: str, **values: Any) -> int:
        return self.add_all(entity, [values])[0]

    def add_all(self, entity: str, rows: list[dict[str, Any]]) -> list[int]:
        now = dt.datetime.now(dt.UTC)
        stamps = {"version": 1, "created_at": now, "created_from": "system", "changed_at": now, "changed_from": "system"}
        table = self.snapshot.entities[entity].table
        with self.engine.begin() as connection:
            if len(rows) > 1 and len({frozenset(row) for row in rows}) == 1:  # as a list, it is one message for many rows
                adding = sa.insert(table).returning(table.c.id, sort_by_parameter_order=True)
                return list(connection.scalars(adding, [{**stamps, **row} for row in rows]))
            # Values are given beside the statement, which is then the same for all rows, and compiled once.
            results = [connection.execute(sa.insert(table), {**stamps, **row}) for row in rows]
            return [result.inserted_primary_key[0] for result in results if result.inserted_primary_key]

    def book(self, number: str, skipper: str = "alice", **values: Any) -> int:
        account = self.accounts[CAST[skipper][1]]
        given = {
            "boat": f"Boat {number}",
            "status": "asked",
            "fee": Decimal("1250.5"),
            "paid": False,
            "note": "SECRET NOTE",
            **values,
        }
        return self.add("booking", number=number, customer=account, skipper=self.people[skipper], **given)

    def as_(self, name: str) -> Browser:
        browser = Browser(self.app.test_client())
        assert browser.sign_in(CAST[name][0]).status_code == 303
        return browser

    def stranger(self) -> Browser:
        return Browser(self.app.test_client())

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """The statements that the drivers were given meanwhile, without transaction control and the pool's ping."""
        with counting(self.statements) as seen:
            yield seen


@contextmanager
def open_marina(database_url: str, folder: Path, *changed: Component) -> Iterator[Marina]:
    """The marina without bookings, in an empty database, with `changed` added or instead of what has their keys."""
    made = make_services(config(database_url, folder))
    statements: list[str] = []
    note_statements(made.engine, statements)
    tides = Tides({})
    services = replace(made, mailer=Outbox(), aside=AtOnce(), freshness=tides)
    app = create_app(made.config, services=services)

    def sailors(snapshot: Snapshot) -> tuple[dict[str, int], dict[str, int]]:
        found = Marina(app, made.engine, snapshot, {}, {}, tides, statements)
        found.accounts.update({name: found.add("account", name=name.capitalize(), number=name) for name in ("sail", "row")})
        for name, (email, account, roles) in CAST.items():
            found.people[name] = found.add(
                "contact", full_name=name.capitalize(), email=email, active=True, account=found.accounts.get(account)
            )
            with made.engine.begin() as connection:
                grant_roles(connection, found.people[name], "marina", roles)
                create_login(connection, made.passwords, found.people[name], email, PASSWORD)
        return found.people, found.accounts

    snapshot, (people, accounts) = released(made, altered(changed), sailors)
    yield Marina(app, made.engine, snapshot, dict(people), dict(accounts), tides, statements)
    made.engine.dispose()


def altered(changed: Iterable[Component]) -> tuple[Component, ...]:
    """The marina's components with some added, or others instead of theirs."""
    return tuple({(type(item), item.key): item for item in (*MARINA, *changed)}.values())


@contextmanager
def served(app: Flask, port: int = 0) -> Iterator[str]:
    """The application on a port, one of its own where none is given, for a browser: its address."""
    server = listening(app, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
