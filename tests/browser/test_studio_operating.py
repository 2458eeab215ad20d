"""The pages by which a site is run, in a browser: sound to axe on a laptop and a phone, and done by hand."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from support.desks import goto, looked_at
from support.marina_site import Marina


def test_people_are_found_invited_and_locked(desk: Page, site: Marina) -> None:
    desk.get_by_role("link", name="People", exact=True).click()
    looked_at(desk)
    desk.get_by_label("Name, e-mail or account").fill("frida")
    desk.get_by_role("button", name="Search").click()
    desk.get_by_role("link", name="Frida").click()
    desk.get_by_role("button", name="Send invitation").click()
    expect(desk.get_by_role("status")).to_contain_text("on its way")
    expect(desk.get_by_role("main")).to_contain_text("Invited")
    looked_at(desk)
    goto(desk, f"/studio/people/{site.people['alice']}")
    desk.get_by_label("master").check()
    desk.get_by_role("button", name="Save roles").click()
    expect(desk.get_by_label("master")).to_be_checked()
    desk.get_by_role("button", name="Lock", exact=True).click()
    expect(desk.get_by_role("button", name="Unlock")).to_be_visible()
    looked_at(desk)


def test_people_are_invited_by_file_merged_and_found_in_the_audit(desk: Page, site: Marina) -> None:
    goto(desk, "/studio/people/file")
    rows = b"E-mail;Name\nfrida@sail.example;\nnobody;X\n"
    desk.get_by_label("CSV file").set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": rows})
    looked_at(desk)
    desk.get_by_role("button", name="Look at it").click()
    expect(desk.get_by_role("main")).to_contain_text("This is no e-mail address.")
    looked_at(desk)
    desk.get_by_role("button", name="Send 1 invitation").click()
    expect(desk.get_by_role("status")).to_contain_text("1 invitation is on its way")
    for name in ("Ida", "Ida Twice"):
        site.people[name] = site.add("contact", full_name=name, email="ida@sail.example", active=True)
    goto(desk, "/studio/people/duplicates")
    looked_at(desk)
    desk.get_by_role("link", name="Keep this one").first.click()
    looked_at(desk)
    desk.get_by_role("button", name="Merge now").click()
    expect(desk.get_by_role("status")).to_contain_text("Merged")
    goto(desk, "/studio/audit")
    expect(desk.get_by_role("main")).to_contain_text("merge")
    looked_at(desk)


def test_a_person_is_erased_once_one_is_sure(desk: Page, site: Marina) -> None:
    ida = site.add("contact", full_name="Ida", email="ida@sail.example", active=True)
    goto(desk, f"/studio/people/{ida}")
    desk.get_by_role("link", name="Erase").click()
    expect(desk.get_by_role("heading", name="What goes")).to_be_visible()
    looked_at(desk)
    desk.get_by_label("I know that this cannot be undone").check()
    desk.get_by_role("button", name="Erase now").click()
    expect(desk.get_by_role("status").last).to_contain_text("Erased")
    expect(desk.get_by_role("heading", name=f"– {ida}")).to_be_visible()


def test_merging_goes_on_by_itself_where_there_are_more_rows_than_are_moved_at_once(
    desk: Page, site: Marina, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("runtime.records.joining", "runtime.studio.people.joining"):
        monkeypatch.setattr(f"{module}.MOST_ROWS", 2)
    for name in ("Ida", "Ida Twice"):
        site.people[name] = site.add("contact", full_name=name, email="ida@sail.example", active=True)
    for number in range(5):
        site.book(f"D{number}")
    with site.engine.begin() as connection:
        connection.execute(sa.text("UPDATE booking SET skipper = :gone"), {"gone": site.people["Ida Twice"]})
    goto(desk, f"/studio/people/{site.people['Ida']}/merge?other={site.people['Ida Twice']}")
    expect(desk.get_by_role("main")).to_contain_text("2 rows are moved at a time")
    looked_at(desk)
    desk.get_by_role("button", name="Merge now").click()
    expect(desk.get_by_role("status").last).to_contain_text("Merged", timeout=15_000)
    with site.engine.connect() as connection:
        assert set(connection.scalars(sa.text("SELECT skipper FROM booking"))) == {site.people["Ida"]}


def test_the_site_is_checked_set_and_taken_out_and_in(desk: Page, site: Marina) -> None:
    for page in ("checkup", "settings", "translations?language=sv-SE", "exchange"):
        goto(desk, f"/studio/{page}")
        looked_at(desk)
    with desk.expect_download() as taken:
        desk.get_by_role("link", name="With the drafts").click()
    desk.get_by_label("Zip file", exact=True).set_input_files(
        {"name": "site.zip", "mimeType": "application/zip", "buffer": taken.value.path().read_bytes()}
    )
    desk.get_by_label("Component 1").fill("site_setting identity/attempts_per_minute")
    desk.get_by_label("Property 1").fill("value")
    desk.get_by_label("Value 1", exact=True).fill("30")
    desk.get_by_role("button", name="Show the differences").click()
    expect(desk.get_by_role("main")).to_contain_text("attempts_per_minute")
    looked_at(desk)
    desk.get_by_role("button", name="Save 1 change as a draft").click()
    expect(desk.get_by_role("status")).to_contain_text("saved as a draft")
