"""Loops over rows as Python functions, and whole columns: the same text as the slow way, whatever the rows hold."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import StrictUndefined
from markupsafe import Markup

from metadata.compiler import compile_snapshot
from metadata.model import Attribute, Choice, Entity, Option
from metadata.text import Text
from runtime.render import formats_for
from runtime.render.column_texts import column_writer
from runtime.render.environment import PageEnvironment
from runtime.render.loops import part
from support.scenes import site_components

SIMPLE = """<table>{% autoescape false %}{% for key, can, name, more in rows %}
<tr{% if "write" in can and key %} class="w"{% elif not name %} class="e"{% else %} class="n"{% endif %}>
<td>{{ ways[0][1] }}{{ key or name }}</td><td>{{ "more" if more == "x" else name }}{'"{{ '{' }}"\\n</td></tr>
{% endfor %}{% endautoescape %}</table>"""
ROWS = st.lists(
    st.tuples(
        st.text(max_size=4),
        st.sets(st.sampled_from(["write", "delete"])),
        st.text("{}<\"'\\x", max_size=5),
        st.sampled_from("xy"),
    )
)
TYPES = {
    "text": st.text(max_size=12) | st.text("<&>'\"\0", max_size=3),
    "long_text": st.text(max_size=12),
    "integer": st.integers(-(10**9), 10**9),
    "decimal": st.decimals(-(10**6), 10**6, places=2),
    "money": st.decimals(-(10**6), 10**6, places=2),
    "boolean": st.booleans(),
    "date": st.dates(dt.date(1990, 1, 1), dt.date(2040, 1, 1)),
    "choice": st.sampled_from(["one", "two", "<gone>"]),
    "email": st.sampled_from(["a@b.example", "<b>", "not one"]),
}
ENVIRONMENT = PageEnvironment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
THINGS = Entity(
    key="thing",
    primary_name="text",
    attributes=tuple(
        Attribute(key=kind, type=kind, choice="kinds" if kind == "choice" else "", scale=2 if kind == "decimal" else None)
        for kind in TYPES
    ),
)
KINDS = Choice(
    key="kinds", options=(Option(value="one", label=Text.of("<One>"), tone="good"), Option(value="two", label=Text.of("Two")))
)
SNAPSHOT = compile_snapshot(site_components(THINGS, KINDS))


@given(rows=ROWS)
def test_a_simple_loop_prints_what_the_template_prints(rows):
    found = part(ENVIRONMENT, SIMPLE, "ways")
    assert found.loop is not None
    ways = [("a", "b")]
    body = Markup("".join(found.loop(rows, ways)))
    assert found.template.render(body=body) == ENVIRONMENT.from_string(SIMPLE).render(rows=rows, ways=ways)


@pytest.mark.parametrize(
    "body",
    [
        "{{ key|upper }}",
        "{{ loop.index }}",
        "{{ key.upper() }}",
        "{% set a = key %}{{ a }}",
        "{{ other }}",
        "{% for letter in key %}{{ letter }}{% endfor %}",
    ],
)
def test_what_is_not_simple_stays_a_template(body):
    source = f"<b>{{% for key, name in rows %}}{body}{{% endfor %}}</b>"
    found = part(ENVIRONMENT, source)
    assert found.loop is None
    given = {"rows": [("k", "n")], "other": "o"}
    assert found.template.render(given) == ENVIRONMENT.from_string(source).render(given)


@pytest.mark.parametrize("language", ["en-GB", "sv-SE", "nl-NL", "de-CH", "hi-IN", "ar"])
@pytest.mark.parametrize("kind", TYPES)
@given(data=st.data())
def test_a_column_is_written_as_its_values_are(language, kind, data):
    values = data.draw(st.lists(st.none() | TYPES[kind], max_size=8))
    formats = formats_for(language, "Europe/Stockholm", "SEK")
    attribute = SNAPSHOT.entities["thing"].attributes[kind]
    write = formats.html(attribute, SNAPSHOT)
    assert column_writer(formats, attribute, SNAPSHOT)(values) == [write(value) for value in values]


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en-GB", "-1,234,567.50"),
        ("sv-SE", "\u22121\u00a0234\u00a0567,50"),
        ("nl-NL", "-1.234.567,50"),
        ("hi-IN", "-12,34,567.50"),
    ],
)
def test_numbers_have_the_marks_of_their_language(language, written):
    attribute = SNAPSHOT.entities["thing"].attributes["money"]
    assert column_writer(formats_for(language, "UTC", "SEK"), attribute, SNAPSHOT)([Decimal("-1234567.5"), None]) == [
        written,
        "",
    ]
