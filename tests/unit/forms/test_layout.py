from werkzeug.datastructures import MultiDict

from metadata.model import Attribute, FormField
from metadata.text import Text
from runtime.forms.bound import bind
from runtime.forms.builder import FormAsk, form_class
from runtime.forms.faults import Fault
from runtime.forms.fields import Chosen, Finder, Person
from runtime.forms.layout import Showing, form_view, with_errors
from runtime.forms.parse import Manner
from support.forms import marina

SHOWING = Showing(say=lambda key, **values: key, display=lambda attribute, value, label: label or str(value))


def shown(snapshot, posted=None, mode="insert", showing=SHOWING, language="en", **rights):
    every = frozenset(snapshot.entities["boat"].attributes)
    asked = FormAsk(snapshot.forms["boat"], mode, rights.get("readable", every), rights.get("writable", every), language)
    finder = Finder(find=lambda rules, text, limit: [Chosen(1, "Quay", "12")], get=lambda rules, entity, id: None)
    bound = bind(form_class(snapshot, asked), Person(Manner(language), finder), posted=posted and MultiDict(posted))
    bound.validate()
    return form_view(snapshot, asked, bound, showing)


def fields(view):
    return [field for tab in view.tabs for section in tab.sections for field in section.fields]


def test_optional_is_marked_and_required_is_not():
    snapshot = marina(Attribute(key="x", type="text", required="required"), Attribute(key="y", type="text"))
    assert [field.optional for field in fields(shown(snapshot))] == [False, True]


def test_the_browser_is_told_of_length_keyboard_and_what_it_may_fill_in():
    snapshot = marina(
        Attribute(key="x", type="text", max_length=7),
        Attribute(key="mail", type="email"),
        Attribute(key="tel", type="phone"),
        Attribute(key="n", type="integer"),
        Attribute(key="m", type="money"),
    )
    text, mail, tel, number, money = (field.attributes for field in fields(shown(snapshot)))
    assert text["maxlength"] == "7"
    assert (mail["type"], mail["autocomplete"], tel["autocomplete"]) == ("email", "email", "tel")
    assert (number["inputmode"], money["inputmode"], number["type"]) == ("numeric", "decimal", "text")


def test_the_summary_leads_to_the_controls_and_general_faults_come_first():
    view = shown(marina(Attribute(key="x", type="integer")), {"x": "many"})
    assert with_errors(view, [Fault("whole")], SHOWING.say).pairs == (("", "whole"), ("f-x", "X: form.not_integer"))


def test_a_file_is_asked_for_with_what_is_taken():
    view = shown(marina(Attribute(key="photo", type="image")))
    (field,) = fields(view)
    assert (field.control, field.name, field.hint, view.uploads) == ("file", "photo", "form.file_hint", True)
    assert field.file.accept.startswith("image/png,image/jpeg")


def test_what_may_be_read_but_not_changed_is_shown_and_the_rest_left_out():
    snapshot = marina(Attribute(key="x", type="text"), Attribute(key="y", type="text"), Attribute(key="z", type="text"))
    view = shown(
        snapshot,
        mode="edit",
        readable=frozenset("xy"),
        writable=frozenset("x"),
        showing=Showing(SHOWING.say, SHOWING.display, values={"x": "1", "y": "2", "z": "3"}),
    )
    assert [(field.key, field.control, field.display) for field in fields(view)] == [("x", "text", ""), ("y", "shown", "2")]


def test_a_form_may_ask_for_another_control_where_the_type_has_it():
    snapshot = marina(
        Attribute(key="x", type="choice", choice="rig"),
        Attribute(key="y", type="lookup", target="account"),
        Attribute(key="z", type="text"),
        fields=(
            FormField(attribute="x", style="radios"),
            FormField(attribute="y", style="dropdown"),
            FormField(attribute="z", style="radios"),
        ),
    )
    found = fields(shown(snapshot))
    assert [field.control for field in found] == ["radios", "lookup_dropdown", "text"]
    assert [option.label for option in found[1].options] == ["Quay"]


def test_labels_hints_and_options_are_in_the_persons_language():
    label, hint = Text.of({"en": "Rig", "sv": "Rigg"}), Text.of({"en": "How", "sv": "Hur"})
    attribute = Attribute(key="x", type="choice", choice="rig", label=label)
    snapshot = marina(attribute, fields=(FormField(attribute="x", hint=hint),))
    (field,) = fields(shown(snapshot, language="sv-SE"))
    assert (field.label, field.hint, [option.label for option in field.options]) == ("Rigg", "Hur", ["Slup", "Ketch"])
