"""What is found, and what it is found in: a rule takes the ground and yields findings; all rules run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from metadata.model import Component, ComponentId
from metadata.snapshot import CompiledSite, Snapshot
from runtime.exposure.standings import Who, singles

Severity = Literal["error", "warning"]
ORDER: tuple[Severity, ...] = ("error", "warning")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is no good: in which component, at which property of it, what it is, and what mends it."""

    severity: Severity
    kind: str
    key: str
    path: str
    message: str
    mend: str

    @property
    def place(self) -> str:
        """Where it is, for people and programs."""
        where = f"{self.kind} {self.key}".strip()
        return f"{where}: {self.path}" if self.path else where


@dataclass(frozen=True)
class Ground:
    """A site as it is served, with the components of its release; `more_than` tells whether an entity has more rows than a
    number."""

    snapshot: Snapshot
    site: CompiledSite
    components: Mapping[ComponentId, Component]
    more_than: Callable[[str, int], bool]

    @cached_property
    def people(self) -> tuple[Who, ...]:
        """Who there can be: nobody signed in, somebody without a role, and one for each role."""
        return tuple(singles(self.snapshot, self.site))

    @cached_property
    def own(self) -> Mapping[ComponentId, Component]:
        """The components of the site and of the installation, without those of other sites."""
        return {name: item for name, item in self.components.items() if name.site in ("", self.site.key)}


Rule = Callable[[Ground], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a rule: its name, its sentence, and what it found; nothing is a pass."""

    rule: str
    sentence: str
    findings: tuple[Finding, ...]

    @property
    def state(self) -> str:
        """error, warning or pass: the worst of what was found."""
        found = {finding.severity for finding in self.findings}
        return next((severity for severity in ORDER if severity in found), "pass")
