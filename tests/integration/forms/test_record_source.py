"""Where a form's record comes from: an argument, the person, a path of lookups, or nowhere yet."""

import re
import threading

import pytest

from metadata.model import Attribute, Block, Entity, EntityPermission, FormField, RecordSource
from support.pottery import form, hidden, make_pottery, page

WISHES = Entity(
    key="wishes",
    primary_name="colour",
    attributes=(
        Attribute(key="colour", type="text"),
        Attribute(key="owner", type="lookup", target="contact"),
        Attribute(key="house", type="lookup", target="account"),
    ),
)
CONTACT = Entity(key="contact", attributes=(Attribute(key="wishes", type="lookup", target="wishes"),))
ACCOUNT = Entity(key="account", attributes=(Attribute(key="house_wishes", type="lookup", target="wishes"),))
FORM = form(
    "wishes", "wishes", FormField(attribute="colour"), FormField(attribute="owner", hidden=True, set_on_save="@contact")
)


def block(source, mode="edit", name="wishes"):
    return Block(type="form", form=name, mode=mode, record=source)


def may(key, entity, *privileges, scope="global", via="", roles=("potter",)):
    return EntityPermission(key=key, entity=entity, scope=scope, via=via, privileges=privileges, roles=roles)


MORE = (
    WISHES,
    CONTACT,
    ACCOUNT,
    FORM,
    form("person", "contact", FormField(attribute="full_name")),
    form("house", "account", FormField(attribute="name")),
    page("by-id", block(RecordSource(source="query", argument="wish"))),
    page("myself", block(RecordSource(source="contact"), name="person")),
    page("my-house", block(RecordSource(source="account"), "read", "house")),
    page("my-wishes", block(RecordSource(source="related", path="@contact.wishes", create=True))),
    page("only-old", block(RecordSource(source="related", path="@contact.wishes"))),
    page("house-wishes", block(RecordSource(source="related", path="@contact.account.house_wishes"), "read")),
    page("studio", block(RecordSource(source="related", path="studio"), "read", "house"), parent="firing"),
    may("w-mine", "wishes", "read", "write", "create", "append", "append_to", scope="contact", via="owner"),
    may("w-house", "wishes", "read", scope="account", via="house"),
    may("c-mine", "contact", "read", "write", "append", "append_to", scope="self"),
)


@pytest.fixture
def pottery(database_url, tmp_path):
    made = make_pottery(database_url, tmp_path, *MORE)
    yield made
    made.engine.dispose()


def wish(pottery, who, colour):
    return pottery.add("wishes", colour=colour, owner=pottery.ids[who])


def sent(page, colour):
    return {**hidden(page), "colour": colour}


def shown(answer):
    found = re.search(r'name="colour" value="([^"]*)"', answer.text)
    return (answer.status_code, found[1] if found else None)


def test_the_argument_that_is_named_tells_the_record(pottery):
    row = wish(pottery, "ada", "Blue")
    browser = pottery.as_("ada")
    assert shown(browser.get(f"/by-id?wish={row}")) == (200, "Blue")
    assert browser.get(f"/by-id?id={row}").status_code == 400
    browser.client.post(f"/by-id?wish={row}", data=sent(browser.get(f"/by-id?wish={row}").text, "Green"))
    assert pottery.rows("wishes")[0]["colour"] == "Green"


def test_anothers_record_looks_like_a_missing_one_and_like_nonsense(pottery):
    row = wish(pottery, "ada", "Blue")
    browser = pottery.as_("cleo")
    answers = [browser.get(f"/by-id?wish={given}") for given in (row, row + 900, "x", "-1", "", "9" * 30)]
    assert [answer.status_code for answer in answers] == [404] * 6
    assert "Blue" not in "".join(answer.text for answer in answers)


def test_the_persons_own_contact_and_account(pottery):
    browser = pottery.as_("ada")
    assert 'value="Ada"' in browser.get("/myself").text
    assert "Clay" in browser.get("/my-house").text
    assert pottery.as_("newcomer").get("/my-house").status_code == 404


def test_a_stranger_is_asked_to_sign_in(pottery):
    client = pottery.app.test_client()
    for path in ("/myself", "/my-wishes"):
        answer = client.get(path)
        assert (answer.status_code, "/signin?next=" in answer.location) == (302, True)


def test_a_path_of_lookups_leads_to_the_record(pottery):
    row = pottery.add("wishes", colour="Oak", house=pottery.ids["clay"])
    pottery.change("account", pottery.ids["clay"], house_wishes=row)
    assert "Oak" in pottery.as_("ada").get("/house-wishes").text
    assert pottery.as_("cleo").get("/house-wishes").status_code == 404
    pottery.change("account", pottery.ids["mud"], house_wishes=row)
    assert pottery.as_("cleo").get("/house-wishes").status_code == 404


def test_a_path_begins_at_the_record_of_the_page(pottery):
    pottery.firing("ada", number="F-77")
    assert "Clay" in pottery.as_("ada").get("/firings/F-77/studio").text
    assert pottery.as_("cleo").get("/firings/F-77/studio").status_code == 404


def test_a_missing_record_is_made_once_and_edited_from_then_on(pottery):
    browser = pottery.as_("ada")
    assert browser.get("/only-old").status_code == 404
    first = browser.get("/my-wishes")
    assert (first.status_code, pottery.rows("wishes")) == (200, [])
    answer = browser.client.post("/my-wishes", data=sent(first.text, "Red"))
    assert (answer.status_code, answer.location) == (303, "/my-wishes")
    again = browser.get("/my-wishes")
    assert shown(again) == (200, "Red")
    browser.client.post("/my-wishes", data=sent(again.text, "Pink"))
    (row,) = pottery.rows("wishes")
    mine = next(person for person in pottery.rows("contact") if person["id"] == pottery.ids["ada"])
    assert (row["colour"], row["version"], mine["wishes"]) == ("Pink", 2, row["id"])


def test_what_was_made_meanwhile_is_not_lost_nor_made_twice(pottery):
    browser = pottery.as_("ada")
    opened = browser.get("/my-wishes").text
    browser.client.post("/my-wishes", data=sent(opened, "Red"))
    late = browser.client.post("/my-wishes", data=sent(opened, "Black"))
    assert late.status_code == 409
    assert "Red" in late.text
    assert "Black" in late.text
    assert [row["colour"] for row in pottery.rows("wishes")] == ["Red"]


def test_two_at_once_make_one_record(pottery):
    browsers = [pottery.as_("ada") for _ in range(2)]
    forms = [sent(browser.get("/my-wishes").text, colour) for browser, colour in zip(browsers, ("Red", "Black"), strict=True)]
    together = threading.Barrier(2)
    codes = []

    def send(browser, data):
        together.wait()
        codes.append(browser.client.post("/my-wishes", data=data).status_code)

    threads = [threading.Thread(target=send, args=pair) for pair in zip(browsers, forms, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [303, 409]
    assert len(pottery.rows("wishes")) == 1


def test_a_lookup_to_what_may_not_be_read_is_no_gap(pottery):
    theirs = wish(pottery, "cleo", "Grey")
    pottery.change("contact", pottery.ids["ada"], wishes=theirs)
    browser = pottery.as_("ada")
    assert browser.get("/my-wishes").status_code == 404
    assert browser.post("/my-wishes", {"colour": "Mine"}).status_code == 404
    assert [row["colour"] for row in pottery.rows("wishes")] == ["Grey"]


def test_without_the_right_to_make_one_it_is_missing(pottery):
    assert pottery.as_("dirk").get("/my-wishes").status_code == 404
