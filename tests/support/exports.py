"""A small site as Power Pages exports it, in either form: with the prefix adx_ and lists, or without it and a file for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

PUBLISHED, DRAFT = "aaaa-1", "aaaa-2"
PEOPLE, STRANGERS, STAFF = "role-1", "role-2", "role-3"
HOME, NEWS, INSIDE = "page-1", "page-2", "page-3"
CODES = {"lang-1": "en-US", "lang-2": "sv-SE"}
KINDS = {"webpagerule": "webpageaccesscontrolruleid", "tablepermission": "entitypermissionid"}

Record = Mapping[str, Any]

SITE: dict[str, list[dict[str, Any]]] = {
    "website": [{"id": "site-1", "name": "Harbour - site-x1y2z", "defaultlanguage": "lang-1"}],
    "websitelanguage": [
        {"id": "lang-1", "name": "English", "portallanguageid": "lang-1"},
        {"id": "lang-2", "name": "Svenska", "portallanguageid": "lang-2"},
    ],
    "portallanguage": [
        {"id": "lang-1", "name": "English", "languagecode": "en-US"},
        {"id": "lang-2", "name": "Svenska", "languagecode": "sv-SE"},
    ],
    "publishingstate": [
        {"id": PUBLISHED, "name": "Published", "isvisible": True},
        {"id": DRAFT, "name": "Draft", "isvisible": False},
    ],
    "webrole": [
        {"id": PEOPLE, "name": "Authenticated Users", "authenticatedusersrole": True},
        {"id": STRANGERS, "name": "Anonymous Users", "anonymoususersrole": True},
        {"id": STAFF, "name": "Staff"},
    ],
    "sitemarker": [
        {"id": "mark-1", "name": "Page Not Found", "pageid": NEWS},
        {"id": "mark-2", "name": "Home", "pageid": HOME},
    ],
}


def page(key: str, name: str, address: str, parent: str = "", **more: Any) -> dict[str, Any]:
    """The root record of a page."""
    own = {
        "id": key,
        "name": name,
        "partialurl": address,
        "isroot": True,
        "publishingstateid": PUBLISHED,
        "parentpageid": parent,
    }
    return {**own, **more}


PAGES = [page(HOME, "Home", "/"), page(NEWS, "News", "news", HOME), page(INSIDE, "Inside", "inside", HOME)]


def content(root: str, language: str, title: str, **more: Any) -> dict[str, Any]:
    """A page in one language."""
    own = {"id": f"{root}-{language}", "name": title, "title": title, "isroot": False, "rootwebpageid": root}
    return {**own, "webpagelanguageid": language, "publishingstateid": PUBLISHED, **more}


def write_export(
    folder: Path, newer: bool, kinds: Mapping[str, Sequence[Record]], beside: Mapping[str, str] | None = None
) -> Path:
    """Write records below a folder, with texts beside them by the end of their paths."""
    for kind, records in {**SITE, "webpage": PAGES, **kinds}.items():
        if kind in SITE and not newer and kind != "website":
            _put(folder / f"{kind}.yml", [_older(kind, record) for record in records])
            continue
        for record in records:
            place = folder / "website.yml" if kind == "website" else folder / kind / f"{_named(record)}.{kind}.yml"
            _put(place, dict(record) if newer else _older(kind, record))
    for path, text in (beside or {}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def _named(record: Record) -> str:
    language = record.get("webpagelanguageid") or record.get("contentsnippetlanguageid")
    return f"{record['name']}.{CODES[language]}" if language else str(record["name"])


def _older(kind: str, record: Record) -> dict[str, Any]:
    own = {name: value for name, value in record.items() if name != "id"}
    return {f"adx_{name}": value for name, value in {**own, KINDS.get(kind, f"{kind}id"): record["id"]}.items()}


def _put(file: Path, data: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(data), encoding="utf-8")
