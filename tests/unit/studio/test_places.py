"""Where something stands in a component, in words: by the places of items, by their names, and without any data."""

import pytest

from metadata.model import KINDS, Entity, Form, View
from runtime.render.texts import engine_texts
from runtime.studio.places import STEP, place_of
from runtime.studio.shapes import shapes_of

BERTH = {"key": "berth", "attributes": [{"key": "length", "type": "decimal"}, {"key": "3", "type": "text"}]}
FORM = {"tabs": [{"sections": [{"label": {"en": "Boat"}}, {"fields": [{"attribute": "name"}, {}]}]}]}

SAY = engine_texts("en")


def called(shape):
    return SAY(f"studio.property.{shape.name}")


def models(model, found):
    if model not in found:
        found.add(model)
        for shape in shapes_of(model):
            if shape.model:
                models(shape.model, found)
    return found


def test_every_property_of_every_kind_has_a_name_for_people():
    found = set()
    for kind in KINDS.values():
        models(kind.model, found)
    names = {shape.name for model in found for shape in shapes_of(model)}
    assert [name for name in sorted(names) if f"studio.property.{name}" not in SAY] == []


@pytest.mark.parametrize(
    ("model", "data", "path", "said"),
    [
        (Entity, BERTH, "attributes.0.target", ["Attributes", "length", "Target"]),
        (Entity, BERTH, "attributes[length].max_length", ["Attributes", "length", "Max length"]),
        (Entity, BERTH, "attributes[3].label.en", ["Attributes", "3", "Label", "en"]),
        (Entity, {}, "attributes[owner].target", ["Attributes", "owner", "Target"]),
        (Form, FORM, "tabs.0.sections.1", ["Tabs", "1", "Sections", "2"]),
        (Form, FORM, "tabs.0.sections.0.columns", ["Tabs", "1", "Sections", "Boat", "Columns"]),
        (Form, FORM, "tabs[0].sections[1].fields[name].mode", ["Tabs", "1", "Sections", "2", "Fields", "name", "mode"]),
        (Form, {}, "tabs[0].sections[1]", ["Tabs", "1", "Sections", "2"]),
        (View, {}, "columns[owner.name].width", ["Columns", "owner.name", "Width"]),
        (View, {}, "columns (order)", ["Columns (order)"]),
        (View, {}, "no_such.thing", ["no_such", "thing"]),
        (View, {}, "", [""]),
    ],
)
def test_a_place_is_told_in_the_words_of_the_editor(model, data, path, said):
    assert place_of(model, data, path, called) == STEP.join(said)
