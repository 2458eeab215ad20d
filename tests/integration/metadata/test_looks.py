"""What cannot be shown is said before it goes live, with file and line."""

import json

import pytest
from click.testing import CliRunner

from metadata.model import ComponentId, Site
from metadata.store import MetadataStore
from metadata.text import Text
from runtime.cli import main
from runtime.database import make_engine

SITE = "kind: site\nkey: main\nlabel: Main\ntheme: base\n"
WRONG = "kind: site\nkey: main\nlabel: Main\ntheme: bsae\n"
PAGE = """\
kind: page
key: home
partial_url: /
label: Home
blocks:
  - type: tiles
    tiles:
      - label: Things
        url: /things
        icon: trck
"""


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "site"
    made.mkdir()
    (made / "site.yaml").write_text(SITE)
    return made


@pytest.fixture
def foyer(sqlite_url, tmp_path):
    """Runs a command; gives back its exit code and what it said."""
    environment = {"FOYER_DATABASE_URL": sqlite_url, "FOYER_DATA_DIR": str(tmp_path / "data"), "USER": "ann"}

    def run(*arguments, **more):
        done = CliRunner().invoke(main, [str(argument) for argument in arguments], env=environment | more)
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done.exit_code, done.output

    return run


@pytest.mark.parametrize("command", ["check", "import", "publish", "diff", "migrate"])
def test_a_theme_that_is_not_there_is_refused_with_file_and_line(foyer, folder, command):
    (folder / "site.yaml").write_text(WRONG)
    code, said = foyer(command, folder)
    assert code == 1
    assert "site.yaml:4" in said
    assert "did you mean base?" in said
    assert "nothing has been published" in foyer("doctor")[1]


def test_an_unknown_icon_is_a_warning_at_its_line(foyer, folder):
    (folder / "home.yaml").write_text(PAGE)
    code, said = foyer("check", folder, "--json")
    assert code == 0
    (problem,) = json.loads(said)["problems"]
    assert (problem["line"], problem["code"], problem["severity"]) == (10, "icon", "warning")
    assert foyer("publish", folder)[0] == 0


def test_drafts_whose_theme_is_not_there_do_not_go_live(foyer, folder, sqlite_url):
    assert foyer("publish", folder)[0] == 0
    MetadataStore(make_engine(sqlite_url)).save([Site(key="main", label=Text.of("Main"), theme="bsae")], "ann")
    code, said = foyer("publish")
    assert (code, "did you mean base?" in said) == (1, True)
    assert "release 1 compiles" in foyer("doctor")[1]


def test_nobody_goes_back_to_a_release_whose_theme_is_gone(foyer, folder, sqlite_url):
    store = MetadataStore(make_engine(sqlite_url))
    store.create()
    store.publish("ann", components=[Site(key="main", label=Text.of("Main"), theme="gone")])
    assert foyer("publish", folder)[0] == 0
    for more in ((), ("--component", "site main")):
        code, said = foyer("rollback", "1", *more)
        assert (code, "there is no theme gone" in said) == (1, True)
    assert store.released()[ComponentId("site", "main")].theme == "base"


def test_a_theme_of_ones_own_is_found_where_the_setting_says(foyer, folder, tmp_path):
    (tmp_path / "themes" / "ours").mkdir(parents=True)
    (tmp_path / "themes" / "ours" / "theme.yaml").write_text("extends: nordic\n")
    (folder / "site.yaml").write_text(SITE.replace("base", "ours"))
    assert foyer("check", folder)[0] == 1
    assert foyer("check", folder, FOYER_THEME_DIR=str(tmp_path / "themes"))[0] == 0
