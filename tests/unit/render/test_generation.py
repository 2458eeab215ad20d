"""Metadata that reaches a generated template is shown, never run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment, StrictUndefined, UndefinedError
from markupsafe import Markup

from metadata.compiler import compile_snapshot
from runtime.render import Renderer
from runtime.render.generation import Source, generator, inert
from support.scenes import Visit, may_open, renderer, site_components, visit

HOSTILE = [
    "{{ 7*7 }}",
    "{% for x in y %}",
    "{# gone #}",
    "</script><script>alert(1)</script>",
    "\\",
    '" onload="x',
    "<< 7*7 >>",
    "100 % of #1 & <b>",
]


def stages(first: str, **values: object) -> str:
    """What the two stages make of a template; `secret` is known to the second only."""
    source = generator(DictLoader({"a.gen.html": first}), auto_reload=False).get_template("a.gen.html")
    second = Environment(autoescape=True, undefined=StrictUndefined)
    return second.from_string(source.render(**values)).render(secret="SECRET", rows=[(1, "<i>")])


def unescaped(html: str) -> str:
    return str(Markup(html).unescape())


@pytest.mark.parametrize("label", HOSTILE)
def test_a_label_comes_out_as_it_was_written(label):
    assert unescaped(stages("<p><< label >></p>", label=label)) == f"<p>{label}</p>"


@pytest.mark.parametrize("label", HOSTILE)
def test_a_label_in_an_attribute_stays_in_it(label):
    html = stages('<a title="<< label >>">x</a>', label=label)
    assert html.count('"') == 2
    assert "<b>" not in html


@given(st.text(), st.text())
def test_no_text_begins_code_or_markup(one, other):
    html = stages("<p><< one >><< other >></p>", one=one, other=other)
    assert html[3:-4].count("<") == 0
    assert unescaped(html).replace("\r\n", "\n").replace("\r", "\n") == f"<p>{one}{other}</p>".replace("\r\n", "\n").replace(
        "\r", "\n"
    )


def test_a_label_inside_an_expression_cannot_leave_its_string():
    html = stages('{{ "<< one >>" ~ "<< other >>" }}', one="\\", other=" ~ secret ~ ")
    assert "SECRET" not in html


def test_markup_stays_markup_but_begins_no_code():
    assert inert(Markup("<b>{{ secret }}</b>")) == "<b>&#123;&#123; secret &#125;&#125;</b>"


def test_what_filters_call_safe_begins_no_code_either():
    assert "SECRET" not in stages("<< label|e >><< label|safe >>", label="{{ secret }}")


def test_a_macro_may_print_code_of_the_second_stage():
    first = "<% macro cell(n) %>{{ row[<< n >>] }}<% endmacro %>{% for row in rows %}<< cell(1)|source >>{% endfor %}"
    assert stages(first) == "&lt;i&gt;"
    assert inert(Source("{{ x }}")) == "{{ x }}"


def test_a_missing_name_is_a_mistake_in_both_stages():
    with pytest.raises(UndefinedError):
        stages("<< missing >>")
    with pytest.raises(UndefinedError):
        stages("{{ missing }}")


@pytest.fixture
def theme(tmp_path):
    """A theme folder with one gen template on top of nothing."""
    for name, text in {
        "theme.yaml": "name: own\n",
        "templates/macros.html": "",
        "templates/part.gen.html": '<< label >> {{ t("action.save") }} << t("action.save") >> {{ value }}',
    }.items():
        file = tmp_path / "own" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    bootstrap = tmp_path / "own" / "static" / "vendor" / "bootstrap"
    bootstrap.mkdir(parents=True)
    for sheet in ("bootstrap.min.css", "bootstrap.rtl.min.css"):
        (bootstrap / sheet).write_text("", encoding="utf-8")
    return tmp_path


def test_a_template_is_generated_once_per_snapshot_and_language(theme):
    snapshot = compile_snapshot(site_components(theme="own"))
    own = Renderer(lambda visit: visit.frame, may_open, roots=(theme,))
    made = []

    def values():
        made.append(1)
        return {"label": "{{ 7*7 }}"}

    english, swedish = Visit(snapshot), Visit(snapshot, language="sv-SE")
    template = own.generated(english, "part.gen.html", "key", values)
    assert own.generated(english, "part.gen.html", "key", values) is template
    assert own.generated(swedish, "part.gen.html", "key", values) is not template
    assert len(made) == 2
    assert unescaped(own.block(swedish, own.generated(swedish, "part.gen.html", "key", values), value="<1>")) == (
        "{{ 7*7 }} Spara Spara <1>"
    )


def test_pages_of_one_snapshot_share_their_environment():
    seen = visit()
    assert renderer().wardrobe(seen) is renderer().wardrobe(seen)
