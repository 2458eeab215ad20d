"""What became of each record of an export, and what components came of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from metadata.model import Component, ComponentId, component_id
from runtime.dualwrite.source import APPROXIMATED, BY_HAND, CONVERTED, VERDICTS
from runtime.powerpages.reading import Export, Record

LONGEST_KEY = 80


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record: which component, or why none or not quite the same."""

    kind: str
    name: str
    file: str
    verdict: str
    made: str = ""
    reason: str = ""

    def as_data(self) -> dict[str, str]:
        """For programs."""
        return {
            "kind": self.kind,
            "name": self.name,
            "file": self.file,
            "verdict": self.verdict,
            "made": self.made,
            "reason": self.reason,
        }


@dataclass(slots=True)
class Making:
    """A site that is being made of an export: its components, the keys given to records, and what is to be told."""

    export: Export
    site: str
    there: Mapping[ComponentId, Component]
    made: dict[ComponentId, Component] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    taken: set[tuple[str, str]] = field(default_factory=set)
    contents: dict[str, Path] = field(default_factory=dict)
    said: set[tuple[str, str, str]] = field(default_factory=set)
    origin: dict[ComponentId, Record] = field(default_factory=dict)

    def key(self, kind: str, record: Record, name: str = "") -> str:
        """The key of the component that a record becomes: of its name, and of it alone."""
        known = self.keys.get(record.id) if record.id else None
        if known is None:
            known = self.free(kind, name or record.name)
            if record.id:
                self.keys[record.id] = known
        return known

    def free(self, kind: str, name: str) -> str:
        """A key of a name that no other component of the kind has."""
        plain, number = slug(name), 1
        key = plain
        while (kind, key.lower()) in self.taken:
            number += 1
            key = f"{plain}-{number}"
        self.taken.add((kind, key.lower()))
        return key

    def add(self, component: Component, record: Record, approximations: tuple[str, ...] = ()) -> None:
        """A component that came of a record; with what is not quite the same about it."""
        name = component_id(component)
        self.made[name], self.origin[name] = component, record
        verdict = APPROXIMATED if approximations else CONVERTED
        self.tell(record, verdict, "; ".join(approximations), str(name))

    def tell(self, record: Record, verdict: str, reason: str = "", made: str = "") -> None:
        """What became of a record, or of a part of it."""
        self.said.add((record.kind, record.id or record.name, record.place))
        self.outcomes.append(Outcome(record.kind, record.name, record.place, verdict, made, reason))

    def told(self, record: Record) -> bool:
        """Is it said already what became of a record?"""
        return (record.kind, record.id or record.name, record.place) in self.said

    def by_hand(self, record: Record, reason: str) -> None:
        """Nothing came of a record, or of a part of it."""
        self.tell(record, BY_HAND, reason)


def counted(outcomes: list[Outcome]) -> dict[str, int]:
    """How many have each verdict."""
    found = Counter(outcome.verdict for outcome in outcomes)
    return {verdict: found[verdict] for verdict in VERDICTS}


def slug(name: str) -> str:
    """A name as a key."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()[:LONGEST_KEY]
    return plain or "unnamed"
