import random
from datetime import datetime
from decimal import Decimal

from connectors.sample_erp.lifecycle import step
from connectors.sample_erp.schema import invoice, sales_order

NOW = datetime(2026, 3, 11, 10, 30)


def test_an_order_is_taken_delivered_and_invoiced(erp_anywhere):
    order = erp_anywhere.place(("CH-1001", Decimal(7)), ("BR-1001", Decimal("2.5")))
    assert order["order_no"] == "SO-100301"
    for at in range(12):
        current = erp_anywhere.one(sales_order, id=order["id"])
        with erp_anywhere.engine.begin() as conn:
            step(conn, current, NOW, random.Random(at))
    assert erp_anywhere.one(sales_order, id=order["id"])["status"] == "invoiced"
    assert sum(bill["total"] for bill in erp_anywhere.rows(invoice, order_no="SO-100301")) == order["total"]


def test_new_rows_get_ids_after_those_of_the_seed(erp_anywhere):
    assert erp_anywhere.send(("CH-1001", 1)) == 301


def test_amounts_come_back_exactly(erp_anywhere):
    order = erp_anywhere.one(sales_order, order_no="SO-100001")
    assert str(order["total"]) == str(order["subtotal"] - order["discount"] + order["freight"] + order["tax"])


def test_a_refusal_leaves_the_reason_in_the_row(erp_anywhere):
    order = erp_anywhere.place(("CH-1001", 0))
    assert (order["intake_status"], order["intake_field"]) == ("refused", "quantity")
