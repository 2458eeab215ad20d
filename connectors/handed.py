"""What a source has handed over and not been told to be committed: for sources that are read by what is still there.

A number may be committed after a higher one, so that no place in their order says what was read. What is there and was not
handed over is new; the token of what was handed over last is the place.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Handed:
    """What one reader was given by this process, by token."""

    at: Any = None
    parts: dict[str, Sequence[int]] = field(default_factory=dict)

    def known(self) -> set[int]:
        """What must not be given again."""
        return {number for part in self.parts.values() for number in part}

    def give(self, numbers: Iterable[int]) -> Any:
        """Note what is handed over now; the new place, or the one before where there is nothing."""
        given = list(numbers)
        if given:
            self.at = uuid.uuid4().hex
            self.parts[self.at] = given
        return self.at

    def settled(self, at: Any) -> Sequence[int]:
        """What may be forgotten, now that this place is committed."""
        return self.parts.pop(at, ())


@dataclass(slots=True)
class Readers:
    """Several of them, by name."""

    by_name: dict[str, Handed] = field(default_factory=dict)

    def at(self, name: str, at: Any) -> Handed:
        """The reader, begun anew where the place is not the one that it was given last: then nothing of it was committed."""
        found = self.by_name.get(name)
        if found is None or found.at != at:
            found = self.by_name[name] = Handed(at)
        return found

    def settled(self, name: str, at: Any) -> Sequence[int]:
        """What a reader may forget."""
        return self.by_name[name].settled(at) if name in self.by_name else ()
