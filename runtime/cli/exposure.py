"""`foyer exposure [DIR]`: what every role reaches on every surface, and the lock that says what of it is signed off."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from metadata.compiler import compile_snapshot
from metadata.files import read_folder
from metadata.files.writing import put, render
from metadata.model import ExposureLock
from metadata.model.data import CLASSES
from metadata.snapshot import Snapshot
from runtime.cli import options
from runtime.cli.installation import open_installation
from runtime.cli.output import Report, of_problems, reporting
from runtime.exposure import Exposure
from runtime.exposure.classes import attributes_of_class, class_lines, reaching
from runtime.exposure.lock import Comparison, active_locks, comparison, lock_text, reached, signed_off


@click.command("exposure")
@click.argument("folder", type=options.Folder(), metavar="[DIR]", required=False)
@click.option("--write", is_flag=True, help="Sign off all that is reachable: into the folder, or as a draft.")
@click.option("--check", is_flag=True, help="Fail where something reachable is not signed off; say what.")
@click.option("--class", "classed", type=click.Choice(CLASSES), help="Only what reaches attributes that are so classed.")
@options.note
@options.author
@reporting
def command(folder: str | None, *, write: bool, check: bool, classed: str | None, note: str, author: str) -> Report:
    """Tell what every role reaches: attribute, action, surface, scope. Of a folder, or of what would be released."""
    if classed and (write or check):
        raise click.UsageError("A lock is about everything: leave --class out, or --write and --check.")
    if folder is None:
        store = open_installation().store
        snapshot = compile_snapshot(store.working().values())
    else:
        reading = read_folder(folder)
        if any(problem.severity == "error" for problem in reading.problems):
            return of_problems(reading.problems)
        snapshot = compile_snapshot(reading.components)
    if check:
        return _checked(snapshot)
    if not write:
        found = [item for site in snapshot.sites.values() for item in reached(snapshot, site)]
        if classed:
            return _classed(snapshot, found, classed)
        found += class_lines(snapshot)
        return Report(tuple(lock_text(found).splitlines()), {"exposures": [_data(str(item)) for item in found]})
    locks = tuple(signed_off(snapshot, site) for site in snapshot.sites.values())
    if folder is not None:
        return _written(Path(folder), locks)
    saved = store.save(locks, author, note or "What is reachable, signed off")
    told = "Saved 1 lock as a draft" if len(saved) == 1 else f"Saved {len(saved)} locks as drafts"
    return Report((f"{told}; foyer publish releases what is saved.",), {"saved": [str(name) for name in saved]})


def _classed(snapshot: Snapshot, found: Sequence[Exposure], classed: str) -> Report:
    """Everything by which attributes of a class are reached, and those of them that nothing reaches."""
    named = attributes_of_class(snapshot, classed)
    near = reaching(found, named)
    idle = sorted(named - {item.attribute for item in near})
    lines = [*lock_text(near).splitlines(), *(f"{name} is {classed}; nobody reaches it by itself." for name in idle)]
    data = {"class": classed, "exposures": [_data(str(item)) for item in near], "unreached": idle}
    return Report(tuple(lines or [f"No attribute is {classed}."]), data)


def _checked(snapshot: Snapshot) -> Report:
    found = {key: comparison(snapshot, site) for key, site in snapshot.sites.items()}
    lines = [line for key, item in found.items() for line in _lines(key, item, locked=bool(active_locks(snapshot.sites[key])))]
    failed = any(item.new and active_locks(snapshot.sites[key]) for key, item in found.items())
    data = {
        key: {"new": [_data(str(item)) for item in one.new], "stale": [_data(line) for line in one.stale]}
        | {"classed": [_data(str(item.line)) for item in one.raised]}
        for key, one in found.items()
    }
    return Report(tuple(lines), {"sites": data}, ok=not failed)


def _lines(site: str, found: Comparison, *, locked: bool) -> list[str]:
    if not locked:
        return [f"The site {site} has no lock; foyer exposure --write makes one."]
    said = [f"+ {item}" for item in found.new] + [f"- {line}" for line in found.stale]
    said += [f"~ {item.line}" for item in found.raised]
    return [*said, f"Site {site}: {len(found.new)} not signed off, {len(found.stale)} reachable no more."]


def _data(line: str) -> dict[str, str]:
    return dict(zip(("who", "attribute", "action", "surface", "scope"), line.split("  ", 4), strict=False))


def _written(folder: Path, locks: tuple[ExposureLock, ...]) -> Report:
    files = {name: content for name, content in render(locks).items() if isinstance(content, bytes)}
    changed = [name for name, content in sorted(files.items()) if put(folder / name, content)]
    lines = [f"Wrote {folder / name}." for name in changed] or ["The locks are as they should be; nothing was written."]
    return Report(tuple(lines), {"written": changed})
