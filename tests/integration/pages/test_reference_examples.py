"""The examples of the metadata reference are a site that works: they publish without a remark, and their screens render."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from metadata.checks import check
from metadata.compiler import compile_snapshot
from metadata.files import read_folder
from metadata.model import KINDS, component_id
from metadata.snapshot import Snapshot
from metadata.store import MetadataStore
from runtime.app import create_app, make_services
from runtime.identity.logins import create_login
from runtime.identity.roles import grant_roles
from runtime.render.chain import BUILT_IN
from runtime.render.checks import check_looks
from runtime.tables import create_engine_tables
from support.portal import PASSWORD, AtOnce, Browser, Outbox, config

EXAMPLE = Path(__file__).parents[3] / "docs" / "example"
# What each page shows to a warden, besides that it answers.
SCREENS = {
    "/": ("free of charge", "Open each Saturday from 10", "See you, Wanda!", "On the shelf"),
    "/tools": ("DRILL-1", "Deposit in euros", "Power tool"),
    "/tools?layout=cards": ("Hammer drill", "DRILL-1"),
    "/tools?view=tools-on-the-shelf": ("LADDER-1",),
    "/tools?q=nothing-like-it": ("No tool is like that.",),
    "/tools/DRILL-1": ("Hammer drill", "20.00", "Squeaks.", "L-00001"),
    "/loans?layout=table": ("L-00001", "Hammer drill", "Borrow something", "Is back"),
    "/loans?layout=calendar": ("L-00001",),
    "/loans?layout=board": ("L-00001", "Asked for"),
    "/loans?view=loans-late&layout=table": ("L-00002", "Mona"),
    "/loans/L-00001": ("DRILL-1", "Mona", "Hand out"),
    "/borrow": ("What and when", "Step 1"),
    "/borrow/quickly": ("Bring it to me", "Borrow on one page"),
    "/figures": ("Loans by state", "<svg", "Days on average"),
    "/find?q=hammer": ("DRILL-1", "<mark>"),
    "/summer": ("<em>sharpen</em>", "Publish"),
    "/new-tools.xml": ('<rss version="2.0">', "LADDER-1"),
    "/house-rules.txt": ("Bring it back clean",),
    "/catalogue": ("DRILL-1",),
    "/b": ("What and when",),
    "/sv-SE/tools": ("Pant i euro", "Elverktyg"),
    "/_api/tools": ("DRILL-1",),
}


@dataclass
class Toolshed:
    """The site of the examples, with two tools, a member and a warden."""

    snapshot: Snapshot
    browser: Callable[[], Browser]

    def signed_in(self, name: str) -> Browser:
        browser = self.browser()
        assert browser.sign_in(f"{name}@toolshed.example").status_code == 303
        return browser


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def toolshed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toolshed]:
    folder = tmp_path_factory.mktemp("toolshed")
    if request.param == "sqlite":
        yield from opened(f"sqlite:///{folder / 'test.db'}", folder)
    else:
        with request.getfixturevalue("postgres_shelf").database() as url:
            yield from opened(url, folder)


def never_synced(entity: str) -> None:
    """Nothing is known of the outside, so that an empty list is not said to be on its way."""


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
            made = connection.execute(sa.insert(snapshot.entities[entity].table).values(**stamps, **values))
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
        add("loan", number=number, tool=drill, member=people["mona"], state=state, delivery=False, **days)
    app = create_app(services.config, services=services)
    yield Toolshed(snapshot, lambda: Browser(app.test_client()))
    engine.dispose()


def test_there_is_an_example_of_each_kind_and_no_check_remarks_on_any():
    reading = read_folder(EXAMPLE)
    components = {component_id(item): item for item in reading.components}
    assert {place.kind for place in components} == set(KINDS)
    assert [str(problem) for problem in check(components, reading.positions)] == []
    assert check_looks(compile_snapshot(reading.components), (BUILT_IN,)) == ()


@pytest.mark.parametrize("address", SCREENS)
def test_the_screens_of_the_examples_render(toolshed: Toolshed, address: str):
    answer = toolshed.signed_in("wanda").get(address, follow_redirects=True)
    assert answer.status_code == 200, answer.text[:300]
    assert [words for words in SCREENS[address] if words not in answer.text] == []
    assert "cannot be shown" not in answer.text


def test_a_member_sees_neither_the_note_nor_what_is_proposed(toolshed: Toolshed):
    mona = toolshed.signed_in("mona")
    tool = mona.get("/tools/DRILL-1")
    assert tool.status_code == 200
    assert "Squeaks." not in tool.text
    assert mona.get("/summer").status_code == 404
    assert toolshed.browser().get("/loans").status_code == 302
