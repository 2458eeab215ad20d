"""What a crawl finds: who asked what, and what of whom was seen where."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from runtime.canary.asking import Ask, Reply, difference
from runtime.canary.ground import Ground
from runtime.canary.marks import DAY, Cell

MOST_EACH = 3
SITEMAP = "/sitemap.xml"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person should not have learned, or been able to do.

    `kind` is `mark` (a hidden value in the answer), `oracle` (the answer depends on what is hidden), `write` (a row changed
    that the person may not change), `page` (a page is shown or listed that rules keep the person from), or `failure` (the
    server's own fault).
    """

    kind: str
    who: str
    request: str
    seen: str
    whose: str
    surface: str

    def __str__(self) -> str:
        said = f"{self.kind}: {self.who} asks {self.request} ({self.surface}): {self.seen}"
        return f"{said}, {self.whose}" if self.whose else said

    @property
    def data(self) -> dict[str, str]:
        """The finding for programs."""
        return asdict(self)


@dataclass
class Findings:
    """All that was found; of what is alike a few are kept and the others counted."""

    kept: list[Finding] = field(default_factory=list)
    alike: dict[tuple[str, ...], list[Finding]] = field(default_factory=dict)
    number: int = 0
    """How many there were in all."""

    def add(self, finding: Finding, about: str) -> None:
        """Keep a finding unless there are enough like it."""
        key = (finding.kind, about or finding.surface, finding.whose.partition(" of ")[0] if finding.kind == "mark" else "")
        self.number += 1
        self._keep(key, finding)

    def take(self, others: Findings) -> None:
        """Add what another part of the crawl found."""
        self.number += others.number
        for key, found in others.alike.items():
            for finding in found:
                self._keep(key, finding)

    def _keep(self, key: tuple[str, ...], finding: Finding) -> None:
        alike = self.alike.setdefault(key, [])
        if len(alike) < MOST_EACH:
            alike.append(finding)
            self.kept.append(finding)


def marks_in(ground: Ground, ask: Ask, answer: Reply) -> list[tuple[str, Cell]]:
    """The marks in an answer that are of hidden cells and were not in the request."""
    sent = ask.text.lower()
    dated = DAY.search(sent) is not None  # a calendar shows the days around the one that is asked for, whatever is on them
    return [
        (mark, cell)
        for mark, cell in ground.marks.found(answer.whole)
        if mark not in sent and not ground.may_see(cell) and not (dated and DAY.fullmatch(mark))
    ]


def judge_answer(ground: Ground, who: str, ask: Ask, near: Reply, far: Reply) -> list[Finding]:
    """What the two answers give away."""
    found = [
        Finding("mark", who, str(ask), f"{mark} is seen", f"{cell} of {ground.planted.owner(cell)}", ask.surface)
        for mark, cell in marks_in(ground, ask, near)
    ]
    told: Any = "" if found else difference(near, far)
    if told:
        found.append(Finding("oracle", who, str(ask), told, "", f"{ask.surface}, {ask.about}" if ask.about else ask.surface))
    if ask.closed and near.status == 200:
        found.append(Finding("page", who, str(ask), "it is shown against a rule", "", f"{ask.surface}, {ask.about}"))
    if ask.path == SITEMAP:
        found += [Finding("page", who, str(ask), f"{path} is listed", "", ask.surface) for path in _listed(ground, near)]
    if near.status >= 500 and near.status != 501:
        found.append(Finding("failure", who, str(ask), f"status {near.status}", "", ask.surface))
    return found


def _listed(ground: Ground, answer: Reply) -> list[str]:
    """The pages in a sitemap that the person may not open."""
    closed = [node.path for node in ground.site.pages.values() if "{" not in node.path and not ground.judge.opens(node)]
    return [path for path in closed if f"{path}<" in answer.raw]
