"""The exposure lock: what has been signed off, as sorted text, held against what is reachable.

A line is covered by the same line and by one that reaches all rows; for two roles together also by one of either alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from metadata.errors import Position, Problem
from metadata.model import ExposureLock, component_id
from metadata.snapshot import CompiledSite, Snapshot
from metadata.told import told
from runtime.exposure.walk import WHERE, Exposure, exposures
from runtime.exposure.wording import ALL

CODE, STALE = "exposure", "exposure-stale"
MOST_LINES = 20
SEPARATOR = "  "


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is reachable and not signed off (`new`), and what is signed off and reachable no more (`stale`)."""

    new: tuple[Exposure, ...]
    stale: tuple[str, ...]


def reached(snapshot: Snapshot, site: CompiledSite) -> tuple[Exposure, ...]:
    """All exposures of a site; worked out once per snapshot."""
    return snapshot.derive(("exposures", site.key), lambda: exposures(snapshot, site))


def lock_text(found: Iterable[Exposure]) -> str:
    """The text of a lock: a line each, sorted."""
    return "".join(f"{line}\n" for line in sorted(map(str, found)))


def active_locks(site: CompiledSite) -> tuple[ExposureLock, ...]:
    """The locks of a site that count."""
    return tuple(lock for lock in site.locks.values() if lock.active)


def signed_lines(site: CompiledSite) -> frozenset[str]:
    """The lines of the locks of a site."""
    return frozenset(line.strip() for lock in active_locks(site) for line in lock.lines.splitlines() if line.strip())


def comparison(snapshot: Snapshot, site: CompiledSite) -> Comparison:
    """A site against its locks."""
    signed = signed_lines(site)
    known = {exposure for line in signed if (exposure := parse_line(line)) is not None}
    found = reached(snapshot, site)
    there = {str(item) for item in found}
    new = tuple(item for item in found if item not in known and not known.intersection(_wider(item)))
    return Comparison(new, tuple(sorted(signed - there)))


def parse_line(line: str) -> Exposure | None:
    """A line of a lock; None for what is none."""
    parts = line.split(SEPARATOR, 4)
    return Exposure(*parts) if len(parts) == 5 else None


def signed_off(snapshot: Snapshot, site: CompiledSite) -> ExposureLock:
    """The lock of a site with all that is reachable now; keeps the name of the one that it has."""
    lock = next(iter(active_locks(site)), ExposureLock(key=CODE, site=site.key))
    return replace(lock, lines=lock_text(reached(snapshot, site)))


def lock_problems(snapshot: Snapshot) -> tuple[Problem, ...]:
    """What is wrong with the locks of all sites: errors for what is not signed off, a warning for what is not reached."""
    return tuple(problem for site in snapshot.sites.values() if active_locks(site) for problem in _of_site(snapshot, site))


def severity_for(site: CompiledSite) -> str:
    """What a finding of a guard is for a site: an error, which refuses the release, unless the site is only to be told."""
    return "warning" if site.settings.get("publish/guards") == "warn" else "error"


def _of_site(snapshot: Snapshot, site: CompiledSite) -> Iterator[Problem]:
    name, severity = str(component_id(active_locks(site)[0])), severity_for(site)
    found = comparison(snapshot, site)
    for item in found.new[:MOST_LINES]:
        message = told("Not signed off: {line}. Narrow it, or sign it off with foyer exposure --write.", line=str(item))
        yield Problem(Position(path="lines"), name, CODE, message, severity)
    if len(found.new) > MOST_LINES:
        message = told(
            "Not signed off: {count} more lines, which foyer exposure --check shows.", count=len(found.new) - MOST_LINES
        )
        yield Problem(Position(path="lines"), name, CODE, message, severity)
    if found.stale:
        number = len(found.stale)
        message = (
            told("Signed off and not reachable: 1 line; foyer exposure --write leaves them out.")
            if number == 1
            else told("Signed off and not reachable: {count} lines; foyer exposure --write leaves them out.", count=number)
        )
        yield Problem(Position(path="lines"), name, STALE, message, "warning")


def _wider(item: Exposure) -> Iterator[Exposure]:
    for who in (item.who, *(item.who.split("+") if "+" in item.who else ())):
        same = replace(item, who=who)
        yield from (same, same.widest, replace(same, scope=item.scope.partition(WHERE)[0]), replace(same, scope=ALL))
