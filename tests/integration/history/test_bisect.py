"""`foyer bisect`: the release and the change with which a check began to fail."""

import json
import shlex
import sys
from dataclasses import replace

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from metadata.model import Attribute, Entity, Page, Snippet, View, ViewColumn, WebRole
from metadata.store import MetadataStore
from runtime.cli.bisect import command
from support.marina import MARINA, text
from support.marina_site import open_marina

ASK = """
import os, sys, urllib.error, urllib.request
path, wanted = sys.argv[1:]
try:
    page = urllib.request.urlopen(os.environ["FOYER_URL"] + path).read().decode()
except urllib.error.HTTPError as error:
    page = str(error.code)
sys.exit(wanted not in page)
"""


def marina(kind, key):
    return next(item for item in MARINA if type(item) is kind and item.key == key)


@pytest.fixture
def site(database_url, tmp_path):
    with open_marina(database_url, tmp_path) as opened:
        opened.book("A1")
        opened.book("C1", "carol")
        yield opened


@pytest.fixture
def publish(site):
    store = MetadataStore(site.engine)
    held = {(type(one), one.key): one for one in store.released().values()}

    def release(note, *components, **options):
        held.update({(type(one), one.key): one for one in components})
        return store.publish("Dora", note, components=tuple(held.values()), **options).release

    return release


@pytest.fixture
def bisect(database_url, tmp_path):
    def run(check, *options):
        environ = {"FOYER_DATABASE_URL": database_url, "FOYER_DATA_DIR": str(tmp_path), "FOYER_SECRET_KEY": "s" * 40}
        done = CliRunner().invoke(command, ["--check", check, "--json", *options], env=environ)
        return done.exit_code, json.loads(done.stdout), done.stderr

    return run


@pytest.fixture
def asking(tmp_path):
    script = tmp_path / "ask.py"
    script.write_text(ASK)

    def command_for(path, wanted):
        return shlex.join([sys.executable, str(script), path, wanted])

    return command_for


def test_the_release_and_the_one_change_in_it_are_found(site, publish, bisect, asking):
    for number in range(1, 4):
        publish(f"harmless {number}", Snippet(key=f"extra-{number}", value=text("Tea")))
    home, terms = marina(Page, "home"), marina(Page, "terms")
    broken = publish(
        "Spring cleaning",
        replace(home, title=text("Welcome")),
        replace(terms, title=text("The rules")),
        Snippet(key="spring", value=text("Spring")),
        marina(WebRole, "skipper"),
    )
    for number in range(4, 8):
        publish(f"harmless {number}", Snippet(key=f"extra-{number}", value=text("Tea")))
    code, said, told = bisect(asking("/terms", "By itself"))
    assert (code, said["good"], said["bad"], said["note"], said["author"]) == (0, broken - 1, broken, "Spring cleaning", "Dora")
    assert [cause["component"] for cause in said["causes"]] == ["page terms"]
    assert said["causes"][0]["properties"][0]["path"].startswith("title")
    assert said["others"] == 2
    assert f"release {broken} fails" in told
    assert len(said["asked"]) <= 6


def test_each_sees_their_own_rows_and_nothing_is_written(site, publish, bisect, asking):
    view = marina(View, "bookings-all")
    publish("harmless", Snippet(key="extra", value=text("Tea")))
    broken = publish("Columns", replace(view, columns=(ViewColumn(attribute="boat"),)))
    with site.engine.connect() as connection:
        before = connection.scalar(sa.text("SELECT count(*) FROM foyer_audit"))
    code, said, _ = bisect(asking("/bookings", ">A1<"), "--as", "alice@sail.example")
    assert (code, said["bad"]) == (0, broken)
    code, said, _ = bisect(asking("/bookings", ">A1<"), "--as", "carol@row.example")
    assert (code, "release 1 is taken to be good, and fails" in said["error"]) == (1, True)
    post = (
        'import os, sys, urllib.request as u\ntry: u.urlopen(os.environ["FOYER_URL"] + "/bookings/new", data=b"boat=Pirate")\n'
        "except u.HTTPError as error: sys.exit(error.code not in (400, 403))\nsys.exit(3)"
    )
    said = bisect(shlex.join([sys.executable, "-c", post]), "--as", "alice@sail.example")[1]
    assert said["error"].startswith("release 3 is taken to be bad, and passes")  # the post is refused everywhere
    room = "import os, sys, urllib.request as u\ntry: u.urlopen(os.environ['FOYER_URL'] + '/security')\n"
    room += "except u.HTTPError as error: sys.exit(error.code != 403)\nsys.exit(3)"
    assert bisect(shlex.join([sys.executable, "-c", room]))[1]["error"].startswith("release 3 is taken to be bad, and passes")
    with site.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM booking")) == 2
        assert connection.scalar(sa.text("SELECT count(*) FROM foyer_audit")) == before


def test_changes_that_break_it_together_are_both_named(site, publish, bisect):
    publish("harmless", Snippet(key="extra", value=text("Tea")))
    opening = marina(Snippet, "opening")
    publish(
        "Two at once",
        replace(marina(Page, "terms"), title=text("Apples")),
        replace(opening, value=text("Pears")),
        Snippet(key="more", value=text("More")),
    )
    script = 'import os, urllib.request as u, sys\nurl = os.environ["FOYER_URL"]\n'
    script += 'sys.exit("Apples" in u.urlopen(url + "/terms").read().decode() and "Pears" in u.urlopen(url).read().decode())'
    code, said, _ = bisect(shlex.join([sys.executable, "-c", script]))
    assert (code, [cause["component"] for cause in said["causes"]]) == (0, ["page terms", "snippet opening"])


def test_a_column_that_is_gone_does_not_stop_the_search(site, publish, bisect, asking):
    booking, view = marina(Entity, "booking"), marina(View, "bookings-all")
    sail = Attribute(key="sail", type="text")
    publish("A column more", replace(booking, attributes=(*booking.attributes, sail)), with_sail(view))
    publish("A column less", booking, view)
    MetadataStore(site.engine).mend_tables(allow_destructive=True)
    broken = publish("Another name", replace(view, label=text("Every booking")))
    assert "sail" not in {column["name"] for column in sa.inspect(site.engine).get_columns("booking")}
    code, said, _ = bisect(asking("/bookings", "All bookings"), "--as", "alice@sail.example")
    assert (code, said["bad"], said["not_judged"]) == (0, broken, [])


def with_sail(view):
    return replace(view, columns=(*view.columns, ViewColumn(attribute="sail")))


def test_what_cannot_be_looked_for_is_said(site, publish, bisect, asking):
    publish("harmless", Snippet(key="extra", value=text("Tea")))
    assert "release 2 is taken to be bad, and passes" in bisect("true")[1]["error"]
    assert "release 1 is taken to be good, and fails" in bisect("false")[1]["error"]
    assert "cannot be judged" in bisect("exit 125")[1]["error"]
    assert "the shell answers 127" in bisect("no-such-command-anywhere")[1]["error"]
    assert "older" in bisect("false", "--good", "2", "--bad", "1")[1]["error"]
    assert bisect("false", "--good", "77", "--bad", "99")[0] == 1
    assert "no web role" in bisect("false", "--role", "nobody")[1]["error"]
    assert "no contact" in bisect("false", "--as", "nobody@nowhere.example")[1]["error"]
    assert "taken to be good, and fails" in bisect("sleep 5", "--timeout", "1")[1]["error"]


@pytest.mark.parametrize("unclear", [2, 3])
def test_releases_that_cannot_be_judged_are_named(site, publish, bisect, unclear):
    for number in range(1, 4):
        publish(f"harmless {number}", Snippet(key=f"extra-{number}", value=text("Tea")))
    check = f"[ $FOYER_RELEASE = {unclear} ] && exit 125; [ $FOYER_RELEASE -lt {unclear} ]"
    code, said, _ = bisect(check)
    assert (code, said["good"], said["bad"], said["not_judged"]) == (0, unclear - 1, unclear + 1, [unclear])
