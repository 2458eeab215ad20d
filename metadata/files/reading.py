"""Folders of YAML files to components."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from metadata.errors import MetadataError, Position, Problem
from metadata.files.contents import Opened, content_names, measured
from metadata.files.long_texts import is_reference, places
from metadata.files.parse import Document, Positions, parse
from metadata.model import KIND_OF_MODEL, KINDS, LARGEST_CONTENT, Component, ComponentId, Site, component_id
from metadata.schema import load
from metadata.told import told

LARGEST = 5 * 1024 * 1024
ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a folder holds: the components that could be read, where each was written, and everything wrong.

    `contents` opens the files of which components have digests only.
    """

    components: tuple[Component, ...]
    positions: Mapping[ComponentId, Positions]
    problems: tuple[Problem, ...]
    contents: Opened = field(default_factory=dict)


class RefusedFileError(Exception):
    """The file may not or cannot be read; the message says why."""

    def __init__(self, code: str, message: str, line: int = 0) -> None:
        self.code = code
        self.line = line
        self.message = message
        super().__init__(message)


@dataclass(slots=True)
class Reader:
    """Collects components and problems, file after file."""

    root: Path
    components: list[tuple[Component, Positions]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    contents: dict[str, Callable[[], BinaryIO]] = field(default_factory=dict)

    def read(self, file: Path) -> None:
        """Adds the components of one file."""
        name = file.as_posix().encode(errors="replace").decode()
        try:
            text = read_text(file, self.root, "utf-8-sig")
        except RefusedFileError as error:
            self.problems.append(Problem(Position(name, error.line), "", error.code, error.message))
            return
        documents, problems = parse(text, name)
        self.problems += problems
        for document in documents:
            self.take(file, document)

    def take(self, file: Path, document: Document) -> None:
        """Adds the component of one document."""
        data, where = document.data, document.positions
        if not isinstance(data, dict) or "kind" not in data:
            message = told(
                "The document does not say what it is: begin it with kind: and one of {kinds}.", kinds=", ".join(KINDS)
            )
            self.problems.append(Problem(where(""), "", "missing-kind", message))
            return
        kind = data.pop("kind")
        if isinstance(kind, str) and kind in KINDS and not self.fill(file, kind, document):
            return
        try:
            self.components.append((load(kind, data, where), where))
        except MetadataError as error:
            self.problems += error.problems

    def fill(self, file: Path, kind: str, document: Document) -> bool:
        """Puts what is in files beside the component in its places; False where something cannot be had."""
        complete = self.fill_contents(file, kind, document)
        for place in list(places(kind, document.data)):
            if is_reference(place.value):
                try:
                    place.put(self.long_text(file, place.value["file"]))
                except RefusedFileError as error:
                    complete = False
                    self.problems.append(Problem(document.positions(place.path), kind, error.code, error.message))
        return complete

    def fill_contents(self, file: Path, kind: str, document: Document) -> bool:
        """Puts digests in the places of files; False where one of them cannot be had."""
        complete = True
        for name in content_names(kind):
            value = document.data.get(name)
            if is_reference(value):
                try:
                    document.data[name] = self.content(beside(file, value["file"]))
                except RefusedFileError as error:
                    complete = False
                    self.problems.append(Problem(document.positions(f"{name}.file"), kind, error.code, error.message))
            elif isinstance(value, str):
                complete = False
                message = told("Name the file beside this one: {property}: {{file: {value}}}.", property=name, value=value[:80])
                self.problems.append(Problem(document.positions(name), kind, "file", message))
        return complete

    def content(self, file: Path) -> dict[str, Any]:
        """The digest and the size of a file, which is remembered by them. Raises RefusedFileError."""
        try:
            real = real_file(file, self.root)
            if (size := real.stat().st_size) > LARGEST_CONTENT:
                most = LARGEST_CONTENT // 1024**2
                raise RefusedFileError("size", _too_large(file.name, size, most))
            found = measured(real)
        except (OSError, RuntimeError) as error:
            raise unreadable(file, error) from None
        self.contents[found.sha256] = partial(open_file, real)
        return {"sha256": found.sha256, "size": found.size}

    def long_text(self, file: Path, name: Any) -> str:
        """The text of a file beside the component. Raises RefusedFileError."""
        return read_text(beside(file, name), self.root)


def read_folder(path: str | os.PathLike[str], known: Iterable[Component] = ()) -> Reading:
    """The components of every *.yaml and *.yml file below a folder, or of one file.

    Components of a site that name none belong to the only site among those read and `known`. Nothing is raised: what is
    wrong is in `problems`, and what is wrong there is not in `components`.
    """
    place = Path(path)
    reader = Reader((place if place.is_dir() else place.parent).resolve())
    if not place.exists():
        problem = Problem(Position(place.as_posix()), "", "no-file", told("There is no such file or folder."))
        return Reading((), {}, (problem,))
    for file in yaml_files(place):
        reader.read(file)
    return collect(reader, known)


def yaml_files(place: Path) -> Iterator[Path]:
    """The YAML files below a folder in a fixed order, hidden ones left out; a file stands for itself."""
    if not place.is_dir():
        yield place
        return
    for folder, folders, files in os.walk(place):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(ENDINGS) and not name.startswith("."))


def _too_large(name: str, size: int, most: int) -> str:
    return told(
        "{file} has {size:,} bytes; a web file has {most} MB at most. Make it smaller, or keep it elsewhere and link to it.",
        file=name,
        size=size,
        most=most,
    )


def beside(file: Path, name: Any) -> Path:
    """The file that a component's file names. Raises RefusedFileError for what is no relative path."""
    if not isinstance(name, str) or not name or "\0" in name or Path(name).is_absolute():
        raise RefusedFileError("file", told("A file is named by its path relative to this one."))
    return file.parent / name


def real_file(file: Path, root: Path) -> Path:
    """A file below `root`, without links. Raises RefusedFileError, OSError, RuntimeError."""
    real = file.resolve()
    if not real.is_relative_to(root):
        raise RefusedFileError("outside", told("{file} leads out of the folder; keep it inside.", file=file.name))
    if not real.is_file():
        raise RefusedFileError("no-file", told("There is no file {file}.", file=file.name))
    return real


def open_file(file: Path) -> BinaryIO:
    """A file, to be read. Raises OSError."""
    return file.open("rb")


def unreadable(file: Path, error: OSError | RuntimeError) -> RefusedFileError:
    """Why a file that is there cannot be read."""
    reason = getattr(error, "strerror", None) or told("its links lead in a circle")
    return RefusedFileError("unreadable", told("{file} cannot be read: {reason}.", file=file.name, reason=reason))


def read_text(file: Path, root: Path, encoding: str = "utf-8") -> str:
    """The text of a file below `root`, line ends untouched. Raises RefusedFileError."""
    try:
        real = real_file(file, root)
        if real.stat().st_size > LARGEST:
            raise RefusedFileError("size", told("{file} is larger than 5 MB; split it.", file=file.name))
        return real.read_bytes().decode(encoding)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise RefusedFileError(
            "encoding", told("{file} is not UTF-8 (byte {byte}); save it as UTF-8.", file=file.name, byte=error.start), line
        ) from None
    except (OSError, RuntimeError) as error:
        raise unreadable(file, error) from None


def collect(reader: Reader, known: Iterable[Component]) -> Reading:
    """The reading: every component with its site, each address once."""
    sites = {item.key for item in (*known, *(component for component, _ in reader.components)) if isinstance(item, Site)}
    only = next(iter(sites)) if len(sites) == 1 else ""
    found: dict[ComponentId, Component] = {}
    positions: dict[ComponentId, Positions] = {}
    problems = list(reader.problems)
    for component, where in reader.components:
        if KIND_OF_MODEL[type(component)].of_site and not getattr(component, "site", ""):
            if not only:
                problems.append(no_site(component, where, sites))
                continue
            changes: dict[str, Any] = {"site": only}
            component = replace(component, **changes)
        identity = component_id(component)
        if identity in found:
            message = told(
                "It is written twice, first in {place}; remove one or give it another key.", place=positions[identity]("key")
            )
            problems.append(Problem(where("key"), str(identity), "duplicate-component", message))
            continue
        found[identity], positions[identity] = component, where
    return Reading(tuple(found.values()), positions, tuple(sorted(problems)), reader.contents)


def no_site(component: Component, where: Positions, sites: Iterable[str]) -> Problem:
    """The problem of a component that does not say which site it belongs to."""
    names = ", ".join(sorted(sites))
    message = (
        told("Add site: with one of {names}.", names=names)
        if names
        else told("There is no site yet; add a component of kind site.")
    )
    return Problem(
        where("key"), str(component_id(component)), "no-site", told("It belongs to no site. {message}", message=message)
    )
