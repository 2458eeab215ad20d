"""The exposure lock: what has been signed off, as sorted text, held against what is reachable.

A line is covered by the same line and by one that reaches all rows; for two roles together also by one of either alone. The
class of an attribute is a line too, which counts as not signed off where it promises less than the one that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from metadata.errors import Position, Problem
from metadata.model import ExposureLock, component_id
from metadata.snapshot import CompiledSite, Snapshot
from metadata.told import told
from runtime.exposure.classes import WHO as CLASS
from runtime.exposure.classes import Reclassed, class_lines, held_classes, reclassed
from runtime.exposure.walk import WHERE, Exposure, exposures
from runtime.exposure.wording import ALL

CODE, STALE = "exposure", "exposure-stale"
MOST_LINES = 20
SEPARATOR = "  "


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is reachable and not signed off (`new`), and what is signed off and reachable no more (`stale`).

    `loosened` are classes that promise less than what was signed off, whose lines are among the new ones; `raised` are those
    that the lock does not hold yet, which is no fault.
    """

    new: tuple[Exposure, ...]
    stale: tuple[str, ...]
    loosened: tuple[Reclassed, ...] = ()
    raised: tuple[Reclassed, ...] = ()


def reached(snapshot: Snapshot, site: CompiledSite) -> tuple[Exposure, ...]:
    """All exposures of a site; worked out once per snapshot."""
    return snapshot.derive(("exposures", site.key), lambda: exposures(snapshot, site))


def lock_text(found: Iterable[Exposure]) -> str:
    """Exposures as text: a line each, sorted."""
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
    other = [item for item in reclassed(held_classes(known), snapshot) if item.line not in known]
    loosened = tuple(item for item in other if item.loosened)
    raised = tuple(item for item in other if not item.loosened)
    # Of a class that is another now its old line is not told besides.
    told_already = {item.attribute for item in other}
    there |= {str(item) for item in class_lines(snapshot)}
    there |= {str(item) for item in known if item.who == CLASS and item.attribute in told_already}
    return Comparison((*new, *(item.line for item in loosened)), tuple(sorted(signed - there)), loosened, raised)


def parse_line(line: str) -> Exposure | None:
    """A line of a lock; None for what is none."""
    parts = line.split(SEPARATOR, 4)
    return Exposure(*parts) if len(parts) == 5 else None


def signed_off(snapshot: Snapshot, site: CompiledSite) -> ExposureLock:
    """The lock of a site with all that is reachable now and the classes of attributes; keeps the name of the one it has."""
    lock = next(iter(active_locks(site)), ExposureLock(key=CODE, site=site.key))
    return replace(lock, lines=lock_text((*reached(snapshot, site), *class_lines(snapshot))))


def lock_problems(snapshot: Snapshot) -> tuple[Problem, ...]:
    """What is wrong with the locks of all sites: errors for what is not signed off, a warning for what is not reached."""
    return tuple(problem for site in snapshot.sites.values() if active_locks(site) for problem in _of_site(snapshot, site))


def severity_for(site: CompiledSite) -> str:
    """What a finding of a guard is for a site: an error, which refuses the release, unless the site is only to be told."""
    return "warning" if site.settings.get("publish/guards") == "warn" else "error"


def _of_site(snapshot: Snapshot, site: CompiledSite) -> Iterator[Problem]:
    name, severity = str(component_id(active_locks(site)[0])), severity_for(site)
    found = comparison(snapshot, site)
    for changed in found.loosened[:MOST_LINES]:
        message = told(
            "The class of {attribute} was signed off as {before} and is {now}. Give it back, or sign it off with foyer "
            "exposure --write.",
            attribute=changed.attribute,
            before=changed.before,
            now=changed.now,
        )
        yield Problem(Position(path="lines"), name, CODE, message, severity)
    lines = [item for item in found.new if item.who != CLASS]
    for item in lines[:MOST_LINES]:
        message = told("Not signed off: {line}. Narrow it, or sign it off with foyer exposure --write.", line=str(item))
        yield Problem(Position(path="lines"), name, CODE, message, severity)
    if len(lines) > MOST_LINES:
        message = told("Not signed off: {count} more lines, which foyer exposure --check shows.", count=len(lines) - MOST_LINES)
        yield Problem(Position(path="lines"), name, CODE, message, severity)
    if found.raised:
        names = ", ".join(item.attribute for item in found.raised[:MOST_LINES])
        message = told("Classes that the lock does not hold yet: {names}. foyer exposure --write puts them in.", names=names)
        yield Problem(Position(path="lines"), name, STALE, message, "warning")
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
