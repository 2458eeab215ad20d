"""Two throw-away installations of the same release: one with what was planted, the other with what is hidden put otherwise."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import logging
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from connectors.port import Image
from metadata.model import Component
from metadata.snapshot import CompiledSite, Snapshot
from metadata.store import MetadataStore
from metadata.store.contents import Opened
from runtime.access import Principal
from runtime.access.sharing import links
from runtime.app import create_app, make_services
from runtime.canary.judge import Asker
from runtime.canary.kept import keep
from runtime.canary.kept_people import REQUESTS
from runtime.canary.marks import WORD, Cell, picture
from runtime.canary.seeding import STAMP, Planted, settle
from runtime.config import Config
from runtime.database import writing
from runtime.files import register
from runtime.identity.consents import accept, terms_due
from runtime.identity.roles import grant_roles
from runtime.identity.sessions import NewSession, open_session, utc_now
from runtime.identity.settings import roles_with_second_factor
from runtime.identity.tables import (
    acting_accounts,
    api_tokens,
    browsers,
    consents,
    contact_roles,
    external_logins,
    passkeys,
    registrations,
    second_factors,
    sessions,
)
from runtime.identity.throttle import Throttle
from runtime.identity.views.answers import COOKIE_TOKEN, PROVED
from runtime.mail import MailMessage
from runtime.records.bulk import SqlRowStore
from runtime.records.hooks import Listeners
from runtime.records.people import load_person
from runtime.records.write import associate
from runtime.services import Services
from runtime.tables import create_engine_tables

PRISTINE = "pristine"
SECRET = "the key of a throw-away copy"  # noqa: S105 - it signs nothing that lasts
LIFETIME = dt.timedelta(days=1)
SYSTEM = Principal.system("system")
WATCHED = (sessions, browsers, external_logins, passkeys, api_tokens, consents, contact_roles, acting_accounts, links)
COUNTED = frozenset({"seen_at", "used_at", "used"})
"""What changes of what is another's when it is only used."""


@dataclass
class Postbox:
    """A mailer that keeps what it is given until it is asked."""

    sent: list[MailMessage] = field(default_factory=list)

    def send(self, message: MailMessage) -> None:
        """Keep a message."""
        self.sent.append(message)

    def emptied(self) -> str:
        """What was sent since, as one text."""
        text = "\n".join(f"{one.to}\n{one.subject}\n{one.text}" for one in self.sent)
        self.sent.clear()
        return text


class Unbounded(Throttle):
    """Counts nothing: whoever asks for everything would soon be asked to wait, and be shown nothing more."""

    def admit(self, purpose: str, address: str, per_minute: int) -> None:
        """Let everybody go on."""

    def hourly(self, purpose: str, subject: str, per_hour: int) -> bool:
        """Whether it is done: always."""
        return True

    def spare(self, purpose: str, subject: str, per_hour: int) -> bool:
        """Whether it would be done: always."""
        return True


class AtOnce(Executor):
    """Does at once what is otherwise done aside, so that nothing of one request is left when the next one comes."""

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Do it; what goes wrong is kept for whoever asks for the outcome, as elsewhere."""
        outcome: Future[Any] = Future()
        try:
            outcome.set_result(work(*given, **named))
        except Exception as broken:  # as in a thread of its own
            outcome.set_exception(broken)
        return outcome


@dataclass
class World:
    """One of the two installations, with an application of its own in this process."""

    app: Flask
    services: Services
    snapshot: Snapshot
    postbox: Postbox
    file: Path
    pristine: Path
    _sown: tuple[Planted, CompiledSite] | None = None
    """What lies, as it was sown last, in the file beside."""

    def plant(self, planted: Planted, site: CompiledSite) -> None:
        """Begin anew with these rows and nothing else. What was planted last is not sown again: a copy of it is kept."""
        known = self._sown is not None and self._sown[0] is planted and self._sown[1] is site
        self._begin_as(self._beside if known else self.pristine)
        if not known:
            with writing(self.services.engine).begin() as connection:
                sow(connection, self.snapshot, planted)
                self._note_files(connection, planted)
                keep(connection, self.snapshot, site, planted)
            settled(self.services.engine)
            shutil.copyfile(self.file, self._beside)
            self._sown = planted, site
        self._put_files(planted)
        self.postbox.emptied()

    @property
    def _beside(self) -> Path:
        return self.file.with_suffix(".sown")

    def _begin_as(self, file: Path) -> None:
        self.services.engine.dispose()
        for ending in ("-wal", "-shm"):
            Path(f"{self.file}{ending}").unlink(missing_ok=True)
        shutil.copyfile(file, self.file)

    def sign_in(self, site: CompiledSite, asker: Asker, roles: Sequence[str]) -> FlaskClient:
        """A browser of a person with these roles, acting for the account; of nobody where there is no contact."""
        client, contact = self.app.test_client(), asker.contact
        if contact is None:
            return client
        with self.services.engine.begin() as connection:
            for table in (contact_roles, sessions):
                connection.execute(sa.delete(table).where(table.c.contact_id == contact))
            grant_roles(connection, contact, site.key, roles)
            person = load_person(connection, self.snapshot, contact)
            acting = asker.account if person is not None and asker.account != person.account else None
            token = open_session(connection, NewSession(contact, site.key, "canary", False, LIFETIME, acting))
            self._let_in(connection, site, contact)
        with client.session_transaction() as session:
            session[COOKIE_TOKEN] = token
            session[PROVED] = int(utc_now().timestamp())
        return client

    def _let_in(self, connection: sa.Connection, site: CompiledSite, contact: int) -> None:
        """What the site asks of people before it shows them anything: a second factor, and that they accept its terms."""
        terms = terms_due(site)
        if terms is not None:
            accept(connection, contact, site.key, terms.published, "", "")
        if roles_with_second_factor(self.snapshot, site):
            connection.execute(sa.delete(second_factors).where(second_factors.c.contact_id == contact))
            connection.execute(sa.insert(second_factors).values(contact_id=contact, method="app", since_at=STAMP))

    def people(self, but: int | None) -> dict[tuple[str, Any], tuple[Any, ...]]:
        """What is kept of people's sign-ins as it is now, less that of one of them."""
        found: dict[tuple[str, Any], tuple[Any, ...]] = {}
        with self.services.engine.connect() as connection:
            for table in WATCHED:
                rows = sa.select(table).where(table.c.contact_id != but) if but is not None else sa.select(table)
                for row in connection.execute(rows):
                    values = {key: value for key, value in row._mapping.items() if key not in COUNTED}
                    found[table.name, tuple(row._mapping[one.name] for one in table.primary_key)] = tuple(values.values())
            found |= {
                (registrations.name, (row.id,)): (row.state,)
                for row in connection.execute(sa.select(registrations))
                if row.id in REQUESTS
            }
        return found

    def acting(self, contact: int | None) -> set[int]:
        """The accounts that a contact has sessions for besides its own."""
        wanted = sa.select(sessions.c.account_id).where(sessions.c.contact_id == contact, sessions.c.account_id.is_not(None))
        with self.services.engine.connect() as connection:
            return set(connection.scalars(wanted))

    def rows(self) -> dict[str, dict[int, dict[str, Any]]]:
        """All business rows as they are now."""
        found: dict[str, dict[int, dict[str, Any]]] = {}
        with self.services.engine.connect() as connection:
            store = SqlRowStore(connection, self.snapshot, SYSTEM)
            for key, entity in self.snapshot.entities.items():
                names = [one.key for one in entity.attributes.values() if not one.calculated]
                found[key] = {row["id"]: row for row in store.scan(key, names, 0, 1_000_000)}
        return found

    def _note_files(self, connection: sa.Connection, planted: Planted) -> None:
        for cell, number, name, body in self._files(planted):
            values: dict[str, Any] = {"id": number, "key": _key(cell, planted), "entity": cell.entity}
            kind = "image/png" if name.endswith(".png") else "text/plain"
            values |= {"attribute": cell.attribute, "row": cell.row, "name": name, "created_at": STAMP}
            values |= {"media_type": kind, "size": len(body)}
            connection.execute(sa.insert(register.files).values(**values, sha256=sha256(body).hexdigest()))

    def _put_files(self, planted: Planted) -> None:
        for cell, _, _, body in self._files(planted):
            self.services.files.store.put(_key(cell, planted), io.BytesIO(body))

    def _files(self, planted: Planted) -> Iterator[tuple[Cell, int, str, bytes]]:
        """The cell, id, name and body of each planted file."""
        for cell, (number, word) in planted.files.items():
            image = self.snapshot.entities[cell.entity].attributes[cell.attribute].type.name == "image"
            yield cell, number, f"{word}.{'png' if image else 'txt'}", picture(word) if image else f"{word} {WORD}".encode()


def _key(cell: Cell, planted: Planted) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, planted.files[cell][1]).hex


def settled(engine: sa.Engine) -> None:
    """Bring all that was committed into the file of a SQLite database, and let go of it."""
    with engine.connect() as connection:
        connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()


def sow(connection: sa.Connection, snapshot: Snapshot, planted: Planted) -> None:
    """Store planted rows in an order in which each finds what it points at, then links."""
    store = SqlRowStore(connection, snapshot, SYSTEM)
    for entity, row in settle(snapshot, planted):
        values = planted.rows[entity][row]
        store.restore(Image(entity, row, "delete", values.get("version", 1) - 1, values))
    for (entity, key), pairs in planted.links.items():
        for near, far in sorted(pairs):
            associate(connection, snapshot, SYSTEM, entity, near, key, far, listeners=Listeners(()))


def release(components: Sequence[Component], folder: Path, contents: Opened | None = None) -> None:
    """Release the metadata into an empty database in a folder. `contents` opens those of web files. Raises MetadataError."""
    first = _services(folder, PRISTINE)
    store = MetadataStore(first.engine)
    store.create()
    create_engine_tables(first.engine)
    store.publish("canary", components=tuple(components), contents=contents)
    settled(first.engine)


@contextlib.contextmanager
def worlds(folder: Path, place: str = "") -> Iterator[tuple[World, World]]:
    """Two installations of what was released into a folder; they are closed afterwards. Nothing is logged meanwhile. They lie
    in the folder itself, or at a place in it where several processes have worlds."""
    pristine = folder / f"{PRISTINE}.db"
    made = []
    for name in (f"{place}planted", f"{place}otherwise"):
        shutil.copyfile(pristine, folder / f"{name}.db")
        made.append(_world(folder, name, pristine))
    logging.disable(logging.CRITICAL)
    try:
        yield made[0], made[1]
    finally:
        logging.disable(logging.NOTSET)
        for world in made:
            world.services.engine.dispose()


def _world(folder: Path, name: str, pristine: Path) -> World:
    postbox = Postbox()
    services = replace(_services(folder, name), mailer=postbox, throttle=Unbounded(), aside=AtOnce())
    app = create_app(services.config, services=services)
    return World(app, services, services.snapshots.current(), postbox, folder / f"{name}.db", pristine)


def _services(folder: Path, name: str) -> Services:
    config = Config.from_environment(
        {
            "FOYER_DATABASE_URL": f"sqlite:///{folder / name}.db",
            "FOYER_DATA_DIR": str(folder / f"{name}-data"),
            "FOYER_SECRET_KEY": SECRET,
            "FOYER_PUBLIC_URL": "http://localhost",
            "FOYER_LOG_LEVEL": "error",
        }
    )
    return make_services(config)
