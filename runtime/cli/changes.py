"""What saving and publishing did, as reports."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from metadata.errors import Problem
from metadata.migrate import Plan
from metadata.model import ComponentId
from metadata.store import Difference, Published
from metadata.text import counted
from runtime.cli.output import Report


def of_differences(differences: tuple[Difference, ...], intro: str = "") -> Report:
    """Every difference, property by property."""
    lines = tuple(line for difference in differences for line in str(difference).splitlines())
    summary = f"{counted(len(differences), 'component differs', 'components differ')}." if differences else "Nothing differs."
    return Report((*((intro,) if intro else ()), *lines, summary), {"differences": [difference_data(d) for d in differences]})


def of_saved(saved: Iterable[ComponentId], warnings: Iterable[Problem] = (), deleted: Collection[ComponentId] = ()) -> Report:
    """What was saved as drafts; those of `deleted` are to be taken away by the next release."""
    kept = tuple(saved)
    names = [str(name) for name in kept]
    lines = (f"{'to be removed' if name in deleted else 'saved'} {name}" for name in kept)
    last = "Saved as drafts; foyer publish releases them." if names else "Nothing has changed."
    return Report((*_warned(warnings), *lines, last), {"saved": names})


def of_published(published: Published, warnings: Iterable[Problem] = ()) -> Report:
    """What a release brought."""
    plan = published.plan
    done = f"Release {published.release} is published."
    last = done if published.changed else f"Nothing has changed: release {published.release} stays."
    data = {"release": published.release, "changed": published.changed, **plan_data(plan)}
    told = {(problem.component, problem.code, problem.message): problem for problem in (*published.warnings, *warnings)}
    return Report((*_warned(told.values()), *plan.lines, last), data)


def plan_data(plan: Plan) -> Mapping[str, Any]:
    """A plan for programs."""
    return {
        "steps": [
            {
                "text": step.text,
                "table": step.table,
                "destructive": step.destructive,
                "lost": step.lost,
                "blocked": step.blocked,
            }
            for step in (*plan.ahead, *plan.steps)
        ],
        "kept": [{"text": step.text, "table": step.table, "lost": step.lost} for step in plan.kept],
    }


def _warned(warnings: Iterable[Problem]) -> tuple[str, ...]:
    return tuple(f"warning: {problem}" for problem in warnings)


def difference_data(difference: Difference) -> dict[str, Any]:
    """A difference for programs."""
    changes = [{"path": c.path, "before": c.before, "after": c.after} for c in difference.changes]
    return {"component": str(difference.component), "change": difference.kind, "properties": changes}
