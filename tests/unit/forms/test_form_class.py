import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from metadata.model import Attribute, FormField
from metadata.text import Text
from metadata.types import TYPES
from runtime.forms.bound import bind, posted_values
from runtime.forms.builder import FormAsk, form_class
from runtime.forms.controls import CONTROLS
from runtime.forms.fields import Chosen, Finder, Person
from runtime.forms.parse import PARSERS, Manner
from support.forms import marina

FLEET = [Chosen(7, "Nordic Sails", "10048"), Chosen(8, "North Quay")]
FINDER = Finder(
    find=lambda rules, text, limit: [row for row in FLEET if text.casefold() in row.label.casefold()][:limit],
    get=lambda rules, entity, id: next((row for row in FLEET if row.id == id), None),
)


def ask(snapshot, mode="insert", writable=None, readable=None, language="en"):
    every = frozenset(snapshot.entities["boat"].attributes)
    return FormAsk(
        snapshot.forms["boat"],
        mode,
        every if readable is None else frozenset(readable),
        every if writable is None else frozenset(writable),
        language,
    )


def filled(snapshot, posted, language="en", zone="UTC", stored=None, mode="insert"):
    kind = form_class(snapshot, ask(snapshot, mode, language=language))
    form = bind(kind, Person(Manner(language, zone), FINDER), posted=MultiDict(posted), values=stored)
    form.validate()
    return form


def fault_keys(form):
    return {name.removeprefix("f-"): [fault.key for fault in faults] for name, faults in form.errors.items()}


def test_every_attribute_type_has_a_control_and_a_reader():
    assert set(CONTROLS) == set(TYPES) == set(PARSERS)


def test_a_form_of_all_types_asks_for_all_but_those_that_are_only_shown():
    kind = form_class(marina(), ask(snapshot := marina()))
    asked = {name.removeprefix("a_") for name in kind.rules}
    assert asked == set(TYPES) - {"auto_number"}
    assert form_class(snapshot, ask(snapshot)) is form_class(snapshot, ask(snapshot))


def test_forms_of_one_class_have_nothing_of_each_other():
    snapshot = marina()
    kind = form_class(snapshot, ask(snapshot))
    one, other = Person(Manner("sv", "UTC"), FINDER), Person(Manner("en", "UTC"), FINDER)
    wrong = bind(kind, one, posted=MultiDict({"a_integer": "x", "a_text": "first"}))
    assert not wrong.validate()
    for prefix in ("", "lines-3-"):
        fresh = bind(kind, other, posted=MultiDict({f"{prefix}a_text": "second"}), prefix=prefix)
        fields = [*fresh]
        assert [field.person for field in fields] == [other] * len(fields)
        assert {field.owner for field in fields} == {fresh}
        assert {field.name.startswith(prefix) for field in fields} == {True}
        assert posted_values(fresh) == {"a_text": "second"}
        assert fresh.validate() is (fault_keys(fresh) == {})
        assert "a_integer" not in fault_keys(fresh)
    assert (wrong["f-a_integer"].person, posted_values(wrong)["a_text"]) == (one, "first")
    assert fault_keys(wrong)["a_integer"] == ["form.not_integer"]


def test_languages_and_time_zones_are_chosen_from_those_that_there_are():
    attributes = (
        Attribute(key="tongue", type="text", values="languages"),
        Attribute(key="zone", type="text", values="time_zones"),
    )
    snapshot = marina(*attributes)
    chosen = filled(snapshot, {"tongue": next(iter(snapshot.languages)), "zone": "America/Argentina/Buenos_Aires"})
    assert fault_keys(chosen) == {}
    assert posted_values(chosen)["zone"] == "America/Argentina/Buenos_Aires"
    assert fault_keys(filled(snapshot, {"tongue": "xx-XX", "zone": "Europe/Atlantis"})) == {
        "tongue": ["form.unknown_choice"],
        "zone": ["form.unknown_choice"],
    }
    offered = dict(form_class(snapshot, ask(snapshot)).rules["zone"].options)
    assert offered["America/Argentina/Buenos_Aires"] == "America/Argentina/Buenos Aires"
    assert "posixrules" not in offered


def test_what_may_not_be_given_is_not_on_the_form_and_not_accepted_when_posted():
    snapshot = marina(Attribute(key="name", type="text"), Attribute(key="owner", type="text"))
    kind = form_class(snapshot, ask(snapshot, writable={"name"}))
    form = bind(kind, Person(), posted=MultiDict({"name": "Vega", "owner": "me"}))
    assert form.validate()
    assert posted_values(form) == {"name": "Vega"}


def test_read_only_hidden_and_set_fields_are_never_taken_from_the_request():
    names = ("name", "shown", "hidden", "always")
    fields = (
        FormField(attribute="name"),
        FormField(attribute="shown", read_only=True),
        FormField(attribute="hidden", hidden=True),
        FormField(attribute="always", set_on_save="x"),
    )
    snapshot = marina(*(Attribute(key=name, type="text") for name in names), fields=fields)
    form = filled(snapshot, dict.fromkeys(names, "hostile"))
    assert posted_values(form) == {"name": "hostile"}


def test_an_immutable_attribute_is_asked_for_once_only():
    snapshot = marina(Attribute(key="name", type="text", immutable=True))
    assert set(form_class(snapshot, ask(snapshot)).rules) == {"name"}
    assert set(form_class(snapshot, ask(snapshot, "edit")).rules) == set()


@pytest.mark.parametrize("name", ["data", "errors", "validate", "meta", "process", "rules", "key"])
def test_an_attribute_may_have_any_name(name):
    snapshot = marina(Attribute(key=name, type="text"))
    assert posted_values(filled(snapshot, {name: "x"})) == {name: "x"}


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("text", "  Vega\r\nII ", "Vega II"),
        ("long_text", "a\r\nb", "a\nb"),
        ("email", "a@b.example", "a@b.example"),
        ("phone", "+46 31-555 01 87", "+46 31-555 01 87"),
        ("url", "https://b.example/x", "https://b.example/x"),
        ("integer", "1,200", 1200),
        ("decimal", "1,200.25", Decimal("1200.25")),
        ("money", "12,50", Decimal("12.50")),
        ("date", "2026-11-20", dt.date(2026, 11, 20)),
        ("boolean", "1", True),
        ("choice", "ketch", "ketch"),
        ("choices", "ketch", ("ketch",)),
        ("lookup", "7", 7),
    ],
)
def test_what_is_typed_becomes_a_value_of_its_type(kind, typed, value):
    extra = {"choice": "rig"} if kind.startswith("choice") else {"target": "account"} if kind == "lookup" else {}
    form = filled(marina(Attribute(key="x", type=kind, **extra)), {"x": typed})
    assert (form.errors, posted_values(form)) == ({}, {"x": value})


@pytest.mark.parametrize(
    ("attribute", "typed", "fault"),
    [
        (Attribute(key="x", type="text", required="required"), " ", "required"),
        (Attribute(key="x", type="text", max_length=3), "abcd", "too_long"),
        (Attribute(key="x", type="text", pattern="[A-Z]+"), "ABc", "not_pattern"),
        (Attribute(key="x", type="text"), "a\x00b", "not_text"),
        (Attribute(key="x", type="email"), "a@b", "not_email"),
        (Attribute(key="x", type="phone"), "call me", "not_phone"),
        (Attribute(key="x", type="url"), "javascript:alert(1)", "not_url"),
        (Attribute(key="x", type="integer"), "1.5", "not_integer"),
        (Attribute(key="x", type="integer"), "9" * 30, "too_big"),
        (Attribute(key="x", type="integer", min=2, max=4), "5", "out_of_range"),
        (Attribute(key="x", type="integer", min=2), "1", "too_small"),
        (Attribute(key="x", type="decimal", scale=2), "1.234", "too_many_decimals"),
        (Attribute(key="x", type="money", max=10), "10.01", "too_large"),
        (Attribute(key="x", type="money"), "9" * 18, "too_big"),
        (Attribute(key="x", type="date"), "31/31/2026", "not_date"),
        (Attribute(key="x", type="date"), "soon", "not_date"),
        (Attribute(key="x", type="datetime"), "2026-11-20T25:00", "not_datetime"),
        (Attribute(key="x", type="choice", choice="rig"), "raft", "unknown_choice"),
        (Attribute(key="x", type="choices", choice="rig"), "raft", "unknown_choice"),
        (Attribute(key="x", type="lookup", target="account"), "99", "unknown_record"),
        (Attribute(key="x", type="lookup", target="account"), "7 or 1=1", "unknown_record"),
        (Attribute(key="x", type="unique_id"), "nope", "not_unique_id"),
    ],
)
def test_what_cannot_be_used_is_named(attribute, typed, fault):
    form = filled(marina(attribute), {"x": typed})
    assert fault_keys(form) == {"x": [f"form.{fault}"]}


def test_the_makers_own_sentences_are_said_in_the_persons_language():
    field = FormField(attribute="x", required=True, required_message=Text.of({"en": "Name it", "sv": "Ge den ett namn"}))
    form = filled(marina(Attribute(key="x", type="text"), fields=(field,)), {"x": ""}, language="sv-SE")
    assert [fault.sentence(str) for fault in form.errors["f-x"]] == ["Ge den ett namn"]


def test_a_moment_is_read_in_the_persons_zone_and_a_skipped_hour_is_refused():
    snapshot = marina(Attribute(key="x", type="datetime"))
    form = filled(snapshot, {"x": "2026-07-01T10:00"}, zone="Europe/Stockholm")
    assert posted_values(form)["x"] == dt.datetime(2026, 7, 1, 8, tzinfo=dt.UTC)
    skipped = filled(snapshot, {"x": "2026-03-29T02:30"}, zone="Europe/Stockholm")
    assert fault_keys(skipped) == {"x": ["form.no_such_time"]}


def test_a_value_that_was_not_posted_stays_and_an_empty_one_clears():
    snapshot = marina(Attribute(key="x", type="text"), Attribute(key="y", type="text"))
    form = filled(snapshot, {"x": ""}, stored={"x": "old", "y": "kept"}, mode="edit")
    assert posted_values(form) == {"x": None}


@pytest.mark.parametrize(
    ("posted", "value", "faults"),
    [
        ({"x": "7", "x__q": "Nordic Sails", "x__found": "Nordic Sails"}, 7, {}),
        ({"x": "", "x__q": "nordic sails"}, 7, {}),
        ({"x": "8", "x__q": "Nordic Sails", "x__found": "North Quay"}, 7, {}),
        ({"x": "7", "x__q": "", "x__found": "Nordic Sails"}, None, {}),
        ({"x": "", "x__q": "Nor"}, None, {"x": ["form.choose_row"]}),
        ({"x": "", "x__q": "zz"}, None, {"x": ["lookup.nothing"]}),
        ({"x": "8", "x__q": "Nor", "x__found": "Nor"}, 8, {}),
    ],
)
def test_a_lookup_takes_the_row_chosen_or_the_only_one_named(posted, value, faults):
    form = filled(marina(Attribute(key="x", type="lookup", target="account")), posted)
    assert (form["f-x"].data, fault_keys(form)) == (value, faults)


@given(
    st.dictionaries(st.sampled_from([f"a_{name}" for name in TYPES]), st.text(max_size=40)),
    st.sampled_from(["en", "sv-SE", "nl"]),
)
def test_whatever_is_posted_gives_values_or_faults_and_never_an_error(posted, language):
    form = filled(WHOLE, posted, language=language, zone="Europe/Amsterdam")
    assert all(fault.key.startswith(("form.", "lookup.")) for faults in form.errors.values() for fault in faults)


WHOLE = marina()


@pytest.mark.parametrize(
    ("name", "stored", "sent"),
    [
        ("a_datetime", dt.datetime(2026, 11, 20, 10, 30, 15, 250, tzinfo=dt.UTC), "2026-11-20T10:30"),
        ("a_long_text", "one\r\ntwo\rthree ", "one\r\ntwo\r\nthree "),
        ("a_text", " one\ntwo", " onetwo"),
        ("a_decimal", Decimal("1.123456789"), "1.123456789"),
    ],
)
def test_what_comes_back_as_it_was_shown_keeps_the_value_as_it_is_stored(name, stored, sent):
    form = filled(marina(), {name: sent}, stored={name: stored}, mode="edit")
    assert (posted_values(form)[name], fault_keys(form).get(name)) == (stored, None)


def test_line_breaks_that_somebody_changed_in_a_long_text_are_saved():
    form = filled(marina(), {"a_long_text": "one\r\n\r\ntwo"}, stored={"a_long_text": "one\ntwo"}, mode="edit")
    assert posted_values(form)["a_long_text"] == "one\n\ntwo"
