"""What became of each part of a table that was adopted, with the reason and what mends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from metadata.model import Component, ComponentId
from runtime.render.texts import Texts, engine_texts

LEFT_OUT = "left out"
APPROXIMATED = "approximated"
RENAMED = "renamed"
NOTE = "note"
VERDICTS = (LEFT_OUT, APPROXIMATED, RENAMED, NOTE)


class Reason(str):
    """A sentence in English; `text` is the key of what the engine says for it in every language, with these `facts`."""

    text: str
    facts: Mapping[str, object]


def why(code: str, **facts: object) -> Reason:
    """A reason by its code. Raises UnknownText for one that there is not."""
    text = f"adopt.why.{code}"
    made = Reason(_english()(text, **facts))
    made.text, made.facts = text, facts
    return made


@cache
def _english() -> Texts:
    return engine_texts("en")


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to be known of a table or of one of its parts: columns or keys as they are called outside."""

    table: str
    part: str
    verdict: str
    reason: Reason

    def as_data(self) -> dict[str, str]:
        """For programs."""
        return {"table": self.table, "part": self.part, "verdict": self.verdict, "reason": str(self.reason)}


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

    def add(self, table: str, part: str, verdict: str, reason: Reason) -> None:
        """Note one, once."""
        finding = Finding(table, part, verdict, reason)
        if finding not in self.found:
            self.found.append(finding)
