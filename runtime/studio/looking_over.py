"""The health of the site on one page: every rule with what it found, a link to the editor of each component, and the mend."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response

from runtime.checkup.findings import ORDER, Finding, Outcome
from runtime.checkup.running import look_over
from runtime.errors import AccessDenied
from runtime.studio.desk import Desk, open_desk


@dataclass(frozen=True, slots=True)
class Line:
    """A finding with its component's name, its place in words, and the address of the editor for whoever may work there."""

    finding: Finding
    name: str
    place: str
    url: str


def checkup() -> Response:
    """What comes of every rule, of the site as it is served; of a large site it is asked for by the page."""
    desk = _open()
    if desk.bench.checked:
        return _looked_over(desk)
    return desk.page("checkup.html", title=desk.say("studio.checkup"), outcomes=[], counts={}, late=True)


def submit_checkup() -> Response:
    """The same, however long it takes."""
    return _looked_over(_open())


def _open() -> Desk:
    desk = open_desk()
    if not desk.reach.checks:
        raise AccessDenied
    return desk


def _looked_over(desk: Desk) -> Response:
    context = desk.context
    components = desk.store.released()
    outcomes = look_over(desk.store.engine, context.snapshot, context.site, components, context.renderer.roots)
    worst = sorted(outcomes, key=lambda outcome: (*ORDER, "pass").index(outcome.state))
    counts = {severity: sum(item.severity == severity for found in outcomes for item in found.findings) for severity in ORDER}
    return desk.page(
        "checkup.html",
        title=desk.say("studio.checkup"),
        outcomes=[(outcome, _lines(desk, outcome)) for outcome in worst],
        counts=counts,
        late=False,
    )


def _lines(desk: Desk, outcome: Outcome) -> tuple[Line, ...]:
    return tuple(_line(desk, finding) for finding in outcome.findings)


def _line(desk: Desk, finding: Finding) -> Line:
    item = desk.bench.find(finding.kind, finding.key, desk.reach.site)
    if item is None:
        return Line(finding, finding.key, finding.path, "")
    place = desk.place(item, finding.path)
    if finding.kind not in desk.reach.kinds or not desk.reach.covers(item.id):
        return Line(finding, desk.label(item), place, "")
    address = desk.address("edit", item.id)
    return Line(finding, desk.label(item), place, f"{address}#f-{finding.path}" if finding.path else address)
