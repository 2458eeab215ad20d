"""Stencils: drawn once, filled for each request with what is escaped, and never with what belongs to somebody else."""

import os
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from metadata.compiler import compile_snapshot
from metadata.model import Page
from metadata.text import Text
from runtime.render import Action, Crumb, Frame, Message, PageHead
from runtime.render.stencils import Stencils, through_holes
from support.scenes import Somebody, Visit, renderer, site_components, visit

MARKS = "<>&\"'{}%\ue000\ue0010123-abc"
HOSTILE = st.text(st.sampled_from(MARKS) | st.characters(codec="utf-8", exclude_characters="\r"), max_size=30)
HEAD = PageHead(
    title="Things", crumbs=(Crumb("Home", "/"), Crumb("Things")), actions=(Action("New", "/new", "plus-lg", "primary"),)
)


@dataclass(frozen=True)
class Block:
    html: Markup = Markup("<p>first</p>")
    template: str = ""
    view: object = None
    sketch: None = None


@dataclass(frozen=True)
class Sketch:
    """A drawable of one template; `drawn` counts how often it was drawn."""

    source: str
    values: dict
    drawn: list

    def whole(self):
        return self.draw(self.values.__getitem__)

    def draw(self, get):
        self.drawn.append(1)
        environment = Environment(autoescape=True, undefined=StrictUndefined)
        environment.globals["t"] = through_holes(lambda key, **said: f"{key} & {said['name']}")
        return environment.from_string(self.source).render({name: get(name) for name in self.values})


def texts(source, *turns):
    stencils, drawn = Stencils(), []
    return [str(stencils.html("key", Sketch(source, values, drawn))) for values in turns], len(drawn)


def site_page(seen, head=HEAD, blocks=(Block(),), using=None):
    return (using or renderer()).site_page(seen, "page.html", head, blocks).decode()


@given(first=HOSTILE, second=HOSTILE)
def test_what_fills_a_hole_is_escaped(first, second):
    source = '<a title="{{ name }}">{{ name }}</a>{{ t("for", name=name) }}'
    for values, html in zip(
        ({"name": first}, {"name": second}), texts(source, {"name": first}, {"name": second})[0], strict=True
    ):
        name = escape(values["name"])
        assert html == f'<a title="{name}">{name}</a>{escape("for & " + values["name"])}'


def test_it_is_drawn_once_with_the_values_and_once_with_holes():
    html, drawn = texts("<b>{{ name }}</b>", *({"name": str(number)} for number in range(9)))
    assert html == [f"<b>{number}</b>" for number in range(9)]
    assert drawn == 2


@pytest.mark.parametrize(
    "source",
    [
        "{{ name|upper }}",
        "{{ name|length }}",
        "{{ name[0] }}",
        "{% if name == 'Jane' %}yes{% else %}no{% endif %}",
        "{% for letter in name %}{{ letter }}-{% endfor %}",
        "{{ name|tojson }}",
        "{% if name in ('Jane', 'Jo') %}yes{% endif %}",
        "{% autoescape false %}{{ name }}{% endautoescape %}",
        "{{ name|truncate(3) }}",
        "{{ (name ~ '!')|length }}",
        "{% if name is string %}a text{% endif %}",
    ],
)
def test_a_template_that_looks_into_a_hole_is_drawn_anew_each_time(source):
    names = ("Jane", "Bo", "Maximilian")
    plain = [Environment(autoescape=True).from_string(source).render(name=name) for name in names]
    assert texts(source, *({"name": name} for name in names))[0] == plain


def test_a_template_may_ask_what_is_there():
    source = "{% if name %}for {{ name }}{% else %}for all{% endif %}"
    assert texts(source, {"name": "Jo"}, {"name": ""}, {"name": "Al"})[0] == ["for Jo", "for all", "for Al"]


def test_there_are_never_too_many(monkeypatch):
    monkeypatch.setattr("runtime.render.stencils.MOST", 3)
    stencils, drawn = Stencils(), []
    for key in (1, 2, 3, 4, 1):
        assert stencils.html(key, Sketch("{{ name }}", {"name": str(key)}, drawn)) == str(key)
    assert len(drawn) == 10


@given(name=HOSTILE, account=HOSTILE, number=HOSTILE, query=HOSTILE, title=HOSTILE, crumb=HOSTILE, fact=HOSTILE)
def test_a_warm_page_is_the_page_that_is_drawn_anew(name, account, number, query, title, crumb, fact):
    using = WARM
    frame = Frame(path="/things", query=query, account=account, account_number=number)
    seen = replace(SEEN, principal=Somebody(name=name), frame=frame)
    head = replace(HEAD, title=title, crumbs=(Crumb(crumb, "/"), Crumb(title)), facts=(fact,))
    anew = using.page(seen, "page.html", head=head, parts=[Block()])
    assert site_page(seen, head, using=using) == anew


WARM, SEEN = renderer(), visit()


def test_people_with_the_same_roles_see_nothing_of_each_other():
    using, seen = renderer(), visit()
    jane = replace(
        seen, principal=Somebody(name="Jane Doe"), frame=Frame(account="Doe AB", account_number="771"), csrf="token-of-jane"
    )
    carl = replace(
        seen, principal=Somebody(name="Carl Roe"), frame=Frame(account="Roe AB", account_number="882"), csrf="token-of-carl"
    )
    said = replace(jane, frame=replace(jane.frame, messages=(Message("Only for Jane"),)))
    blocks = {"jane": (Block(Markup("<p>rows of jane</p>")),), "carl": (Block(Markup("<p>rows of carl</p>")),)}
    order = [(said, "jane"), (carl, "carl"), (jane, "jane"), (carl, "carl")]
    pages = [(who, site_page(one, blocks=blocks[who], using=using)) for one, who in order]
    marks = {
        "jane": ("Jane Doe", "Doe AB", "771", "token-of-jane", "rows of jane"),
        "carl": ("Carl Roe", "Roe AB", "882", "token-of-carl", "rows of carl"),
    }
    for who, html in pages:
        other = "carl" if who == "jane" else "jane"
        assert [mark for mark in marks[who] if mark not in html] == []
        assert [mark for mark in marks[other] if mark in html] == []
    assert ["Only for Jane" in html for _, html in pages] == [True, False, False, False]


def test_another_language_role_place_or_release_has_a_frame_of_its_own():
    using, seen = renderer(), visit()
    site_page(seen, using=using)
    swedish = site_page(replace(seen, language="sv-SE"), using=using)
    assert '<html lang="sv-SE"' in swedish
    assert ">Saker</a>" in swedish
    assert ">Secret</a>" in site_page(replace(seen, principal=Somebody(roles=frozenset({"boss"}))), using=using)
    assert ">Secret</a>" not in site_page(seen, using=using)
    assert '<a href="/things" aria-current="page"' in site_page(replace(seen, frame=Frame(path="/things/1")), using=using)
    assert 'data-bs-theme="dark"' in site_page(replace(seen, frame=Frame(scheme="dark")), using=using)
    assert "data-bs-theme" not in site_page(seen, using=using)
    newer = visit(Page(key="things", site="main", label=Text.of("Goods"), parent="home", partial_url="things"))
    assert ">Goods</a>" in site_page(newer, using=using)


def test_a_theme_may_do_what_it_likes_with_the_frame(tmp_path):
    folder = tmp_path / "loud"
    (folder / "templates").mkdir(parents=True)
    (folder / "theme.yaml").write_text("name: loud\nextends: base\n", encoding="utf-8")
    (folder / "templates" / "layout.html").write_text(
        '{% extends "base:layout.html" %}\n'
        "{% block footer %}<p>{{ person.name|upper }} {{ head.title|length }}</p>{% endblock %}",
        encoding="utf-8",
    )
    using = type(WARM)(lambda seen: seen.frame, lambda seen, node: True, roots=(tmp_path, *WARM.roots))
    seen = Visit(compile_snapshot(site_components(theme="loud")))
    for name in ("Jane", "Carl"):
        assert f"<p>{name.upper()} 6</p>" in site_page(replace(seen, principal=Somebody(name=name)), using=using)


def test_with_reload_a_changed_template_is_seen_at_once(tmp_path):
    folder = tmp_path / "mine"
    (folder / "templates").mkdir(parents=True)
    (folder / "theme.yaml").write_text("name: mine\nextends: base\n", encoding="utf-8")
    layout = folder / "templates" / "layout.html"
    using = type(WARM)(lambda seen: seen.frame, lambda seen, node: True, roots=(tmp_path, *WARM.roots), auto_reload=True)
    seen = Visit(compile_snapshot(site_components(theme="mine")))
    for moment, word in enumerate(("one", "two", "three")):
        layout.write_text(
            '{% extends "base:layout.html" %}{% block footer %}<p>' + word + "</p>{% endblock %}", encoding="utf-8"
        )
        os.utime(layout, (moment, moment))
        assert f"<p>{word}</p>" in site_page(seen, using=using)


@given(fixed=HOSTILE, name=HOSTILE, times=st.integers(1, 3))
def test_what_is_sent_are_the_bytes_of_what_is_drawn(fixed, name, times):
    stencils, drawn = Stencils(), []
    source = f"é{fixed.replace('{', '')} – " + "{{ name }}" * times + " end"
    for value in (name, f"{name}é", "plain"):
        found = stencils.pieces("key", Sketch(source, {"name": value}, drawn))
        assert found.encoded() == "".join(found.parts).encode() == found.__html__().encode()
