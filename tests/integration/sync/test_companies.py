"""One map for all companies: rows called alike in each are kept apart, on both sides, however many companies there are.

FOYER_TEST_COMPANIES says how many.
"""

import os

import pytest
import sqlalchemy as sa

from connectors.preflight.checking import Preflight
from connectors.sql.adapter import SqlAdapter
from connectors.tablemap import compiled_map, compiled_maps
from metadata.model import AttributeMap
from runtime.access import Principal
from runtime.records.hooks import Listeners
from runtime.records.write import update
from runtime.sync.listener import keep_outbox
from support.harbour import harbours, make_world

COMPANIES = int(os.environ.get("FOYER_TEST_COMPANIES", "60"))
EACH = 5
TABLES = sa.MetaData()
AREA = sa.Table("area", TABLES, sa.Column("code", sa.String(10), primary_key=True), sa.Column("seq", sa.Integer))
CUSTOMER = sa.Table(
    "customer",
    TABLES,
    sa.Column("area", sa.String(10), primary_key=True),
    sa.Column("no", sa.String(10), primary_key=True),
    sa.Column("name", sa.String(60)),
    sa.Column("invoice_to", sa.String(10)),
    sa.Column("seq", sa.Integer, index=True),
)
CODES = [f"c{at:04}" for at in range(COMPANIES)]
AREAS = harbours(key="areas", entity="company", table="area", attributes=(AttributeMap(attribute="code", column="code"),))
CUSTOMERS = harbours(
    key="customers",
    entity="account",
    table="customer",
    integration_key=("company", "number"),
    attributes=(
        AttributeMap(attribute="company", column="area", lookup_key=("code",)),
        AttributeMap(attribute="number", column="no"),
        AttributeMap(attribute="name", column="name", direction="both"),
        AttributeMap(attribute="parent_account", lookup_columns=("area", "invoice_to"), lookup_key=("company.code", "number")),
    ),
)


@pytest.fixture
def pair(database_url, outside_sqlite, request):
    """Our side and the outside, which has the same customers in each of its areas, all invoiced to the first of the area."""
    theirs = outside_sqlite if database_url.startswith("sqlite") else request.getfixturevalue("outside_pg")
    outside = sa.create_engine(theirs)
    TABLES.create_all(outside)
    with outside.begin() as connection:
        connection.execute(sa.insert(AREA), [{"code": code, "seq": 1} for code in CODES])
        rows = [(code, at) for code in CODES for at in range(EACH)]
        told = [{"area": code, "no": f"N{at}", "name": f"{code} {at}", "invoice_to": "N0", "seq": 1} for code, at in rows]
        connection.execute(sa.insert(CUSTOMER), told)
    given = {"url": theirs}
    world = make_world(database_url, (CUSTOMERS, AREAS), SqlAdapter("outside", given), connector="sql", settings=given)
    yield world, outside
    world.adapter.close()
    world.engine.dispose()
    outside.dispose()


def ours(world):
    """Our customers by company and number: the name, and whom they are invoiced to."""
    account, company = (world.snapshot.entities[name].table for name in ("account", "company"))
    payer, area = account.alias(), company.alias()
    joined = account.join(company, account.c.company == company.c.id)
    joined = joined.outerjoin(payer, account.c.parent_account == payer.c.id).outerjoin(area, payer.c.company == area.c.id)
    asked = sa.select(company.c.code, account.c.number, account.c.name, area.c.code, payer.c.number).select_from(joined)
    with world.engine.connect() as connection:
        found = connection.execute(asked).all()
    assert len(found) == len(world.rows("account", "id"))
    return {(row[0], row[1]): tuple(row[2:]) for row in found}


@pytest.mark.timeout(120 + COMPANIES)
def test_rows_of_all_companies_come_and_go_by_one_map_and_none_is_taken_for_that_of_another(pair):
    world, outside = pair
    maps = compiled_maps(world.snapshot)
    looking = Preflight(world.home, world.snapshot, maps, lambda connection: world.adapter, 2000)
    world.pull()
    found = list(looking.look_at(compiled_map(world.snapshot, "customers")))
    assert [item for item in found if item.severity == "error"] == []
    wanted = {(code, f"N{at}"): (f"{code} {at}", code, "N0") for code in CODES for at in range(EACH)}
    assert ours(world) == wanted
    changed = CODES[:: max(1, COMPANIES // 20)]
    with outside.begin() as connection:
        for code in changed:
            mine = sa.update(CUSTOMER).where(CUSTOMER.c.area == code, CUSTOMER.c.no == "N3")
            connection.execute(mine.values(name=f"{code} anew", seq=2))
    world.pull()
    wanted |= {(code, "N3"): (f"{code} anew", code, "N0") for code in changed}
    assert ours(world) == wanted
    edit(world, {(code, "N1"): f"{code} from here" for code in changed})
    wanted |= {(code, "N1"): (f"{code} from here", code, "N0") for code in changed}
    with outside.connect() as connection:
        theirs = connection.execute(sa.select(CUSTOMER.c.area, CUSTOMER.c.no, CUSTOMER.c.name)).all()
    assert {(area, no): name for area, no, name in theirs} == {place: name for place, (name, _, _) in wanted.items()}
    assert (world.rejects("customers"), world.rejects("areas")) == ([], [])


def edit(world, names):
    """Somebody renames customers here, and the worker delivers that."""
    account, company = (world.snapshot.entities[name].table for name in ("account", "company"))
    asked = sa.select(account.c.id, account.c.version, company.c.code, account.c.number)
    with world.engine.connect() as connection:
        rows = connection.execute(asked.join(company, account.c.company == company.c.id)).all()
    for row in rows:
        if (row.code, row.number) in names:
            with world.now() as connection:
                values, system = {"name": names[row.code, row.number]}, Principal.system("portal")
                update(
                    connection,
                    world.snapshot,
                    system,
                    "account",
                    row.id,
                    row.version,
                    values,
                    listeners=Listeners((keep_outbox,)),
                )
    station = world.station()
    while station.deliver():
        pass
    station.close()
