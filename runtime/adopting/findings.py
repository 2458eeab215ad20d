"""What became of each part of a table that was adopted, with the reason and what mends it."""

from __future__ import annotations

from dataclasses import dataclass, field

from metadata.model import Component, ComponentId

LEFT_OUT = "left out"
APPROXIMATED = "approximated"
RENAMED = "renamed"
NOTE = "note"
VERDICTS = (LEFT_OUT, APPROXIMATED, RENAMED, NOTE)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to be known of a table or of one of its parts: columns or keys as they are called outside."""

    table: str
    part: str
    verdict: str
    reason: str

    def as_data(self) -> dict[str, str]:
        """For programs."""
        return {"table": self.table, "part": self.part, "verdict": self.verdict, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Adopted:
    """A table and what stands for it: the entity and the table map. `added` are the attributes that are new."""

    table: str
    entity: str
    table_map: str
    added: tuple[str, ...]
    is_new: bool


@dataclass(frozen=True, slots=True)
class Adoption:
    """What came of some tables: components to save, those of them that are changed rather than new, and a report."""

    components: tuple[Component, ...]
    changed: tuple[ComponentId, ...]
    adopted: tuple[Adopted, ...]
    findings: tuple[Finding, ...]

    def plus(self, later: Adoption) -> Adoption:
        """Both; what came of the later tables was made of what came of these."""
        return Adoption(
            (*self.components, *later.components),
            (*self.changed, *later.changed),
            (*self.adopted, *later.adopted),
            tuple(dict.fromkeys((*self.findings, *later.findings))),
        )


@dataclass(slots=True)
class Notes:
    """Findings as they are made."""

    found: list[Finding] = field(default_factory=list)

    def add(self, table: str, part: str, verdict: str, reason: str) -> None:
        """Note one, once."""
        finding = Finding(table, part, verdict, reason)
        if finding not in self.found:
            self.found.append(finding)
