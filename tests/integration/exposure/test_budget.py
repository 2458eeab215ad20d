"""The query budget: which statements of pages read a large table whole, or too much, as the database itself says."""

from dataclasses import replace
from decimal import Decimal

import pytest

from metadata.model import EntityIndex, EntityPermission, Filter, Form, FormField, Section, Sort, Tab, View, ViewColumn
from metadata.store import MetadataStore
from runtime.exposure.budget import Budget, Limits
from support.marina import BOOKING
from support.marina_site import open_marina


def moored(**filter):
    """The view of moored bookings with another filter."""
    columns, sort = (ViewColumn(attribute="number"),), (Sort(attribute="number"),)
    return View(key="bookings-moored", entity="booking", columns=columns, filter=Filter(**filter), sort=sort)


@pytest.fixture
def asked():
    """What the view of moored bookings asks for."""
    return {"attribute": "status", "operator": "ne", "value": "asked"}


@pytest.fixture
def marina(database_url, tmp_path, asked):
    with open_marina(database_url, tmp_path, moored(**asked)) as site:
        site.add_all(
            "booking",
            [
                {"number": f"M-{number}", "skipper": site.people["alice"], "customer": site.accounts["sail"], "status": "asked"}
                for number in range(300)
            ],
        )
        with site.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
        yield site


def costs(marina, **limits):
    with marina.engine.connect() as connection:
        return list(Budget(connection, marina.snapshot, marina.snapshot.sites["marina"], Limits(**limits)).costs())


def test_every_view_of_a_page_is_told_for_each_role_that_may_open_it(marina):
    found = {(cost.page, cost.who, cost.what) for cost in costs(marina)}
    assert ("bookings", "skipper", "list bookings, view bookings-all") in found
    assert ("berths", "(anonymous)", "list berths, view berths-all") not in found
    assert all(cost.steps for cost in costs(marina))


def test_many_rows_that_are_read_to_find_few_and_an_overrun_are_findings(marina):
    assert [cost for cost in costs(marina, large=100_000) if cost.findings] == []
    found = [cost for cost in costs(marina, large=200) if cost.findings]
    assert {cost.what for cost in found} == {"list bookings, view bookings-moored"}
    assert "master" in {cost.who for cost in found}
    said = [finding for cost in found for finding in cost.findings]
    assert all("rows of booking" in one and "name the values that it wants" in one for one in said)
    over = [cost for cost in costs(marina, budget=250, large=100_000) if cost.findings]
    assert all("over the budget of 250" in finding for cost in over for finding in cost.findings)
    assert "master" in {cost.who for cost in over}


def test_a_table_is_no_finding_where_most_of_it_is_asked_for(marina):
    """The number of all bookings takes reading them all, by whatever index."""
    found = [cost for cost in costs(marina, large=200) if cost.who == "master" and cost.what.endswith("view bookings-all")]
    assert {cost.findings for cost in found} == {()}
    assert all(cost.rows >= 300 for cost in found)


@pytest.mark.parametrize("asked", [{"attribute": "status", "value": "moored"}])
def test_choices_that_are_asked_for_are_found_by_an_index_in_their_order(marina):
    values = {"skipper": marina.people["alice"], "customer": marina.accounts["sail"], "status": "cancelled"}
    marina.add_all("booking", [{"number": f"N-{number}", **values} for number in range(3000)])
    with marina.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    found = [cost for cost in costs(marina, large=200) if "bookings-moored" in cost.what]
    assert [cost for cost in found if cost.findings] == []
    assert {step.index for cost in found if cost.who == "master" for step in cost.steps} == {"ix_booking_status_number_id"}


def test_what_a_lookup_offers_is_told_too_and_read_by_the_index_of_its_name(database_url, tmp_path):
    section = Section(fields=(FormField(attribute="boat"), FormField(attribute="berth")))
    form = Form(key="booking-edit", entity="booking", tabs=(Tab(sections=(section,)),))
    grant = EntityPermission(
        key="berths", entity="berth", site="marina", scope="global", privileges=("read", "append_to"), roles=("skipper",)
    )
    with open_marina(database_url, tmp_path, form, grant) as site:
        site.add_all("berth", [{"number": f"N{number}", "depth": Decimal(1)} for number in range(2000)])
        with site.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
        found = [cost for cost in costs(site) if "berth to choose as berth" in cost.what]
    assert {(cost.page, cost.who) for cost in found} == {("booking-edit", "skipper"), ("booking-new", "skipper")}
    assert {step.index for cost in found for step in cost.steps} == {"ix_berth_number_id"}
    assert [cost for cost in found if cost.findings] == []


OWN_ACCOUNT = EntityPermission(
    key="own-account", entity="account", site="marina", scope="account", privileges=("read",), roles=("skipper",)
)
BY_ACCOUNT = EntityPermission(
    key="own-bookings",
    entity="booking",
    site="marina",
    scope="parent",
    relationship="customer",
    parent="own-account",
    privileges=("read",),
    roles=("skipper",),
)


@pytest.mark.parametrize("others", [(), ("skipper",)], ids=["alone", "beside another grant"])
def test_rows_that_hang_on_few_of_the_persons_are_found_by_these_and_not_among_all(database_url, tmp_path, others):
    mine = EntityPermission(
        key="my-bookings", entity="booking", site="marina", scope="contact", via="skipper", privileges=("read",), roles=others
    )
    with open_marina(database_url, tmp_path, OWN_ACCOUNT, BY_ACCOUNT, mine) as site:
        site.book("A-1", "alice")
        accounts = site.add_all("account", [{"name": f"Club {number}", "number": f"C{number}"} for number in range(300)])
        skippers = site.add_all("contact", [{"full_name": f"Skipper {number}", "active": True} for number in range(300)])
        others_rows = zip(accounts * 10, skippers * 10, strict=True)
        site.add_all(
            "booking",
            [{"number": f"N-{place}", "customer": who, "skipper": by} for place, (who, by) in enumerate(others_rows)],
        )
        with site.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
        found = [cost for cost in costs(site) if cost.who == "skipper" and cost.what.endswith("view bookings-all")]
        shown = site.as_("alice").get("/bookings").text
    assert found != []
    assert [cost for cost in found if cost.findings] == []
    if not others or database_url.startswith("sqlite"):  # PostgreSQL goes through all rows where one of several grants may do
        assert [step for cost in found for step in cost.steps if step.table == "booking" and step.scan] == []
    assert ("A-1" in shown, "N-1" in shown) == (True, False)


@pytest.mark.parametrize("asked", [{"attribute": "boat", "value": "Rán"}])
def test_what_would_help_names_the_attribute_that_is_asked_for(marina):
    found = [cost for cost in costs(marina, large=200) if cost.who == "master" and cost.findings]
    said = [finding for cost in found for finding in cost.findings]
    assert said
    assert all("asks for boat: declare an index of booking, with attributes: [boat]" in one for one in said)
    store = MetadataStore(marina.engine)
    booking = replace(BOOKING, indexes=(EntityIndex(attributes=("boat",)),))
    marina.snapshot = store.publish("dora", components=[booking]).snapshot
    marina.add_all("booking", [{"number": f"B-{number}", "boat": f"Boat {number}"} for number in range(300)])
    with marina.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    after = [cost for cost in costs(marina, large=200) if cost.who == "master" and cost.findings]
    assert [finding for cost in after for finding in cost.findings if "boat" in finding] == []


@pytest.mark.parametrize("asked", [{"attribute": "note", "value": "late"}, {"attribute": "paid", "value": True}])
def test_an_index_that_would_not_help_is_not_proposed(marina):
    found = [cost for cost in costs(marina, large=200) if cost.who == "master"]
    said = [finding for cost in found for finding in cost.findings]
    assert all("which no index finds: ask for something else as well" in one for one in said)
    assert said
