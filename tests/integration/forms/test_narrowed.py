"""A lookup that is narrowed by another one on the form: what it offers, what it takes, and what scripts find."""

import re

import pytest

from metadata.checks import check
from metadata.model import component_id
from support.pottery import POTTERY, hidden, shown_errors
from support.shelves import EXTRA, form, make_shelves


@pytest.fixture(params=["dropdown", ""])
def pottery(request, database_url, tmp_path):
    made = make_shelves(database_url, tmp_path, request.param)
    yield made
    made.engine.dispose()


def typed(pottery, page, kiln, shelf, **more):
    """What somebody sends who chose a kiln and a shelf."""
    chosen = {name: str(pottery.ids[row]) if row else "" for name, row in (("kiln", kiln), ("shelf", shelf))}
    named = {f"shelf__{part}": shelf for part in ("q", "found")} if "shelf__q" in page else {}
    return {**hidden(page), **chosen, **named, "note": "first", **more}


def offered(page) -> list[str]:
    select = re.search(r'<select[^>]* name="shelf".*?</select>', page, re.S)
    return re.findall(r'<option value="\d+"[^>]*>([^<]*)', select[0]) if select else []


@pytest.mark.parametrize(
    ("kiln", "shelf", "taken"),
    [("Big Bertha", "top", True), ("Big Bertha", "only", False), ("Little Bert", "only", True), ("", "only", True)],
)
def test_only_a_row_that_belongs_to_the_other_is_taken(pottery, kiln, shelf, taken):
    browser = pottery.as_("ada")
    answer = browser.client.post("/load", data=typed(pottery, browser.get("/load").text, kiln, shelf))
    assert answer.status_code == (303 if taken else 422)
    assert [row["shelf"] for row in pottery.rows("loading")] == ([pottery.ids[shelf]] if taken else [])
    if not taken:
        assert shown_errors(answer.text)
        assert 'value="first"' in answer.text


def test_after_a_post_without_script_only_rows_that_belong_are_offered(pottery):
    browser = pottery.as_("ada")
    page = browser.get("/load").text
    fields = {**typed(pottery, page, "Big Bertha", ""), "_find": "shelf"}
    answer = browser.client.post("/load", data=fields)
    assert "only" not in answer.text
    assert all(name in answer.text for name in ("top", "bottom"))
    if 'select class="form-select" id="f-shelf"' in page:
        assert (offered(page), offered(answer.text)) == (["bottom", "only", "top"], ["bottom", "top"])


def test_scripts_find_only_rows_that_belong(pottery):
    browser = pottery.as_("ada")

    def found(within):
        answer = browser.get("/_lookup/load/shelf", query_string={"within": within}, headers={"Accept": "application/json"})
        return sorted(option["label"] for option in answer.json["options"])

    assert found(str(pottery.ids["Little Bert"])) == ["only"]
    assert found(f"kiln:{pottery.ids['Big Bertha']}") == ["bottom", "top"]
    for nothing in ("", "x", "-1", "9" * 40, "1 or 1=1"):
        assert found(nothing) == ["bottom", "only", "top"]


def test_a_stored_row_is_refused_once_the_other_is_changed_and_kept_while_it_is_not(pottery):
    loading = pottery.add("loading", note="first", kiln=pottery.ids["Big Bertha"], shelf=pottery.ids["only"])
    browser = pottery.as_("ada")
    page = browser.get("/loadings/first").text
    same = typed(pottery, page, "Big Bertha", "only", note="second")
    assert browser.client.post("/loadings/first", data=same).status_code == 303
    page = browser.get("/loadings/second").text
    moved = typed(pottery, page, "Little Bert", "only", note="third")
    assert browser.client.post("/loadings/second", data=moved).status_code == 303
    page = browser.get("/loadings/third").text
    assert browser.client.post("/loadings/third", data=typed(pottery, page, "Big Bertha", "only")).status_code == 422
    (row,) = pottery.rows("loading")
    assert (row["id"], row["kiln"], row["shelf"]) == (loading, pottery.ids["Little Bert"], pottery.ids["only"])


@pytest.mark.parametrize(
    ("field", "place", "said"),
    [
        ({"narrowed_path": ""}, "narrowed_by", "give both narrowed_by and narrowed_path"),
        ({"narrowed_by": "kill"}, "narrowed_by", "No lookup 'kill' is asked for before it on this form. Did you mean 'kiln'?"),
        ({"narrowed_path": "name"}, "narrowed_path", "name does not lead from shelf to the rows of kiln."),
        ({"attribute": "note"}, "narrowed_by", "note is no lookup to one entity"),
    ],
)
def test_a_narrowing_that_cannot_be_is_refused_with_its_place(field, place, said):
    components = {component_id(item): item for item in (*POTTERY, *EXTRA, form(**field))}
    found = [problem for problem in check(components) if problem.code == "narrowing"]
    assert [problem.position.path for problem in found] == [f"tabs.0.sections.0.fields.2.{place}"]
    assert said in found[0].message
