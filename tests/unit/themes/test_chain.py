"""A theme stands on another and holds only what differs."""

import pytest
from jinja2 import TemplateNotFound

from metadata.compiler import compile_snapshot
from runtime.render import Frame, PageHead, Renderer
from runtime.render.chain import BUILT_IN, BrokenTheme, UnknownAsset, UnknownTheme, read_chain, theme_names, theme_roots
from runtime.render.tokens import check_tokens, mended, pairings
from support.scenes import Visit, may_open, renderer, site_components

ROOT = BUILT_IN
EVERY_THEME = sorted(file.parent.name for file in ROOT.glob("*/theme.yaml"))


def page(theme: str, **site: object) -> str:
    seen = Visit(compile_snapshot(site_components(theme=theme, **site)), frame=Frame(path="/things"))
    return renderer().page(seen, "page.html", head=PageHead("Things"), parts=[])


@pytest.mark.parametrize("theme", EVERY_THEME)
def test_the_tokens_of_every_theme_are_sound_and_can_be_read(theme):
    assert check_tokens(read_chain((ROOT,), theme).tokens.items(), {}, f"theme {theme}") == ()


@pytest.mark.parametrize("theme", EVERY_THEME)
def test_every_template_of_every_theme_compiles(theme):
    seen = Visit(compile_snapshot(site_components(theme=theme)))
    wardrobe = renderer().wardrobe(seen)
    assert wardrobe.templates.loader is not None
    for name in wardrobe.templates.loader.list_templates():
        environment = wardrobe.generator if name.endswith(".gen.html") else wardrobe.templates
        assert environment.get_template(name)


def test_the_second_theme_changes_tokens_and_one_block_only():
    base, nordic = (page(theme).splitlines() for theme in ("base", "nordic"))
    changed = [line.strip() for line in set(base) ^ set(nordic)]
    kinds = {"tokens" if "_tokens/" in line else "theme-color" if "theme-color" in line else "logo" for line in changed}
    assert kinds == {"tokens", "theme-color", "logo"}
    assert len(changed) == 6
    assert {file.relative_to(ROOT / "nordic").as_posix() for file in (ROOT / "nordic").rglob("*.*")} == {
        "theme.yaml",
        "templates/layout.html",
    }


def test_the_second_theme_uses_the_files_of_the_first():
    assert read_chain((ROOT,), "nordic").asset("css/base.css")[0] == "base"


def test_a_site_has_the_last_word_on_tokens():
    snapshot = compile_snapshot(site_components(theme="nordic", tokens=(("brand", "#8c2f1b"),)))
    sheet = renderer().tokens(snapshot, "main")
    assert sheet is not None
    assert "--fy-brand: #8c2f1b;" in sheet.text
    assert "--fy-neutral-hue: 250;" in sheet.text


@pytest.mark.parametrize("name", ["", "none", "..", "base/..", ".hidden", "base/templates"])
def test_a_theme_that_is_not_there_is_named(name):
    with pytest.raises(UnknownTheme):
        read_chain((ROOT,), name)


@pytest.fixture
def make_theme(tmp_path):
    def make(name: str, text: str, **templates: str) -> None:
        folder = tmp_path / name / "templates"
        folder.mkdir(parents=True)
        (tmp_path / name / "theme.yaml").write_text(text, encoding="utf-8")
        for template, source in templates.items():
            (folder / f"{template}.html").write_text(source, encoding="utf-8")

    return make


@pytest.mark.parametrize("text", ["extends: one\n", "colour: red\n", "- a\n", "a: [\n"])
def test_a_theme_file_of_no_use_is_refused(make_theme, tmp_path, text):
    make_theme("one", text)
    with pytest.raises(BrokenTheme):
        read_chain((tmp_path,), "one")


def test_a_template_of_the_nearest_theme_counts_and_can_name_an_older_one(make_theme, tmp_path):
    (tmp_path / "base").symlink_to(ROOT / "base")
    make_theme("mid", "extends: base\n", page='{% extends "base:page.html" %}{% block content %}mid{% endblock %}')
    make_theme("own", "extends: mid\n", page='{% extends "mid:page.html" %}{% block content %}{{ super() }} own{% endblock %}')
    own = Renderer(lambda visit: visit.frame, may_open, roots=(tmp_path,))
    html = own.page(Visit(compile_snapshot(site_components(theme="own"))), "page.html", parts=[])
    assert "mid own" in html


@pytest.mark.parametrize("name", ["none.html", "../theme.yaml", "none:page.html", "/etc/passwd"])
def test_a_template_outside_the_chain_is_not_found(name):
    seen = Visit(compile_snapshot(site_components()))
    with pytest.raises(TemplateNotFound):
        renderer().page(seen, name)


def test_a_missing_static_file_is_a_mistake_of_the_template():
    with pytest.raises(UnknownAsset):
        read_chain((ROOT,), "nordic").asset_url("css/none.css")


def test_a_theme_of_ones_own_extends_a_built_in_one_and_serves_its_files(make_theme, tmp_path):
    make_theme("ours", "extends: nordic\n", page='{% extends "base:page.html" %}{% block content %}ours{% endblock %}')
    (tmp_path / "ours" / "static").mkdir()
    (tmp_path / "ours" / "static" / "ours.css").write_text("a {}", encoding="utf-8")
    own = Renderer(lambda visit: visit.frame, may_open, roots=theme_roots(tmp_path))
    assert "ours" in own.page(Visit(compile_snapshot(site_components(theme="ours"))), "page.html", parts=[])
    assert own.asset("ours", "ours.css") == tmp_path / "ours" / "static" / "ours.css"
    assert own.asset("base", "css/base.css") == ROOT / "base" / "static" / "css" / "base.css"
    assert own.asset("ours", "../theme.yaml") is None
    assert theme_names(theme_roots(tmp_path)) == sorted([*EVERY_THEME, "ours"])


def test_a_theme_of_ones_own_stands_before_the_built_in_one_of_its_name(make_theme, tmp_path):
    make_theme("nordic", "extends: base\ntokens: {neutral-hue: 12}\n")
    assert read_chain(theme_roots(tmp_path), "nordic").tokens["neutral-hue"] == "12"
    assert read_chain(theme_roots(tmp_path / "none"), "nordic").tokens["neutral-hue"] == "250"


@pytest.mark.parametrize("brand", ["#ffd23f", "#fff", "#000", "#7f7f7f", "#00ff00"])
def test_a_shade_is_proposed_with_which_all_can_be_read(brand):
    tokens = {"brand": brand, "on-brand": "#ffffff"}
    shade = mended(tokens, "brand")
    assert shade
    assert all(found.enough for found in pairings({**tokens, "brand": shade}))


def test_no_shade_is_proposed_where_none_would_do():
    assert mended({"brand": "#0f5a6b", "on-brand": "#222222"}, "brand") == ""
