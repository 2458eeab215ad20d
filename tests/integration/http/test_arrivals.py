"""What a process remembers of people never outlives its truth: each change takes effect with the very next request."""

import datetime as dt
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.model import Block, EntityPermission, Form, FormField, Page, Section, Tab
from metadata.store import MetadataStore
from metadata.text import Text
from runtime.app import create_app
from runtime.identity import tables
from runtime.identity.remembered import ArrivalMemory
from runtime.identity.roles import grant_roles, revoke_roles
from runtime.identity.sessions import Arrival, LiveSession
from runtime.records.people import load_person
from runtime.records.tables import AUDIT
from runtime.services import services_of
from support.marina import MARINA
from support.marina_site import Marina, open_marina
from support.pottery import hidden

SESSIONS = tables.sessions
LIST, EMPTY, DETAIL, GONE, QUIET, TILES = "/bookings", "/bookings?q=nothing", "/bookings/B-1", "/bookings/B-404", "/office", "/"
LOOKUP, OTHER, NOWHERE = "/_lookup/berth-ask/berth", "/sessions", "/nowhere"
NEW = "/bookings/new"
PATHS = (LIST, EMPTY, DETAIL, GONE, QUIET, TILES, LOOKUP, OTHER, NOWHERE)
WARM = 4
ASK = Form(
    key="berth-ask",
    entity="booking",
    tabs=(Tab(sections=(Section(fields=(FormField(attribute="boat"), FormField(attribute="berth"))),)),),
)

MAKE = (
    Page(
        key="booking-new",
        site="marina",
        label=Text.of("New booking"),
        parent="bookings",
        partial_url="new",
        blocks=(Block(type="form", form="booking-make", mode="insert"),),
    ),
    Form(
        key="booking-make",
        entity="booking",
        tabs=(
            Tab(
                sections=(
                    Section(
                        fields=(
                            FormField(attribute="number"),
                            FormField(attribute="boat"),
                            FormField(attribute="skipper", hidden=True, set_on_save="@contact"),
                            FormField(attribute="customer", hidden=True, set_on_save="@contact.account"),
                        )
                    ),
                )
            ),
        ),
    ),
    *(
        EntityPermission(key=f"own-{entity}", entity=entity, scope="account", via=via, privileges=rights, roles=("skipper",))
        for entity, via, rights in (
            ("contact", "account", ("read", "append_to")),
            ("account", "", ("append_to",)),
            ("booking", "customer", ("append",)),
        )
    ),
)
"""A form that says of a new booking whose it is, and the right to that."""


@dataclass(frozen=True)
class Answer:
    """An answer as far as two processes must agree on it."""

    status: int
    location: str
    text: str


class Stubborn(ArrivalMemory):
    """A memory that learns nothing any more once it is told so: what it knows is as old as can be."""

    learns = True

    def keep(self, *found: object) -> None:
        if self.learns:
            super().keep(*found)


class Forgetful(ArrivalMemory):
    """A memory that knows nobody, as in a process that has just been started."""

    def find(self, *asked: object) -> None:
        return None


@dataclass
class Warmed:
    """A process that has answered Alice several times, her cookie, and the database that others change."""

    marina: Marina
    cookie: str
    memory: Stubborn
    warm: Flask
    cold: Flask

    def ask(self, path: str, app: Flask | None = None) -> Answer:
        client = (app or self.warm).test_client(use_cookies=False)
        answer = client.get(path, headers={"Cookie": self.cookie})
        text = re.sub(r"[0-9a-f]{16}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "", answer.text)
        return Answer(answer.status_code, answer.headers.get("Location", ""), text)

    def edit(self, number: str) -> dict[str, str]:
        """The fields of a booking's form, to be sent with another boat."""
        html = self.ask(f"/bookings/{number}/edit").text
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
        return {name: unescape(value) for name, value in hidden} | {"boat": "Another"}

    def post(self, number: str, fields: dict[str, str], app: Flask) -> tuple[int, bool]:
        """The status of an answer, and whether the booking has another boat now."""
        client = app.test_client(use_cookies=False)
        answer = client.post(f"/bookings/{number}/edit", data=fields, headers={"Cookie": self.cookie})
        table = self.marina.snapshot.entities["booking"].table
        with self.marina.engine.connect() as connection:
            boat = connection.execute(sa.select(table.c.boat).where(table.c.number == number)).scalar_one()
        return answer.status_code, boat == "Another"

    def blank(self) -> dict[str, str]:
        """The fields of the form for a new booking, all but its number."""
        return hidden(self.ask(NEW).text) | {"boat": "Tern"}

    def make(self, number: str, fields: dict[str, str], app: Flask, *, look: bool = True) -> tuple[int, object]:
        """The status of an answer, and the skipper and the customer of the booking that was made."""
        client = app.test_client(use_cookies=False)
        answer = client.post(NEW, data={**fields, "number": number}, headers={"Cookie": self.cookie})
        if not look:
            return answer.status_code, None
        table = self.marina.snapshot.entities["booking"].table
        with self.marina.engine.connect() as connection:
            found = connection.execute(sa.select(table.c.skipper, table.c.customer).where(table.c.number == number)).first()
        return answer.status_code, None if found is None else tuple(found)

    def trail(self, number: str) -> bool:
        """Whether the trail tells of a booking's making, once."""
        told = sa.select(sa.func.count()).select_from(AUDIT).where(AUDIT.c.changes.contains(f'"{number}"'))
        with self.marina.engine.connect() as connection:
            return bool(connection.scalar(told) == 1)

    def get(self, *paths: str) -> None:
        for path in paths * WARM:
            self.ask(path)

    @property
    def alice(self) -> int:
        return self.marina.people["alice"]

    def run(self, statement: sa.Update) -> None:
        with self.marina.engine.begin() as connection:
            connection.execute(statement)

    def contact(self, **values: object) -> None:
        table = self.marina.snapshot.entities["contact"].table
        self.run(sa.update(table).where(table.c.id == self.alice).values(values))

    def account(self, **values: object) -> None:
        table = self.marina.snapshot.entities["account"].table
        self.run(sa.update(table).where(table.c.id == self.marina.accounts["sail"]).values(values))

    def session(self, **values: object) -> None:
        self.run(sa.update(SESSIONS).where(SESSIONS.c.contact_id == self.alice).values(values))

    def role(self, role: str, *, given: bool) -> None:
        with self.marina.engine.begin() as connection:
            (grant_roles if given else revoke_roles)(connection, self.alice, "marina", (role,))

    def release(self) -> None:
        page = next(one for one in MARINA if isinstance(one, Page) and one.key == "office")
        MetadataStore(self.marina.engine).publish("tester", components=(replace(page, label=Text.of("Harbour office")),))


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


CHANGES = {
    "signed out elsewhere": lambda site: site.session(revoked_at=now()),
    "session expired": lambda site: site.session(expires_at=now() - dt.timedelta(seconds=1)),
    "session deleted": lambda site: site.run(sa.delete(SESSIONS).where(SESSIONS.c.contact_id == site.alice)),
    "no longer active": lambda site: site.contact(active=False),
    "role taken": lambda site: site.role("skipper", given=False),
    "role given": lambda site: site.role("master", given=True),
    "role swapped": lambda site: (site.role("skipper", given=False), site.role("master", given=True)),
    "moved to another account": lambda site: site.contact(account=site.marina.accounts["row"]),
    "of no account": lambda site: site.contact(account=None),
    "renamed": lambda site: site.contact(full_name="Alicia"),
    "another language": lambda site: site.contact(language="sv"),
    "another time zone": lambda site: site.contact(time_zone="Asia/Tokyo"),
    "account renamed": lambda site: site.account(name="Sails and more"),
    "account renumbered": lambda site: site.account(number="S-77"),
    "release": lambda site: site.release(),
}


GONE_WITH = ("signed out elsewhere", "session expired", "session deleted", "no longer active")
"""After these nobody is signed in."""


@pytest.fixture
def warmed(database_url: str, tmp_path: Path) -> Iterator[Warmed]:
    """Alice, known to a process, with bookings of both accounts."""
    with open_marina(database_url, tmp_path, ASK, *MAKE) as marina:
        marina.add("berth", number="North 1")
        for number, skipper in (("B-1", "alice"), ("B-2", "bob"), ("B-3", "carol")):
            marina.book(number, skipper)
        browser = marina.as_("alice")
        browser.get(QUIET)  # gives the cookie its CSRF secret, which is then the same for all
        cookie = browser.client.get_cookie("foyer")
        services = services_of(marina.app)
        memory = Stubborn()
        warm, cold = (create_app(services.config, services=replace(services, arrivals=one)) for one in (memory, Forgetful()))
        yield Warmed(marina, f"foyer={cookie.value}", memory, warm, cold)


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_takes_effect_on_the_next_request(warmed, change):
    warmed.get(*PATHS)
    warmed.memory.learns = False
    CHANGES[change](warmed)
    for path in PATHS:
        assert warmed.ask(path) == warmed.ask(path, warmed.cold), path


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_written_is_written_by_who_the_person_is_by_then(warmed, change):
    warmed.marina.book("B-5", "alice")
    fields = {number: warmed.edit(number) for number in ("B-1", "B-5")}
    warmed.get(LIST)
    warmed.memory.learns = False
    CHANGES[change](warmed)
    warm = warmed.post("B-1", fields["B-1"], warmed.warm)
    assert warm == warmed.post("B-5", fields["B-5"], warmed.cold)
    assert warm[1] == (warm[0] == 303 and change not in GONE_WITH), warm


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_made_is_made_by_who_the_person_is_by_then(warmed, change):
    fields = warmed.blank()
    assert warmed.make("B-5", fields, warmed.warm) == (303, (warmed.alice, warmed.marina.accounts["sail"]))
    warmed.get(LIST)
    warmed.memory.learns = False
    CHANGES[change](warmed)
    warm = warmed.make("B-6", fields, warmed.warm)
    assert warm == warmed.make("B-7", fields, warmed.cold)
    assert (warm[1] is not None) == (warm[0] == 303 and change not in GONE_WITH), warm
    assert warmed.trail("B-6") == (warm[1] is not None)


def test_who_is_no_longer_there_is_not_told_what_is_taken(warmed):
    fields = warmed.blank()
    assert [warmed.make("B-5", fields, warmed.warm, look=False)[0] for _ in range(2)] == [303, 422]
    warmed.session(revoked_at=now())
    assert warmed.make("B-5", fields, warmed.warm, look=False) == warmed.make("B-6", fields, warmed.warm)


@pytest.mark.parametrize("path", PATHS)
def test_a_session_ended_elsewhere_opens_nothing(warmed, path):
    before = [warmed.ask(path) for _ in range(WARM)][-1]
    stranger = replace(warmed, cookie="")
    warmed.session(revoked_at=now())
    after = warmed.ask(path)
    assert "Alice" not in after.text
    assert after.status == stranger.ask(path).status
    assert before.status != after.status or "Alice" in before.text or path == GONE


def test_a_warm_list_is_one_statement_and_so_is_a_warm_record(warmed):
    # That somebody was refused a page, or asked for a row that is not there for them, is written down.
    for path, number in ((LIST, 1), (DETAIL, 2), (TILES, 1), (QUIET, 2), (EMPTY, 2), (GONE, 3)):
        warmed.get(path)
        with warmed.marina.counting() as statements:
            warmed.ask(path)
        assert len(statements) == number, (path, statements)


def test_what_was_started_again_leaves_no_trace(warmed, caplog):
    warmed.get(LIST)
    warmed.contact(account=warmed.marina.accounts["row"])
    access = logging.getLogger("foyer.access")
    access.addHandler(caplog.handler)
    try:
        caplog.clear()
        client = warmed.warm.test_client(use_cookies=False)
        answer = client.get(LIST, headers={"Cookie": warmed.cookie})
    finally:
        access.removeHandler(caplog.handler)
    assert ("B-3" in answer.text, "B-1" in answer.text) == (True, False)
    assert len({record.request for record in caplog.records if record.message == "request"}) == 1
    assert len(answer.headers.getlist("X-Request-ID")) == 1


@pytest.mark.parametrize("made", [False, True], ids=["read", "written"])
def test_a_dead_connection_is_replaced(warmed, made):
    if warmed.marina.engine.dialect.name != "postgresql":
        pytest.skip("connections to a file do not die")
    fields = warmed.blank()
    warmed.get(LIST)
    with warmed.marina.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        connection.execute(sa.text(f"SELECT pg_terminate_backend(pid, 10000) {others}"))
    if made:
        assert warmed.make("B-5", fields, warmed.warm)[0] == 303
        assert warmed.trail("B-5")
    else:
        assert warmed.ask(LIST).status == 200


def test_the_time_stamp_is_still_written_once_a_minute(warmed):
    warmed.get(LIST)
    late = now() - dt.timedelta(minutes=2)
    warmed.session(seen_at=late)
    memory = warmed.memory
    for known in list(memory._known.values()):
        object.__setattr__(known, "session", replace(known.session, seen_at=late))
    warmed.ask(LIST)
    with warmed.marina.engine.connect() as connection:
        seen = connection.execute(sa.select(sa.func.min(SESSIONS.c.seen_at))).scalar_one()
    assert seen > late


def test_the_memory_forgets_the_oldest(warmed):
    memory = ArrivalMemory(largest=2)
    services = services_of(warmed.marina.app)
    app = create_app(services.config, services=replace(services, arrivals=memory))
    for name in ("alice", "bob", "carol"):
        cookie = warmed.marina.as_(name).client.get_cookie("foyer")
        assert replace(warmed, cookie=f"foyer={cookie.value}").ask(LIST, app).status == 200
    assert len(memory) == 2


BACK = {
    "active": lambda site: site.contact(active=True),
    "role back": lambda site: (site.role("skipper", given=True), site.role("master", given=False)),
    "home": lambda site: site.contact(account=site.marina.accounts["sail"]),
    "booked": lambda site: site.marina.book(f"N-{now().timestamp()}"),
    "session back": lambda site: site.session(revoked_at=None, expires_at=now() + dt.timedelta(hours=1)),
}
STEPS = st.lists(
    st.tuples(st.sampled_from(sorted({**CHANGES, **BACK})), st.lists(st.sampled_from(PATHS), max_size=4)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_a_process_that_remembers_answers_as_one_that_does_not(warmed, steps):
    for step in ("active", "role back", "home", "session back"):
        BACK[step](warmed)
    for change, paths in steps:
        {**CHANGES, **BACK}[change](warmed)
        for path in paths:
            assert warmed.ask(path) == warmed.ask(path, warmed.cold), (change, path)


def test_nobody_is_remembered_whose_name_could_pass_for_more_than_a_name(warmed):
    warmed.contact(full_name="Alice\x1falice@elsewhere.example")
    warmed.get(LIST)
    with warmed.marina.counting() as statements:
        warmed.ask(LIST)
    assert (len(warmed.memory), len(statements)) == (0, 2)


def test_nothing_is_remembered_while_a_newer_release_is_not_served_yet(warmed):
    snapshot, token = warmed.marina.snapshot, "a token"
    with warmed.marina.engine.connect() as connection:
        person = load_person(connection, snapshot, warmed.alice)
    found = Arrival(snapshot.release, LiveSession(1, person, frozenset({"skipper"}), now(), False))
    for role, ahead, number in (("skipper", 0, 1), ("skipper", 1, 0), ("two\nlines", 0, 0)):
        memory = ArrivalMemory()
        memory.keep(snapshot, "marina", token, found)
        live = replace(found.session, roles=frozenset({role}))
        memory.keep(snapshot, "marina", token, Arrival(snapshot.release + ahead, live))
        assert (len(memory), memory.find(snapshot, "marina", token) is not None) == (number, number == 1)
