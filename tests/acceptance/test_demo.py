"""The demo, as the people in it: who sees what, a new order's way to the ERP and back, and changes by an administrator."""

import re
from decimal import Decimal

import pytest

from support.visitor import Visitor

MATRIX = {
    "SO-100001": {"admin", "rita", "jane"},
    "SO-100002": {"admin", "rita", "sam"},
    "SO-100003": {"admin"},
}
PEOPLE = ("admin", "rita", "jane", "sam", "may")
NOBODYS = "SO-999999"
VIEWS = ("orders-open", "orders-delivered", "orders-all")
CELLS = [(order, person) for order in MATRIX for person in PEOPLE]


def shown(page) -> set[str]:
    """The orders that a page leads to."""
    return {link.rpartition("/")[2] for link in page.links() if re.search(r"/orders/SO-\d+$", link)}


def all_pages(visitor: Visitor, path: str) -> set[str]:
    """The orders of every page of a list."""
    found: set[str] = set()
    page = visitor.get(path)
    for _ in range(60):
        found |= shown(page)
        following = re.search(r'<a\b[^>]*href="([^"]+)"[^>]*rel="next"|<a\b[^>]*rel="next"[^>]*href="([^"]+)"', page.body)
        if not following:
            return found
        page = visitor.get((following[1] or following[2]).replace("&amp;", "&"))
    raise AssertionError("the list does not end")


@pytest.mark.parametrize(("order", "person"), CELLS, ids=[f"{order} by {person}" for order, person in CELLS])
def test_an_order_is_there_for_those_of_the_matrix_and_for_nobody_else(demo, order, person):
    visitor = demo.known(person)
    listed = shown(visitor.get(f"/orders?view=orders-all&q={order}"))
    page = visitor.get(f"/orders/{order}")
    if person in MATRIX[order]:
        assert listed == {order}
        assert page.status == 200
        assert order in page.text
    else:
        assert listed == set()
        assert page.status == (403 if person == "may" else 404)
        assert order not in page.text


@pytest.mark.parametrize(("order", "person"), CELLS, ids=[f"{order} by {person}" for order, person in CELLS])
def test_a_file_and_a_search_hold_an_order_for_those_of_the_matrix_and_for_nobody_else(demo, order, person):
    visitor = demo.known(person)
    file = visitor.get(f"/orders?view=orders-all&q={order}&export=csv")
    found = visitor.get(f"/search?q={order}")
    assert (file.status, found.status) == (403 if person == "may" else 200, 200)
    seen = person in MATRIX[order]
    assert (file.status == 200 and order in file.body) is seen
    assert (f"/orders/{order}" in found.links()) is seen


@pytest.mark.parametrize("person", ["jane", "sam", "rita"])
@pytest.mark.parametrize("path", ["/orders/{}", "/orders/{}/edit", "/sv-SE/orders/{}"])
def test_another_ones_order_and_one_that_does_not_exist_get_the_same_answer(demo, person, path):
    visitor = demo.known(person)
    foreign = visitor.get(path.format("SO-100003"))
    missing = visitor.get(path.format(NOBODYS))
    assert (foreign.status, missing.status) == (404, 404)
    assert foreign.body.replace("SO-100003", "") == missing.body.replace(NOBODYS, "")
    assert {name for name in foreign.headers if name != "date"} == {name for name in missing.headers if name != "date"}


def placed_by(demo, *emails: str) -> set[str]:
    marks = ", ".join("?" * len(emails))
    return {
        number
        for (number,) in demo.erp(
            "SELECT order_no FROM sales_order JOIN contact ON contact.number = contact_number "
            f"WHERE intake_status = 'accepted' AND email IN ({marks})",
            *emails,
        )
    }


def placed_for(demo, customer: str) -> set[str]:
    return {
        number
        for (number,) in demo.erp(
            "SELECT order_no FROM sales_order WHERE intake_status = 'accepted' AND customer_number = ?", customer
        )
    }


def test_all_pages_together_hold_exactly_what_the_erp_knows_of_each(demo):
    whole = "/orders?view=orders-all&scope=company"
    assert all_pages(demo.known("jane"), whole) == placed_by(demo, "jane@nordiccycle.example")
    assert all_pages(demo.known("sam"), whole) == placed_by(demo, "sam@nordiccycle.example")
    assert all_pages(demo.known("rita"), whole) == placed_for(demo, "C-1001")


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("more", ["q=SO-1000", "q=kettingkast", "q=May+de+Vries", "scope=company", "scope=mine", "sort=-total",
                                  "sort=-contact.full_name", "page=2", "q=%25"])  # fmt: skip
def test_no_view_search_scope_or_order_of_the_list_shows_a_foreign_order(demo, view, more):
    page = demo.known("jane").get(f"/orders?view={view}&{more}")
    assert page.status in (200, 400)
    assert shown(page) <= placed_by(demo, "jane@nordiccycle.example")


def test_rows_that_hang_on_a_foreign_order_are_hidden_with_it(demo):
    [(invoice,)] = demo.erp(
        "SELECT min(number) FROM invoice WHERE customer_number = 'C-1002' AND order_no IN "
        "(SELECT order_no FROM sales_order WHERE contact_number = 'P-1004')"
    )
    assert demo.known("admin").get(f"/invoices/{invoice}").status == 200
    for person in ("rita", "jane", "sam"):
        assert demo.known(person).get(f"/invoices/{invoice}").status == 404
        assert f"/invoices/{invoice}" not in demo.known(person).get(f"/invoices?q={invoice}").links()


def test_who_is_not_signed_in_is_asked_to_and_comes_back_where_he_was_going(demo):
    somebody = Visitor(demo.url)
    asked = somebody.get("/orders/SO-100001")
    assert "/signin" in asked.url
    jane = demo.people["jane"]
    assert somebody.send(asked, "password", email=jane["email"], password=jane["password"]).url.endswith("/orders/SO-100001")


def test_may_without_a_role_gets_home_terms_and_company_but_no_orders(demo):
    may = demo.known("may")
    assert [may.get(path).status for path in ("/", "/terms", "/company", "/profile")] == [200] * 4
    assert [may.get(path).status for path in ("/orders", "/orders/new", "/invoices", "/account")] == [403] * 4
    assert "/orders" not in may.get("/").links()


def test_the_administrator_is_led_to_orders_for_customers_and_a_buyer_to_her_own(demo):
    for person, new in (("admin", "/orders/new-for-customer"), ("jane", "/orders/new")):
        for path in ("/", "/orders"):
            led = {link for link in demo.known(person).get(path).links() if "/orders/new" in link}
            assert led == {new}, (person, path)
        assert demo.known(person).get(new).status == 200


def test_countries_are_shown_by_name_in_the_readers_language(demo):
    shown = {language: demo.known("rita").get(f"{language}/orders/SO-100001").text for language in ("", "/sv-SE", "/nl-NL")}
    assert "Ship-to country Sweden" in shown[""]
    assert "Leveransland Sverige" in shown["/sv-SE"]
    assert "Leveringsland Zweden" in shown["/nl-NL"]


@pytest.mark.parametrize(("language", "heading", "status"), [
    ("", "Orders", "Invoiced"), ("/sv-SE", "Ordrar", "Fakturerad"), ("/nl-NL", "Orders", "Gefactureerd"),
])  # fmt: skip
def test_the_orders_are_there_in_three_languages(demo, language, heading, status):
    page = demo.known("rita").get(f"{language}/orders?view=orders-all&q=SO-100001")
    assert heading in page.text
    assert status in page.text
    assert any(link.startswith(f"{language}/orders/SO-100001") for link in page.links())
    assert demo.known("rita").get(f"{language}/orders/SO-100001").status == 200


def test_what_the_starter_expects_of_its_people_holds(demo):
    done = demo.foyer("test-permissions", "--strict")
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[0]) >= 60


@pytest.mark.parametrize(("person", "prices"), [("jane", "SEK-PARTNER"), ("dave", "SEK-TRADE")])
def test_the_product_list_has_each_customers_own_price_in_the_customers_currency(demo, person, prices):
    products = demo.erp(
        "SELECT product_number, unit_price, price.currency, list_price FROM price JOIN product "
        "ON product.number = product_number WHERE price_group = ? AND min_quantity = 1 ORDER BY product_number LIMIT 3",
        prices,
    )
    assert len(products) == 3
    for number, price, currency, listed in products:
        assert (price, currency) != (listed, "EUR")
        for path in (f"/products?view=products-all&q={number}", f"/products/{number}"):
            assert f"{Decimal(str(price)):,.2f} {currency}" in demo.known(person).get(path).text


def test_who_has_no_price_list_sees_the_list_price(demo):
    [(number, price, currency)] = demo.erp("SELECT number, list_price, currency FROM product ORDER BY number LIMIT 1")
    assert f"{Decimal(str(price)):,.2f} {currency}" in demo.known("admin").get(f"/products?view=products-all&q={number}").text


def test_a_command_beside_the_demo_knows_where_it_answers(demo):
    told = demo.foyer("invite", demo.people["may"]["email"], "--no-mail")
    assert told.stdout.startswith(f"{demo.url}/nl-NL/invitation?code="), told.stdout + told.stderr


def test_the_site_check_of_the_studio_finds_nothing_to_mend_in_the_starter(demo):
    page = demo.known("admin").get("/studio/checkup")
    assert page.status == 200
    assert "0 errors 0 warnings" in page.text, page.text[:2000]
