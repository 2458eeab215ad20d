import datetime as dt
import re
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from metadata.model import EntityPermission, FormField
from runtime.forms.ports import Queued, Refusal
from support.pottery import form, hidden, shown_errors, title_of
from support.ruled import publish

NEW = "/firings/new"


def book(browser, path=NEW, **fields):
    page = browser.get(path).text
    return browser.client.post(path, data={**hidden(page), "title": "Bowls", **fields})


def test_a_new_record_is_saved_with_what_was_typed_and_what_is_set(pottery):
    answer = book(
        pottery.as_("ada"),
        peak="1,100",
        weight="12.5",
        atmosphere="reduction",
        insured="1",
        wanted="2027-01-02",
        note="a\r\nb",
        kiln=str(pottery.ids["Big Bertha"]),
    )
    (row,) = pottery.rows("firing")
    assert (answer.status_code, answer.location) == (303, f"/firings/{row['number']}")
    assert (row["title"], row["peak"], row["weight"], row["atmosphere"]) == ("Bowls", 1100, Decimal("12.5"), "reduction")
    assert (row["insured"], row["wanted"], row["note"]) == (True, dt.date(2027, 1, 2), "a\nb")
    assert (row["potter"], row["studio"]) == (pottery.ids["ada"], pottery.ids["clay"])
    assert row["kiln_name"] == "Big Bertha"


def test_the_message_is_said_on_the_next_page(pottery):
    browser = pottery.as_("ada")
    answer = book(browser)
    assert "It is booked" in browser.get(answer.location).text


def test_a_tampered_post_changes_nothing_that_is_set_hidden_or_not_permitted(pottery):
    book(
        pottery.as_("ada"),
        potter=str(pottery.ids["cleo"]),
        studio=str(pottery.ids["mud"]),
        kiln_name="mine",
        approved="1",
        number="F-9999",
        id="77",
        version="9",
        created_by="1",
    )
    (row,) = pottery.rows("firing")
    assert (row["potter"], row["studio"], row["kiln_name"]) == (pottery.ids["ada"], pottery.ids["clay"], None)
    assert not row["approved"]
    assert (row["number"], row["version"], row["created_by"]) != ("F-9999", 9, 1)


def in_a_week():
    return f"{dt.datetime.now(ZoneInfo('Europe/Stockholm')).date() + dt.timedelta(days=7):%Y-%m-%d}"


def test_an_empty_form_is_prepopulated(pottery):
    before = in_a_week()
    page = pottery.as_("ada").get(f"{NEW}?title=Cups").text
    assert 'value="Cups"' in page
    assert any(day in page for day in (before, in_a_week()))
    assert "What is in it" in page


@pytest.mark.parametrize("given", [{"prepopulate": "@query.studio"}, {"hidden": True, "set_on_save": "@query.studio"}])
@pytest.mark.parametrize(
    ("studio", "privileges", "taken"),
    [("clay", ("read", "append_to"), True), ("clay", ("read",), False), ("mud", ("read", "append_to"), False)],
)
def test_a_row_that_the_address_names_is_taken_only_where_it_may_be_pointed_at(pottery, given, studio, privileges, taken):
    fields = (FormField(attribute="title"), FormField(attribute="studio", **given))
    mine = FormField(attribute="potter", hidden=True, set_on_save="@contact")
    right = EntityPermission(key="studio", entity="account", scope="account", roles=("potter",), privileges=privileges)
    publish(pottery, form("firing-new", "firing", *fields, mine), right)
    address, browser = f"{NEW}?studio={pottery.ids[studio]}", pottery.as_("ada")
    page = browser.get(address).text
    kept = dict(re.findall(r'name="(studio\w*)" value="([^"]*)"', page))
    assert kept.get("studio", "") == (str(pottery.ids["clay"]) if taken and "prepopulate" in given else "")
    answer = browser.client.post(address, data={**hidden(page), **kept, "title": "Cups"})
    assert {row["studio"] for row in pottery.rows("firing")} - {None} == ({pottery.ids["clay"]} if taken else set())
    assert answer.status_code == (303 if taken or "prepopulate" in given else 422)


def test_what_is_wrong_is_said_on_top_and_at_the_field_and_what_was_typed_is_kept(pottery):
    answer = book(pottery.as_("ada"), title="", peak="99999", weight="heavy", note="<b>kept</b>")
    assert answer.status_code == 422
    assert title_of(answer.text).startswith("Error:")
    assert shown_errors(answer.text) == [
        "Give it a title",
        "Peak: Enter 600 to 1300.",
        "Weight: Enter a number, such as 12.50.",
    ]
    assert all(part in answer.text for part in ('href="#f-peak"', 'id="f-peak"', 'value="99999"', 'value="heavy"'))
    assert "&lt;b&gt;kept&lt;/b&gt;" in answer.text
    assert pottery.rows("firing") == []


def test_another_language_reads_and_speaks_its_own_way(pottery):
    browser = pottery.as_("ada")
    answer = book(browser, "/sv-SE" + NEW, title="", weight="1 234,5x")
    assert shown_errors(answer.text) == ["Ge den en titel", "Weight: Ange ett tal, till exempel 12,50."]
    book(browser, "/sv-SE" + NEW, weight="1 234,5")
    assert pottery.rows("firing")[0]["weight"] == Decimal("1234.5")


def test_a_lookup_that_is_searched_for_nothing_offers_its_first_rows(pottery):
    searched = book(pottery.as_("ada"), kiln__q="", kiln="", _find="kiln")
    assert searched.status_code == 200
    assert all(name in searched.text for name in ("Big Bertha", "Little Bert"))
    assert 'type="radio" name="kiln"' in searched.text


def test_a_lookup_works_without_script(pottery):
    browser = pottery.as_("ada")
    searched = book(browser, kiln__q="bert", _find="kiln")
    assert searched.status_code == 200
    assert all(name in searched.text for name in ("Big Bertha", "Little Bert"))
    assert "error-summary" not in searched.text
    chosen = browser.client.post(
        NEW,
        data={
            **hidden(searched.text),
            "title": "Cups",
            "kiln__q": "bert",
            "kiln__found": "bert",
            "kiln": str(pottery.ids["Little Bert"]),
        },
    )
    assert chosen.status_code == 303
    assert pottery.rows("firing")[0]["kiln"] == pottery.ids["Little Bert"]


def test_a_row_that_may_not_be_chosen_is_refused(pottery):
    browser = pottery.as_("ada")
    for forbidden in (str(pottery.ids["Old Smoke"]), "99999", "1; drop table kiln", "account:1"):
        answer = book(browser, kiln=forbidden)
        assert (answer.status_code, shown_errors(answer.text)) == (422, ["Kiln: Choose one from the list."])


def test_somebody_without_the_right_gets_no_form_and_cannot_post(pottery):
    browser = pottery.as_("dirk")
    assert (browser.get(NEW).status_code, '<form class="panel"' in browser.get(NEW).text) == (403, False)
    assert browser.post(NEW, {"title": "x"}).status_code == 403
    assert pottery.rows("firing") == []


def test_a_post_without_a_token_is_refused(pottery):
    browser = pottery.as_("ada")
    assert browser.client.post(NEW, data={"title": "x"}).status_code == 400
    assert pottery.rows("firing") == []


def test_the_outside_system_may_refuse_and_nothing_is_kept(pottery):
    pottery.oven.asks = True
    pottery.oven.answers = [Refusal("The kiln is full that day", "wanted")]
    browser = pottery.as_("ada")
    answer = book(browser)
    assert (answer.status_code, shown_errors(answer.text), pottery.rows("firing")) == (
        422,
        ["Wanted: The kiln is full that day"],
        [],
    )
    assert 'href="#f-wanted"' in answer.text
    again = browser.client.post(NEW, data={**hidden(answer.text), "title": "Bowls"})
    assert (again.status_code, len(pottery.rows("firing")), len(set(pottery.oven.keys))) == (303, 1, 2)


def test_an_answer_that_is_still_to_come_is_said(pottery):
    pottery.oven.asks = True
    pottery.oven.answers = [Queued("We will hear tomorrow")]
    browser = pottery.as_("ada")
    answer = book(browser)
    assert len(pottery.rows("firing")) == 1
    assert "We will hear tomorrow" in browser.get(answer.location).text


def test_a_form_sent_twice_to_the_outside_makes_one_record(pottery):
    pottery.oven.asks = True
    browser = pottery.as_("ada")
    fields = {**hidden(browser.get(NEW).text), "title": "Bowls"}
    places = [browser.client.post(NEW, data=fields).location for _ in range(2)]
    assert (len(pottery.rows("firing")), places[0]) == (1, places[1])


def test_a_lost_answer_is_asked_for_again_under_the_same_key(pottery):
    pottery.oven.asks = True
    pottery.oven.answers = [ConnectionError("gone")]
    browser = pottery.as_("ada")
    pottery.app.config["PROPAGATE_EXCEPTIONS"] = False
    fields = {**hidden(browser.get(NEW).text), "title": "Bowls"}
    assert browser.client.post(NEW, data=fields).status_code == 500
    assert browser.client.post(NEW, data=fields).status_code == 303
    assert (len(pottery.rows("firing")), len(set(pottery.oven.keys)), len(pottery.oven.keys)) == (1, 1, 2)


def unanswered(pottery):
    """Somebody sent a form that nobody answered; the form shown again."""
    pottery.oven.asks = True
    pottery.oven.answers = [Refusal("Nobody answers", unanswered=True)]
    browser = pottery.as_("ada")
    shown = book(browser)
    assert (shown.status_code, pottery.rows("firing")) == (422, [])
    return browser, hidden(shown.text)


def test_what_was_changed_after_an_unanswered_try_does_not_go_out_under_a_key_that_the_outside_has(pottery):
    browser, fields = unanswered(pottery)
    pottery.oven.has = True
    answer = browser.client.post(NEW, data={**fields, "title": "Changed"})
    assert answer.status_code == 303
    assert [row["title"] for row in pottery.rows("firing")] == ["Bowls"]
    assert "Your first try had arrived after all" in browser.get(answer.location).text
    assert len(set(pottery.oven.keys)) == 1


def test_what_was_changed_goes_out_where_the_first_try_never_arrived(pottery):
    browser, fields = unanswered(pottery)
    assert browser.client.post(NEW, data={**fields, "title": "Changed"}).status_code == 303
    assert [row["title"] for row in pottery.rows("firing")] == ["Changed"]


def test_what_was_changed_waits_while_nobody_knows_whether_the_first_try_arrived(pottery):
    browser, fields = unanswered(pottery)
    pottery.oven.has = None
    asked = len(pottery.oven.keys)
    answer = browser.client.post(NEW, data={**fields, "title": "Changed"})
    assert (answer.status_code, pottery.rows("firing"), len(pottery.oven.keys)) == (422, [], asked)
    assert "We could not check whether your first try arrived" in answer.text


@pytest.mark.parametrize("value", ["x" * 50_000, "\x00", "\ud83d", "'; drop table firing; --", "{{7*7}}", "<script>"])
def test_hostile_values_are_refused_or_kept_as_text(pottery, value):
    title, note = value.encode("utf-8", "surrogatepass"), value[:1000].encode("utf-8", "replace")
    answer = book(pottery.as_("ada"), title=title, note=note)
    assert answer.status_code in (303, 400, 422)
    assert "<script>" not in answer.text.replace("<script src", "").replace("<script nonce", "")
