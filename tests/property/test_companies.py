"""Several legal entities, whose customers and shipments are called alike, come by maps drawn by chance while people read.

Nobody of one ever sees anything of another, by any way of the portal; in the end each sees all that is theirs.
"""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connectors import tables
from connectors.memory.adapter import MemoryAdapter, memory_world
from connectors.station import Station
from connectors.tablemap import compiled_maps
from metadata.compiler import compile_snapshot
from metadata.files import read_folder
from metadata.model import AttributeMap, Connection, TableMap
from runtime.access import Principal
from runtime.app import create_app, make_services
from runtime.database import writing
from runtime.identity.logins import create_login
from runtime.identity.roles import grant_roles
from runtime.records.write import create
from runtime.sync import steering
from runtime.sync.homes import home_of
from runtime.sync.worker import prepare
from support.portal import PASSWORD, AtOnce, Browser, Outbox, config
from support.released import released

pytestmark = pytest.mark.timeout(900)
CHECKED = settings(suppress_health_check=list(HealthCheck), max_examples=max(12, settings.default.max_examples // 4))
SITE = read_folder(Path(__file__).parents[1] / "support" / "forwarders.yaml").components
AREAS = ("eel", "pike", "carp")
CUSTOMERS, NUMBERS = ("K1", "K2"), range(1, 6)
OF = re.compile(r"of-([a-z]+)")
"""Every text that comes from outside says whose it is."""
SHIPMENT = st.fixed_dictionaries(
    {
        "area": st.sampled_from((*AREAS, "none", None)),
        "no": st.sampled_from(NUMBERS),
        "cust": st.sampled_from((*CUSTOMERS, "K9", None)),
        "prev": st.sampled_from((*NUMBERS, None)),
    }
)
STEP = st.one_of(
    st.tuples(st.just("put"), SHIPMENT),
    st.tuples(st.just("put"), SHIPMENT),
    st.tuples(st.just("move"), st.sampled_from(NUMBERS), st.sampled_from(AREAS), st.sampled_from(AREAS)),
    st.tuples(st.just("drop"), st.sampled_from(NUMBERS), st.sampled_from(AREAS)),
    st.tuples(st.just("load")),
)
MAPS = st.fixed_dictionaries(
    {
        "each": st.booleans(),
        "change_column": st.sampled_from(("seq", "")),
        "delete": st.sampled_from(("keep", "delete", "deactivate")),
        "batch_size": st.integers(1, 4),
        "whole": st.booleans(),
        "written_out": st.booleans(),
    }
)


def maps_of(drawn):
    """Companies and customers by one map each, shipments by one or by one for each company."""
    number, common = AttributeMap(attribute="number", column="no"), {"connection": "outside", "interval": 0.0}
    company = AttributeMap(attribute="company", column="area", lookup_key=("code",))
    name = AttributeMap(attribute="name", column="name")
    code = AttributeMap(attribute="code", column="code")
    yield TableMap(key="areas", entity="company", table="area", integration_key=("code",), attributes=(code, name), **common)
    both = {"integration_key": ("company", "number"), "change_column": drawn["change_column"]}
    yield TableMap(key="customers", entity="account", table="customer", attributes=(company, number, name), **both, **common)
    alike = {"lookup_columns": ("area", "prev"), "lookup_key": ("company.code", "number")}
    after = AttributeMap(attribute="after", **(alike if drawn["whole"] else {"column": "prev", "lookup_key": ("number",)}))
    customer = AttributeMap(attribute="customer", lookup_columns=("area", "cust"), lookup_key=("company.code", "number"))
    title = AttributeMap(attribute="title", column="title")
    inactive = (("active", False),) if drawn["delete"] == "deactivate" else ()
    more = {"delete": drawn["delete"], "inactive": inactive, "batch_size": drawn["batch_size"], **both, **common}
    for area in AREAS if drawn["each"] else ("",):
        belongs = replace(company, column="", default=area, lookup_key=("code",)) if area and drawn["written_out"] else company
        yield TableMap(
            key=f"shipments{area}",
            entity="shipment",
            table="shipment",
            attributes=(belongs, number, title, customer, after),
            filter=(("area", area),) if area else (),
            **more,
        )


class Forwarders:
    """The portal in one database, somebody of each company who reads, and the outside."""

    def __init__(self, url, folder):
        made = make_services(config(url, folder))
        self.engine, self.outside = made.engine, memory_world("forwarders")
        self.app = create_app(made.config, services=replace(made, mailer=Outbox(), aside=AtOnce()))

        def people(snapshot):
            def add(entity, **values):
                return create(connection, snapshot, Principal.system("system"), entity, values).id

            with writing(made.engine).begin() as connection:
                for area in AREAS:
                    owner = add("company", code=area, name=f"of-{area}")
                    account = add("account", company=owner, number="K1", name=f"K1 of-{area}")
                    contact = add("contact", full_name="Ann", email=f"ann@{area}.example", account=account, active=True)
                    grant_roles(connection, contact, "forwarders", ("buyer",))
                    create_login(connection, made.passwords, contact, f"ann@{area}.example", PASSWORD)
            return True

        self.snapshot, _ = released(made, SITE, people)
        prepare(made.engine)
        self.browsers = {area: Browser(self.app.test_client()) for area in AREAS}
        for area, browser in self.browsers.items():
            assert browser.sign_in(f"ann@{area}.example").status_code == 303

    def begin(self, maps):
        """A station over these maps, nothing having come yet."""
        with writing(self.engine).begin() as connection:
            connection.execute(sa.delete(self.snapshot.entities["shipment"].table))
            for table in reversed(tables.TABLES.sorted_tables):
                connection.execute(sa.delete(table))
        self.outside.tables = {
            "area": [{"code": area, "name": f"of-{area}"} for area in AREAS],
            "customer": [{"area": area, "no": no, "name": f"{no} of-{area}", "seq": 1} for area in AREAS for no in CUSTOMERS],
            "shipment": [],
        }
        outside = Connection(key="outside", connector="memory", settings=(("name", "forwarders"),))
        snapshot = compile_snapshot((*SITE, outside, *maps))
        adapter = MemoryAdapter("outside", {"name": "forwarders"})
        return Station(home_of(self.engine, snapshot), adapter, "outside", compiled_maps(snapshot))

    def read(self, area):
        """Everything that somebody of a company can ask for; what it says whose rows it shows."""
        browser = self.browsers[area]
        with self.engine.connect() as connection:
            ids = connection.scalars(sa.select(self.snapshot.entities["shipment"].table.c.id)).all()
        ways = ["/shipments", "/shipments?q=of", "/shipments?sort=after", "/find?q=shipment", "/shipments?export=csv"]
        ways += [
            "/_api/shipments?$expand=customer,after&$count=true",
            "/_api/customers",
            "/_api/shipments?$orderby=after/title",
        ]
        ways += ["/_api/shipments?$apply=groupby((title),aggregate($count as n))"]
        ways += [f"/shipments/{one}" for one in ids] + [f"/_api/shipments({one})/after" for one in ids]
        ways += [f"/_api/shipments({one})?$expand=after" for one in ids]
        told = {way: browser.get(way) for way in ways}
        assert {way: answer.status_code for way, answer in told.items() if answer.status_code >= 500} == {}
        return {way: set(OF.findall(answer.text)) for way, answer in told.items()}

    def look(self):
        """Nobody is told anything of another company."""
        for area in AREAS:
            assert {way: whose for way, whose in self.read(area).items() if whose - {area}} == {}

    def titles(self, area):
        """The titles that somebody of a company is told of."""
        return {row["title"] for row in self.browsers[area].get("/_api/shipments?$top=500").json["value"]}


@pytest.fixture
def forwarders(database_url, tmp_path):
    opened = Forwarders(database_url, tmp_path)
    yield opened
    opened.engine.dispose()


def change(outside, at, what, given_):
    """Something happens outside; a shipment's title says whose it is now."""
    there = outside.tables.setdefault("shipment", [])

    def put(row):
        there[:] = [old for old in there if (old["area"], old["no"]) != (row["area"], row["no"])]
        there.append({**row, "title": f"shipment {row['no']} of-{row['area']} {at}", "seq": at})

    with outside.lock:
        if what == "put":
            put(given_[0])
        elif what == "move":
            no, old, new = given_
            moving = [row for row in there if (row["area"], row["no"]) == (old, no)]
            there[:] = [row for row in there if row not in moving]
            for row in moving:
                put({**row, "area": new})
        else:
            there[:] = [row for row in there if (row["no"], row["area"]) != given_]


ALIKE = {"each": False, "change_column": "", "delete": "delete", "batch_size": 1, "whole": False, "written_out": False}
ACROSS = [
    ("put", {"area": "pike", "no": 2, "cust": "K1", "prev": None}),
    ("put", {"area": "eel", "no": 1, "cust": "K1", "prev": 2}),
]
"""A look-up that names no company leads to the only row of that number, which is of another one."""


@CHECKED
@given(drawn=MAPS, steps=st.lists(STEP, min_size=2, max_size=12))
@example(drawn=ALIKE, steps=ACROSS)
def test_nobody_of_one_company_sees_a_row_of_another_while_rows_of_all_come(forwarders, drawn, steps):
    station, over = forwarders.begin(maps_of(drawn)), threading.Event()

    def sync():
        while not over.is_set():
            assert {run.message for run in station.turn() if run.outcome != "done"} == set()

    with ThreadPoolExecutor(1) as aside:
        worker = aside.submit(sync)
        try:
            for at, (what, *given_) in enumerate(steps, 2):
                if what == "load":
                    steering.load_again(station.home, station.maps)
                else:
                    change(forwarders.outside, at, what, tuple(given_))
                forwarders.look()
        finally:
            over.set()
        worker.result()
    for _ in range(2):
        station.pull(station.maps)
    station.close()
    forwarders.look()
    there = forwarders.outside.tables["shipment"]
    for area in AREAS:
        told = forwarders.titles(area)
        assert all(f"of-{area} " in title for title in told)
        mine = [row for row in there if (row["area"], row["cust"]) == (area, "K1")]
        assert {row["title"] for row in mine if row["prev"] is None} <= told
        if drawn["delete"] == "delete":
            assert told <= {row["title"] for row in mine}
