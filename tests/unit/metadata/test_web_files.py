"""Web files in a folder: what is wrong with them is told with its place, all at once."""

import pytest
from click.testing import CliRunner

from runtime.cli import main

AROUND = {
    "site": "kind: site\nkey: pier\n",
    "home": "kind: page\nkey: home\nlabel: Home\npartial_url: /\n",
    "tides": "kind: page\nkey: tides\nlabel: Tides\nparent: home\npartial_url: tides\n",
    "people": "kind: page\nkey: people\nlabel: People\nparent: home\npartial_url: people\n",
    "person": "kind: page\nkey: person\nlabel: Person\nparent: people\nrecord_entity: contact\nrecord_key: id\n",
    "redirect": "kind: redirect\nkey: away\nsource: /away\nurl: https://elsewhere.example/\n",
}
GOOD = {"key": "good", "parent": "tides", "partial_url": "table.csv", "content": "{file: held/notes.txt}"}


@pytest.fixture
def told(tmp_path):
    """What `foyer check` says of web files, each given by what makes it differ from a good one."""
    folder = tmp_path / "site"
    (folder / "held").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "held" / "notes.txt").write_text("Tide at nine.")
    with (folder / "held" / "huge.zip").open("wb") as huge:
        huge.truncate(25 * 1024 * 1024 + 1)
    for name, text in AROUND.items():
        (folder / f"{name}.yaml").write_text(text)

    def run(*files):
        for number, changed in enumerate(files):
            values = {**GOOD, "key": f"f{number}", "partial_url": f"f{number}.csv", **changed}
            lines = [f"{name}: {value}" for name, value in values.items()]
            (folder / f"f{number}.yaml").write_text("\n".join(("kind: web_file", *lines, "")))
        said = CliRunner().invoke(main, ["check", str(folder)]).output
        return [line.removeprefix("warning: ").removeprefix(f"{folder}/") for line in said.splitlines()]

    return run


def test_good_ones_are_in_order(told):
    same_name = {"parent": "home", "partial_url": "f1.csv"}
    assert told({}, {}, same_name, {"state": "draft", "visible_from": "2100-01-10"}) == ["10 components are in order."]


def test_what_is_wrong_is_told_with_its_place(told):
    wrong = (
        ({"content": "{file: held/ntoes.txt}"}, "f0.yaml:5 content.file: ", "There is no file ntoes.txt."),
        ({"content": "{file: ../secret.txt}"}, "f1.yaml:5 content.file: ", "leads out of the folder"),
        ({"content": "{file: held/huge.zip}"}, "f2.yaml:5 content.file: ", "a web file has 25 MB at most"),
        (
            {"content": "held/notes.txt"},
            "f3.yaml:5 content: ",
            "content: {file: held/notes.txt}",
        ),
        ({"parent": "tdies"}, "f4.yaml:3 parent: ", "Did you mean 'tides'?"),
        ({"parent": "home", "partial_url": "TIDES"}, "f5.yaml:4 partial_url: ", "The page tides answers at /tides already"),
        ({}, "f15.yaml:4 partial_url: ", "The web file f14 answers at /tides/f15.csv already"),
        ({"parent": "home", "partial_url": "away"}, "f7.yaml:4 partial_url: ", "The redirect away answers at /away already"),
        ({"parent": "home", "partial_url": "signin"}, "f8.yaml:4 partial_url: ", "The engine itself answers at /signin"),
        ({"partial_url": "_f.csv"}, "f9.yaml:4 partial_url: ", "belong to the engine"),
        ({"partial_url": ".."}, "f10.yaml:4 partial_url: ", "cannot be a part of an address"),
        ({"parent": "person"}, "f11.yaml:3 parent: ", "an address for each record of the page person"),
        ({"state": "darft"}, "f12.yaml:6 state: ", "Did you mean 'draft'?"),
        ({"visible_from": "2100-02-30"}, "f13.yaml:6 visible_from: ", "no date of the calendar"),
    )
    found = told(*(changed for changed, _, _ in wrong), *({"key": "f14", "partial_url": "F15.CSV"}, {}))
    for _, place, message in wrong:
        assert [line for line in found if line.startswith(place) and message in line], (place, found)


def test_a_file_that_nobody_knows_the_kind_of_is_a_warning(told):
    found = told({"partial_url": "f0.zzz"}, {"partial_url": "f1.zzz", "media_type": "application/x-tide"})
    assert [line for line in found if "does not say what it is" in line and line.startswith("f0.yaml:4 partial_url")]
    assert not [line for line in found if line.startswith("f1.yaml")]
