"""The look of a site in the studio: values, what can be read, the picture in the header, and single blocks of the layout."""

import hashlib
import io
import re
import shutil
from dataclasses import replace

import yaml

from metadata.model import LayoutBlock, WebTemplate
from runtime.app import create_app
from runtime.render.chain import BUILT_IN
from support.marina import SITE
from support.marina_site import open_marina
from support.portal import Browser
from support.studio import data_of, step, words

NAME = "site/marina"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(24)


def sheet(answer):
    """The address of the sheet with the site's values."""
    return re.findall(r'<link rel="stylesheet" href="([^"]*tokens/[^"]+)"', answer.text)[-1]


def test_values_are_changed_taken_back_and_seen_before_they_are_published(site, maker):
    dora = maker("dora")
    form = dora.form(f"design/{NAME}", "base")
    dora.send(f"design/{NAME}", form, ("do", "pairs:tokens"), **{"pair.brand": "#8c2f1b", "pair.radius": "0", "pair.font": ""})
    assert data_of(site, "site", "marina")["tokens"] == {"brand": "#8c2f1b", "radius": "0"}
    page = dora.get(f"design/{NAME}")
    seen = dora.browser.get(re.search(r'<iframe src="([^"]+)"', page.text)[1], follow_redirects=True)
    assert "--fy-brand: #8c2f1b;" in dora.browser.get(sheet(seen)).text
    stranger = site.stranger()
    assert "#8c2f1b" not in stranger.get(sheet(stranger.get("/"))).text
    assert stranger.get(sheet(seen)).status_code in (302, 303, 401, 403, 404)
    step(dora, NAME, "pair:tokens.brand=")
    assert data_of(site, "site", "marina")["tokens"] == {"radius": "0"}
    step(dora, NAME, "value:theme=nordic")
    assert data_of(site, "site", "marina")["theme"] == "nordic"
    assert dora.publish().status_code == 303
    assert "--fy-radius: 0;" in stranger.get(sheet(stranger.get("/"))).text


def test_what_cannot_be_read_is_told_with_a_shade_that_can(site, maker):
    dora = maker("dora")
    step(dora, NAME, "pair:tokens.brand=#ffd23f")
    page = dora.get(f"design/{NAME}")
    assert "1.4 to 1" in words(page)
    shade = re.search(r'value="pair:tokens\.brand=(#[0-9a-f]{6})"', page.text)[1]
    assert dora.publish().status_code == 422
    step(dora, NAME, f"pair:tokens.brand={shade}")
    assert "Take #" not in words(dora.get(f"design/{NAME}"))
    assert dora.publish().status_code == 303
    step(dora, NAME, "pair:tokens.radius=red; } body { display: none")
    assert "must be a length" in words(dora.get(f"design/{NAME}"))


def test_a_picture_stands_in_the_place_of_the_mark_for_those_who_may_read_it(site, maker):
    dora = maker("dora")
    dora.send("new/web_file", dora.form("new/web_file", "key"), key="anchor")
    fields = dict(dora.form("edit/web_file/anchor", "base").fields)
    held = {"chosen.content": (io.BytesIO(PICTURE), "anchor.png"), "p.parent": "home", "p.partial_url": "anchor.png"}
    dora.browser.client.post("/studio/edit/web_file/anchor", data={**fields, **held, "do": "save"})
    assert data_of(site, "web_file", "anchor")["content"]["sha256"] == hashlib.sha256(PICTURE).hexdigest()
    step(dora, NAME, "value:logo=anchor")
    assert data_of(site, "site", "marina")["logo"] == "anchor"
    assert dora.publish().status_code == 303
    for who in (site.stranger(), site.as_("alice")):
        assert '<img class="site-logo" src="/anchor.png" alt="">' in who.get("/").text
    step(dora, NAME, "value:logo=")
    dora.publish()
    assert "site-logo" not in site.stranger().get("/").text


def test_one_block_of_the_layout_is_filled_and_the_rest_stays_the_themes(site, maker):
    dora = maker("dora")
    dora.send("new/web_template", dora.form("new/web_template", "key"), key="imprint")
    dora.edit("web_template/imprint", p__source="<b>Harbour {{ 1 + 1 }}</b>")
    step(dora, NAME, "add:blocks=footer_start")
    step(dora, NAME, "set", at="blocks.0", p__blocks__0__block="footer_start", p__blocks__0__web_template="imprint")
    assert dora.publish().status_code == 303
    for path in ("/", "/nowhere"):
        shown = site.stranger().get(path).text
        assert "<span><b>Harbour 2</b></span>" in shown
        assert "site-header" in shown
    step(dora, NAME, "set", at="blocks.0", p__blocks__0__block="footer_begin", p__blocks__0__web_template="imprint")
    assert dora.publish().status_code == 422


def test_where_the_template_of_a_block_fails_the_themes_own_is_shown(database_url, tmp_path):
    endless = "{% for i in range(999) %}{% for j in range(999) %}{% for k in range(999) %}{% endfor %}{% endfor %}{% endfor %}"
    broken = WebTemplate(key="broken", site="marina", source=endless)
    changed = replace(SITE, blocks=(LayoutBlock(block="footer_start", web_template="broken"),))
    with open_marina(database_url, tmp_path, broken, changed) as marina:
        assert "<span>Marina</span>" in marina.stranger().get("/").text


def test_a_look_outlives_a_newer_version_of_its_theme(database_url, tmp_path):
    """What is one's own is kept apart from the theme, so that the theme may change all around it."""
    newer = tmp_path / "newer"
    shutil.copytree(BUILT_IN / "base", newer / "base")
    layout, theme = newer / "base" / "templates" / "layout.html", newer / "base" / "theme.yaml"
    footer = "{% block footer_start %}<< site_name >>{% endblock %}</span>"
    assert footer in layout.read_text()
    changed = footer.replace("<< site_name >>", "of the theme") + "<b>of the newer theme</b>"
    layout.write_text(layout.read_text().replace(footer, changed))
    values = yaml.safe_load(theme.read_text())
    values["tokens"] |= {"brand": "#111111", "neutral-hue": "7"}
    theme.write_text(yaml.safe_dump(values))

    imprint = WebTemplate(key="imprint", site="marina", source="<i>of the site</i>")
    blocks = (LayoutBlock(block="footer_start", web_template="imprint"),)
    with open_marina(database_url, tmp_path, imprint, replace(SITE, tokens=(("brand", "#8c2f1b"),), blocks=blocks)) as marina:
        config = marina.app.extensions["foyer"].config
        old = marina.stranger()
        new = Browser(create_app(replace(config, theme_dir=newer)).test_client())

        def seen(browser):
            page = browser.get("/")
            values = browser.get(sheet(page)).text
            return page.text, "--fy-brand: #8c2f1b;" in values, "--fy-neutral-hue: 7;" in values

        page, own, theirs = seen(old)
        assert ("<i>of the site</i>" in page, "of the newer theme" in page, own, theirs) == (True, False, True, False)
        page, own, theirs = seen(new)
        assert ("<i>of the site</i>" in page, "<b>of the newer theme</b>" in page, own, theirs) == (True, True, True, True)
        assert "of the theme<" not in page, "the block is the site's"
