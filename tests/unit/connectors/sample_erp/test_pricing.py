from decimal import Decimal

import pytest

from connectors.sample_erp.pricing import (
    Tier,
    display,
    in_currency,
    line_discount,
    net_amount,
    order_totals,
    unit_price,
)

TIERS = [
    Tier(Decimal(10), Decimal("4.50")),
    Tier(Decimal(1), Decimal("5.00")),
    Tier(Decimal(50), Decimal("4.00")),
]
NO_DISCOUNT = Decimal(0)


@pytest.mark.parametrize(
    ("quantity", "price"),
    [("0.5", "6.00"), ("1", "5.00"), ("9.999", "5.00"), ("10", "4.50"), ("49", "4.50"), ("50", "4.00"), ("900", "4.00")],
)
def test_the_highest_tier_that_the_quantity_reaches_sets_the_price(quantity, price):
    assert unit_price(TIERS, Decimal(quantity), list_price=Decimal("6.00")) == Decimal(price)


def test_a_product_without_tiers_costs_its_list_price():
    assert unit_price([], Decimal(5), list_price=Decimal("6.00")) == Decimal("6.00")


def test_three_times_three_thirty_three_and_a_cent_make_exactly_ten():
    nets = [net_amount(Decimal(3), Decimal("3.33"), NO_DISCOUNT), net_amount(Decimal(1), Decimal("0.01"), NO_DISCOUNT)]
    assert nets == [Decimal("9.99"), Decimal("0.01")]
    assert order_totals(nets, Decimal(0), "EUR").subtotal == Decimal("10.00")


def test_half_a_cent_goes_up():
    assert net_amount(Decimal(1), Decimal("2.0050"), NO_DISCOUNT) == Decimal("2.01")
    assert net_amount(Decimal("0.5"), Decimal("0.01"), NO_DISCOUNT) == Decimal("0.01")


def test_a_line_discount_is_taken_before_rounding():
    assert net_amount(Decimal(3), Decimal("3.33"), Decimal("2.50")) == Decimal("9.74")


def test_only_partners_get_a_line_discount():
    assert [line_discount(group) for group in ("SEK-PARTNER", "SEK-TRADE", None)] == [Decimal("2.50"), 0, 0]


def test_tax_is_taken_once_on_the_sum_of_the_lines():
    lines = [Decimal("0.10")] * 30
    totals = order_totals(lines, Decimal("21.00"), "EUR")
    assert totals.subtotal == Decimal("3.00")
    assert totals.tax == Decimal("2.63")  # 21 % of 3.00 and 9.50 freight; thirty times 0.02 would have been 0.60
    assert totals.total == Decimal("15.13")


def test_freight_is_free_from_a_subtotal_upward():
    assert order_totals([Decimal("249.99")], Decimal(0), "EUR").freight == Decimal("9.50")
    assert order_totals([Decimal("250.00")], Decimal(0), "EUR").freight == 0


def test_a_large_order_gets_an_order_discount_before_tax():
    totals = order_totals([Decimal("5000.00")], Decimal("21.00"), "EUR")
    assert (totals.discount, totals.tax, totals.total) == (Decimal("100.00"), Decimal("1029.00"), Decimal("5929.00"))


def test_a_list_price_is_kept_in_euros_and_converted():
    assert in_currency(Decimal("9.9500"), "SEK") == Decimal("111.9375")
    assert in_currency(Decimal("9.9500"), "EUR") == Decimal("9.9500")


def test_amounts_are_written_with_spaces_and_a_comma():
    assert display(Decimal("12345"), "SEK") == "12 345,00 SEK"
    assert display(Decimal("1234567.895"), "EUR") == "1 234 567,90 EUR"
