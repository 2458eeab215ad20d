"""Designers of lists, multistep forms, charts: what each step makes of the component, and that it can be published."""

import re

from support.studio import data_of, step, words


def made(maker, kind, key, **fields):
    """A new component, with the fields that its editor asks for."""
    assert maker.send(f"new/{kind}", maker.form(f"new/{kind}", "key"), ("do", "create"), key=key).status_code == 303
    return maker.edit(f"{kind}/{key}", **fields)


def test_a_list_gets_views_filters_actions_layouts_and_texts(site, maker):
    dora, name = maker("dora"), "list/berths"
    before = data_of(site, "list", "berths")
    assert "Add Bookings" not in dora.get(f"design/{name}").text  # a view of another entity
    step(dora, "list/bookings", "drop:views.1")
    step(dora, "list/bookings", "add:views=bookings-moored")
    step(dora, "list/bookings", "up:views.1")
    assert data_of(site, "list", "bookings")["views"] == ["bookings-moored", "bookings-all"]
    chosen = step(dora, name, "add:filters=number")
    assert chosen.location.endswith("?at=filters.0")
    step(dora, name, "add:filters=number")
    step(dora, name, "set", at="filters.1", p__filters__1__label__any="By number")
    step(dora, name, "drop:filters.0")
    step(dora, name, "drop:columns.0")
    step(dora, name, "add:columns=number")
    step(dora, name, "set", at="columns.0", p__columns__0__label__any="Place")
    step(dora, name, "add:bulk=delete")
    step(dora, name, "toggle:layouts=cards")
    assert data_of(site, "list", name.partition("/")[2])["layouts"] == ["table", "cards"]
    step(dora, name, "toggle:layouts=cards")
    step(dora, name, "toggle:search")
    step(dora, name, "put:messages")
    step(dora, name, "set", at="messages", p__messages__empty__any="All places are free")
    found = data_of(site, "list", "berths")
    assert found["filters"] == [{"key": "number_2", "attribute": "number", "label": "By number"}]
    assert found["columns"] == [{"attribute": "number", "label": "Place"}]
    assert (found["bulk"], found["layouts"], found["search"]) == ([{"key": "delete", "type": "delete"}], ["table"], False)
    assert found["messages"] == {**before["messages"], "empty": "All places are free"}
    assert (found["label"], found["views"]) == (before["label"], before["views"])
    assert dora.publish().status_code == 303


def test_the_actions_of_forms_are_offered_for_the_rows_of_a_list(site, maker):
    dora, name = maker("dora"), "list/bookings"
    assert "No form of this entity has actions" in words(dora.get(f"design/{name}"))
    step(dora, "form/booking-read", "add:actions=free")
    at = "actions.0"
    step(dora, "form/booking-read", "set", at=at, **{f"p.{at}.label.any": "Give it up"})
    assert 'value="add:actions=action/booking-read/free"' in dora.get(f"design/{name}").text
    chosen = step(dora, name, "add:actions=action/booking-read/free")
    added = data_of(site, "list", "bookings")["actions"][-1]
    assert added == {"type": "action", "form": "booking-read", "action": "free"}
    assert "Give it up" in words(dora.get(f"design/{name}"))
    assert chosen.location.endswith(f"?at=actions.{len(data_of(site, 'list', 'bookings')['actions']) - 1}")


def test_the_source_of_a_style_sheet_or_web_template_has_lines_before_anything_is_typed(site, maker):
    dora = maker("dora")
    for kind in ("style_sheet", "web_template"):
        made = dora.send(f"new/{kind}", dora.form(f"new/{kind}", "key"), ("do", "create"), key="mine")
        assert made.status_code == 303
        assert re.search(r'<textarea[^>]* name="p.source" rows="16"', dora.get(f"edit/{kind}/mine").text)
    page = dora.edit("style_sheet/mine", p__source=".panel { color: red")
    assert page.status_code == 303
    shown = dora.get("edit/style_sheet/mine")
    assert "Line 1: What begins here is not closed" in words(shown)
    dora.edit("style_sheet/mine", p__source=".panel { color: rgb(1, 2, 3) }")
    (frame,) = re.findall(r'<iframe[^>]* src="([^"]+)"', dora.get("edit/style_sheet/mine").text)
    seen = dora.browser.client.get(frame.replace("&amp;", "&"), follow_redirects=True)
    sheet = re.findall(r'href="([^"]*/_sample/own/[^"]*)"', seen.text)
    assert "rgb(1, 2, 3)" in dora.browser.get(sheet[0]).text
    assert "_own/" not in dora.get("edit/style_sheet/mine").text


def test_the_flow_of_a_multistep_form_shows_ways_loops_and_what_nobody_reaches(site, maker):
    dora, name = maker("dora"), "multistep_form/stay"
    made(dora, "multistep_form", "stay", p__entity="booking")
    for do in ("form/booking-edit", "condition", "review", "redirect"):
        step(dora, name, f"add:steps={do}")
    step(dora, name, "condition:steps.1.condition")
    at = "steps.1.condition.all.0"
    step(dora, name, "set", at=at, **{f"p.{at}.attribute": "paid", f"p.{at}.value.~as": "yes"})
    step(dora, name, "set", at="steps.1", p__steps__1__otherwise="redirect", p__steps__1__label__any="Paid already?")
    step(dora, name, "set", at="steps.3", p__steps__3__page="terms")
    step(dora, name, "set", at="steps.2", p__steps__2__next="booking_edit")
    found = data_of(site, "multistep_form", "stay")["steps"]
    assert found[0] == {"key": "booking_edit", "form": "booking-edit"}
    assert found[1]["condition"] == {"all": [{"attribute": "paid", "value": True}]}
    page = dora.get(f"design/{name}")
    told = words(page)
    assert "if not 4. redirect" in told
    assert "1. booking_edit back: the way ends there" in told
    assert "never reached" not in told
    assert page.text.count('class="ds-arrow is-back"') == 1
    step(dora, name, "value:steps.1.otherwise=")
    assert "never reached" in words(dora.get(f"design/{name}"))
    step(dora, name, "flip:steps.1.condition")
    step(dora, name, "drop:steps.1.condition.any.0")
    assert "condition" not in data_of(site, "multistep_form", "stay")["steps"][1]
    step(dora, name, "value:steps.1.next=nowhere")
    lost = dora.get(f"design/{name}")
    assert "there is no step nowhere" in words(lost)
    assert "There is no step" in lost.text.partition('data-path="steps.1"')[2].partition("<li")[0]


def test_a_chart_is_chosen_by_type_view_group_and_figure_and_seen(site, maker):
    dora, name = maker("dora"), "chart/fees"
    for number, status in enumerate(("asked", "moored", "moored")):
        site.book(f"C{number}", status=status)
    made(dora, "chart", "fees", p__view="bookings-all")
    for do in ("type=pie", "group=status", "aggregate=sum", "attribute=fee"):
        step(dora, name, f"value:{do}")
    found = data_of(site, "chart", "fees")
    assert {key: found[key] for key in ("type", "group", "aggregate", "attribute")} == {
        "type": "pie",
        "group": "status",
        "aggregate": "sum",
        "attribute": "fee",
    }
    step(dora, name, "value:type=nonsense")
    step(dora, name, "value:type=bar")
    assert "type" not in data_of(site, "chart", "fees")
    page = dora.get(f"design/{name}").text
    source = re.search(r'<iframe src="([^"]+)"', page)[1]
    seen = dora.browser.get(source).text
    assert "<table" in seen
    assert "2,501" in seen  # the two moored ones, in the table beside the drawing


def test_nothing_is_toggled_or_set_where_nothing_of_the_kind_can_stand(site, maker):
    dora = maker("dora")
    before = data_of(site, "list", "berths")
    for do in ("toggle:views", "toggle:nothing=x", "value:views=x", "value:nothing=x", "add:nothing=x", "toggle:views.0.key=x"):
        assert step(dora, "list/berths", do).status_code == 303
    assert data_of(site, "list", "berths") == before
