"""Everything there is to do for one connection, in turns: initial load, due maps, due deliveries."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.checkpoint import Checkpoint, read_checkpoints
from connectors.history import Run
from connectors.home import Home
from connectors.initial import SECOND, plan_load
from connectors.lease import SECONDS, Lease, hold_lease, release_lease, take_lease
from connectors.outbound import Relay
from connectors.protocol import Adapter
from connectors.runner import Progress, Runner, no_progress
from connectors.tablemap import CompiledMap

RENEWED_AFTER = SECONDS / 3


@dataclass(slots=True)
class Station:
    """The maps of one connection, at work under one lease. `turn` does what is due; `close` lets the lease go."""

    home: Home
    adapter: Adapter
    name: str
    maps: Sequence[CompiledMap]
    progress: Progress = no_progress
    _lease: Lease | None = None
    _renewed: float = 0.0
    _next: dict[str, float] = field(default_factory=dict)

    def turn(self) -> list[Run]:
        """Load what was never loaded, pull maps whose interval is over, deliver what is owed. Raises LeaseLost."""
        lease = self._hold()
        if lease is None:
            return []
        with self.home.read() as connection:
            states = read_checkpoints(connection)
        runner = Runner(self.home, self.adapter, lease, self.progress)
        runs = self._load(runner, states)
        runs += [runner.run(item) for item in self._due(states)]
        self.deliver()
        return runs

    def pull(self, maps: Sequence[CompiledMap]) -> list[Run]:
        """Load and pull these maps now, whatever their interval. Raises LeaseLost."""
        lease = self._hold()
        if lease is None:
            return []
        with self.home.read() as connection:
            states = read_checkpoints(connection)
        runner = Runner(self.home, self.adapter, lease, self.progress)
        wanted = {item.key for item in maps}
        runs = self._load(runner, states, wanted)
        loaded = {run.map for run in runs}
        return runs + [runner.run(item) for item in maps if item.inward and item.key not in loaded]

    def deliver(self) -> int:
        """Send what is owed; how many were delivered."""
        lease = self._hold()
        sending = {item.key: item for item in self.maps}
        if lease is None or not any(item.outward for item in self.maps):
            return 0
        return Relay(self.home, self.adapter, lease, sending).deliver()

    def close(self) -> None:
        """Let the lease go, so that another worker may take it at once."""
        if self._lease is not None:
            with self.home.begin() as connection:
                release_lease(connection, self._lease)
            self._lease = None

    @property
    def held(self) -> bool:
        """Whether this worker has the lease."""
        return self._lease is not None

    def _hold(self) -> Lease | None:
        now = time.monotonic()
        if self._lease is not None and now - self._renewed < RENEWED_AFTER:
            return self._lease
        with self.home.begin() as connection:
            if self._lease is not None:
                hold_lease(connection, self._lease)
            else:
                self._lease = take_lease(connection, f"connection:{self.name}")
        self._renewed = now
        return self._lease

    def _load(self, runner: Runner, states: dict[str, Checkpoint], wanted: set[str] | None = None) -> list[Run]:
        """The initial load of the maps that have none yet, parents first."""
        runs: list[Run] = []
        steps = plan_load(item for item in self.maps if not _paused(states, item))
        fresh = [step for step in steps if not _loaded(states, step.table_map.key) and _ready(states, step.table_map)]
        fresh = [step for step in fresh if wanted is None or step.table_map.key in wanted]
        runs += [runner.load(step) for step in fresh]
        failed = {run.map for run in runs if run.outcome != "done"}
        for step in steps:
            if not step.later or step.table_map.key in failed or _loaded(states, step.table_map.key + SECOND):
                continue
            if wanted is None or step.table_map.key in wanted:
                runs.append(runner.load_later(step))
        return runs

    def _due(self, states: dict[str, Checkpoint]) -> list[CompiledMap]:
        now = time.monotonic()
        due = []
        for item in self.maps:
            if not item.inward or _paused(states, item) or not _loaded(states, item.key) or not _ready(states, item):
                continue
            if self._next.get(item.key, 0.0) <= now:
                self._next[item.key] = now + item.model.interval
                due.append(item)
        return due


def _loaded(states: dict[str, Checkpoint], name: str) -> bool:
    return name in states and states[name].loaded


def _paused(states: dict[str, Checkpoint], table_map: CompiledMap) -> bool:
    state = states.get(table_map.key)
    return state is not None and state.paused_at is not None


def _ready(states: dict[str, Checkpoint], table_map: CompiledMap) -> bool:
    """Whether the time to wait after a fault is over."""
    state = states.get(table_map.key)
    if state is None or state.retry_at is None:
        return True
    return state.retry_at.timestamp() <= time.time()
