"""Maps that are pulled before their interval is over, because something stirred outside. Only ever a hint."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from connectors.history import Account

RESTS = 10.0
"""A map that was called for nothing rests for so many times as long as looking took: what is not for it stirs too."""


TOLD_AFTER = 5.0
"""For so long the pulls of a map that is called are told as one run."""


@dataclass(slots=True)
class Called:
    """One thread calls, another one pulls."""

    clock: Callable[[], float] = time.monotonic
    _names: set[str] = field(default_factory=set)
    _rests: dict[str, float] = field(default_factory=dict)
    _told: dict[str, float] = field(default_factory=dict)
    _untold: dict[str, Account] = field(default_factory=dict)

    def call(self, name: str) -> None:
        """Have a map pulled with the next turn."""
        self._names.add(name)

    def take(self, name: str) -> bool:
        """Whether a map was called and does not rest; it is to be pulled now, once."""
        if name not in self._names or self.clock() < self._rests.get(name, 0.0):
            return False
        self._names.discard(name)  # before it is pulled: what stirs meanwhile calls again
        return True

    def take_any(self, names: Iterable[str]) -> bool:
        """Whether any of several maps was called, that are pulled at once."""
        return any([self.take(name) for name in names])  # noqa: C419 - each of them is taken

    def untold(self, name: str) -> Account | None:
        """The account of what was pulled and is not told as a run of its own; from now on whoever asks goes on with it."""
        return self._untold.pop(name, None)

    def tells(self, name: str, *, called: bool) -> bool:
        """Whether a run ends with this pull: what is called, many times a second perhaps, ends one now and then."""
        now = self.clock()
        if called and now - self._told.get(name, now - TOLD_AFTER) < TOLD_AFTER:
            return False
        self._told[name] = now
        return True

    def keep(self, account: Account) -> None:
        """The next pull of this map goes on with an account, on the same line of the history."""
        self._untold[account.run.map] = account

    def pulled(self, name: str, begun: float, *, found: bool) -> None:
        """A map was pulled since a moment, and something came of it or not."""
        now = self.clock()
        self._rests[name] = 0.0 if found else now + RESTS * (now - begun)
