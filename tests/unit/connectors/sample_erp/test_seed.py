from collections import Counter
from datetime import datetime
from decimal import Decimal

from sqlalchemy import create_engine, select

from connectors.sample_erp.database import create_tables, open_database
from connectors.sample_erp.schema import (
    TABLES,
    address,
    contact,
    customer,
    invoice,
    price,
    price_group,
    product,
    sales_order,
    sales_order_line,
    shipment_line,
)
from connectors.sample_erp.seed.fill import fill
from connectors.sample_erp.seed.world import SIZES

NOW = datetime(2026, 3, 11, 10, 30)


def all_rows(engine):
    with engine.connect() as conn:
        return {
            table.name: [tuple(row) for row in conn.execute(select(table).order_by(*table.primary_key.columns))]
            for table in TABLES.sorted_tables
        }


def test_the_seed_is_the_same_every_time(erp, tmp_path):
    second = open_database(f"sqlite:///{tmp_path / 'second.db'}")
    with second.begin() as conn:
        create_tables(conn)
        fill(conn, SIZES["small"], NOW)
    rows = all_rows(second)
    second.dispose()
    assert rows == all_rows(erp.engine)


def test_the_small_seed_has_the_promised_size(erp):
    counts = [erp.count(table) for table in (customer, contact, product, sales_order)]
    assert counts == [12, 40, 60, 300]


def test_the_cast_is_there(erp):
    nordic, branch = erp.one(customer, number="C-1001"), erp.one(customer, number="C-1003")
    assert (nordic["name"], branch["parent_number"]) == ("Nordic Cycle Supply AB", "C-1001")
    people = {row["email"]: (row["number"], row["customer_number"]) for row in erp.rows(contact)}
    assert people["jane@nordiccycle.example"] == ("P-1001", "C-1001")
    assert people["sam@nordiccycle.example"] == ("P-1002", "C-1001")
    assert people["rita@nordiccycle.example"] == ("P-1003", "C-1001")
    assert people["may@kettingkast.example"] == ("P-1004", "C-1002")
    assert people["dave@nordiccycle-malmo.example"] == ("P-1005", "C-1003")
    assert people["admin@veldhuis.example"] == ("P-1000", None)


def test_the_first_three_orders_are_by_jane_sam_and_may(erp):
    first = [erp.one(sales_order, order_no=f"SO-10000{at}") for at in (1, 2, 3)]
    assert [(row["contact_number"], row["customer_number"]) for row in first] == [
        ("P-1001", "C-1001"),
        ("P-1002", "C-1001"),
        ("P-1004", "C-1002"),
    ]


def test_every_person_of_the_cast_but_ada_has_orders(erp):
    orders = Counter(row["contact_number"] for row in erp.rows(sales_order))
    assert all(orders[number] >= 3 for number in ("P-1001", "P-1002", "P-1003", "P-1004", "P-1005"))
    assert "P-1000" not in orders


def test_orders_are_in_every_state_and_none_is_of_tomorrow(erp):
    orders = erp.rows(sales_order)
    assert {row["status"] for row in orders} == {
        "open",
        "confirmed",
        "picked",
        "partly_delivered",
        "delivered",
        "partly_invoiced",
        "invoiced",
        "cancelled",
    }
    assert max(row["ordered_at"] for row in orders) < NOW


def test_every_order_adds_up(erp):
    lines = {}
    for line in erp.rows(sales_order_line):
        lines[line["order_no"]] = lines.get(line["order_no"], Decimal(0)) + line["net_amount"]
    for order in erp.rows(sales_order):
        assert order["subtotal"] == lines[order["order_no"]]
        assert order["total"] == order["subtotal"] - order["discount"] + order["freight"] + order["tax"]


def test_invoices_of_an_invoiced_order_add_up_to_it(erp):
    billed = Counter()
    for bill in erp.rows(invoice):
        billed[bill["order_no"]] += bill["total"]
    done = erp.rows(sales_order, status="invoiced")
    assert done
    assert all(billed[order["order_no"]] == order["total"] for order in done)


def test_what_left_the_house_is_what_the_lines_say(erp):
    shipped = Counter()
    for row in erp.rows(shipment_line):
        shipped[(row["order_no"], row["order_line_no"])] += row["quantity"]
    picked = {row["order_no"] for row in erp.rows(sales_order, status="picked")}
    for line in erp.rows(sales_order_line):
        if line["order_no"] not in picked:
            assert shipped[(line["order_no"], line["line_no"])] == line["delivered_quantity"]


def test_the_credit_used_is_what_is_not_paid_yet(erp):
    owed = Counter()
    for order in erp.rows(sales_order):
        owed[order["customer_number"]] += order["total"] if order["status"] != "cancelled" else 0
    for bill in erp.rows(invoice):
        owed[bill["customer_number"]] -= bill["paid"]
    for row in erp.rows(customer):
        assert row["credit_used"] == owed[row["number"]] < row["credit_limit"]


def test_every_customer_has_people_and_somewhere_to_deliver(erp):
    numbers = {row["number"] for row in erp.rows(customer)}
    assert {row["customer_number"] for row in erp.rows(contact)} == numbers | {None}
    assert {row["customer_number"] for row in erp.rows(address, purpose="delivery", is_default=True)} == numbers


def test_a_plain_reader_gets_exact_amounts(erp):
    """An outsider reflects the table and reads it with types of his own."""
    plain = create_engine(erp.engine.url)
    with plain.connect() as conn:
        totals = [Decimal(str(row[0])) for row in conn.exec_driver_sql("SELECT total FROM sales_order ORDER BY id")]
    plain.dispose()
    assert totals == [row["total"] for row in erp.rows(sales_order)]


def test_every_price_group_in_use_has_a_row(erp):
    codes = {row["code"] for row in erp.rows(price_group)}
    assert {row["price_group"] for row in erp.rows(price)} == codes
    assert {row["price_group"] for row in erp.rows(customer)} <= codes


def test_a_contact_has_the_full_name_made_of_both_parts(erp):
    people = erp.rows(contact)
    assert all(row["full_name"] == f"{row['first_name']} {row['last_name']}" for row in people)
