from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from connectors.sample_erp.intake import UNREADABLE, take_waiting, waiting
from connectors.sample_erp.schema import change_counter, contact, customer, price, product, sales_order, sales_order_line

NOW = datetime(2026, 3, 11, 10, 30)


def test_an_order_is_numbered_priced_and_charged_to_the_credit(erp, chain):
    before = erp.one(customer, number="C-1001")["credit_used"]
    order = erp.place(chain)
    (line,) = erp.rows(sales_order_line, order_id=order["id"])
    tier = erp.rows(price, product_number="CH-1001", price_group="SEK-PARTNER")[0]
    assert (order["intake_status"], order["status"], order["order_no"]) == ("accepted", "open", "SO-100301")
    assert (line["order_no"], line["line_no"], line["unit_price"]) == ("SO-100301", 1, tier["unit_price"])
    assert order["subtotal"] == line["net_amount"] > 0
    assert order["total"] == order["subtotal"] - order["discount"] + order["freight"] + order["tax"]
    assert erp.one(customer, number="C-1001")["credit_used"] == before + order["total"]


def test_what_the_outsider_leaves_open_is_filled_from_the_customer(erp, chain):
    order = erp.place(chain)
    assert (order["company_code"], order["currency"], order["price_group"]) == ("VPSE", "SEK", "SEK-PARTNER")
    assert (order["language"], order["ordered_at"]) == ("en-US", NOW)
    assert (order["delivery_street"], order["delivery_city"]) == ("Terminalgatan 12", "Göteborg")


def test_a_delivery_address_of_the_order_is_kept(erp, chain):
    order = erp.place(chain, delivery_description="Site", delivery_street="Kajen 1", delivery_country="NO")
    assert (order["delivery_description"], order["delivery_street"]) == ("Site", "Kajen 1")
    assert erp.one(sales_order_line, order_id=order["id"])["country"] == "NO"


def test_lines_keep_the_order_in_which_they_were_sent(erp):
    order = erp.place(("CH-1001", 1), ("BR-1001", 2), ("TY-1001", 3))
    lines = erp.rows(sales_order_line, order_id=order["id"])
    assert [(line["line_no"], line["product_number"]) for line in lines] == [
        (1, "CH-1001"),
        (2, "BR-1001"),
        (3, "TY-1001"),
    ]


def test_a_product_without_a_price_for_the_group_costs_its_converted_list_price(erp, chain):
    with erp.engine.begin() as conn:
        conn.execute(price.delete().where(price.c.product_number == "CH-1001"))
    order = erp.place(chain)
    listed = erp.one(product, number="CH-1001")["list_price"]
    assert erp.one(sales_order_line, order_id=order["id"])["unit_price"] == listed * Decimal("11.25")


def test_the_confirmed_date_is_never_before_the_requested_one(erp, chain):
    assert erp.place(chain, requested_date=date(2027, 1, 4))["confirmed_date"] == date(2027, 1, 4)


@pytest.mark.parametrize(
    ("header", "field", "message"),
    [
        ({"customer_number": "C-9"}, "customer_number", "Customer C-9 is not known."),
        ({"customer_number": None}, "customer_number", "Customer (none) is not known."),
        ({"contact_number": "P-9"}, "contact_number", "Contact P-9 is not known."),
        ({"contact_number": "P-1004"}, "contact_number", "Contact P-1004 is not a contact of customer C-1001."),
        ({"company_code": "VPNL"}, "company_code", "Customer C-1001 buys from company VPSE, not from VPNL."),
        ({"requested_date": date(2026, 3, 10)}, "requested_date", "Requested date 2026-03-10 is in the past."),
    ],
)
def test_a_wrong_header_is_refused_with_its_column(erp, chain, header, field, message):
    order = erp.place(chain, **header)
    assert (order["intake_status"], order["intake_field"], order["intake_message"]) == ("refused", field, message)
    assert (order["order_no"], order["status"]) == (None, "cancelled")


@pytest.mark.parametrize(
    ("line", "field", "message"),
    [
        (("CH-1001", 0), "quantity", "The quantity of product CH-1001 must be more than zero."),
        (("CH-1001", -2), "quantity", "The quantity of product CH-1001 must be more than zero."),
        (("CH-1001", None), "quantity", "The quantity of product CH-1001 must be more than zero."),
        (("XX-1", 1), "product_number", "Product XX-1 is not known."),
        ((None, 1), "product_number", "Product (none) is not known."),
    ],
)
def test_a_wrong_line_is_refused_with_its_column(erp, chain, line, field, message):
    order = erp.place(chain, line)
    assert (order["intake_status"], order["intake_field"], order["intake_message"]) == ("refused", field, message)


def test_an_order_without_lines_is_refused(erp):
    order = erp.place()
    assert (order["intake_message"], order["intake_field"]) == ("The order has no lines.", None)


def test_a_product_that_is_no_longer_sold_is_refused(erp, chain):
    erp.change(product, {"active": False}, number="CH-1001")
    assert erp.place(chain)["intake_message"] == "Product CH-1001 is no longer sold."


def test_closed_customers_and_contacts_are_refused(erp, chain):
    erp.change(contact, {"active": False}, number="P-1001")
    assert erp.place(chain)["intake_message"] == "Contact P-1001 is no longer active."
    erp.change(customer, {"active": False}, number="C-1001")
    assert erp.place(chain, external_id="portal-2")["intake_message"] == "Customer C-1001 is closed for new orders."


def test_our_own_staff_may_order_for_any_customer(erp, chain):
    assert erp.place(chain, contact_number="P-1000")["intake_status"] == "accepted"


def test_an_order_over_the_remaining_credit_is_refused_and_charges_nothing(erp):
    erp.change(customer, {"credit_limit": Decimal(2000), "credit_used": Decimal(800)}, number="C-1001")
    erp.change(price, {"unit_price": Decimal("98.76")}, product_number="CH-1001")
    order = erp.place(("CH-1001", 100))
    assert order["intake_message"] == (
        "Order total 12 036,38 SEK is over the remaining credit of 1 200,00 SEK for customer C-1001."
    )
    assert (order["intake_status"], order["intake_field"]) == ("refused", None)
    assert erp.one(customer, number="C-1001")["credit_used"] == 800


def test_an_order_for_exactly_the_remaining_credit_is_taken(erp, chain):
    total = erp.place(chain)["total"]
    used = erp.one(customer, number="C-1001")["credit_used"]
    erp.change(customer, {"credit_limit": used + total}, number="C-1001")
    assert erp.place(chain, external_id="portal-2")["intake_status"] == "accepted"
    assert erp.place(chain, external_id="portal-3")["intake_status"] == "refused"


def test_a_refused_order_uses_up_no_number(erp, chain):
    erp.place(external_id="empty")
    assert erp.place(chain)["order_no"] == "SO-100301"


def test_numbers_are_unique_and_without_gaps(erp, chain):
    ids = [erp.send(chain, external_id=f"portal-{at}") for at in range(20)]
    assert take_waiting(erp.engine, NOW) == 20
    numbers = [erp.one(sales_order, id=order_id)["order_no"] for order_id in ids]
    assert numbers == [f"SO-{number}" for number in range(100_301, 100_321)]


def test_the_same_external_id_can_not_be_sent_twice(erp, chain):
    erp.place(chain)
    with pytest.raises(IntegrityError):
        erp.send(external_id="portal-1")


def test_an_accepted_order_that_is_marked_new_again_stays_as_it_is(erp, chain):
    order = erp.place(chain)
    erp.change(sales_order, {"intake_status": "new"}, id=order["id"])
    take_waiting(erp.engine, NOW)
    again = erp.one(sales_order, id=order["id"])
    assert again | {"modified_seq": 0} == order | {"modified_seq": 0}


def test_a_refused_order_can_be_mended_and_marked_new_again(erp):
    order = erp.place(("CH-1001", 0))
    erp.change(sales_order_line, {"quantity": 2}, order_external_id="portal-1")
    erp.change(sales_order, {"intake_status": "new"}, id=order["id"])
    take_waiting(erp.engine, NOW)
    mended = erp.one(sales_order, id=order["id"])
    assert (mended["intake_status"], mended["intake_message"], mended["status"]) == ("accepted", None, "open")


def test_lines_may_be_linked_by_the_id_of_the_order(erp):
    order_id = erp.send()
    with erp.engine.begin() as conn:
        row = {"order_id": order_id, "product_number": "CH-1001", "quantity": 1}
        conn.execute(insert(sales_order_line), row)
    take_waiting(erp.engine, NOW)
    assert erp.one(sales_order, id=order_id)["intake_status"] == "accepted"


@pytest.mark.parametrize(
    "nonsense", ["UPDATE sales_order_line SET quantity = 'many'", "UPDATE sales_order SET requested_date = 'soon'"]
)
def test_an_order_that_can_not_be_read_is_refused_and_holds_up_nobody(erp, chain, nonsense):
    bad = erp.send(chain)
    with erp.engine.begin() as conn:
        clause = "order_external_id" if "line" in nonsense else "external_id"
        conn.execute(text(f"{nonsense} WHERE {clause} = 'portal-1'"))
    good = erp.place(chain, external_id="portal-2")
    with erp.engine.connect() as conn:
        message = conn.execute(sales_order.select().with_only_columns(sales_order.c.intake_message).filter_by(id=bad))
        assert message.scalar_one() == UNREADABLE
    assert good["intake_status"] == "accepted"
    assert waiting(erp.engine) == []


def test_an_absurdly_large_order_is_refused(erp):
    assert erp.place(("CH-1001", 1e30))["intake_status"] == "refused"


def test_every_row_that_intake_touches_gets_a_change_number_of_its_own(erp):
    start = erp.one(change_counter)["value"]
    order = erp.place(("CH-1001", 1), ("BR-1001", 2))
    rows = [order, erp.one(customer, number="C-1001"), *erp.rows(sales_order_line, order_id=order["id"])]
    seqs = [row["modified_seq"] for row in rows]
    assert sorted(seqs) == list(range(start + 1, start + 5))
    assert order["modified_seq"] == max(seqs) == erp.one(change_counter)["value"]
