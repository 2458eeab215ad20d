import dataclasses
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa

from metadata.model import FormField, MultistepForm
from metadata.store import MetadataStore
from metadata.text import Text
from runtime.forms import drafts
from runtime.forms.ports import Queued, Refusal
from support.pottery import FORMS, PIECE, STEPS, hidden, shown_errors
from support.walking import BOOK, Walk, line


def fields_of(component):
    return {field.name: getattr(component, field.name) for field in dataclasses.fields(component)}


def at_check(pottery, browser):
    walk = Walk(browser).press(title="Cups", kiln=str(pottery.ids["Big Bertha"]), peak="1000")
    walk.press(**line(pottery, 0, title="Mug"), **line(pottery, 1, "Tenmoku", "3"))
    assert walk.step == "check"
    return walk


def test_three_steps_write_the_record_and_its_rows_with_all_that_is_set(pottery):
    walk = at_check(pottery, pottery.as_("ada"))
    expected = ("Cups", "Big Bertha", "Celadon", "Tenmoku", "step=basics", "step=pieces", "17.50")
    assert all(part in walk.text for part in expected)
    assert pottery.rows("firing") == []
    walk.press()
    (firing,) = pottery.rows("firing")
    assert walk.answer.request.path == f"/firings/{firing['number']}"
    assert "Your firing is booked" in walk.text
    assert (firing["title"], firing["potter"], firing["studio"]) == ("Cups", pottery.ids["ada"], pottery.ids["clay"])
    assert firing["kiln_name"] == "Big Bertha"
    rows = [(row["firing"], row["title"], row["coats"], row["batch"], row["kiln_name"]) for row in pottery.rows("piece")]
    assert rows == [(firing["id"], "Mug", 2, "B-Celadon", "Big Bertha"), (firing["id"], None, 3, "B-Tenmoku", "Big Bertha")]


def test_one_goes_on_where_one_left_on_another_device(pottery):
    Walk(pottery.as_("ada")).press(title="Cups", peak="1000")
    elsewhere = Walk(pottery.as_("ada"))
    assert elsewhere.step == "pieces"
    assert "Draft, kept since" in elsewhere.text
    elsewhere.press("back")
    assert (elsewhere.step, 'value="Cups"' in elsewhere.text) == ("basics", True)
    assert Walk(pottery.as_("ben")).step == "basics"
    assert "Cups" not in Walk(pottery.as_("ben")).text


def test_what_is_typed_is_kept_without_leaving_the_step_or_judging_it(pottery):
    browser = pottery.as_("ada")
    walk = Walk(browser)
    assert "data-autosave" in walk.text
    fields = {**hidden(walk.text), "_action": "keep", "title": "", "peak": "hot"}
    assert browser.client.post(BOOK, data=fields).status_code == 204
    again = Walk(browser)
    assert (again.step, 'value="hot"' in again.text, shown_errors(again.text)) == ("basics", True, [])


def test_what_is_kept_too_late_begins_nothing_again(pottery):
    browser = pottery.as_("ada")
    walk = at_check(pottery, browser)
    assert "data-autosave" not in walk.text
    late = {**hidden(walk.text), "_action": "keep", "title": "Late"}
    assert browser.client.post(BOOK, data=late).status_code == 204
    walk.press()
    for step in ("basics", "check"):
        assert browser.client.post(BOOK, data={**late, "_step": step}).status_code == 204
    assert (len(pottery.rows("firing")), Walk(browser).step, "Late" in Walk(browser).text) == (1, "basics", False)


def test_a_condition_adds_a_step(pottery):
    walk = Walk(pottery.as_("ada")).press(title="Cups", peak="1250")
    assert walk.step == "danger"
    assert shown_errors(walk.press(risk="").text) == ["Enter Risk."]
    assert walk.press(risk="It may crack").step == "pieces"


def test_a_step_with_faults_is_not_left_and_keeps_what_was_typed(pottery):
    walk = Walk(pottery.as_("ada")).press(title="", peak="hot")
    assert (walk.answer.status_code, walk.step) == (422, "basics")
    assert shown_errors(walk.text) == ["Give it a title", "Peak: Enter a whole number, such as 12."]
    assert 'value="hot"' in walk.text
    assert 'value="hot"' in Walk(pottery.as_("ada")).text


def test_rows_are_added_and_removed_without_script_and_the_estimate_is_shown(pottery):
    walk = Walk(pottery.as_("ada")).press(title="Cups")
    walk.press("add", **line(pottery, 0, coats="2"))
    assert 'name="lines-1-coats"' in walk.text
    walk.press("update", **line(pottery, 0, coats="2"), **line(pottery, 1, "Tenmoku", "5"))
    assert "8.50" in walk.text
    assert "23.50" in walk.text
    walk.press("remove:0", **line(pottery, 0, coats="2"), **line(pottery, 1, "Tenmoku", "5"))
    assert 'name="lines-0-coats"' not in walk.text
    assert walk.press(**line(pottery, 1, "Tenmoku", "5")).step == "check"


@pytest.mark.parametrize("given", [{"default": 3}, {"default": None, "set_on_save": 3}])
def test_an_estimate_counts_with_what_a_row_will_have_that_nobody_is_asked_for(pottery, given):
    coats = next(attribute for attribute in PIECE.attributes if attribute.key == "coats")
    attributes = [replace(coats, default=given["default"]) if one is coats else one for one in PIECE.attributes]
    asked = next(form for form in FORMS if form.key == "piece")
    (tab,) = asked.tabs
    fields = [field for field in tab.sections[0].fields if field.attribute != "coats"]
    if "set_on_save" in given:
        fields.append(FormField(attribute="coats", hidden=True, set_on_save=given["set_on_save"]))
    form = replace(asked, tabs=(replace(tab, sections=(replace(tab.sections[0], fields=tuple(fields)),)),))
    MetadataStore(pottery.engine).publish("tester", components=(replace(PIECE, attributes=tuple(attributes)), form))
    walk = Walk(pottery.as_("ada")).press(title="Cups")
    walk.press("update", **{"lines-0-glaze": str(pottery.ids["Celadon"])})
    assert "12.75" in walk.text


@pytest.mark.parametrize(("declared", "code"), [("EUR", "EUR"), ("@contact.full_name", "SEK"), ("@contact.time_zone", "")])
def test_an_estimate_names_the_currency_that_the_step_declares(pottery, declared, code):
    steps = tuple(dataclasses.replace(step, total_currency=declared) if step.total else step for step in STEPS.steps)
    site = next(iter(pottery.snapshot.sites))
    ada = next(row["id"] for row in pottery.rows("contact") if row["email"] == "ada@clay.example")
    pottery.change("contact", ada, full_name="SEK")
    MetadataStore(pottery.engine).publish("tester", components=(dataclasses.replace(STEPS, steps=steps, site=site),))
    walk = Walk(pottery.as_("ada")).press(title="Cups")
    walk.press("update", **line(pottery, 0, coats="2"))
    assert f"8.50 {code}".strip() in walk.text.replace("\xa0", " ").replace("&nbsp;", " ")


def test_hundreds_of_rows_are_entered_at_once(pottery):
    steps = tuple(dataclasses.replace(step, max_lines=700) if step.type == "lines" else step for step in STEPS.steps)
    site = next(iter(pottery.snapshot.sites))
    MetadataStore(pottery.engine).publish("tester", components=(dataclasses.replace(STEPS, steps=steps, site=site),))
    walk = Walk(pottery.as_("ada")).press(title="Cups")
    walk.press(**{name: value for number in range(600) for name, value in line(pottery, number, title=f"P{number}").items()})
    assert walk.step == "check"
    walk.press()
    assert len(pottery.rows("piece")) == 600


def test_each_row_says_its_own_faults_and_blank_rows_do_not_count(pottery):
    walk = Walk(pottery.as_("ada")).press(title="Cups")
    assert shown_errors(walk.press().text) == ["Add at least 1 line."]
    walk.press(**line(pottery, 0), **line(pottery, 1, coats="99"), **{"lines-2-title": "no glaze", "lines-2-coats": "1"})
    assert walk.answer.status_code == 422
    assert shown_errors(walk.text) == ["Line 2: Coats: Enter 1 to 9.", "Line 3: Choose Glaze."]
    assert walk.text.count('<tr class="has-error">') == 2
    assert 'value="Celadon"' in walk.text


def test_a_lookup_in_a_row_is_searched_without_script(pottery):
    walk = Walk(pottery.as_("ada")).press(title="Cups")
    walk.press("next", **{"lines-0-glaze__q": "ten", "lines-0-coats": "1", "_find": "lines-0-glaze"})
    assert (walk.answer.status_code, walk.step) == (200, "pieces")
    assert 'type="radio" name="lines-0-glaze"' in walk.text or f'value="{pottery.ids["Tenmoku"]}"' in walk.text


def test_a_step_cannot_be_skipped_by_address_or_by_a_tampered_post(pottery):
    browser = pottery.as_("ada")
    assert Walk(browser, f"{BOOK}?step=check").step == "basics"
    assert Walk(browser).press(_step="check").step == "basics"
    assert Walk(browser).press(_step="nonsense").step == "basics"
    assert pottery.rows("firing") == []


def test_a_draft_sent_twice_makes_one_record(pottery):
    browser = pottery.as_("ada")
    walk = at_check(pottery, browser)
    fields = {**hidden(walk.text), "_action": "next"}
    places = [browser.client.post(BOOK, data=fields).location for _ in range(3)]
    assert (len(pottery.rows("firing")), len(pottery.rows("piece")), len(set(places))) == (1, 2, 1)
    assert Walk(browser).step == "basics"


def test_nobody_reaches_another_persons_draft(pottery):
    theirs = at_check(pottery, pottery.as_("ada"))
    fields = {**hidden(theirs.text), "_action": "next"}
    thief = pottery.as_("cleo")
    fields["csrf_token"] = hidden(thief.get(BOOK).text)["csrf_token"]
    answer = thief.client.post(BOOK, data=fields)
    assert (answer.status_code, pottery.rows("firing")) == (303, [])
    assert "Cups" not in thief.get(BOOK).text


def test_beginning_anew_asks_first(pottery):
    browser = pottery.as_("ada")
    Walk(browser).press(title="Cups")
    question = browser.get(f"{BOOK}?restart=1").text
    assert "Start over?" in question
    assert Walk(browser).step == "pieces"
    browser.client.post(BOOK, data={**hidden(question), "_action": "restart"})
    assert Walk(browser).step == "basics"


def test_who_is_not_signed_in_signs_in_and_comes_back(pottery):
    answer = pottery.app.test_client().get(BOOK)
    assert (answer.status_code, answer.location) == (302, f"/signin?next={BOOK}")


def test_what_the_person_lacks_is_named_before_beginning(pottery):
    page = pottery.as_("newcomer").get(BOOK).text
    assert "Your contact has no value for: Account." in page
    assert 'name="_step"' not in page


def test_somebody_without_the_right_is_refused(pottery):
    assert pottery.as_("dirk").get(BOOK).status_code == 403


def test_a_refusal_from_outside_leads_to_the_field_and_leaves_nothing(pottery):
    pottery.oven.asks = True
    pottery.oven.answers = [Refusal("Too hot for us", "peak"), Refusal("No such glaze left", "glaze", 1), Refusal("Closed")]
    walk = at_check(pottery, pottery.as_("ada")).press()
    assert (walk.answer.status_code, walk.step, shown_errors(walk.text)) == (422, "basics", ["Peak: Too hot for us"])
    walk.press()
    walk.press()
    assert shown_errors(walk.press().text) == ["Line 2: No such glaze left"]
    walk.press()
    assert (shown_errors(walk.press().text), walk.step) == (["Closed"], "check")
    assert (pottery.rows("firing"), pottery.rows("piece")) == ([], [])
    walk.press()
    assert (len(pottery.rows("firing")), len(set(pottery.oven.keys))) == (1, 4)


def test_the_key_is_stored_before_the_outside_is_asked_and_kept_when_the_answer_is_lost(pottery):
    pottery.oven.asks = True
    pottery.oven.answers = [ConnectionError("gone")]
    pottery.app.config["PROPAGATE_EXCEPTIONS"] = False
    browser = pottery.as_("ada")
    walk = at_check(pottery, browser)
    assert browser.client.post(BOOK, data={**hidden(walk.text), "_action": "next"}).status_code == 500
    with pottery.engine.connect() as connection:
        stored = connection.execute(sa.select(drafts.drafts.c.attempt)).scalar_one()
    assert [stored] == pottery.oven.keys
    Walk(browser).press()
    assert (len(pottery.rows("firing")), len(set(pottery.oven.keys))) == (1, 1)


def test_a_try_that_nobody_answered_is_repeated_under_the_same_key(pottery):
    pottery.oven.asks = True
    pottery.oven.answers = [Refusal("Nobody answers", unanswered=True)]
    walk = at_check(pottery, pottery.as_("ada")).press()
    assert (shown_errors(walk.text), pottery.rows("firing")) == (["Nobody answers"], [])
    walk.press()
    assert (len(pottery.rows("firing")), len(pottery.oven.keys), len(set(pottery.oven.keys))) == (1, 2, 1)


def test_a_record_that_is_queued_is_kept_and_said(pottery):
    pottery.oven.asks = True
    pottery.oven.answers = [Queued()]
    walk = at_check(pottery, pottery.as_("ada")).press()
    assert "not confirmed yet" in walk.text
    assert len(pottery.rows("firing")) == 1


def test_a_tampered_post_cannot_set_what_is_hidden(pottery):
    walk = Walk(pottery.as_("ada")).press(title="Cups", potter=str(pottery.ids["cleo"]), studio=str(pottery.ids["mud"]))
    walk.press(**line(pottery, 0, batch="mine", firing="1", kiln_name="x")).press()
    (firing,), (piece,) = pottery.rows("firing"), pottery.rows("piece")
    assert (firing["potter"], firing["studio"]) == (pottery.ids["ada"], pottery.ids["clay"])
    assert (piece["firing"], piece["batch"]) == (firing["id"], "B-Celadon")


def test_too_many_rows_and_too_much_text_are_refused(pottery):
    walk = Walk(pottery.as_("ada")).press(title="Cups")
    many = {name: value for number in range(31) for name, value in line(pottery, number).items()}
    walk.press(**many)
    assert (walk.answer.status_code, shown_errors(walk.text)) == (422, ["Use at most 30 lines."])
    walk.press("save", **line(pottery, 0, title="x" * 2_100_000))
    assert walk.answer.status_code == 413
    assert pottery.rows("firing") == []


def test_two_requests_at_once_make_one_record(pottery):
    posts = []
    for browser in (pottery.as_("ada"), pottery.as_("ada")):
        walk = Walk(browser) if posts else at_check(pottery, browser)
        posts.append((browser, {**hidden(walk.text), "_action": "next"}))
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda post: post[0].client.post(BOOK, data=post[1]), posts))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert (len(pottery.rows("firing")), len(pottery.rows("piece"))) == (1, 2)


def test_a_form_that_changed_meanwhile_goes_on_at_its_first_step_with_everything_kept(pottery):
    browser = pottery.as_("ada")
    at_check(pottery, browser)
    again = MultistepForm(**{**fields_of(STEPS), "steps": STEPS.steps[:1] + STEPS.steps[3:]})
    MetadataStore(pottery.engine).publish("tester", components=(again,))
    walk = Walk(browser)
    assert (walk.step, "has changed since you began" in walk.text, 'value="Cups"' in walk.text) == ("basics", True, True)
    assert walk.press(kiln=str(pottery.ids["Big Bertha"])).step == "pieces"
    assert "Celadon" in walk.text


def test_what_was_entered_in_a_step_that_has_another_name_now_is_not_lost(pottery):
    browser = pottery.as_("ada")
    at_check(pottery, browser)
    names = {"basics": "begin", "pieces": "cups"}
    renamed = tuple(dataclasses.replace(step, key=names.get(step.key, step.key), otherwise="") for step in STEPS.steps)
    hot = dataclasses.replace(renamed[1], otherwise="cups")
    again = MultistepForm(**{**fields_of(STEPS), "steps": (renamed[0], hot, *renamed[2:])})
    MetadataStore(pottery.engine).publish("tester", components=(again,))
    walk = Walk(browser)
    assert (walk.step, 'value="Cups"' in walk.text) == ("begin", True)
    assert walk.press().step == "cups"
    assert ("Celadon" in walk.text, "Tenmoku" in walk.text) == (True, True)
    assert walk.press().step == "check"
    walk.press()
    assert [row["title"] for row in pottery.rows("firing")] == ["Cups"]
    assert [row["coats"] for row in pottery.rows("piece")] == [2, 3]


WAYS = {
    "title": '<ol class="steps"',
    "numeric": '<p class="muted strong" aria-current="step"',
    "bar": '<progress class="w-100" max="3"',
}


@pytest.mark.parametrize("style", list(WAYS))
def test_the_way_through_is_shown_as_asked_and_a_new_session_begins_anew(pottery, style):
    changed = MultistepForm(**{**fields_of(STEPS), "progress": style, "new_session": True})
    MetadataStore(pottery.engine).publish("tester", components=(changed,))
    browser = pottery.as_("ada")
    walk = Walk(browser).press(title="Cups")
    assert [found for found, way in WAYS.items() if way in walk.text] == [style]
    named = ("Step 2 of 3", "Pieces") if style == "title" else ("Step 2 of 3: Pieces",)
    assert all(name in walk.text for name in named)
    assert Walk(browser).step == "basics"
    assert "Cups" not in Walk(browser).text


def test_the_step_before_can_be_closed(pottery):
    steps = tuple(dataclasses.replace(step, back=step.key != "pieces") for step in STEPS.steps)
    MetadataStore(pottery.engine).publish("tester", components=(dataclasses.replace(STEPS, steps=steps, site="pottery"),))
    walk = Walk(pottery.as_("ada")).press(title="Cups")
    assert (walk.step, 'value="back"' in walk.text) == ("pieces", False)
    assert walk.press("back").step == "pieces"
    assert hidden(walk.browser.get(f"{BOOK}?step=basics").text)["_step"] == "pieces"
    walk.press(**line(pottery, 0))
    assert (walk.step, 'value="back"' in walk.text) == ("check", True)
    assert walk.press("back").step == "pieces"


@pytest.mark.parametrize("path", ["/sv-SE" + BOOK])
def test_what_was_typed_in_one_language_is_shown_in_the_other(pottery, path):
    browser = pottery.as_("ada")
    Walk(browser).press("save", title="Cups", weight="1234.5")
    swedish = Walk(browser, path)
    assert 'value="1234,5"' in swedish.text
    swedish.press()
    assert swedish.step == "pieces"


def retitled_after_a_lost_answer(pottery, has, answers=()):
    """Somebody sends Cups, hears nothing, calls it Bowls and sends again to an oven that has it, or not, or does not tell."""
    pottery.oven.asks, pottery.oven.has = True, has
    pottery.oven.answers = [Refusal("Nobody answers", unanswered=True), *answers]
    walk = at_check(pottery, pottery.as_("ada")).press()
    walk.answer = walk.browser.get(f"{BOOK}?step=basics")
    walk.press(title="Bowls").press(**line(pottery, 0, title="Mug"), **line(pottery, 1, "Tenmoku", "3"))
    assert walk.step == "check"
    return walk.press()


def test_what_arrived_unanswered_is_made_as_it_was_sent_then_and_the_person_is_told(pottery):
    walk = retitled_after_a_lost_answer(pottery, has=True)
    assert [row["title"] for row in pottery.rows("firing")] == ["Cups"]
    assert (len(pottery.rows("piece")), len(set(pottery.oven.keys))) == (2, 1)
    assert "had arrived after all" in walk.text


def test_what_did_not_arrive_goes_out_as_it_is_now_under_the_same_key(pottery):
    walk = retitled_after_a_lost_answer(pottery, has=False)
    assert [row["title"] for row in pottery.rows("firing")] == ["Bowls"]
    assert len(set(pottery.oven.keys)) == 1
    assert "had arrived after all" not in walk.text


def test_while_the_outside_does_not_tell_nothing_changed_is_sent_and_what_was_typed_stays(pottery):
    walk = retitled_after_a_lost_answer(pottery, has=None)
    assert (pottery.rows("firing"), len(pottery.oven.keys)) == ([], 1)
    assert "could not check" in shown_errors(walk.text)[0]
    pottery.oven.has = False
    walk.press()
    assert [row["title"] for row in pottery.rows("firing")] == ["Bowls"]


def test_what_arrived_and_is_refused_makes_way_for_what_was_typed_since(pottery):
    retitled_after_a_lost_answer(pottery, has=True, answers=[Refusal("No cups")])
    assert [row["title"] for row in pottery.rows("firing")] == ["Bowls"]
    assert len(pottery.oven.keys) == 3
    assert len(set(pottery.oven.keys)) == 2


def test_a_step_without_a_label_is_called_as_its_form_and_nowhere_by_its_key(pottery):
    first, *others = STEPS.steps
    unnamed = replace(STEPS, steps=(replace(first, key="the_basics", label=Text()), *others))
    asked = next(form for form in FORMS if form.key == "basics")
    MetadataStore(pottery.engine).publish("tester", components=(unnamed, replace(asked, label=Text.of("What goes in"))))
    walk = Walk(pottery.as_("ada"))
    assert "What goes in" in walk.text
    walk.press(title="Cups", kiln=str(pottery.ids["Big Bertha"]), peak="1000")
    assert walk.step == "pieces"
    back = walk.text.partition('value="back"')[2].partition("</button>")[0]
    assert back.endswith("What goes in")
