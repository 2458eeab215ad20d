"""What an admin can do without YAML: every property of every kind has a field of its own."""

import dataclasses

import pytest

from metadata.model import KINDS
from runtime.studio.entries import Surroundings, entries_of
from runtime.studio.shapes import shapes_of

SURE = {"label": "A name"}


def models(model, seen):
    """A model and those of all its parts."""
    if model not in seen:
        seen.add(model)
        for shape in shapes_of(model):
            if shape.model is not None:
                models(shape.model, seen)
    return seen


@pytest.mark.parametrize("kind", KINDS)
def test_every_property_of_a_kind_has_a_field_and_none_asks_for_yaml(kind):
    for model in models(KINDS[kind].model, set()):
        names = {field.name for field in dataclasses.fields(model)}
        for data in ({}, {shape.name: sample(shape) for shape in shapes_of(model)}):
            entries = entries_of(model, data, Surroundings({}, ["en-US"]))
            assert {entry.shape.name for entry in entries} >= names - {"key", "site"}
            assert [entry.path for entry in entries if entry.form == "yaml"] == []


def sample(shape):
    """A value that a property takes, as it stands in a file."""
    match shape.form:
        case "parts":
            return [{}]
        case "part":
            return {}
        case "words" | "marks":
            return ["one", "two"]
        case "pairs":
            return {"name": "value"}
        case "flag" | "maybe":
            return True
        case "whole" | "real":
            return 1
        case "text":
            return {"en-US": "One", "sv-SE": "En"}
    return "word"
