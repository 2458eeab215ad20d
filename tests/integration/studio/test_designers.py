"""The designers: steps are drafts at once, what they do not show is kept, and two people's steps come together."""

import re
from html import unescape

from support.studio import data_of, step, words

YES = {"p.filter.all.1.value.~as": "yes"}


def attributes(items):
    return [item["attribute"] for item in items]


def test_a_view_is_made_of_columns_order_and_groups_of_conditions(site, maker):
    dora = maker("dora")
    name = "view/bookings-moored"
    assert "Add Berth Depth" in dora.get(f"design/{name}").text
    made = step(dora, name, "add:columns=berth.depth")
    assert made.location == f"/studio/design/{name}?at=columns.2"
    step(dora, name, "move:columns.2>columns.0")
    step(dora, name, "down:columns.0")
    step(dora, name, "set", at="columns.1", p__columns__1__width="narrow")
    step(dora, name, "condition:filter")
    step(dora, name, "set", at="filter.all.1", p__filter__all__1__attribute="paid", **YES)
    step(dora, name, "group:filter")
    step(dora, name, "set", at="filter.all.2.any.0", p__filter__all__2__any__0__attribute="boat")
    step(dora, name, "add:sort=boat")
    found = data_of(site, "view", "bookings-moored")
    assert found["columns"] == [{"attribute": "number"}, {"attribute": "berth.depth", "width": "narrow"}, *found["columns"][2:]]
    assert found["columns"][2]["label"] == "Vessel"
    assert found["filter"]["all"][1:] == [{"attribute": "paid", "value": True}, {"any": [{"attribute": "boat"}]}]
    assert attributes(found["sort"]) == ["number", "boat"]
    step(dora, name, "flip:filter")
    step(dora, name, "drop:filter.any.2.any.0")
    found = data_of(site, "view", "bookings-moored")
    assert [one.get("attribute") for one in found["filter"]["any"]] == ["status", "paid"]
    assert dora.publish().status_code == 303


def test_a_form_is_made_of_tabs_sections_and_fields_and_a_step_is_undone(site, maker):
    dora = maker("dora")
    name = "form/booking-edit"
    before = data_of(site, "form", "booking-edit")
    sections = len(before["tabs"][0]["sections"])
    here = f"tabs.0.sections.{sections}"
    step(dora, name, "add:tabs.0.sections=Extras")
    step(dora, name, f"add:{here}.fields=confirmed_on")
    step(
        dora, name, "set", at=f"{here}.fields.0", **{f"p__{here.replace('.', '__')}__fields__0__hint__any": "When we said yes"}
    )
    first = len(before["tabs"][0]["sections"][0]["fields"])
    step(dora, name, f"move:{here}.fields.0>tabs.0.sections.0.fields.0")
    found = data_of(site, "form", "booking-edit")
    assert found["tabs"][0]["sections"][0]["fields"][0] == {"attribute": "confirmed_on", "hint": "When we said yes"}
    assert len(found["tabs"][0]["sections"][0]["fields"]) == first + 1
    for _ in range(4):
        assert not undo_rests(dora, name)
        step(dora, name, "undo")
    assert data_of(site, "form", "booking-edit") == before
    step(dora, name, "undo")
    assert data_of(site, "form", "booking-edit") == before, "below what is published nothing is a step"


def undo_rests(maker, name):
    """Whether the button *Undo* has nothing to take back."""
    button = re.search(r'<button[^>]*value="undo"[^>]*>', maker.get(f"design/{name}").text)
    return " disabled" in button[0]


def test_before_any_step_there_is_nothing_to_undo(site, maker):
    dora = maker("dora")
    assert undo_rests(dora, "form/booking-edit")
    step(dora, "form/booking-edit", "add:tabs.0.sections=Extras")
    assert not undo_rests(dora, "form/booking-edit")
    step(dora, "form/booking-edit", "undo")
    assert undo_rests(dora, "form/booking-edit")


def test_an_entity_gets_attributes_and_says_what_publishing_would_change(site, maker):
    dora = maker("dora")
    step(dora, "entity/berth", "add:attributes", word="Mooring lines")
    count = len(data_of(site, "entity", "berth")["attributes"])
    at = f"attributes.{count - 1}"
    step(dora, "entity/berth", "set", at=at, **{f"p__{at.replace('.', '__')}__type": "integer"})
    assert data_of(site, "entity", "berth")["attributes"][-1] == {
        "key": "mooring_lines",
        "label": "Mooring lines",
        "type": "integer",
    }
    page = dora.get("design/entity/berth").text
    assert "mooring_lines" in page.partition("When published")[2]
    assert "<svg" in page.partition("ds-drawing")[2]


def test_steps_of_two_people_come_together(site, maker):
    dora, bob = maker("dora"), maker("bob")
    mine = dora.form("design/view/extras", "base")
    step(bob, "view/extras", "add:sort=price")
    assert dora.send("design/view/extras", mine, ("do", "drop:columns.1")).status_code == 303
    found = data_of(site, "view", "extras")
    assert attributes(found["columns"]) == ["title", "price"]
    assert attributes(found["sort"]) == ["title", "price"]


def test_what_leads_nowhere_changes_nothing_and_rights_hold(site, maker):
    dora = maker("dora")
    before = data_of(site, "view", "extras")
    for do in (
        "drop:columns.99",
        "move:columns.0>sort.0",
        "move:columns.0",
        "up:filter.all.7",
        "add:nothing=x",
        "group:columns",
    ):
        assert step(dora, "view/extras", do).status_code == 303, do
    assert data_of(site, "view", "extras") == before
    assert step(dora, "view/extras", "explode:columns").status_code == 400
    assert maker("carol").get("design/view/extras").status_code == 403
    assert dora.get("design/choice/mooring").status_code == 404
    assert maker("bob").get("pages").status_code == 403
    assert dora.send("pages", dora.form("pages", "csrf_token"), ("do", "up:nothing")).status_code == 400


def test_a_block_that_needs_a_form_asks_for_one(site, maker):
    carol = maker("carol")
    before = len(data_of(site, "page", "terms").get("blocks") or ())
    step(carol, "page/terms", "add:blocks=profile")
    page = carol.get(f"design/page/terms?at=blocks.{before}").text
    assert f'name="p.blocks.{before}.form"' in page
    assert f'id="f-blocks.{before}.form-error"' in page, "what is missing is told at its field"


def test_who_moves_a_page_by_the_keyboard_goes_on_at_the_same_button_or_at_the_page(site, maker):
    carol, focused = maker("carol"), []
    for _ in range(20):
        moved = carol.send("pages", carol.form("pages", "csrf_token"), ("do", "up:berths")).location
        assert "#" not in moved, "with a fragment a browser focuses nothing"
        page = carol.get(moved.partition("/studio/")[2]).text
        focused += re.findall(r'(?:value|href)="([^"]+)"[^>]* autofocus', page)
        if focused[-1] != "up:berths":
            break
    assert focused[0] == "up:berths"
    assert focused[-1] == "/studio/design/page/berths", "it has gone as far as it can"


def test_pages_stand_in_a_tree_and_blocks_and_menu_entries_are_placed(site, maker):
    carol = maker("carol")

    def move(do):
        assert carol.send("pages", carol.form("pages", "csrf_token"), ("do", do)).status_code == 303

    def beside():
        """The pages below the first one, in order."""
        return re.findall(r'id="p-([a-z-]+)" class="ds-deep-1"', carol.get("pages").text)

    place = beside().index("berths")
    move("up:berths")
    assert beside().index("berths") == place - 1
    above = beside()[place - 2]
    move("into:berths")
    assert data_of(site, "page", "berths")["parent"] == above
    move("out:berths")
    assert data_of(site, "page", "berths")["parent"] == "home"
    assert beside().index("berths") == place - 1
    step(carol, "page/terms", "add:blocks=list/berths")
    step(carol, "page/terms", "add:blocks.0=text")
    blocks = data_of(site, "page", "terms")["blocks"]
    assert blocks[0] == {"type": "text"}
    assert blocks[-1] == {"type": "list", "list": "berths"}
    step(carol, "web_link_set/main", "add:links=terms")
    assert data_of(site, "web_link_set", "main")["links"][-1] == {"page": "terms"}


def test_an_attribute_needs_a_name_and_its_target_is_named_as_people_call_it(site, maker):
    dora = maker("dora")
    count = len(data_of(site, "entity", "booking")["attributes"])
    answer = step(dora, "entity/booking", "add:attributes", word="  ")
    assert len(data_of(site, "entity", "booking")["attributes"]) == count
    page = dora.browser.get(answer.location).text
    assert "Say first what people call it." in page
    assert "Look-up \u203a Berth" in page
    assert "Look-up \u203a Contact" in page


def test_a_menu_is_offered_no_page_of_one_record(site, maker):
    page = maker("dora").get("design/web_link_set/main").text
    offered = set(re.findall(r'value="add:links=([^"]*)"', page))
    assert "bookings" in offered
    assert "booking" not in offered


def test_rules_of_a_form_take_what_people_call_a_field(site, maker):
    dora = maker("dora")
    name = "form/booking-edit"
    step(dora, name, "add:rules", at="")
    form = dora.form(f"design/{name}?at=rules.0", "at")
    more = {"p.rules.0.when": "paid", "p.rules.0.require.0": "Boat"}
    kept = [(given, value) for given, value in form.fields if given not in more]
    data = {**dict(kept), **more, "do": "set"}
    assert dora.browser.client.post(f"/studio/design/{name}", data=data).status_code == 303
    assert data_of(site, "form", "booking-edit")["rules"][0]["require"] == ["boat"]


def panel(maker, name, at=""):
    """The words of a designer's page with what stands beside it."""
    page = maker.get(f"design/{name}?at={at}").text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_panel_of_a_field_tells_the_rules_that_touch_it_and_begins_others(site, maker):
    dora = maker("dora")
    name = "form/booking-edit"
    fields = data_of(site, "form", "booking-edit")["tabs"][0]["sections"][0]["fields"]
    at = {one["attribute"]: f"tabs.0.sections.0.fields.{place}" for place, one in enumerate(fields)}
    assert "No rule touches this field." in panel(dora, name, at["boat"])
    assert "No rule touches this field." not in panel(dora, name)
    made = step(dora, name, "add:rules=require/boat", at=at["boat"])
    assert made.location == f"/studio/design/{name}?at=rules.0"
    step(dora, name, "add:rules=default/boat", at=at["boat"])
    step(dora, name, "set", at="rules.0", p__rules__0__when="berth = 'boat' or paid", p__rules__0__require__0="boat")
    found = data_of(site, "form", "booking-edit")["rules"]
    assert found[0] == {"when": "berth = 'boat' or paid", "require": ["boat"]}
    assert found[1]["default"] == [{"attribute": "boat"}]
    beside = panel(dora, name, at["boat"])
    assert "berth = 'boat' or paid requires it" in beside
    assert "requires it, looks at it" not in beside  # a text of the condition is no attribute
    assert "fills it in" in beside
    paid = f"tabs.0.sections.0.fields.{len(fields)}"
    step(dora, name, "add:tabs.0.sections.0.fields=paid")
    assert "berth = 'boat' or paid looks at it" in panel(dora, name, paid)
    step(dora, name, "add:rules=refuse/", at=at["boat"])
    assert data_of(site, "form", "booking-edit")["rules"][2:] in ([], [{}])


def test_a_section_with_a_related_list_is_called_as_the_rows_that_it_shows(site, maker):
    dora = maker("dora")
    name = "form/booking-edit"
    word = re.search(r'value="add:tabs.0.sections=([^"/]+/[^"]+)"', dora.get(f"design/{name}").text)[1]
    place = len(data_of(site, "form", "booking-edit")["tabs"][0]["sections"])
    step(dora, name, f"add:tabs.0.sections={word}")
    page = dora.get(f"design/{name}?at=tabs.0.sections.{place}")
    assert f"Section {place + 1}" not in words(page)
    view = data_of(site, "view", word.partition("/")[2])
    assert words(page).count(view["label"]) >= 3  # the section, the list in it, the panel
    step(dora, name, "set", at=f"tabs.0.sections.{place}", **{f"p__tabs__0__sections__{place}__label__any": "What was said"})
    assert "What was said" in words(dora.get(f"design/{name}"))


def test_an_auto_number_has_a_format_from_the_beginning(site, maker):
    dora = maker("dora")
    step(dora, "entity/booking", "add:attributes", word="Ticket", type="auto_number")
    ticket = data_of(site, "entity", "booking")["attributes"][-1]
    assert (ticket["type"], ticket["format"]) == ("auto_number", "B-{number:06}")
    step(dora, "entity/booking", "add:attributes", word="Slip", type="text")
    at = f"attributes.{len(data_of(site, 'entity', 'booking')['attributes']) - 1}"
    step(dora, "entity/booking", "set", at=at, **{f"p__{at.replace('.', '__')}__type": "auto_number"})
    assert data_of(site, "entity", "booking")["attributes"][-1]["format"] == "B-{number:06}"
    given = {f"p__{at.replace('.', '__')}__format": "S{number}", f"p__{at.replace('.', '__')}__type": "auto_number"}
    step(dora, "entity/booking", "set", at=at, **given)
    assert data_of(site, "entity", "booking")["attributes"][-1]["format"] == "S{number}"


def test_a_menu_tells_that_entries_below_one_go_with_it(site, maker):
    dora = maker("dora")
    name = "web_link_set/main"
    told = "Who does not see Bookings sees none of these."
    assert told in words(dora.get(f"design/{name}"))
    dora.edit(name, p__links__1__always="true")
    assert told not in words(dora.get(f"design/{name}"))


def test_an_entity_without_attributes_begins_where_one_is_typed_and_says_what_must_be_given(site, maker):
    dora = maker("dora")
    dora.send("new/entity", dora.form("new/entity", "key"), name="Buoy")
    added = re.compile(r'<input[^>]*id="ds-word"[^>]*>')
    assert " autofocus" in added.search(dora.get("design/entity/buoy").text)[0]
    step(dora, "entity/buoy", "add:attributes", word="Colour")
    assert " autofocus" not in added.search(dora.get("design/entity/buoy").text)[0]
    step(dora, "entity/buoy", "set", at="attributes.0", p__attributes__0__required="recommended")
    assert "Colour colour Text Recommended" in words(dora.get("design/entity/buoy"))
