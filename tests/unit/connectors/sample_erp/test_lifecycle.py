import random
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from connectors.sample_erp.lifecycle import advance, step
from connectors.sample_erp.schema import (
    customer,
    invoice,
    invoice_line,
    sales_order,
    sales_order_line,
    shipment,
    shipment_line,
    stock,
)

NOW = datetime(2026, 3, 11, 10, 30)
LINES = (("CH-1001", Decimal(7)), ("BR-1001", Decimal(3)), ("TY-1001", Decimal("2.5")))


def walk(erp, order, seed):
    """Step one order until it is invoiced; the states on the way."""
    rng, states = random.Random(seed), [order["status"]]
    while order["status"] != "invoiced":
        with erp.engine.begin() as conn:
            step(conn, order, NOW + timedelta(days=len(states)), rng)
        order = erp.one(sales_order, id=order["id"])
        states.append(order["status"])
    return states


@pytest.mark.parametrize("seed", range(12))
def test_what_was_ordered_delivered_and_invoiced_agrees_at_the_end(erp, seed):
    order = erp.place(*LINES)
    walk(erp, order, seed)
    number = order["order_no"]
    shipped, billed = Counter(), Counter()
    for row in erp.rows(shipment_line, order_no=number):
        shipped[row["product_number"]] += row["quantity"]
    bills = erp.rows(invoice, order_no=number)
    papers = [row for bill in bills for row in erp.rows(invoice_line, invoice_number=bill["number"])]
    for row in papers:
        billed[row["product_number"]] += row["quantity"]
    for line in erp.rows(sales_order_line, order_no=number):
        assert line["quantity"] == line["delivered_quantity"] == line["invoiced_quantity"]
        assert line["quantity"] == shipped[line["product_number"]] == billed[line["product_number"]]
        assert line["status"] == "invoiced"
    assert sum(bill["total"] for bill in bills) == order["total"]
    assert sum(bill["tax"] for bill in bills) == order["tax"]
    assert sum(bill["subtotal"] for bill in bills) == sum(row["net_amount"] for row in papers)


def test_orders_go_through_partial_deliveries_and_invoices(erp):
    walks = [walk(erp, erp.place(*LINES, external_id=f"p-{seed}"), seed) for seed in range(12)]
    assert ["open", "confirmed", "picked", "delivered", "invoiced"] in walks
    assert any("partly_delivered" in states for states in walks)
    assert any("partly_invoiced" in states for states in walks)


def test_a_single_piece_is_never_divided(erp):
    for seed in range(8):
        states = walk(erp, erp.place(("CH-1001", Decimal(1)), external_id=f"p-{seed}"), seed)
        assert states == ["open", "confirmed", "picked", "delivered", "invoiced"]


def test_a_parcel_is_packed_then_shipped_then_delivered(erp):
    order, rng, seen = erp.place(("CH-1001", Decimal(1))), random.Random(1), []
    while order["status"] != "invoiced":
        with erp.engine.begin() as conn:
            step(conn, order, NOW, rng)
        order = erp.one(sales_order, id=order["id"])
        seen += [row["status"] for row in erp.rows(shipment, order_no=order["order_no"])]
    assert seen == ["packed", "shipped", "delivered"]


def test_picking_lowers_the_stock(erp):
    erp.change(stock, {"on_hand": Decimal(50)}, product_number="CH-1001")
    walk(erp, erp.place(("CH-1001", Decimal(8))), 1)
    assert erp.one(stock, product_number="CH-1001")["on_hand"] == 42


def test_stock_never_falls_below_zero(erp):
    erp.change(stock, {"on_hand": Decimal(2), "next_receipt": None}, product_number="CH-1001")
    walk(erp, erp.place(("CH-1001", Decimal(8))), 1)
    row = erp.one(stock, product_number="CH-1001")
    assert row["on_hand"] > 0
    assert row["next_receipt"] > date(2026, 3, 11)


def test_a_due_date_follows_the_terms_of_payment(erp):
    order = erp.place(("CH-1001", Decimal(1)))
    walk(erp, order, 1)
    bill = erp.one(invoice, order_no=order["order_no"])
    assert bill["due_date"] - bill["invoice_date"] == timedelta(days=30)


def test_an_invoiced_order_stays_where_it_is(erp):
    order = erp.one(sales_order, order_no="SO-100001")
    with erp.engine.begin() as conn:
        step(conn, order, NOW, random.Random(1))
    assert erp.one(sales_order, order_no="SO-100001") == order


def test_orders_that_were_not_accepted_are_left_alone(erp):
    refused, waiting = erp.place(), erp.send(("CH-1001", 1), external_id="later")
    with erp.engine.begin() as conn:
        moved = [number for _ in range(100) for number in advance(conn, NOW, random.Random(3), count=2)]
    assert None not in moved
    assert "None" not in moved
    assert erp.one(sales_order, id=refused["id"])["status"] == "cancelled"
    assert erp.one(sales_order, id=waiting)["status"] == "open"


def test_a_living_erp_comes_to_rest_with_every_credit_as_its_open_bills_say(erp):
    rng = random.Random(5)
    with erp.engine.begin() as conn:
        for day in range(900):
            advance(conn, NOW + timedelta(days=day), rng, count=3)
    assert {row["status"] for row in erp.rows(sales_order)} == {"invoiced", "cancelled"}
    assert {row["status"] for row in erp.rows(invoice)} == {"paid"}
    assert {row["credit_used"] for row in erp.rows(customer)} == {Decimal(0)}


def test_every_change_of_a_step_has_a_change_number_of_its_own(erp):
    with erp.engine.begin() as conn:
        for _ in range(50):
            advance(conn, NOW, random.Random(4))
    seqs = []
    with erp.engine.connect() as conn:
        for table in (sales_order, sales_order_line, shipment, shipment_line, invoice, invoice_line, stock, customer):
            seqs += conn.scalars(select(table.c.modified_seq))
            assert conn.execute(select(func.min(table.c.modified_seq))).scalar_one() > 0
    assert len(seqs) == len(set(seqs))
