"""What a map of dual-write says, whichever form it was written in; and what has become of each of its parts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

CONVERTED = "converted"
APPROXIMATED = "approximated"
BY_HAND = "by hand"
VERDICTS = (CONVERTED, APPROXIMATED, BY_HAND)


@dataclass(frozen=True, slots=True)
class Hop:
    """One entity that a lookup may lead to, and the column by which it is found there."""

    table: str
    key: str


@dataclass(frozen=True, slots=True)
class MappedField:
    """One line of a map. `outside` and `inside` are columns; one of them is empty where a default stands for it.

    `inside` may be a path over lookups, and `table` is then the entity at its first step, where that is told. `hops` are
    the entities of a polymorphic lookup. `direction` is in, out or both, as seen from the side that becomes ours. `values`
    are pairs of outside and inside values. `untold` names a transform whose content is not there.
    """

    outside: str
    inside: str
    direction: str
    values: tuple[tuple[Any, Any], ...] = ()
    default: Any = None
    table: str = ""
    hops: tuple[Hop, ...] = ()
    untold: str = ""

    @property
    def head(self) -> str:
        """The column of our side that takes the value."""
        return self.inside.partition(".")[0]

    @property
    def rest(self) -> tuple[str, ...]:
        """The steps of a path after its first one."""
        return () if self.hops else tuple(self.inside.split(".")[1:])

    @property
    def is_lookup(self) -> bool:
        """Whether the value names a row of another entity."""
        return "." in self.inside


@dataclass(frozen=True, slots=True)
class SourceMap:
    """One map. `entity` is the outside entity's title or set, `technical` its name in code; `table` the entity of ours.

    `company` says that its rows belong to a company. `key` are columns or paths of ours; `key_told` that the map or its
    documentation names them.
    """

    name: str
    title: str
    file: str
    entity: str
    technical: str
    table: str
    company: bool
    fields: tuple[MappedField, ...]
    key: tuple[str, ...] = ()
    key_told: bool = False
    outside_filter: str = ""
    inside_filter: str = ""
    version: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one part of a map: which part, on both sides, and why it is not simply converted."""

    part: str
    outside: str
    inside: str
    verdict: str
    reason: str = ""

    def as_data(self) -> dict[str, str]:
        """For programs."""
        return {
            "part": self.part,
            "outside": self.outside,
            "inside": self.inside,
            "verdict": self.verdict,
            "reason": self.reason,
        }


@dataclass(slots=True)
class MapReport:
    """What became of one map, part by part."""

    name: str
    title: str
    file: str
    entity: str = ""
    active: bool = True
    parts: list[Verdict] = field(default_factory=list)

    def add(self, part: str, outside: str, inside: str, verdict: str, reason: str = "") -> None:
        """Note what became of a part."""
        self.parts.append(Verdict(part, outside, inside, verdict, reason))

    def of_field(self, item: MappedField, verdict: str, reason: str = "") -> None:
        """Note what became of a line."""
        self.add("field", item.outside, item.inside, verdict, reason)

    @property
    def counts(self) -> dict[str, int]:
        """How many parts have each verdict."""
        found = Counter(part.verdict for part in self.parts)
        return {verdict: found[verdict] for verdict in VERDICTS}

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        parts = [part.as_data() for part in self.parts]
        return {
            "name": self.name,
            "title": self.title,
            "file": self.file,
            "entity": self.entity,
            "active": self.active,
            "counts": self.counts,
            "parts": parts,
        }
