"""Finding the first of many that is bad, and the fewest of many that are bad together, with as few questions as may be.

In: what to ask, and a judge. Out: where it turns. The second is Zeller's and Hildebrandt's delta debugging, "Simplifying and
Isolating Failure-Inducing Input" (2002).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeVar

Verdict = Literal["good", "bad", "skip"]
"""`skip` is what cannot be judged."""
SAID: dict[Verdict, str] = {"good": "passes", "bad": "fails", "skip": "cannot be judged"}
"""What is told of each verdict."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Turn:
    """The last that is known to be good and the first that is known to be bad; `between` them is what could not be judged."""

    good: int
    bad: int
    between: tuple[int, ...] = ()


def turn_of(ordered: Sequence[int], judge: Callable[[int], Verdict]) -> Turn:
    """Where the good turns to bad. The first is taken to be good and the last to be bad; neither is asked for again."""
    low, high = 0, len(ordered) - 1
    skipped: set[int] = set()
    while True:
        middle = (low + high) / 2
        left = [place for place in range(low + 1, high) if place not in skipped]
        if not left:
            return Turn(ordered[low], ordered[high], tuple(ordered[low + 1 : high]))
        place = min(left, key=lambda one: abs(one - middle))
        match judge(ordered[place]):
            case "good":
                low = place
            case "bad":
                high = place
            case _:
                skipped.add(place)


def fewest(parts: Sequence[T], judge: Callable[[Sequence[T]], Verdict]) -> tuple[T, ...]:
    """Some of the parts that are bad together, of which none can be left out. All of them are taken to be bad."""
    kept, grains = tuple(parts), 2
    while len(kept) > 1:
        found = next(((some, after) for some, after in _some_of(kept, grains) if judge(some) == "bad"), None)
        if found is not None:
            kept, grains = found
        elif grains < len(kept):
            grains = min(2 * grains, len(kept))
        else:
            break
    return kept


def _some_of(parts: tuple[T, ...], grains: int) -> Iterator[tuple[tuple[T, ...], int]]:
    """Each piece, then all but each piece; with them, into how many pieces they are cut in their turn."""
    edges = [len(parts) * place // grains for place in range(grains + 1)]
    spans = list(pairwise(edges))
    yield from ((parts[start:end], 2) for start, end in spans)
    if grains > 2:
        yield from ((parts[:start] + parts[end:], grains - 1) for start, end in spans)
