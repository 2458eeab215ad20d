"""Parts of a page that are drawn once: the same HTML as when drawn anew, whatever the template does with the values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment
from markupsafe import Markup, escape

from runtime.pages.drawing import Drawing
from runtime.render.stencils import Stencils

TEMPLATES = Environment(autoescape=True)
PRINTED = '<p title="{{ value("one") }}">{{ value("two") }}{% if value("one") %}!{% endif %}</p>{{ label }}{{ value("one") }}'
LOOKED_AT = '<p>{{ value("one")|upper }}{{ value("two")|length }}{{ label }}</p>'
TEXTS = st.text(st.sampled_from("<>&\"'{}%\ue000\ue001[-.0a "), max_size=8)


def drawing(source: str, one: str, two: str, label: str = "") -> Drawing:
    values = {"one": one, "two": two}
    return Drawing(TEMPLATES.from_string(source), values, lambda get: {"value": get, "label": label})


@pytest.mark.parametrize("source", [PRINTED, LOOKED_AT], ids=["printed", "looked at"])
@given(texts=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5), label=TEXTS)
def test_what_is_filled_in_comes_to_what_is_drawn_anew(source, texts, label):
    stencils = Stencils()
    for one, two in texts:
        asked = drawing(source, one, two, label)
        assert stencils.html("", asked) == asked.whole()


def test_texts_are_escaped_and_markup_is_not():
    stencils = Stencils()
    for _ in range(2):
        html = stencils.html("", drawing("{{ value('one') }}{{ value('two') }}", "<i>", Markup("<b>x</b>")))
        assert html == f"{escape('<i>')}<b>x</b>"


def test_a_template_that_only_prints_is_drawn_twice_and_never_again():
    stencils = Stencils()
    drawn = []

    def names(get):
        drawn.append(1)
        return {"value": get, "label": ""}

    for number in range(5):
        values = {"one": str(number), "two": "2"}
        assert str(number) in stencils.html("", Drawing(TEMPLATES.from_string(PRINTED), values, names))
    assert len(drawn) == 2
