"""What lies in themes/: known texts and icons only, vendored files as they came, no starter's words."""

import hashlib
import json
import re
from pathlib import Path

import pytest

import themes
from runtime.render.icons import shapes
from runtime.render.texts import SOURCE_LANGUAGE, catalogue

ROOT = Path(themes.__file__).parent
VENDOR = ROOT / "base" / "static" / "vendor"
PARTS = json.loads((VENDOR / "vendor.json").read_text(encoding="utf-8"))
TEMPLATES = sorted(ROOT.glob("*/templates/**/*.html"))

TEXT = re.compile(r"""\bt\(\s*["']([^"']+)["']\s*[,)]""")
TEXT_BEGINNING = re.compile(r"""\bt\(\s*["']([^"']+)["']\s*~""")
ICON = re.compile(r"""\bicon\(\s*["']([^"']+)["']""")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def escapes(path: Path) -> bool:
    """Generated rows print cells that a formatter has made HTML of already; nothing else does."""
    return not path.name.endswith(".gen.html")


@pytest.fixture(params=TEMPLATES, ids=name)
def template(request) -> str:
    return request.param.read_text(encoding="utf-8")


def test_templates_use_known_texts_only(template):
    known = catalogue(SOURCE_LANGUAGE)
    assert set(TEXT.findall(template)) - set(known) == set()
    assert [start for start in TEXT_BEGINNING.findall(template) if not any(key.startswith(start) for key in known)] == []


def test_templates_use_known_icons_only(template):
    assert set(ICON.findall(template)) - set(shapes()) == set()


def test_templates_hold_no_script_style_or_handler(template):
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"|javascript:", template) == []


@pytest.mark.parametrize("path", filter(escapes, TEMPLATES), ids=name)
def test_templates_leave_escaping_on(path):
    assert re.findall(r"autoescape false|\|\s*safe\b", path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part["name"])
def test_what_comes_from_others_is_as_it_came_and_has_its_licence(part):
    found = {file: hashlib.sha256((VENDOR / file).read_bytes()).hexdigest() for file in part["files"]}
    assert found == part["files"]
    assert all((VENDOR / licence).read_text(encoding="utf-8").strip() for licence in part["licence_files"])
    assert part["version"]
    assert part["licence"] in {"MIT", "0BSD", "BSD-2-Clause", "OFL-1.1"}


def test_nothing_else_lies_among_what_comes_from_others():
    known = {file for part in PARTS for file in (*part["files"], *part["licence_files"])} | {"vendor.json"}
    assert {file.relative_to(VENDOR).as_posix() for file in VENDOR.rglob("*") if file.is_file()} == known


@pytest.mark.parametrize("sheet", sorted(ROOT.glob("*/static/css/*.css")), ids=name)
def test_sheets_are_short_and_ask_nobody_else(sheet):
    text = sheet.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert re.findall(r"@import|https?:", text) == []
    addresses = re.findall(r'url\("([^"]+)"\)', text)
    assert [address for address in addresses if not (sheet.parent / address).resolve().is_file()] == []


@pytest.mark.parametrize("script", sorted(ROOT.glob("*/static/js/*.js")), ids=name)
def test_scripts_import_what_is_there(script):
    imported = re.findall(r'from "([^"]+)"', script.read_text(encoding="utf-8"))
    assert [path for path in imported if not (script.parent / path).resolve().is_file()] == []
