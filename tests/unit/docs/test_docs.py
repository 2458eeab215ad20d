"""The documentation names all there is, leads only to what is there, and its examples can be used as they stand."""

import ast
import dataclasses
import functools
import importlib
import inspect
import os
import pkgutil
import re
import subprocess
from pathlib import Path

import click
import pytest

import runtime.api
from connectors.adapters import ADAPTERS
from metadata.checks import check
from metadata.files import read_folder
from metadata.model import KINDS, component_id
from metadata.model.base import PRIVILEGES
from metadata.model.security import SCOPES
from metadata.types import TYPES
from runtime.api import faults
from runtime.cli.commands import COMMANDS
from runtime.cli.people import command as people
from runtime.cli.search import command as search
from runtime.cli.sync import command as sync
from runtime.config import SETTINGS
from runtime.demo.cast import CAST, PASSWORD
from runtime.hooks import NAMES
from runtime.identity.settings import PREFIX, IdentitySettings
from runtime.render.tokens import TOKENS
from runtime.security import ALWAYS, CONTENT_SECURITY_POLICY

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = (README, ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md")))
SURROUNDINGS = Path(__file__).parent / "surroundings.yaml"
PICTURE = "docs/screenshots/"

LINK = re.compile(r"\[[^\]\[]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
EXAMPLE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROMISE = re.compile(r"\[([^\]\[]+)\]\(\.\./(tests/[\w/]+\.py)\)")
VARIABLE = re.compile(r"\bFOYER_[A-Z0-9_]+\b")
OTHER_VARIABLES = {"FOYER_VENV", "FOYER_EXTRAS", "FOYER_REQUIRE", "FOYER_AUTHOR", "FOYER_ERP_URL", "FOYER_URL"}


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def examples(text: str, language: str) -> list[str]:
    return [body for named, body in EXAMPLE.findall(text) if named == language]


def links(page: Path) -> list[str]:
    prose = EXAMPLE.sub("", page.read_text(encoding="utf-8"))
    return [found for found in LINK.findall(prose) if "://" not in found]


def anchors(page: Path) -> set[str]:
    headings = HEADING.findall(EXAMPLE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(file: Path):
    for link in links(file):
        target, _, anchor = link.partition("#")
        if target.startswith(PICTURE):
            continue  # taken of the running demo
        found = (file.parent / target).resolve() if target else file
        assert found.exists(), link
        assert found.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(found), link


def test_every_page_is_reached_from_the_readme():
    reached = {(ROOT / link.partition("#")[0]).resolve() for link in links(README)}
    assert {page for page in DOCS.glob("*.md") if page.resolve() not in reached} == set()


def test_the_readme_begins_with_two_commands():
    first = examples(README.read_text(encoding="utf-8"), "sh")[0]
    assert first.split("\n") == ["make demo", "make test", ""]


def test_the_readme_says_who_can_sign_in():
    readme = README.read_text(encoding="utf-8")
    assert [member.email for member in CAST if f"| `{member.email}` |" not in readme] == []
    assert f"`{PASSWORD}`" in readme


def test_every_command_is_in_the_readme_and_there_is_no_other():
    named = re.findall(r"^\| `foyer (\S+)` \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(COMMANDS)


def test_every_make_target_is_in_the_readme():
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    readme = README.read_text(encoding="utf-8")
    assert [target for target in targets if target != "help" and f"make {target}" not in readme] == []


@pytest.mark.parametrize(("group", "name"), [(sync, "sync.md"), (people, "operating.md"), (search, "search.md")])
def test_every_command_of_a_group_is_explained(group: click.Group, name: str):
    page = text_of(name)
    assert [command for command in group.commands if f"foyer {group.name} {command}" not in page] == []


def test_commands_and_options_in_the_documentation_exist():
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert set(re.findall(r"(?:^|`|\./)foyer ([a-z]+(?:-[a-z]+)*)\b", text, re.MULTILINE)) <= set(COMMANDS)


def test_every_setting_is_in_the_table_of_settings():
    page = text_of("operating.md")
    rows = [
        f"| `{setting.variable}` | {f'`{setting.default}`' if setting.default else ''} | {setting.help} |"
        for setting in SETTINGS
    ]
    assert [row for row in rows if row not in page] == []


def test_every_variable_that_is_named_exists():
    known = OTHER_VARIABLES | {name for item in SETTINGS for name in (item.variable, f"{item.variable}_FILE")}
    named = {name for page in PAGES for name in VARIABLE.findall(page.read_text(encoding="utf-8"))}
    assert {name for name in named - known if not name.startswith("FOYER_TEST_")} == set()


def test_every_site_setting_is_explained_with_its_default():
    page = text_of("operating.md")
    rows = [f"| `{PREFIX}{field.name}` | `{field.default}` |" for field in dataclasses.fields(IdentitySettings)]
    assert [row for row in rows if row not in page] == []


def test_every_kind_and_attribute_type_is_in_the_reference():
    page = text_of("metadata.md")
    assert [kind for kind in KINDS if f"\n| [{kind}](metadata/{kind}.md) |" not in page] == []
    assert [name for name in TYPES if f"\n| `{name}` |" not in page] == []


def test_every_hook_is_explained():
    page = text_of("architecture.md")
    assert [name for name in NAMES if f"`{name}(" not in page] == []


def test_every_scope_and_privilege_is_explained():
    page = text_of("permissions.md")
    assert [word for word in (*SCOPES, *PRIVILEGES) if f"| `{word}` |" not in page] == []


def test_every_connector_is_explained():
    assert [name for name in ADAPTERS if f"| `{name}` |" not in text_of("sync.md")] == []


def codes_of(module):
    """The codes of the faults that a module of the Web API makes."""
    for call in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "ApiFault":
            code = call.args[1]
            if isinstance(code, ast.Constant):
                yield code.value
            elif isinstance(code, ast.Name):
                yield getattr(module, code.id)


def test_every_code_of_the_web_api_is_in_its_table():
    modules = [importlib.import_module(one.name) for one in pkgutil.iter_modules(runtime.api.__path__, "runtime.api.")]
    codes = {code for module in modules for code in codes_of(module)} | set(faults.PRIVILEGES.values())
    assert len(codes) > 20
    assert sorted(code for code in codes if f"`{code}`" not in text_of("web-api.md")) == []


def test_every_token_of_themes_is_explained():
    assert [name for name in TOKENS if f"| `{name}` |" not in text_of("themes.md")] == []


def test_every_block_of_the_frame_is_named():
    frame = (ROOT / "themes/base/templates/layout.html").read_text(encoding="utf-8")
    page = text_of("themes.md")
    assert [name for name in re.findall(r"{% block (\w+)", frame) if f"`{name}`" not in page] == []


def test_the_security_page_tells_the_headers_and_the_policy_that_are_sent():
    page = text_of("security.md")
    assert examples(page, "text") == [f"{CONTENT_SECURITY_POLICY}\n"]
    assert [name for name, _ in ALWAYS if f"`{name}`" not in page] == []


@pytest.mark.parametrize(
    ("name", "least"), [("security.md", 30), ("feature-tests.md", 100), ("threat-model.md", 60), ("asvs.md", 40)]
)
def test_every_promise_has_its_test(name: str, least: int):
    promises = PROMISE.findall(text_of(name))
    assert len(promises) > least
    for words, file in promises:
        assert f"test_{words.replace(' ', '_')}" in collected_of(file), (words, file)


@functools.cache
def collected_of(file: str) -> frozenset[str]:
    """The tests that pytest collects of a file: no function that stands in another, and none that a later one replaces."""
    source = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    classes = [node for node in source.body if isinstance(node, ast.ClassDef) and node.name.startswith("Test")]
    for place in (source, *classes):
        names = functions_of(place)
        assert len(names) == len(set(names)), f"{file} has two tests of one name"
    return frozenset(name for place in (source, *classes) for name in functions_of(place))


def functions_of(place: ast.Module | ast.ClassDef) -> list[str]:
    return [node.name for node in place.body if isinstance(node, ast.FunctionDef)]


def test_evidence_is_every_test_that_the_pages_on_security_name(tmp_path: Path):
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\nfor last; do case "$last" in @*) cat "${last#@}";; esac; done\n', encoding="utf-8")
    python.chmod(0o755)
    environ = {name: value for name, value in os.environ.items() if name != "PAGES"} | {"FOYER_VENV": str(tmp_path)}
    done = subprocess.run([ROOT / "tools" / "evidence.sh"], env=environ, capture_output=True, text=True, check=True, timeout=60)
    named = {
        f"{file}::test_{words.replace(' ', '_')}"
        for page in ("security.md", "threat-model.md", "asvs.md")
        for words, file in PROMISE.findall(text_of(page))
    }
    assert len(named) > 300
    assert set(done.stdout.splitlines()) == named
    for file, _, name in (one.partition("::") for one in named):  # by which pytest finds no method of a class
        assert name in functions_of(ast.parse((ROOT / file).read_text(encoding="utf-8"))), (file, name)


@pytest.mark.parametrize("name", ["layouts.md", "permissions.md", "search.md", "sync.md", "themes.md"])
def test_the_examples_are_metadata_without_a_problem(name: str, tmp_path: Path):
    for number, example in enumerate(examples(text_of(name), "yaml")):
        (tmp_path / f"example-{number}.yaml").write_text(example, encoding="utf-8")
    around = read_folder(SURROUNDINGS)
    reading = read_folder(tmp_path, around.components)
    assert (*around.problems, *reading.problems) == ()
    together = {component_id(item): item for item in (*around.components, *reading.components)}
    assert [str(problem) for problem in check(together, reading.positions) if problem.severity != "warning"] == []


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_no_page_names_a_place_on_somebodys_machine(file: Path):
    assert re.findall(r"(?<![\w.])/(?:home|work|root|tmp|Users)/\S*", file.read_text(encoding="utf-8")) == []


def test_every_module_that_the_architecture_names_is_there():
    named = re.findall(r"`((?:metadata|runtime|connectors|themes)/[\w/]*)(?:\.py)?`", text_of("architecture.md"))
    assert len(named) > 30
    assert [name for name in named if not (ROOT / name).is_dir() and not (ROOT / f"{name}.py").is_file()] == []


def signatures() -> list[tuple[str, str, list[str]]]:
    """The functions of the architecture's listing: module, name, parameters."""
    found, module = [], ""
    for line in examples(text_of("architecture.md"), "python")[0].splitlines():
        if line.startswith("# "):
            module = line.removeprefix("# ").removesuffix(".py").replace("/", ".")
        elif line:
            name, _, parameters = line.rstrip(")").partition("(")
            found.append((module, name, parameters.split(", ")))
    return found


@pytest.mark.parametrize(("module", "name", "parameters"), signatures())
def test_the_signatures_of_the_architecture_are_those_of_the_code(module: str, name: str, parameters: list[str]):
    function = getattr(importlib.import_module(module), name)
    assert list(inspect.signature(function).parameters) == parameters
