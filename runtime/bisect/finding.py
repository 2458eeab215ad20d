"""From a command that judges a page to the release, and in it the components, with which the page broke."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from metadata.errors import MetadataError
from metadata.model import Component, ComponentId
from metadata.snapshot import Snapshot
from metadata.store import Difference, MetadataStore, checked_snapshot
from runtime.bisect.halving import SAID, Turn, Verdict, fewest, turn_of

CANNOT_JUDGE = 125
NOT_RUN = (126, 127)
Show = Callable[[Snapshot], str]
"""Serves a snapshot, and gives its address."""


class Unfit(Exception):
    """There is nothing to look for: an end is not what it is taken to be, or the command does not run."""


@dataclass(frozen=True, slots=True)
class Check:
    """A command of the shell: 0 is good, 125 cannot be judged, all else is bad, as is what takes longer than `seconds`.

    It finds the address of the portal in FOYER_URL and what is served in FOYER_RELEASE; `shown`, what it prints is seen.
    """

    command: str
    seconds: float
    shown: bool = False

    def judge(self, url: str, release: int) -> Verdict:
        """What the command says of a portal. Raises Unfit where it cannot be run."""
        environment = {**os.environ, "FOYER_URL": url, "FOYER_RELEASE": str(release)}
        output = None if self.shown else subprocess.DEVNULL
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own command
                ["/bin/sh", "-c", self.command],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=self.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "bad"
        if done.returncode in NOT_RUN:
            raise Unfit(f"the check cannot be run: the shell answers {done.returncode} to {self.command}")
        return "good" if done.returncode == 0 else "skip" if done.returncode == CANNOT_JUDGE else "bad"


@dataclass(frozen=True, slots=True)
class Found:
    """Where the check turns from good to bad. `causes` are changes that break it together, all else being as in the good
    release, none of which can be left out; all changes where some releases between could not be judged.
    """

    turn: Turn
    asked: tuple[tuple[int, Verdict], ...]
    causes: tuple[Difference, ...]
    others: int


class Bisection:
    """One search. `show` serves snapshots, `check` judges them, `tell` hears of each verdict on a release."""

    def __init__(self, store: MetadataStore, show: Show, check: Check, tell: Callable[[int, Verdict], None]) -> None:
        self._store, self._show, self._check, self._tell = store, show, check, tell
        self._asked: dict[int, Verdict] = {}

    def run(self, good: int | None, bad: int | None) -> Found:
        """Where the check turned. Without numbers the first release is taken to be good and the newest bad.

        Raises Unfit, and NoSuchRelease.
        """
        known = sorted(release.id for release in self._store.releases())
        first, last = known[0] if good is None else good, known[-1] if bad is None else bad
        if first >= last:
            raise Unfit(f"release {first}, taken to be good, has to be older than release {last}, taken to be bad")
        for number, wanted, option in ((last, "bad", "--bad"), (first, "good", "--good")):
            if self._of_release(number) != wanted:
                verdict = self._asked[number]
                raise Unfit(f"release {number} is taken to be {wanted}, and {SAID[verdict]}; name another one with {option}")
        turn = turn_of([number for number in known if first <= number <= last], self._of_release)
        changes = self._store.diff(turn.good, turn.bad)
        causes = changes if turn.between else self._causes(turn, changes)
        return Found(turn, tuple(sorted(self._asked.items())), causes, len(changes) - len(causes))

    def _of_release(self, number: int) -> Verdict:
        if number not in self._asked:
            self._asked[number] = self._verdict(self._store.released(number), number)
            self._tell(number, self._asked[number])
        return self._asked[number]

    def _causes(self, turn: Turn, changes: tuple[Difference, ...]) -> tuple[Difference, ...]:
        before, after = self._store.released(turn.good), self._store.released(turn.bad)

        def with_some(some: Sequence[Difference]) -> Verdict:
            mixed = dict(before)
            for change in some:
                if change.kind == "removed":
                    del mixed[change.component]
                else:
                    mixed[change.component] = after[change.component]
            return self._verdict(mixed, turn.bad)

        return fewest(changes, with_some)

    def _verdict(self, components: Mapping[ComponentId, Component], release: int) -> Verdict:
        try:
            snapshot = checked_snapshot(components.values(), release)
        except MetadataError:
            return "skip"
        return self._check.judge(self._show(snapshot), release)
