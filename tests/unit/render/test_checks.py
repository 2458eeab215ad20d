"""Looks that metadata names and that are not there are found before anybody publishes them."""

import pytest

from metadata.compiler import compile_snapshot
from metadata.model import Block, Page, PageTemplate, Snippet, Tile, WebLink, WebLinkSet, WebTemplate
from metadata.text import Text
from runtime.render.chain import BUILT_IN
from runtime.render.checks import check_looks
from support.scenes import site_components


def problems(*more, **site):
    return check_looks(compile_snapshot(site_components(*more, **site)), (BUILT_IN,))


def test_a_sound_site_has_no_problems():
    template = PageTemplate(key="wide", site="main", template="page.html")
    assert problems(template, Snippet(key="text.signin.title", site="main", value=Text.of("Hello"))) == ()


def test_a_page_template_that_draws_by_a_web_template_needs_no_file_of_the_theme():
    drawn = WebTemplate(key="feed", site="main", source="<p>News</p>")
    assert problems(drawn, PageTemplate(key="feed", site="main", web_template="feed")) == ()


@pytest.mark.parametrize(
    ("more", "site", "code", "said"),
    [
        ((), {"theme": "nordik"}, "theme", "did you mean nordic?"),
        ((), {"tokens": (("brand", "red"),)}, "token", "#0f5a6b"),
        ((), {"tokens": (("brand", "#ffcc00"),)}, "token-contrast", "4.5"),
        ((PageTemplate(key="a", site="main", template="pag.html"),), {}, "template", "did you mean page.html?"),
        ((Snippet(key="text.signin.titel", site="main"),), {}, "text", "did you mean signin.title?"),
        ((Page(key="p", site="main", label=Text.of("P"), parent="home", partial_url="p", icon="trck"),), {}, "icon", "truck"),
        (
            (WebLinkSet(key="w", site="main", links=(WebLink(url="/", links=(WebLink(url="/", icon="housse"),)),)),),
            {},
            "icon",
            "did you mean house?",
        ),
        (
            (
                Page(
                    key="p",
                    site="main",
                    label=Text.of("P"),
                    parent="home",
                    partial_url="p",
                    blocks=(Block(type="tiles", tiles=(Tile(label=Text.of("T"), icon="boxx"),)),),
                ),
            ),
            {},
            "icon",
            "did you mean box?",
        ),
    ],
)
def test_what_is_not_there_is_named_with_what_was_meant(more, site, code, said):
    found = problems(*more, **site)
    assert {problem.code for problem in found} == {code}
    assert said in found[0].message


def test_a_theme_that_is_not_there_hides_no_other_problem():
    found = problems(Snippet(key="text.none", site="main"), theme="none")
    assert {problem.code for problem in found} == {"theme", "text"}
