"""The apiary over HTTP, from its metadata in YAML: Alice and Bob keep hives of one account, Carol of another, Dan looks on."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from metadata.model import Component, component_id
from metadata.snapshot import Snapshot
from runtime.app import create_app, make_services
from runtime.identity.logins import create_login
from runtime.identity.roles import grant_roles
from support.portal import PASSWORD, AtOnce, Browser, Outbox, config
from support.released import read_once, released
from support.statements import counting, note_statements

METADATA = Path(__file__).parent / "apiary.yaml"
CAST = {
    "alice": ("north", "keeper"),
    "bob": ("north", "keeper"),
    "carol": ("south", "keeper"),
    "dan": ("north", "visitor"),
}


@dataclass
class Apiary:
    """The site and its database."""

    app: Flask
    engine: sa.Engine
    snapshot: Snapshot
    people: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)

    def add(self, entity: str, **values: Any) -> int:
        now = dt.datetime.now(dt.UTC)
        stamps = {"version": 1, "created_at": now, "created_from": "system", "changed_at": now, "changed_from": "system"}
        table = self.snapshot.entities[entity].table
        with self.engine.begin() as connection:
            return int(connection.execute(sa.insert(table).returning(table.c.id), {**stamps, **values}).scalar_one())

    def hive(self, code: str, keeper: str = "alice", **values: Any) -> int:
        account = self.accounts[CAST[keeper][0]]
        given = {"name": f"Hive {code}", "strength": "strong", "owner": account, "keeper": self.people[keeper], **values}
        return self.add("hive", code=code, **given)

    def yard(self, name: str, code: str = "", account: str = "north") -> int:
        return self.add("yard", name=name, code=code or None, owner=self.accounts[account])

    def hives(self, *columns: str) -> list[tuple[Any, ...]]:
        """The values of all hives, by their codes."""
        table = self.snapshot.entities["hive"].table
        with self.engine.connect() as connection:
            found = sa.select(*(table.c[name] for name in columns)).order_by(table.c.code)
            return [tuple(row) for row in connection.execute(found)]

    def audited(self, entity: str = "hive") -> int:
        """How many changes of an entity's rows the audit trail holds."""
        with self.engine.connect() as connection:
            found = sa.text("SELECT count(*) FROM foyer_audit WHERE entity = :entity AND privilege <> 'refused'")
            return int(connection.execute(found, {"entity": entity}).scalar_one())

    def refused(self) -> list[str]:
        """The entities of what the audit trail says people were refused."""
        with self.engine.connect() as connection:
            return list(connection.scalars(sa.text("SELECT entity FROM foyer_audit WHERE privilege = 'refused' ORDER BY id")))

    def as_(self, name: str) -> Browser:
        browser = Browser(self.app.test_client())
        assert browser.sign_in(f"{name}@bees.example").status_code == 303
        return browser

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """The statements that the drivers were given meanwhile."""
        with counting(self.statements) as seen:
            yield seen


@contextmanager
def open_apiary(database_url: str, folder: Path, *changed: Component) -> Iterator[Apiary]:
    """The apiary without hives, in an empty database, with `changed` added or instead of what has their keys."""
    made = make_services(config(database_url, folder))
    statements: list[str] = []
    note_statements(made.engine, statements)
    reading = read_once(METADATA)
    assert not reading.problems
    components = {component_id(item): item for item in (*reading.components, *changed)}
    services = replace(made, mailer=Outbox(), aside=AtOnce())
    app = create_app(made.config, services=services)

    def keepers(snapshot: Snapshot) -> tuple[dict[str, int], dict[str, int]]:
        found = Apiary(app, made.engine, snapshot)
        found.accounts |= {name: found.add("account", name=name.capitalize(), number=name) for name in ("north", "south")}
        for name, (account, role) in CAST.items():
            email = f"{name}@bees.example"
            found.people[name] = found.add(
                "contact", full_name=name.capitalize(), email=email, active=True, account=found.accounts[account]
            )
            with made.engine.begin() as connection:
                grant_roles(connection, found.people[name], "apiary", (role,))
                create_login(connection, made.passwords, found.people[name], email, PASSWORD)
        return found.accounts, found.people

    snapshot, (accounts, people) = released(made, tuple(components.values()), keepers)
    yield Apiary(app, made.engine, snapshot, accounts=dict(accounts), people=dict(people), statements=statements)
    made.engine.dispose()
