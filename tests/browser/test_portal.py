"""The customer portal of the demo on a desktop and on a phone, by mouse and by keyboard."""

import re

import pytest
from playwright.sync_api import Page, expect

from support.axe import assert_no_axe_violations
from support.screens import sideways

DESKTOP, PHONE = 1280, 360
WIDTHS = [DESKTOP, PHONE]
PAGES = [
    ("rita", "/", 200), ("rita", "/orders", 200), ("rita", "/orders?view=orders-all&q=SO-1000", 200),
    ("rita", "/orders?q=nothing+like+it", 200), ("rita", "/orders?view=orders-all&sort=-total", 200),
    ("rita", "/orders/SO-100001", 200), ("rita", "/orders/new", 200), ("rita", "/invoices", 200),
    ("rita", "/products", 200), ("rita", "/account", 200), ("rita", "/profile", 200), ("rita", "/terms", 200),
    ("rita", "/company", 200), ("rita", "/orders/SO-100003", 404), ("rita", "/nothing-here", 404),
    ("may", "/", 200), ("may", "/orders", 403), ("admin", "/orders", 200), ("admin", "/orders/new-for-customer", 200),
    ("", "/signin", 200), ("", "/password/forgot", 200),
]  # fmt: skip


def focused(page: Page) -> str:
    """What has the focus, in words."""
    return page.evaluate("(document.activeElement.innerText || document.activeElement.ariaLabel || '').trim()")


@pytest.mark.parametrize(("person", "path", "status"), PAGES)
def test_a_page_is_sound_to_axe_and_fits_a_desk_and_a_phone_and_complains_of_nothing(at_desk, person, path, status):
    page = at_desk(person)
    answer = page.goto(path)
    assert answer.status == status
    assert page.locator("h1").count() == 1
    for width, height in ((DESKTOP, 800), (PHONE, 740)):
        page.set_viewport_size({"width": width, "height": height})
        assert sideways(page) <= 0
        assert_no_axe_violations(page)


@pytest.mark.parametrize("path", ["/", "/orders?view=orders-all", "/orders/SO-100001", "/orders/new"])
def test_in_the_dark_axe_finds_nothing_either(at_desk, path):
    page = at_desk("rita", color_scheme="dark")
    page.goto(path)
    assert_no_axe_violations(page)


@pytest.mark.parametrize("width", WIDTHS)
def test_signing_in_leads_home_and_from_there_to_an_order(at_desk, demo, width):
    page = at_desk("", width)
    page.goto("/orders")
    expect(page).to_have_url(re.compile("/signin"))
    page.get_by_label("Email").fill(demo.people["sam"]["email"])
    page.locator("input[name=password]").fill(demo.people["sam"]["password"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Orders")
    page.goto("/orders?view=orders-all&q=SO-100002")
    page.get_by_role("link", name="SO-100002").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("SO-100002")
    assert sideways(page) <= 0


def test_typing_in_the_search_box_and_pressing_a_heading_change_the_list(at_desk):
    page = at_desk("rita")
    page.goto("/orders?view=orders-all")
    page.get_by_role("searchbox", name="Search in").fill("SO-100001")
    expect(page.locator(".data .rec")).to_have_text(["SO-100001"])
    page.goto("/orders?view=orders-all")
    page.get_by_role("columnheader", name="Total").get_by_role("link").click()
    expect(page.locator("th[aria-sort]:not([aria-sort=none])")).to_contain_text("Total")
    cells = page.locator(".data tbody tr td:last-child").all_inner_texts()
    totals = [float(cell.partition(" ")[0].replace(",", "").split("\xa0")[0]) for cell in cells if cell.strip()]
    assert len(totals) > 5
    assert totals in (sorted(totals), sorted(totals, reverse=True))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_new_order_in_three_steps_ends_at_its_number(at_desk, demo, width):
    page = at_desk("jane", width)
    begin_order(page)
    assert sideways(page) <= 0
    assert_no_axe_violations(page)
    page.get_by_label("Deliver to").select_option(index=1)
    page.get_by_label("Requisition number").fill(f"screen {width}")
    page.get_by_role("button", name="Next").last.click()
    box = page.get_by_role("combobox").first
    box.press_sequentially("saddle", delay=10)
    expect(page.get_by_role("option").first).to_be_visible()
    assert_no_axe_violations(page)
    box.press("ArrowDown")
    box.press("Enter")
    expect(box).to_have_value(re.compile("saddle"))
    page.locator("input[name=lines-0-quantity]").fill("4")
    assert sideways(page) <= 0
    page.get_by_role("button", name="Next").last.click()
    expect(page.get_by_role("heading", name="Review and submit")).to_be_visible()
    expect(page.locator("main")).to_contain_text("saddle")
    assert sideways(page) <= 0
    assert_no_axe_violations(page)
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("SO-")
    assert demo.erp("SELECT order_no FROM sales_order WHERE requisition = ?", f"screen {width}")
    assert sideways(page) <= 0


def begin_order(page: Page) -> None:
    """A form that nothing was typed in, whatever was left before."""
    page.goto("/orders/new?restart=1")
    again = page.locator("main button[value=restart]")
    if again.count():
        with page.expect_navigation():
            again.click()
    page.goto("/orders/new")
    expect(page.get_by_label("Deliver to")).to_be_visible()


def test_what_was_typed_before_the_session_ended_is_there_after_signing_in_again(at_desk, demo):
    page, elsewhere = at_desk(), at_desk("dave")
    page.goto("/signin")
    sign_in_here(page, demo.people["dave"])
    begin_order(page)
    page.get_by_label("Requisition number").fill("typed before lunch")
    expect(page.get_by_text("Kept at")).to_be_visible()
    elsewhere.goto("/sessions")
    elsewhere.locator("button[value=others]").click()
    expect(elsewhere.locator("button[value=others]")).to_have_count(0)
    page.get_by_role("button", name="Next").last.click()
    expect(page).to_have_url(re.compile("/signin"))
    sign_in_here(page, demo.people["dave"])
    expect(page.locator("input[name=requisition]")).to_have_value("typed before lunch")


def sign_in_here(page: Page, person: dict[str, str]) -> None:
    """Sign in at the form that is shown."""
    page.locator("input[name=email]").fill(person["email"])
    page.locator("input[name=password]").fill(person["password"])
    with page.expect_navigation(url=lambda url: "/signin" not in url):
        page.locator("main form button[type=submit]").first.click()


def test_the_estimate_follows_what_is_typed(at_desk):
    page = at_desk("sam")
    begin_order(page)
    page.get_by_label("Deliver to").select_option(index=1)
    page.get_by_role("button", name="Next").last.click()
    amount, total = page.locator(".rows .amount").first, page.locator("[data-estimate]")
    expect(total).to_contain_text("0 lines")
    box = page.get_by_role("combobox").first
    box.press_sequentially("saddle", delay=10)
    page.get_by_role("option").first.click()
    expect(total).to_contain_text("1 line")
    one = amount.inner_text()
    page.locator("input[name=lines-0-quantity]").fill("7")
    page.locator("input[name=lines-0-quantity]").blur()
    expect(amount).not_to_have_text(one)
    assert amount.inner_text() in total.inner_text()
    assert_no_axe_violations(page)


def test_a_step_that_lacks_something_says_so_at_the_field_and_above(at_desk):
    page = at_desk("rita")
    begin_order(page)
    page.get_by_label("Requested receipt date").fill("")
    page.get_by_role("button", name="Next").last.click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    page.locator(".error-summary a, [role=alert] a").first.click()
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
    assert_no_axe_violations(page)


def test_the_keyboard_reaches_the_content_the_menu_and_the_main_action_in_this_order(at_desk):
    page = at_desk("rita")
    page.goto("/orders")
    stops = []
    for _ in range(20):
        page.keyboard.press("Tab")
        stops.append(focused(page))
    assert stops[0] == "Skip to content"
    wanted = [stops.index(name) for name in ("Home", "Orders", "Products", "Invoices")]
    assert wanted == sorted(wanted)
    assert stops.index("New order") > wanted[-1]
    page.goto("/orders")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page) not in stops[: stops.index("Home") + 1] or focused(page) == "Home"
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_an_order_is_opened_and_the_way_back_found_by_keyboard_alone(at_desk):
    page = at_desk("rita")
    page.goto("/orders?view=orders-all&q=SO-100001")
    page.get_by_role("link", name="SO-100001").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("SO-100001")
    page.get_by_role("navigation").get_by_role("link", name="Orders").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Orders")


@pytest.mark.parametrize(("language", "heading"), [("Svenska", "Ordrar"), ("Nederlands", "Orders")])
def test_the_language_is_changed_in_the_menu_and_stays_at_the_page(at_desk, language, heading):
    page = at_desk("rita")
    page.goto("/orders")
    page.get_by_role("banner").locator("summary").first.click()
    page.get_by_role("banner").get_by_role("link", name=language).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    expect(page).to_have_url(re.compile(r"/(sv-SE|nl-NL)/orders$"))
    expect(page.locator("html")).to_have_attribute("lang", re.compile("sv-SE|nl-NL"))
