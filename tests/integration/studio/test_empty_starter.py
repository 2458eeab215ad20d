"""The starter that is empty: published once, and all the rest is done in the studio, by whoever was invited."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

import metadata
from runtime.app import create_app
from runtime.cli import main
from support.portal import PASSWORD, SECRET, Browser, config
from support.studio import Maker, words
from support.visitor import forms_of

STARTER = Path(metadata.__file__).parent / "starters" / "empty"
ENVIRONMENT = ("FOYER_DATABASE_URL", "FOYER_DATA_DIR", "FOYER_SECRET_KEY", "FOYER_PUBLIC_URL")


def test_an_empty_site_is_published_and_filled_by_its_administrator(database_url, tmp_path):
    told = dict(zip(ENVIRONMENT, (database_url, str(tmp_path), SECRET, "http://portal.example"), strict=True))

    def run(*words: str) -> str:
        ran = CliRunner().invoke(main, words, env=told)
        assert ran.exit_code == 0, ran.output
        return ran.output

    run("publish", str(STARTER))
    run("checkup", "--strict")
    run("people", "add", "ada@portal.example", "--name", "Ada")
    invited = run("invite", "ada@portal.example", "--role", "administrator", "--no-mail", "--json")
    address = json.loads(invited)["link"].removeprefix("http://portal.example")

    app = create_app(config(database_url, tmp_path))
    browser = Browser(app.test_client())
    form = next(form for form in forms_of(browser.get(address).text) if "repeat" in dict(form.fields))
    browser.client.post("/invitation", data={**dict(form.fields), "password": PASSWORD, "repeat": PASSWORD})
    assert "Welcome" in words(browser.get("/"))
    assert "/studio/" in browser.get("/").text

    ada = Maker(browser)
    assert "First steps" in words(ada.get(""))
    assert 'href="/studio/new/entity"' in ada.get("").text
    begin = ada.form("new/entity", "key")
    ada.send("new/entity", begin, ("", ""), name="Lantern")
    place = ada.form("design/entity/lantern", "base")
    ada.send("design/entity/lantern", place, ("do", "add:attributes"), word="Name", type="text")
    panel = ada.form("design/entity/lantern", "at")
    ada.send("design/entity/lantern", panel, ("do", "set"), p__primary_name="name")
    ada.send("screens/lantern", ada.form("screens/lantern", "insert"), ("", ""), role="administrator")
    assert "Make pages of Lantern" in words(ada.get(""))
    ada.send("new/entity", ada.form("new/entity", "key"), ("", ""), name="Account")
    ada.send("screens/account", ada.form("screens/account", "insert"), ("", ""), role="administrator", rows="global")
    assert "There is no language" not in words(ada.get("publish"))  # the texts of accounts are those of the site's languages
    assert ada.publish().status_code == 303, words(ada.get("publish"))
    assert "First steps" not in words(ada.get(""))
    assert 'href="/lantern"' in browser.get("/").text
    assert browser.get("/lantern/new").status_code == 200
    assert "Ada" in words(ada.get("people"))
