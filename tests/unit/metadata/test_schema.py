"""Plain data becomes components, or a list of everything that is wrong with it."""

import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.errors import MetadataError, Position
from metadata.model import KINDS, Filter, ListMessages
from metadata.schema import dump, load
from metadata.text import Text
from support.generated_metadata import components

KEYS = st.sampled_from(["key", "label", "all", "links", "blocks", "settings"]) | st.text(max_size=5) | st.integers()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def problems(kind, data, **options):
    with pytest.raises(MetadataError) as caught:
        load(kind, data, **options)
    return caught.value.problems


def codes(kind, data):
    return {(problem.position.path, problem.code) for problem in problems(kind, data)}


@given(components)
def test_what_is_dumped_loads_to_the_same_component(component):
    kind = next(kind.name for kind in KINDS.values() if kind.model is type(component))
    again = load(kind, dump(component))
    assert dump(again) == dump(component)
    assert again == component


@given(st.sampled_from(sorted(KINDS)), JSON)
def test_any_data_at_all_gives_a_component_or_problems(kind, data):
    try:
        found = dump(load(kind, data))
    except MetadataError as error:
        found = error.problems
    assert found


def test_every_problem_is_reported_with_its_path():
    data = {
        "key": "Bad key",
        "lable": "x",
        "attributes": [{"key": "a", "typ": "text", "max_length": 0, "required": "requird"}, 5],
        "keys": "x",
        "icon": None,
        "label": {"xx-": "y"},
    }
    assert codes("entity", data) == {
        ("attributes.0.max_length", "range"),
        ("attributes.0.required", "choice"),
        ("attributes.0.typ", "unknown-key"),
        ("attributes.0.type", "missing"),
        ("attributes.1", "type"),
        ("icon", "empty"),
        ("key", "pattern"),
        ("keys", "type"),
        ("label.xx-", "language"),
        ("lable", "unknown-key"),
    }


def test_an_unknown_key_deep_inside_is_answered_with_the_one_that_was_meant():
    data = {"key": "v", "entity": "e", "columns": [{"atribute": "a", "attribute": "a"}]}
    [problem] = problems("view", data)
    assert "Did you mean 'attribute'?" in problem.message
    assert problem.component == "view v"


def test_an_unknown_key_is_answered_with_the_only_one_that_is_lacking_beside_it():
    said = {
        problem.position.path: problem.message for problem in problems("choice", {"key": "c", "options": [{"key": "open"}]})
    }
    assert said["options.0.key"] == "There is no property 'key' here. Did you mean 'value'?"
    data = {"key": "e", "attributes": [{"word": "a"}]}  # key and type are lacking: either may be meant
    assert {problem.message for problem in problems("entity", data) if problem.code == "unknown-key"} == {
        "There is no property 'word' here."
    }


def test_a_misspelt_kind_is_answered_with_the_one_that_was_meant():
    [problem] = problems("enity", {})
    assert problem.code == "unknown-kind"
    assert "'entity'" in problem.message


def test_a_reader_gives_the_places():
    [problem] = problems("choice", {"key": "c", "options": [{}]}, where=lambda path: Position("a.yaml", 7, path))
    assert str(problem).startswith("a.yaml:7 options.0.value: choice c: ")


def test_only_what_differs_from_the_defaults_is_dumped_in_declared_order():
    attributes = [{"type": "text", "key": "name"}]
    entity = load("entity", {"icon": "", "label": {"any": "Thing"}, "attributes": attributes, "key": "thing"})
    assert list(dump(entity).items()) == [
        ("key", "thing"),
        ("label", "Thing"),
        ("attributes", [{"key": "name", "type": "text"}]),
    ]


def test_texts_of_languages_are_sorted_and_any_stands_for_all():
    entity = load("entity", {"key": "thing", "label": {"sv": "Sak", "any": "Thing", "en": "Thing"}})
    assert entity.label == Text((("", "Thing"), ("en", "Thing"), ("sv", "Sak")))
    assert dump(entity)["label"] == {"any": "Thing", "en": "Thing", "sv": "Sak"}


def test_a_part_with_a_default_may_be_left_out():
    shown = load("list", {"key": "things", "views": ["v"]})
    assert shown.messages == ListMessages()


def test_conditions_nest():
    data = {"any": [{"attribute": "a", "value": 1}, {"all": [{"attribute": "b", "operator": "in", "value": [1, "x"]}]}]}
    view = load("view", {"key": "v", "entity": "e", "columns": [], "filter": data})
    assert view.filter.any[1].all[0] == Filter(attribute="b", operator="in", value=(1, "x"))
    assert dump(view)["filter"] == data


def test_a_whole_number_is_taken_for_text_as_its_digits_and_other_values_are_told_to_be_quoted():
    assert load("site_setting", {"key": "a", "value": 10}).value == "10"
    for value in (True, 1.10):
        [problem] = problems("site_setting", {"key": "a", "value": value})
        assert "quotes" in problem.message


@pytest.mark.parametrize("value", ["a\0b", "\ud800", "\x1b[31m"])
def test_characters_that_cannot_be_stored_are_refused(value):
    assert codes("snippet", {"key": "a", "value": value}) == {("value", "text")}


def test_data_that_holds_itself_is_refused():
    data: dict[str, typing.Any] = {"key": "v"}
    data["filter"] = data
    assert {code for _, code in codes("view", data)} == {"depth"}


def test_data_that_multiplies_itself_is_refused():
    data: list[typing.Any] = []
    for _ in range(50):
        data = [data] * 10
    assert {code for _, code in codes("view", {"key": "v", "columns": data})} == {"size"}


@pytest.mark.parametrize("sign", "?#!%/ ")
def test_a_part_of_an_address_has_no_sign_that_does_not_belong_there(sign):
    assert codes("page", {"key": "p", "label": "P", "parent": "home", "partial_url": f"a{sign}b"}) == {
        ("partial_url", "pattern")
    }


def test_fetchxml_is_refused_with_what_to_write_instead():
    given = {"key": "a", "entity": "contact", "columns": [{"attribute": "name"}]}
    for where in ("<fetch><entity name='contact'/></fetch>", "  <filter type='and'/>"):
        with pytest.raises(MetadataError, match=r"FetchXML is not read here; write the conditions .* all and any") as refused:
            load("view", {**given, "filter": where})
        assert [(problem.code, problem.position.path) for problem in refused.value.problems] == [("fetchxml", "filter")]
