"""The layers: imports point one way, each library has its room, and the engine knows no starter's entity."""

import ast
import re
from pathlib import Path

import pytest

from support.sources import PACKAGES, Import, Module, import_cycles, parse_module, read_modules, words

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {
    "metadata": set(),
    "connectors": {"metadata"},
    "runtime": {"metadata", "connectors", "themes"},
    "themes": set(),
}
# Loading the command line must stay quick, so its commands import what they run when they run it.
MAY_IMPORT_LATE = ("runtime.cli",)
NOT_ENGINE = ("metadata/starters/", "connectors/sample_erp", "runtime/demo")
STARTER_ENTITY = re.compile(r"(?<![a-z])(sales_?orders?|order_?lines?|invoices?|purchase_?orders?)(?![a-z])", re.IGNORECASE)


@pytest.fixture(params=PACKAGES)
def package(request: pytest.FixtureRequest) -> list[Module]:
    """The modules of one package."""
    found = [module for module in read_modules(ROOT) if within(module.name, request.param)]
    if not found:
        pytest.skip(f"there is no package {request.param} yet")
    return found


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def is_engine(path: str) -> bool:
    return not path.startswith(NOT_ENGINE)


def top(found: Import) -> str:
    return found.target.partition(".")[0]


def wrong_way(module: Module) -> list[str]:
    room = module.name.partition(".")[0]
    closed = {*PACKAGES, "tests", "support", "benchmarks"} - {room} - MAY_IMPORT[room]
    return [f"{module.path}:{i.line} imports {i.target}" for i in module.imports if top(i) in closed]


def late(module: Module) -> list[str]:
    if within(module.name, *MAY_IMPORT_LATE):
        return []
    ours = (i for i in module.imports if i.in_function and top(i) in PACKAGES)
    return [f"{module.path}:{i.line} imports {i.target} inside a function" for i in ours]


def misplaced_library(module: Module) -> list[str]:
    flask_may = within(module.name, "runtime") and not within(module.name, "runtime.access", "runtime.records")
    wtforms_may = within(module.name, "runtime.forms")
    closed = set() if flask_may else {"flask", "flask_wtf"}
    closed |= set() if wtforms_may else {"wtforms"}
    return [f"{module.path}:{i.line} imports {i.target}" for i in module.imports if top(i) in closed]


def starter_entities(module: Module) -> list[str]:
    if not is_engine(module.path):
        return []
    hits = ((line, STARTER_ENTITY.search(word)) for line, word in words(module.tree))
    return [f"{module.path}:{line} names {hit[0]}" for line, hit in hits if hit]


def bare_or(module: Module) -> list[str]:
    """Calls `or_(*terms)`: with no terms they render no WHERE at all, where deny was meant."""
    calls = (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))
    return [
        f"{module.path}:{call.lineno} spreads into or_() without false() before it"
        for call in calls
        if call.args and isinstance(call.args[0], ast.Starred) and ast.unparse(call.func).rpartition(".")[2] == "or_"
    ]


def faults(check, modules: list[Module]) -> list[str]:
    return [fault for module in modules for fault in check(module)]


def test_imports_point_one_way(package):
    assert faults(wrong_way, package) == []


def test_our_own_modules_are_imported_at_the_top(package):
    assert faults(late, package) == []


def test_each_library_stays_in_its_room(package):
    assert faults(misplaced_library, package) == []


def test_the_engine_names_no_starter_entity(package):
    assert faults(starter_entities, package) == []


def test_or_is_never_spread_bare(package):
    assert faults(bare_or, package) == []


def test_modules_do_not_import_each_other_in_circles():
    assert import_cycles(read_modules(ROOT)) == []


@pytest.mark.parametrize("folder", ["runtime", "themes"])
def test_templates_scripts_and_styles_name_no_starter_entity(folder):
    files = (f for f in (ROOT / folder).rglob("*") if f.suffix in {".html", ".js", ".css", ".sql"})
    ours = [(f, f.relative_to(ROOT).as_posix()) for f in files if "vendor" not in f.parts]
    named = [
        f"{path}:{number} names {hit[0]}"
        for file, path in ours
        if is_engine(path)
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if (hit := STARTER_ENTITY.search(line))
    ]
    assert named == []


@pytest.mark.parametrize(
    ("check", "path", "text"),
    [
        (wrong_way, "metadata/a.py", "from runtime.app import x"),
        (wrong_way, "connectors/a.py", "import runtime"),
        (wrong_way, "metadata/b/a.py", "def f():\n    from connectors import x"),
        (late, "runtime/a.py", "def f():\n    from . import app"),
        (misplaced_library, "connectors/a.py", "from flask import g"),
        (misplaced_library, "runtime/access/a.py", "import flask.globals"),
        (misplaced_library, "runtime/pages/a.py", "from wtforms import Form"),
        (starter_entities, "runtime/a.py", "TABLE = 'sales_order'"),
        (starter_entities, "metadata/a.py", "def order_line_total(): ..."),
        (starter_entities, "runtime/a.py", "x = f'from {schema}.invoice'"),
        (bare_or, "runtime/a.py", "import sqlalchemy as sa\nsa.or_(\n    *terms)"),
    ],
)
def test_a_planted_fault_is_found(check, path, text):
    assert len(check(parse_module(Path(path), text))) >= 1


@pytest.mark.parametrize(
    ("check", "path", "text"),
    [
        (wrong_way, "runtime/a.py", "import metadata.types, connectors"),
        (late, "runtime/cli.py", "def f():\n    from runtime import app"),
        (misplaced_library, "runtime/forms/a.py", "import flask, wtforms"),
        (starter_entities, "runtime/a.py", "'''Such as a sales_order.'''\nreorder_lines = 1"),
        (starter_entities, "runtime/demo/a.py", "invoice = 1"),
        (bare_or, "runtime/a.py", "or_(false(), *terms)"),
    ],
)
def test_what_is_allowed_is_left_alone(check, path, text):
    assert check(parse_module(Path(path), text)) == []


def test_a_circle_is_found_and_imports_for_types_make_none():
    texts = {
        "metadata/a.py": "from metadata import b",
        "metadata/b.py": "import metadata.c",
        "metadata/c.py": "from .a import x",
        "metadata/d.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from metadata import e",
        "metadata/e.py": "import metadata.d",
    }
    modules = [parse_module(Path(path), text) for path, text in texts.items()]
    assert import_cycles(modules) == [["metadata.a", "metadata.b", "metadata.c"]]
