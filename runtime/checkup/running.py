"""All rules over a site, those of metadata and of looks among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from metadata.checks import check
from metadata.compiler import assign_site
from metadata.errors import Problem
from metadata.model import KINDS, component_id
from metadata.snapshot import CompiledSite, Snapshot
from metadata.store import Components, MetadataStore
from metadata.told import Told, told
from runtime.checkup import content, keeping, reach, weight
from runtime.checkup.findings import Finding, Ground, Outcome, Rule, Severity
from runtime.exposure.lock import lock_problems
from runtime.records.surveying import more_rows_than
from runtime.render.checks import check_looks

RULES: tuple[Rule, ...] = (*reach.RULES, *content.RULES, *keeping.RULES, *weight.RULES)


def look_over(
    engine: Engine, snapshot: Snapshot, site: CompiledSite, components: Components, themes: Sequence[Path]
) -> tuple[Outcome, ...]:
    """What comes of every rule, of the site as it is served, in a fixed order."""
    given = {component_id(item): item for item in assign_site(components.values())}
    with engine.connect() as connection:
        ground = Ground(snapshot, site, given, partial(more_rows_than, connection, snapshot))
        found = [_outcome(rule, ground) for rule in RULES]
    problems = (*check(given), *check_looks(snapshot, themes), *lock_problems(snapshot))
    sentence = told("Metadata, theme tokens with their contrast, and the exposure lock are in order.")
    metadata = Outcome("metadata", sentence, tuple(dict.fromkeys(map(_of_problem, problems))))
    return (
        metadata,
        *found,
        Outcome("tables", told("The database has the tables, columns and indexes of the release."), _tables(engine, snapshot)),
    )


def _outcome(rule: Rule, ground: Ground) -> Outcome:
    return Outcome(rule.__name__.replace("_", "-"), Told((rule.__doc__ or "").strip(), {}), tuple(rule(ground)))


def _of_problem(problem: Problem) -> Finding:
    kind, _, name = problem.component.partition(" ")
    key = name.partition("/")[2] if kind in KINDS and KINDS[kind].of_site and "/" in name else name
    severity: Severity = "error" if problem.severity == "error" else "warning"
    return Finding(severity, kind, key, problem.position.path, problem.message, f"[{problem.code}]")


def _tables(engine: Engine, snapshot: Snapshot) -> tuple[Finding, ...]:
    return tuple(_behind(engine, snapshot))


def _behind(engine: Engine, snapshot: Snapshot) -> Iterator[Finding]:
    for step in MetadataStore(engine).plan_tables(snapshot).steps:
        yield Finding(
            "error", "", "", step.table, told("The database is behind: {text}.", text=step.text), "foyer migrate --apply"
        )
