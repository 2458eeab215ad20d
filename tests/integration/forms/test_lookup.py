import pytest

KILNS = "/_lookup/firing-new/kiln"


def test_a_lookup_offers_what_may_be_chosen_with_the_figure_that_decides(pottery):
    found = pottery.as_("ada").get(f"{KILNS}?q=b", headers={"Accept": "application/json"}).get_json()
    assert [row["label"] for row in found["options"]] == ["Big Bertha", "Little Bert"]
    assert found["options"][0]["value"] == str(pottery.ids["Big Bertha"])
    assert found["options"][0]["second"] == "120.5"


def test_it_is_searched_and_limited(pottery):
    browser = pottery.as_("ada")
    for number in range(30):
        pottery.add("kiln", name=f"Kiln {number:02}", closed=False)
    assert len(browser.get(KILNS).get_json()["options"]) == 20
    assert [row["label"] for row in browser.get(f"{KILNS}?q=kiln 07").get_json()["options"]] == ["Kiln 07"]


def test_it_comes_as_options_of_a_list_too(pottery):
    answer = pottery.as_("ada").get(f"{KILNS}?q=little", headers={"Accept": "text/html"})
    assert f'<li role="option" data-value="{pottery.ids["Little Bert"]}"' in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/_lookup/nothing/kiln",
        "/_lookup/firing-new/title",
        "/_lookup/firing-new/nothing",
        "/_lookup/firing-new/potter",
        "/_lookup/me/account",
    ],
)
def test_what_is_no_lookup_of_the_person_is_not_found(pottery, path):
    assert pottery.as_("ada").get(path).status_code == 404


def test_who_may_not_use_the_form_gets_nothing(pottery):
    assert pottery.as_("dirk").get(KILNS).status_code == 404
    assert pottery.app.test_client().get(KILNS).status_code in (302, 404)


@pytest.mark.parametrize("q", ["%", "_", "' or 1=1 --", "\x00", "x" * 5000, "💥", "\\"])
def test_hostile_searches_find_nothing_and_break_nothing(pottery, q):
    answer = pottery.as_("ada").get(KILNS, query_string={"q": q})
    assert answer.status_code in (200, 400)
    assert "Bertha" not in answer.text
