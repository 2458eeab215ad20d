"""What is said of forms that take several files, where rows cannot be made of them."""

import dataclasses

import pytest

from metadata.checks import check
from metadata.model import Attribute, FormField, MultistepForm, Step, Text, component_id
from support.gallery import GALLERY, form
from support.hanging import SKETCH, hanging, hanging_components


def problems(*changed):
    components = {component_id(item): item for item in (*GALLERY, *hanging_components(), *changed)}
    return [(found.code, found.message) for found in check(components, {}) if found.code in ("upload", "option")]


def sketch(lookup=None, **attribute):
    work, name, scan = SKETCH.attributes
    more = (Attribute(key="more", **attribute),) if attribute else ()
    return dataclasses.replace(SKETCH, attributes=(dataclasses.replace(work, **(lookup or {})), name, scan, *more))


def test_a_form_that_takes_files_is_sound():
    assert problems() == []
    assert problems(sketch(type="text", required="required", default="x")) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (hanging("hang-new", upload="name"), "sketch has no file 'name'."),
        (hanging("hang-new", upload="scam"), "sketch has no file 'scam'. Did you mean 'scan'?"),
        (hanging("hang-new", min_count=4), "min_count (4) is more than max_count of work (3)."),
        (hanging("hang-new", upload="", min_count=1), "min_count counts files that the form takes; name their attribute"),
        (sketch(type="text", required="required"), "A sketch needs its more, which a file does not give; give it a default."),
        (
            MultistepForm(key="m", entity="work", steps=(Step(key="one", form="hang-new", label=Text.of("One")),)),
            "The form hang-new takes files as related rows, which a step does not; enter them in a step of lines.",
        ),
        (
            form("f", "sketch", FormField(attribute="work", create_form="hang-new")),
            "The form hang-new takes files as related rows, which a form over another does not; name one without.",
        ),
        (sketch(type="text", max_count=2), "max_count is not for the type text, only for lookup; remove it."),
    ],
)
def test_what_cannot_be_is_named_with_its_mend(changed, said):
    assert any(message.startswith(said) for _, message in problems(changed)), problems(changed)
