"""Tiers: of the rows related to a record, the person's own that the quantity reaches count."""

from decimal import Decimal

import pytest

from metadata.checks import check
from metadata.compiler import assign_site, compile_snapshot
from metadata.model import (
    Attribute,
    Entity,
    EntityPermission,
    Form,
    FormField,
    MultistepForm,
    Section,
    Site,
    Step,
    Tab,
    WebRole,
    component_id,
)
from runtime.access import Person, Principal
from runtime.database import make_engine, writing
from runtime.forms.tiers import Tiers, tier_path
from runtime.records.write import create
from runtime.tables import create_engine_tables

READ = ("read",)


def components(tier: str = "from_nights"):
    return assign_site(
        (
            Site(key="harbour"),
            Entity(key="berth", primary_name="name", attributes=(Attribute(key="name", type="text"),)),
            Entity(
                key="fee",
                attributes=(
                    Attribute(key="berth", type="lookup", target="berth", relationship="fees"),
                    Attribute(key="account", type="lookup", target="account"),
                    Attribute(key="from_nights", type="integer"),
                    Attribute(key="per_night", type="money"),
                ),
            ),
            Entity(key="stay", attributes=(Attribute(key="berth", type="lookup", target="berth", relationship="stays"),)),
            Entity(
                key="night",
                attributes=(
                    Attribute(key="stay", type="lookup", target="stay", relationship="nights"),
                    Attribute(key="berth", type="lookup", target="berth"),
                    Attribute(key="count", type="integer"),
                ),
            ),
            Form(key="night", entity="night", tabs=(Tab(sections=(Section(fields=(FormField(attribute="count"),)),)),)),
            Form(key="stay", entity="stay", tabs=(Tab(sections=(Section(fields=(FormField(attribute="berth"),)),)),)),
            MultistepForm(
                key="book",
                entity="stay",
                steps=(
                    Step(key="stay", form="stay"),
                    Step(
                        key="nights",
                        type="lines",
                        form="night",
                        relationship="nights",
                        total="count * berth.fees.per_night",
                        tier=tier,
                    ),
                ),
            ),
            WebRole(key="guest"),
            EntityPermission(key="fees", entity="fee", scope="account", via="account", privileges=READ, roles=("guest",)),
            EntityPermission(key="berths", entity="berth", scope="global", privileges=READ, roles=("guest",)),
        )
    )


@pytest.fixture
def harbour(database_url):
    snapshot = compile_snapshot(components())
    engine = make_engine(database_url)
    create_engine_tables(engine)
    snapshot.tables.create_all(engine)
    system = Principal.system("system")
    with writing(engine).begin() as connection:
        ours, theirs = (create(connection, snapshot, system, "account", {"name": name}).id for name in ("ours", "theirs"))
        berth = create(connection, snapshot, system, "berth", {"name": "A1"}).id
        for account, nights, price in ((ours, 1, "10"), (ours, 7, "8"), (theirs, 1, "1"), (theirs, 7, "0.5")):
            fee = {"berth": berth, "account": account, "from_nights": nights, "per_night": Decimal(price)}
            create(connection, snapshot, system, "fee", fee)
        me = create(connection, snapshot, system, "contact", {"full_name": "Ann", "account": ours}).id
    person = Principal.signed_in(snapshot, "harbour", Person(me, ours), ("guest",))
    with engine.connect() as connection:
        yield Tiers(lambda: connection, snapshot, person), tier_path(snapshot, "night", "berth.fees.per_night"), berth
    engine.dispose()


@pytest.mark.parametrize(("nights", "price"), [(1, "10"), (6, "10"), (7, "8"), (100, "8"), (0, None)])
def test_the_highest_tier_that_is_reached_counts_and_only_the_persons_own(harbour, nights, price):
    tiers, path, berth = harbour
    found = tiers.value(path, "from_nights", {"berth": berth}, Decimal(nights))
    assert found == (None if price is None else Decimal(price))


def test_a_record_without_tiers_has_no_value(harbour):
    tiers, path, _ = harbour
    assert tiers.value(path, "from_nights", {"berth": 9999}, Decimal(1)) is None


def test_a_tier_that_the_rows_do_not_have_is_a_problem_of_the_metadata():
    def totals(tier):
        found = check({component_id(item): item for item in components(tier)})
        return [problem.message for problem in found if problem.code == "total"]

    assert totals("from_nights") == []
    assert ["from_nights" in message for message in totals("from_night")] == [True]
