"""The folder of an export: records by kind, whichever of the two forms it has, and the texts and files beside them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from metadata.errors import MetadataError, Position, Problem

CODE = "power-pages"
LARGEST = 5_000_000
"""Bytes of one file of records or text."""
MOST_FILES = 50_000
SAME = {
    "webpageaccesscontrolrule": "webpagerule",
    "entitylist": "list",
    "entityform": "basicform",
    "webform": "advancedform",
    "entitypermission": "tablepermission",
    "weblinkset.weblink": "weblink",
    "columnpermissionprofile.columnpermission": "columnpermission",
}
NAMES = ("name", "profilename", "entityname", "inboundurl", "columnname")
_IDS = {
    "webpagerule": "webpageaccesscontrolruleid",
    "tablepermission": "entitypermissionid",
    "list": "entitylistid",
    "basicform": "entityformid",
    "advancedform": "webformid",
}
_LANGUAGE = re.compile(r"\.([a-z]{2,3}-[A-Za-z]{2,8})\.[a-z]+\.ya?ml$")


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its kind, id and columns, these without the prefix adx_; the file that it stands in."""

    kind: str
    id: str
    columns: Mapping[str, Any]
    file: Path
    place: str

    def text(self, name: str) -> str:
        """A column as a text; "" where it is empty."""
        value = self.columns.get(name)
        return "" if value is None else str(value).strip()

    def flag(self, name: str) -> bool:
        """A column as yes or no."""
        return self.text(name).lower() == "true"

    def number(self, name: str) -> int:
        """A column as a whole number; 0 where it is none."""
        found = self.text(name)
        return int(found) if found.lstrip("-").isdigit() and len(found) < 12 else 0

    def ids(self, name: str) -> tuple[str, ...]:
        """The records that a column lists."""
        value = self.columns.get(name)
        return tuple(str(item).lower() for item in value) if isinstance(value, list) else ()

    @property
    def active(self) -> bool:
        """Is it in use?"""
        return self.text("statecode") in ("", "0")

    @property
    def name(self) -> str:
        """What it is called."""
        return next(
            (found for key in ("name", "profilename", "entityname", "inboundurl") if (found := self.text(key))), self.id
        )

    @property
    def language(self) -> str:
        """The language in the name of its file, such as en-US, or in the folder that it lies in."""
        found = _LANGUAGE.search(self.file.name)
        above = self.file.parent.name
        return found[1] if found else above if re.fullmatch(r"[a-z]{2,3}-[A-Za-z]{2,8}", above) else ""

    def beside(self, part: str) -> str | None:
        """A text that lies beside the record, such as copy.html, or None. Raises MetadataError."""
        stem = re.sub(r"\.ya?ml$", "", self.file.name)
        for name in (f"{stem}.{part}", f"{stem.rpartition('.')[0]}.{part}"):
            found = self.file.with_name(name)
            if found.is_file() and not found.is_symlink():
                return _text(found, self.place)
        return None


@dataclass(slots=True)
class Export:
    """All records of an export, by kind and by id."""

    folder: Path
    kinds: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    by_id: dict[str, Record] = field(default_factory=dict)

    def of(self, kind: str) -> list[Record]:
        """The records of a kind, in the order of their files."""
        return self.kinds.get(kind, [])

    def find(self, record_id: str) -> Record | None:
        """A record by its id."""
        return self.by_id.get(record_id.lower())


def read_export(folder: Path) -> Export:
    """The records of a folder. Raises MetadataError with all that is wrong, and OSError."""
    export = Export(folder)
    problems: list[Problem] = []
    files = sorted(file for file in folder.rglob("*.y*ml") if file.is_file() and not file.is_symlink())
    if len(files) > MOST_FILES:
        raise MetadataError([Problem(Position(folder.name), "", CODE, f"There are more than {MOST_FILES} files.")])
    for file in files:
        place = file.relative_to(folder).as_posix()
        kind = _kind(file)
        if not kind or file.parts[-2] == "deployment-profiles":
            continue
        try:
            found = list(_records(file, kind, place))
        except MetadataError as error:
            problems += error.problems
            continue
        export.kinds[kind] += found
        export.by_id.update((record.id, record) for record in found if record.id)
    if not export.of("website") and not problems:
        message = "There is no website.yml in it: this is no folder of pac pages download."
        problems.append(Problem(Position(folder.name), "", CODE, message))
    if problems:
        raise MetadataError(problems)
    return export


def _kind(file: Path) -> str:
    """What the records of a file are: the last words of its name, or its name."""
    name = re.sub(r"\.ya?ml$", "", file.name).lower()
    for ending, kind in SAME.items():
        if name.endswith(f".{ending}") or name == ending:
            return kind
    return "" if name.endswith("manifest") else name.rpartition(".")[2]


def _records(file: Path, kind: str, place: str) -> Iterator[Record]:
    try:
        data = yaml.load(_text(file, place), yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as fault:
        line = getattr(getattr(fault, "problem_mark", None), "line", -1) + 1
        raise MetadataError([Problem(Position(place, line), "", CODE, "The file is no YAML that can be read.")]) from None
    items = data if isinstance(data, list) else [] if data is None else [data]
    for item in items:
        if not isinstance(item, dict):
            raise MetadataError([Problem(Position(place), "", CODE, "A record of columns is expected here.")])
        columns = {str(name).lower().removeprefix("adx_"): _plain(value) for name, value in item.items()}
        own = str(columns.get(_IDS.get(kind, f"{kind}id")) or columns.get("id") or "").lower()
        yield Record(kind, own, columns, file, place)


def _plain(value: Any) -> Any:
    """A value, or a list of values; what is nested deeper is nothing, however often YAML's anchors would repeat it."""
    if isinstance(value, list):
        return [item for item in value if not isinstance(item, list | dict | set)]
    return None if isinstance(value, dict | set) else value


def _text(file: Path, place: str) -> str:
    if file.stat().st_size > LARGEST:
        raise MetadataError([Problem(Position(place), "", CODE, f"{file.name} has more than {LARGEST} bytes.")])
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise MetadataError([Problem(Position(place), "", CODE, f"{file.name} is no text in UTF-8.")]) from None
