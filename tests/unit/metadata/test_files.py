"""Folders of YAML files: what is written comes back the same, and what is wrong is reported with its place."""

import os
from pathlib import Path

import pytest
from hypothesis import given

from metadata.files import read_folder, render, write_folder
from metadata.model import Entity, Page, Site, SiteSetting, Snippet, component_id
from metadata.model.content import Block
from metadata.text import Text
from support.generated_metadata import BYTES, component_sets


def put(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8", newline="")


def found(folder: Path) -> list[tuple[str, int, str]]:
    """The problems below a folder: code, line, path."""
    return [(problem.code, problem.position.line, problem.position.path) for problem in read_folder(folder).problems]


def read(reading, content) -> bytes:
    with reading.contents[content.sha256]() as file:
        return file.read()


def files_of(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@given(components=component_sets())
def test_export_import_export_is_byte_equal(components, tmp_path_factory):
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    components = [item for item in components if not hasattr(item, "site") or item.site]
    write_folder(components, first, lambda content: [BYTES[content.sha256]])
    reading = read_folder(first)
    assert reading.problems == ()
    assert {component_id(item): item for item in reading.components} == {component_id(item): item for item in components}
    write_folder(reading.components, second, lambda content: [read(reading, content)])
    assert files_of(first) == files_of(second)
    assert len({name.lower() for name in files_of(first)}) == len(files_of(first))


def test_each_component_has_a_readable_file_of_its_own(tmp_path):
    site = Site(key="main", label=Text.of("Main"))
    page = Page(key="home", site="main", label=Text.of({"sv": "Hem", "any": "Home"}), partial_url="/")
    write_folder([page, site, Entity(key="thing")], tmp_path)
    assert sorted(files_of(tmp_path)) == ["entities/thing.yaml", "sites/main/pages/home.yaml", "sites/main/site.yaml"]
    assert (tmp_path / "sites/main/pages/home.yaml").read_text(encoding="utf-8") == (
        "kind: page\nkey: home\nsite: main\nlabel:\n  any: Home\n  sv: Hem\npartial_url: /\n"
    )


def test_long_texts_lie_beside_their_component(tmp_path):
    block = Block(type="text", text=Text.of({"any": "# One\r\nTwo \n", "sv": "Ett"}))
    page = Page(key="home", site="main", label=Text.of("Home"), blocks=(block,))
    snippet = Snippet(key="terms", site="main", value=Text.of("One\nTwo"))
    write_folder([page, snippet], tmp_path)
    assert (tmp_path / "sites/main/pages/home.blocks.0.text.any.md").read_bytes() == b"# One\r\nTwo \n"
    assert "value:\n  file: terms.value.any.md" in (tmp_path / "sites/main/snippets/terms.yaml").read_text()
    assert set(read_folder(tmp_path).components) == {page, snippet}


def test_keys_that_differ_by_case_or_hold_a_slash_get_files_of_their_own(tmp_path):
    settings = [SiteSetting(key=key, site="s", value=key) for key in ("a/b", "a", "A", "con")]
    assert len(render(settings)) == 4
    assert "sites/s/site-settings/a~b.yaml" in render(settings)
    write_folder(settings, tmp_path)
    assert set(read_folder(tmp_path).components) == set(settings)


def test_a_site_cannot_be_named_out_of_the_folder(tmp_path):
    write_folder([Snippet(key="a", site="../../up", value=Text.of("x"))], tmp_path / "deep" / "er")
    assert all(name.startswith("deep/er/sites/") for name in files_of(tmp_path))


def test_an_export_leaves_equal_files_untouched_and_removes_only_when_told(tmp_path):
    one, two = Entity(key="one"), Entity(key="two")
    assert write_folder([one, two], tmp_path).changed == ("entities/one.yaml", "entities/two.yaml")
    put(tmp_path, "README.md", "mine")
    put(tmp_path, "entities/notes.txt", "mine")
    again = write_folder([one], tmp_path)
    assert (again.changed, again.removed) == ((), ())
    assert write_folder([one], tmp_path, prune=True).removed == ("entities/two.yaml",)
    assert set(files_of(tmp_path)) == {"README.md", "entities/notes.txt", "entities/one.yaml"}


def test_pruning_removes_long_texts_and_whole_sites(tmp_path):
    gone = [Site(key="old"), Snippet(key="a", site="old", value=Text.of("x\ny"))]
    write_folder([*gone, Site(key="new")], tmp_path)
    write_folder([Site(key="new")], tmp_path, prune=True)
    assert set(files_of(tmp_path)) == {"sites/new/site.yaml"}
    assert not (tmp_path / "sites/old").exists()


def test_several_documents_may_share_a_file_and_one_file_may_be_read(tmp_path):
    put(tmp_path, "all.yml", "kind: site\nkey: main\n---\n# only a remark\n---\nkind: entity\nkey: thing\n")
    assert read_folder(tmp_path / "all.yml").components == (Site(key="main"), Entity(key="thing"))


def test_components_without_a_site_belong_to_the_only_one(tmp_path):
    put(tmp_path, "a.yaml", "kind: snippet\nkey: a\nvalue: x\n")
    assert found(tmp_path) == [("no-site", 2, "key")]
    assert read_folder(tmp_path, known=[Site(key="main")]).components[0].site == "main"
    put(tmp_path, "sites.yaml", "kind: site\nkey: one\n---\nkind: site\nkey: two\n")
    assert found(tmp_path) == [("no-site", 2, "key")]


def test_every_problem_of_every_file_has_its_line(tmp_path):
    put(tmp_path, "a.yaml", "kind: entity\nkey: thing\nlable: x\nattributes:\n- key: a\n  type: text\n  scale: x\n")
    put(tmp_path, "b.yaml", "kind: entity\nkey: other\nkey: again\n")
    put(tmp_path, "c.yaml", "kind: [\n")
    put(tmp_path, "d.yaml", "key: x\n")
    put(tmp_path, "e.yaml", "kind: enity\nkey: x\n")
    put(tmp_path, "f.yaml", "kind: entity\nkey: other\n")
    assert found(tmp_path) == [
        ("unknown-key", 3, "lable"),
        ("type", 7, "attributes.0.scale"),
        ("duplicate-key", 3, "key"),
        ("yaml", 2, ""),
        ("missing-kind", 1, ""),
        ("unknown-kind", 1, "kind"),
        ("duplicate-component", 2, "key"),
    ]


def test_positions_lead_to_the_line_of_every_value(tmp_path):
    put(tmp_path, "a.yaml", "kind: entity\nkey: thing\nattributes:\n  - key: a\n    type: text\n")
    reading = read_folder(tmp_path)
    where = reading.positions[component_id(reading.components[0])]
    assert where("attributes.0.type").line == 5
    assert where("attributes.0.label.sv").line == 4
    assert where("").line == 1


def test_plain_words_that_other_readers_take_for_something_else_are_text(tmp_path):
    lines = ("no", "010", "1_000", "2024-01-01", "1:30", "0x10", ".inf", "1e5")
    options = "".join(f"  - {{value: {number}x, label: {word}}}\n" for number, word in enumerate(lines))
    put(tmp_path, "a.yaml", f"kind: choice\nkey: c\noptions:\n{options}")
    reading = read_folder(tmp_path)
    assert reading.problems == ()
    assert [option.label for option in reading.components[0].options] == [Text.of(word) for word in lines]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("kind: view\nkey: v\nfilter: &a {all: [*a]}\n", "anchor"),
        ("kind: view\nkey: v\nfilter: *nowhere\n", "yaml|anchor"),
        ("kind: entity\nkey: !!python/object/apply:os.system [ls]\n", "tag"),
        ("kind: entity\nkey: !!binary aGVq\n", "tag"),
        ("kind: entity\n? [a, b]\n: c\n", "key"),
        ("kind: entity\nkey: " + "[" * 100_000, "depth"),
        ("kind: entity\nkey: " + "{a: " * 100_000, "depth"),
        ("- " * 1000 + "x", "depth"),
        ('kind: entity\nkey: "a\\0b"\n', "text"),
        ("just a word", "missing-kind"),
        ("kind: {a: b}\nkey: x\n", "unknown-kind"),
        ("kind: entity\nkey: a\x00b\n", "yaml"),
        ("kind: choice\nkey: c\noptions: {file: x}\n", "type"),
        ("\t@", "yaml"),
        ("kind: entity\n<<: {key: x}\n", "unknown-key"),
        ("x" * (5 * 1024 * 1024 + 1), "size"),
    ],
)
def test_hostile_files_give_problems(tmp_path, text, code):
    put(tmp_path, "a.yaml", text)
    assert {problem[0] for problem in found(tmp_path)} & set(code.split("|"))


def test_a_value_that_multiplies_itself_is_refused(tmp_path):
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40))]
    put(tmp_path, "a.yaml", "kind: entity\nkey: x\n" + "\n".join(lines))
    assert "size" in {code for code, _, _ in found(tmp_path)}


def test_a_document_of_too_many_values_is_refused(tmp_path):
    put(tmp_path, "a.yaml", "kind: entity\nkey: x\nkeys:\n" + "- a\n" * 300_000)
    assert found(tmp_path) == [("size", 250_001, "")]


@pytest.mark.parametrize(
    ("text", "line", "mend"),
    [
        ("kind: view\nkey: all: of\n", 2, "colon in quotes"),
        ("kind: view\nlabel: 'All\nkey: all\n", 4, "opened in line 2"),
        ("kind: view\nviews: [all, few\nkey: all\n", 3, "close the bracket"),
        ("kind: view\nkey: @all\n", 2, "quote a text"),
        ("kind: view\nsort:\n\t- all\n", 3, "not tabs"),
        ("kind: view\nsort:\n  all: yes\n key: all\n", 4, "indent this line"),
        ("- kind: view\nkey: all\n", 2, "with a dash"),
    ],
)
def test_yaml_that_cannot_be_read_is_told_with_its_line_and_what_mends_it(tmp_path, text, line, mend):
    (tmp_path / "a.yaml").write_text(text)
    [problem] = read_folder(tmp_path).problems
    assert (problem.position.line, problem.code) == (line, "yaml")
    assert mend in problem.message


def test_bytes_that_are_no_text_give_a_problem(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"kind: entity\nkey: \xff\n")
    assert found(tmp_path) == [("encoding", 2, "")]


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\x85\x84"])
def test_a_control_character_is_told_with_its_line(tmp_path, character):
    put(tmp_path, "a.yaml", f"kind: entity\nkey: a\nlabel: b{character}\n")
    assert found(tmp_path) == [("yaml", 3, "")]


@pytest.mark.parametrize("name", ["../secret.md", "/etc/hostname", "link.md", "none.md", ".", "[a]", "''", "loop.md"])
def test_a_long_text_stays_inside_the_folder(tmp_path, name):
    put(tmp_path, "secret.md", "secret")
    put(tmp_path, "in/a.yaml", f"kind: snippet\nkey: a\nsite: s\nvalue: {{file: {name}}}\n")
    os.symlink(tmp_path / "secret.md", tmp_path / "in" / "link.md")
    os.symlink("loop.md", tmp_path / "in" / "loop.md")
    reading = read_folder(tmp_path / "in")
    assert [problem.position.line for problem in reading.problems] == [4]
    assert reading.components == ()


def test_a_file_that_is_a_link_out_of_the_folder_is_refused(tmp_path):
    put(tmp_path, "out.yaml", "kind: entity\nkey: thing\n")
    (tmp_path / "in").mkdir()
    os.symlink(tmp_path / "out.yaml", tmp_path / "in" / "a.yaml")
    assert found(tmp_path / "in") == [("outside", 0, "")]


def test_a_folder_that_is_not_there_is_a_problem(tmp_path):
    assert found(tmp_path / "none") == [("no-file", 0, "")]
