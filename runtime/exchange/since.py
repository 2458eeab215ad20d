"""What changed since a release, as a folder: the files of what is new or changed, and by name, in one file, what was deleted.

That file is there though nothing was deleted: it tells a folder of changes from a whole one.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from metadata.errors import MetadataError, Position, Problem
from metadata.model import KINDS, Component, ComponentId
from metadata.store import Components
from metadata.told import told

DELETED = "deleted.txt"
LARGEST = 5_000_000
CODE = "deleted"


def changed_since(before: Components, now: Components) -> tuple[Component, ...]:
    """The components that are new or no longer the same."""
    return tuple(component for name, component in now.items() if before.get(name) != component)


def gone_since(before: Components, now: Components) -> tuple[ComponentId, ...]:
    """The components that are no longer there, in order."""
    return tuple(sorted(set(before) - set(now)))


def write_deleted(folder: str, gone: Iterable[ComponentId], release: int) -> None:
    """Write what was deleted since a release into a folder of what changed. Raises OSError."""
    first = f"# Deleted since release {release}, one component in a line. An import deletes them.\n"
    Path(folder).mkdir(parents=True, exist_ok=True)
    Path(folder, DELETED).write_text(first + "".join(f"{name}\n" for name in gone), encoding="utf-8")


def read_deleted(folder: str) -> tuple[ComponentId, ...] | None:
    """What a folder says was deleted; None for one that holds no changes but a whole. Raises MetadataError and OSError."""
    file = Path(folder, DELETED)
    if file.is_symlink() or not file.is_file():
        return None
    text = file.read_bytes()[:LARGEST].decode("utf-8", "replace")
    found: list[ComponentId] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            name = _named(line.strip())
            if name is not None:
                found.append(name)
            else:
                message = told(
                    "{line!r} is no component; write its kind and key, such as 'view mine' or 'page site/home'.", line=line[:80]
                )
                problems.append(Problem(Position(DELETED, number), "", CODE, message))
    if problems:
        raise MetadataError(problems)
    return tuple(dict.fromkeys(found))


def _named(line: str) -> ComponentId | None:
    kind, _, rest = line.partition(" ")
    if kind not in KINDS:
        return None
    site, _, key = rest.rpartition("/") if KINDS[kind].of_site else ("", "", rest)
    return ComponentId(kind, key, site) if key else None
