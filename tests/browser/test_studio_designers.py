"""Designers in a browser: a list, a form and a page are made by mouse and keyboard, seen as a customer, published, undone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from support.desks import goto, looked_at
from support.marina_site import Marina
from support.studio import open_studio


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Iterator[Marina]:
    with open_studio(sqlite_url, tmp_path) as opened:
        yield opened


class Mouse:
    """Hands that click."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go(self, name: str) -> None:
        """A page of the studio, by its own navigation."""
        tree = self.page.get_by_role("navigation", name="Components").or_(self.page.get_by_role("banner"))
        with self.page.expect_navigation():
            tree.get_by_role("link", name=re.compile(rf"^{name}\b")).filter(visible=True).first.click()

    def new(self, kinds: str, kind: str) -> None:
        """The page where a component of a kind begins."""
        self.go(kinds)
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=f"New: {kind}", exact=True).click()

    def open(self, kinds: str, name: str) -> None:
        """The editor of a component."""
        self.go(kinds)
        with self.page.expect_navigation():
            self.page.get_by_role("main").get_by_role("link", name=name, exact=True).click()

    def press(self, control: Locator) -> None:
        control.click()

    def write(self, field: Locator, text: str) -> None:
        field.fill(text)

    def choose(self, field: Locator, value: str) -> None:
        field.select_option(value)

    def tick(self, box: Locator) -> None:
        box.check()

    def save(self) -> None:
        self.press(self.page.get_by_role("button", name="Save draft").last)


MOST_TABS = 60
"""More than so many to one control are too many."""


class Keys(Mouse):
    """Hands that never leave the keyboard: a control is reached with Tab, after the link that skips to its part of the page.

    Pages are found in the palette.
    """

    def go(self, name: str) -> None:
        self.find(name, f"^{name}$")

    def new(self, kinds: str, kind: str) -> None:
        self.find(f"New: {kind}", f"^New: {kind}$")

    def open(self, kinds: str, name: str) -> None:
        self.find(name, f"^{name}")

    def find(self, words: str, told: str) -> None:
        """Go where a line of the palette leads."""
        keys = self.page.keyboard
        for _ in range(MOST_TABS):
            if self.page.evaluate("document.activeElement.tagName") != "IFRAME":
                break
            keys.press("Shift+Tab")
        keys.press("Control+k")
        expect(self.page.get_by_role("combobox", name="Search or run a command")).to_be_focused()
        keys.type(words)
        options = self.page.get_by_role("option")
        wanted = options.filter(has_text=re.compile(told))
        expect(wanted.first).to_be_visible()
        for _ in range(MOST_TABS):
            if wanted.first.get_attribute("aria-selected") == "true":
                break
            keys.press("ArrowDown")
        with self.page.expect_navigation():
            keys.press("Enter")

    def press(self, control: Locator) -> None:
        self.reach(control)
        self.page.keyboard.press("Enter")

    def write(self, field: Locator, text: str) -> None:
        self.reach(field)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, field: Locator, value: str) -> None:
        self.reach(field)
        self.page.keyboard.type(
            field.evaluate("(node, value) => [...node.options].find((one) => one.value === value).text", value)
        )
        expect(field).to_have_value(value)

    def tick(self, box: Locator) -> None:
        self.reach(box)
        self.page.keyboard.press("Space")
        expect(box).to_be_checked()

    def reach(self, control: Locator) -> None:
        """Tab on from where the focus is; on a page that was just opened, from its main part or from what stands beside it."""
        expect(control).to_be_visible()
        keys = self.page.keyboard
        if self.page.evaluate("document.activeElement === document.body"):
            beside = control.evaluate("node => Boolean(node.closest('aside'))")
            for _ in range(3 if beside else 1):
                keys.press("Tab")
            keys.press("Enter")
            expect(self.page.locator("#beside" if beside else "#main")).to_be_focused()
        back = control.evaluate("node => Boolean(node.compareDocumentPosition(document.activeElement) & 4)")
        for _ in range(MOST_TABS):
            if control.evaluate("node => node === document.activeElement"):
                return
            keys.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"{control} is not reached with {MOST_TABS} tabs")

    def save(self) -> None:
        self.page.keyboard.press("Control+s")


def begin(hands: Mouse, kinds: str, kind: str, key: str, **more: str) -> None:
    page = hands.page
    hands.new(kinds, kind)
    hands.write(page.get_by_label("What people call it"), key)
    for label, word in more.items():
        hands.write(page.get_by_label(label.replace("_", " ")), word)
    hands.press(page.locator("main").get_by_role("button", name="New component"))
    expect(page.locator("h1")).to_have_text(key)
    fields = page.get_by_role("main").get_by_role("link", name="Fields", exact=True)
    if fields.get_attribute("aria-current") != "page":
        hands.press(fields)
        expect(page.locator("#editor")).to_be_visible()


def fill(hands: Mouse, **fields: str) -> None:
    """Fill in an editor and save it. `__` stands for a dot; lists get an item for each that is named."""
    page = hands.page
    for name, value in fields.items():
        field = page.locator(f'[name="p.{name.replace("__", ".")}"]')
        if value == "+":
            hands.press(page.get_by_role("button", name=f"Add: {name.capitalize()}", exact=True))
            expect(page.locator(f'[id^="f-{name}."]:visible').first).to_be_visible()
        elif field.evaluate("node => node.tagName") == "SELECT":
            hands.choose(field, value)
        else:
            hands.write(field, value)
    hands.save()
    expect(page.get_by_role("status").last).to_contain_text("The draft is saved.")


def designed(hands: Mouse, *names: str, count: str) -> None:
    """Place attributes from the palette."""
    page = hands.page
    for number, name in enumerate(names, 1):
        hands.press(page.get_by_role("button", name=f"Add {name}", exact=True).first)
        expect(page.locator(count)).to_have_count(number)


@pytest.mark.parametrize("with_hands", [Mouse, Keys])
def test_a_list_a_form_a_page_and_a_permission_are_made_seen_published_and_undone(
    desk: Page, site: Marina, with_hands: type[Mouse]
) -> None:
    hands = with_hands(desk)
    begin(hands, "Entities", "Entity", "buoy")
    hands.press(desk.get_by_role("main").get_by_role("link", name="Design", exact=True))
    for number, name in enumerate(("Name", "Colour")):
        hands.write(desk.get_by_label("What people call it"), name)
        hands.press(desk.get_by_role("button", name="Add an attribute"))
        expect(desk.locator("#designer tbody tr").nth(number)).to_contain_text("Text")
    hands.press(desk.get_by_role("link", name="General"))
    hands.write(desk.locator('[name="p.primary_name"]'), "name")
    expect(desk.locator(".error-summary")).to_have_count(0)
    expect(desk.get_by_role("complementary")).to_contain_text("create table buoy")

    begin(hands, "Views", "View", "buoys")
    fill(hands, entity="buoy", label__any="Buoys")
    hands.press(desk.get_by_role("main").get_by_role("link", name="Design", exact=True))
    designed(hands, "Name", "Colour", count='[data-sortable="columns"] > li[data-path]')
    begin(hands, "Lists", "List", "buoys")
    fill(hands, label__any="Buoys", views="+", views__0="buoys")
    begin(hands, "Forms", "Form", "buoy")
    fill(hands, entity="buoy", label__any="Buoy")
    hands.press(desk.get_by_role("main").get_by_role("link", name="Design", exact=True))
    designed(hands, "Name", "Colour", count=".ds-fields > li")

    begin(hands, "Pages", "Page", "buoys")
    fill(
        hands,
        label__any="Buoys",
        parent="home",
        partial_url="buoys",
        blocks="+",
        blocks__0__type="list",
        blocks__0__list="buoys",
    )
    begin(hands, "Pages", "Page", "buoy", Shows_one_record_of_this_entity="buoy")
    fill(
        hands,
        label__any="Buoy",
        parent="buoys",
        record_entity="buoy",
        record_key="id",
        blocks="+",
        blocks__0__type="form",
        blocks__0__form="buoy",
    )
    hands.open("Menus", "main")
    entries = desk.locator('[data-sortable="links"] > [data-path]')
    expect(entries.first).to_be_visible()
    placed = entries.count()
    hands.press(desk.get_by_role("button", name="Add Buoys", exact=True))
    expect(entries).to_have_count(placed + 1)
    hands.save()
    expect(desk.get_by_role("status").last).to_contain_text("Everything is saved.")

    hands.go("Permissions")
    hands.press(desk.get_by_role("link", name=re.compile("buoy, skipper:", re.IGNORECASE)))
    hands.tick(desk.get_by_label("Global: every row"))
    hands.tick(desk.get_by_label("read", exact=True))
    hands.press(desk.get_by_role("complementary").get_by_role("button", name="Save draft"))
    expect(desk.get_by_role("link", name=re.compile("buoy, skipper: +global", re.IGNORECASE))).to_be_visible()

    hands.go("View as")
    hands.press(desk.get_by_role("button", name="Alice"))
    seen = desk.frame_locator("#preview iframe")
    expect(seen.locator(".looked-through")).to_contain_text("Seen as Alice")
    hands.press(seen.get_by_role("link", name="Buoys").first)
    expect(seen.locator("h1")).to_have_text("Buoys")
    expect(seen.get_by_role("link", name="Buoys").first).to_be_visible()

    hands.go("Publish")
    hands.write(desk.get_by_label("What and why"), "Buoys for skippers")
    hands.press(desk.get_by_role("button", name=re.compile("^Publish [0-9]+ changes")))
    expect(desk.get_by_role("main")).to_contain_text("Nothing waits")
    assert site.as_("alice").get("/buoys").status_code == 200

    hands.go("History")
    hands.press(desk.get_by_role("link", name="Look at it 1"))
    expect(desk.locator("#preview")).to_contain_text("if release 1 were served")
    looked_at(desk)

    hands.go("History")
    hands.press(desk.get_by_role("link", name="Back to release 1"))
    hands.press(desk.get_by_role("button", name="Back to release 1"))
    expect(desk.get_by_role("main")).to_contain_text("3 In force")
    assert site.as_("alice").get("/buoys").status_code == 404


def test_pages_of_an_entity_are_made_with_a_few_keys_and_seen_as_a_customer(desk: Page, site: Marina) -> None:
    hands = Keys(desk)
    hands.new("Entities", "Entity")
    looked_at(desk)
    hands.write(desk.get_by_label("What people call it"), "Spare sail")
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile("/studio/design/entity/spare_sail"))
    hands.write(desk.get_by_label("What people call it"), "Name")
    hands.choose(desk.get_by_label("Type", exact=True).first, "text")
    hands.reach(desk.get_by_label("What people call it"))
    desk.keyboard.press("Enter")
    expect(desk.locator("#designer tbody tr").first).to_contain_text("Text")
    hands.press(desk.get_by_role("main").get_by_role("link", name="Make pages"))
    expect(desk.get_by_role("button", name="Make the drafts")).to_be_visible()
    looked_at(desk)
    hands.choose(desk.get_by_label("Web role"), "skipper")
    hands.press(desk.get_by_role("button", name="Make the drafts"))
    expect(desk.get_by_role("status").last).to_contain_text("12 drafts are made.")
    hands.go("View as")
    hands.press(desk.get_by_role("button", name="Alice"))
    seen = desk.frame_locator("#preview iframe")
    hands.press(seen.get_by_role("link", name="Spare sail").first)
    expect(seen.get_by_role("link", name="New").first).to_be_visible()
    for path in ("people", "audit", "uses/entity/berth"):
        goto(desk, f"/studio/{path}")
        looked_at(desk)


def test_columns_and_fields_are_dragged_and_the_window_follows(desk: Page, site: Marina) -> None:
    site.book("D1")
    goto(desk, "/studio/design/view/bookings-all")
    looked_at(desk)
    columns = desk.locator('[data-sortable="columns"] > li[data-path] a')
    seen = desk.frame_locator("#preview iframe")
    expect(seen.locator("thead th").nth(1)).to_contain_text("Arrival")
    columns.nth(1).locator("..").locator(".handle").drag_to(columns.nth(3))
    expect(columns.nth(1)).not_to_contain_text("Arrival")
    expect(seen.locator("thead th").nth(1)).not_to_contain_text("Arrival")
    desk.get_by_role("button", name="Undo").click()
    expect(columns.nth(1)).to_contain_text("Arrival")
    desk.locator('[data-palette] li[data-word="paid"] .type').drag_to(columns.nth(0))
    expect(desk.locator('[data-sortable="columns"]')).to_contain_text("Paid")

    goto(desk, "/studio/design/form/booking-edit")
    looked_at(desk)
    fields = desk.locator(".ds-fields > li")
    desk.get_by_role("button", name="Add Paid", exact=True).click()
    expect(fields.filter(has_text="Paid")).to_have_count(1)
    first = fields.nth(0).inner_text()
    fields.nth(0).get_by_role("button", name=re.compile("down")).focus()
    desk.keyboard.press("Enter")
    expect(fields.nth(0)).not_to_have_text(first)
    goto(desk, "/studio/design/entity/booking")
    looked_at(desk)
    goto(desk, "/studio/permissions?entity=booking&role=skipper")
    looked_at(desk)
    for path in ("/studio/pages", "/studio/design/page/bookings", "/studio/design/web_link_set/main"):
        goto(desk, path)
        looked_at(desk)


def test_nothing_in_a_designer_is_cut_off_or_scrolls_to_nowhere(desk):
    goto(desk, "/studio/design/page/terms")
    desk.get_by_role("link", name="Desktop", exact=True).click()
    menu = desk.frame_locator("#preview iframe").locator("nav.site-nav")
    expect(menu).to_be_visible()
    assert menu.evaluate("menu => menu.clientHeight") < 100, "the page is short, and its menu has not grown for it"
    stage = desk.locator(".pv-stage").evaluate("stage => [getComputedStyle(stage).overflow, stage.clientWidth]")
    assert stage[0] == "clip"

    goto(desk, "/studio/permissions")
    heights = desk.locator(".data-wrap").evaluate("wrap => [wrap.scrollHeight, wrap.clientHeight]")
    assert heights[0] == heights[1]

    goto(desk, "/studio/design/form/booking-read")
    related = desk.locator("summary", has_text="Related list").last
    related.evaluate("one => one.scrollIntoView({ block: 'center' })")
    related.click()
    choice = desk.locator("details.menu[open] .menu-panel button").last
    covered = "one => { const box = one.getBoundingClientRect();"
    covered += "return one.contains(document.elementFromPoint(box.x + 8, box.y + box.height - 4)); }"
    assert choice.evaluate(covered)


def test_a_page_is_moved_again_and_again_by_the_keyboard(desk):
    goto(desk, "/studio/pages")
    pages = desk.locator("main li.ds-deep-1")
    last = pages.last.locator("bdi").first.inner_text()
    pages.last.get_by_role("button", name=re.compile("up$")).focus()
    for place in (2, 3):
        with desk.expect_navigation():
            desk.keyboard.press("Enter")
        expect(pages.nth(-place)).to_contain_text(last)
        expect(pages.nth(-place).get_by_role("button", name=re.compile("up$"))).to_be_focused()
