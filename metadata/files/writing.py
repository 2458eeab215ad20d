"""Components to a folder of YAML files, one each, the same bytes for the same components."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import metadata.files.contents as bytes_beside
from metadata.files.contents import Pieces
from metadata.files.emit import emit
from metadata.files.long_texts import file_pattern, places
from metadata.model import KIND_OF_MODEL, KINDS, Component, Content, Kind, Site, component_id
from metadata.schema import dump

SITES = "sites"
SITE_FILE = "site.yaml"
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,118}")
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """What an export did, as paths relative to its folder: every file of it, those that changed, those removed."""

    files: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(slots=True)
class Names:
    """Hands out file names that differ also where upper and lower case are the same."""

    taken: set[str] = field(default_factory=set)

    def claim(self, folder: str, name: str, ending: str) -> str:
        """A path for a name: the name itself, or the name with a digest where it is taken or no safe file name."""
        stem = name.replace("/", "~")
        path = f"{folder}{stem}{ending}"
        if "~" in name or not SAFE.fullmatch(stem) or DEVICES.fullmatch(stem) or path.lower() in self.taken:
            digest = hashlib.sha256(name.encode()).hexdigest()[:8]
            path = f"{folder}{re.sub('[^A-Za-z0-9_-]', '_', stem)[:80]}~{digest}{ending}"
        self.taken.add(path.lower())
        return path


Files = dict[str, bytes | Content]


def render(components: Iterable[Component], *, whole: bool = False) -> Files:
    """The files of an export: relative path to what is in them. With `whole`, those that hold contents are among them."""
    return dict(rendered(components, whole=whole))


def rendered(components: Iterable[Component], *, whole: bool = False) -> Iterator[tuple[str, bytes | Content]]:
    """The same one after the other, by component, each made when it is asked for."""
    names = Names()
    folders: dict[str, str] = {}
    for component in sorted(components, key=component_id):
        kind = KIND_OF_MODEL[type(component)]
        site = component.key if isinstance(component, Site) else getattr(component, "site", "")
        if site and site not in folders:
            folders[site] = names.claim(f"{SITES}/", site, "/")
        folder = folders.get(site, "")
        if isinstance(component, Site):
            path, stem = f"{folder}{SITE_FILE}", "site"
        else:
            folder = f"{folder}{kind.folder}/"
            path = names.claim(folder, component.key, ".yaml")
            stem = path.removeprefix(folder).removesuffix(".yaml")
        beside: Files = {}
        yield path, contents(component, kind, Place(names, folder, stem, whole), beside)
        yield from beside.items()


@dataclass(frozen=True, slots=True)
class Place:
    """The folder and the stem of a component's file; whether its contents lie beside it."""

    names: Names
    folder: str
    stem: str
    whole: bool


def contents(component: Component, kind: Kind, place: Place, files: Files) -> bytes:
    """The YAML of a component; its long texts of several lines and its contents are put among `files` and named in it."""
    data = dump(component)
    for name in bytes_beside.content_names(kind.name) if place.whole else ():
        path = place.names.claim(place.folder, f"{place.stem}.{name}", bytes_beside.ending_of(data))
        files[path] = getattr(component, name)
        data[name] = {"file": path.removeprefix(place.folder)}
    for text in places(kind.name, data):
        if isinstance(text.value, str) and "\n" in text.value:
            path = place.names.claim(place.folder, f"{place.stem}.{text.path}.{text.language}", ".md")
            files[path] = text.value.encode("utf-8")
            text.put({"file": path.removeprefix(place.folder)})
    return emit({"kind": kind.name, **data})


def write_folder(
    components: Iterable[Component], path: str | os.PathLike[str], pieces: Pieces | None = None, *, prune: bool = False
) -> WrittenFiles:
    """Writes one file per component below a folder, leaving files that are the same untouched.

    `pieces` gives the bytes of contents; without it components name those by their digests alone, to be read where they
    are known. With `prune`, files of components that are no longer there are removed, within the folders of kinds only.
    """
    root = Path(path)
    files = render(components, whole=pieces is not None)
    changed = [name for name, content in sorted(files.items()) if _put(root / name, content, pieces)]
    removed = sorted(stale(root, set(files))) if prune else []
    for name in removed:
        (root / name).unlink()
    for folder in sorted({(root / name).parent for name in removed}, reverse=True):
        remove_empty(folder, root)
    return WrittenFiles(tuple(sorted(files)), tuple(changed), tuple(removed))


def _put(file: Path, content: bytes | Content, pieces: Pieces | None) -> bool:
    if isinstance(content, bytes):
        return put(file, content)
    return bytes_beside.write(file, content, pieces(content) if pieces else ())


def put(file: Path, content: bytes) -> bool:
    """Writes a file whole or not at all; False where it already says this."""
    if file.is_file() and not file.is_symlink() and file.read_bytes() == content:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name[:100]}.draft")
    draft.write_bytes(content)
    draft.replace(file)
    return True


def stale(root: Path, kept: set[str]) -> Iterator[str]:
    """The files of earlier exports that are not kept."""
    kept_lower = {name.lower() for name in kept}
    for folder, kinds in owned_folders(root):
        for file in sorted(folder.iterdir()):
            name = file.relative_to(root).as_posix()
            if file.is_file() and name.lower() not in kept_lower and is_ours(file.name, kinds):
                yield name


def owned_folders(root: Path) -> Iterator[tuple[Path, tuple[Kind, ...]]]:
    """The folders that an export writes to, with the kinds in each."""
    sites = root / SITES
    site_folders = sorted(item for item in sites.iterdir() if item.is_dir()) if sites.is_dir() else []
    for base in (root, *site_folders):
        for kind in KINDS.values():
            folder = base / kind.folder
            if folder.is_dir() and not folder.is_symlink() and kind.folder != SITES:
                yield folder, (kind,)
    for folder in site_folders:
        if not folder.is_symlink():
            yield folder, (KINDS["site"],)


def is_ours(name: str, kinds: tuple[Kind, ...]) -> bool:
    """Whether a file is named as an export would name it."""
    if name.endswith(".yaml"):
        return KINDS["site"] not in kinds or name == SITE_FILE
    patterns = (pattern(kind.name) for kind in kinds for pattern in (file_pattern, bytes_beside.file_pattern))
    return any(pattern.fullmatch(name) for pattern in patterns if pattern)


def remove_empty(folder: Path, root: Path) -> None:
    """Removes a folder that holds nothing any more, and those above it likewise, but not the root."""
    while folder != root and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
