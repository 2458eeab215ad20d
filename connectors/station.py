"""Everything there is to do for one connection, in turns: initial load, due maps, due deliveries."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from connectors.called import Called
from connectors.checkpoint import Checkpoint, keep_behind, read_checkpoints
from connectors.drift import Watch
from connectors.errors import ConnectorError
from connectors.heartbeat import Heartbeat
from connectors.history import Counts, Run
from connectors.home import AtHome, Home
from connectors.initial import SECOND, Step, plan_load
from connectors.lease import Lease, LeaseLost, release_lease, take_lease, under_lease
from connectors.outbound import Relay
from connectors.protocol import Adapter, Counting
from connectors.runner import Progress, Runner, never, no_progress
from connectors.tablemap import CompiledMap
from connectors.wishes import fulfil, wished

COUNTED_AFTER = 10.0
"""How often what waits outside is counted, at most."""
SWEPT_AFTER = 30.0
"""How often a map looks for rows that are gone, at most."""


@dataclass(slots=True)
class Station:
    """The maps of one connection, at work under one lease. `turn` does what is due; `close` lets the lease go."""

    home: Home
    adapter: Adapter
    name: str
    maps: Sequence[CompiledMap]
    progress: Progress = no_progress
    busy: bool = False
    interrupted: Callable[[], bool] = never
    _lease: Lease | None = None
    _heart: Heartbeat | None = None
    _next: dict[str, float] = field(default_factory=dict)
    _swept: dict[str, float] = field(default_factory=dict)
    _counted: dict[str, float] = field(default_factory=dict)
    _watch: Watch | None = None
    _called: Called = field(default_factory=Called)

    def __post_init__(self) -> None:
        if isinstance(self.adapter, AtHome):
            self.adapter.come_home(self.home)

    def turn(self) -> list[Run]:
        """Deliver what is owed, load what was never loaded, pull maps whose interval is over. Raises LeaseLost.

        `busy` tells afterwards whether another turn is worth while at once.
        """
        self.busy = False
        lease = self._hold()
        if lease is None:
            return []
        delivered = self.deliver()
        with self.home.read() as connection:
            states, wishes = read_checkpoints(connection), wished(connection)
        runner = Runner(self.home, self.adapter, lease, self.progress, self._watching(), self.interrupted)
        runs = self._load(runner, self._wanted(states, wishes), states)
        if not runs:
            runner.known.update(states)
        for item, called in self._due(states, wishes):
            runs += self._pull(runner, item, called=called)
            runner.known.clear()  # what was read before a run is too old for the next one
        self._fulfil(lease, runs, wishes)
        self._count_waiting(lease)
        self.busy = delivered > 0
        return runs

    def call(self, table_map: str) -> None:
        """Have a map pulled with the next turn, since something has stirred outside. From any thread."""
        self._called.call(table_map)

    def _pull(self, runner: Runner, item: CompiledMap, *, called: bool) -> list[Run]:
        """Pull a map; the run, where it is to be told."""
        begun, before = time.monotonic(), self._called.untold(item.key)
        tells = self._called.tells(item.key, called=called)
        run = runner.run(item, self._sweeps(item), before, keeping=tells)
        done = run.outcome == "done"
        self._called.pulled(item.key, begun, found=done and run.counts != (before.counts if before else Counts()))
        if done and not tells:
            self._called.keep(run)
        elif not done and before is not None:
            self._called.keep(before)
        return [run] if tells or not done else []

    def _watching(self) -> Watch:
        if self._watch is None:
            self._watch = Watch(self.home, self.adapter)
        return self._watch

    def _fulfil(self, lease: Lease, runs: Sequence[Run], wishes: Mapping[str, int]) -> None:
        """Tell those who wait for a run what came of it."""
        answers = {run.map: run for run in runs if run.map in wishes}
        if answers:
            with under_lease(self.home, lease) as connection:
                for run in answers.values():
                    fulfil(connection, run, wishes[run.map])

    def _count_waiting(self, lease: Lease) -> None:
        """Count what waits outside, for maps that rest as well; not where the outside does not answer."""
        source, now = self.adapter, time.monotonic()
        due = [item for item in self.maps if item.inward and now - self._counted.get(item.key, -COUNTED_AFTER) >= COUNTED_AFTER]
        if not due or not isinstance(source, Counting) or self.interrupted():
            return
        with self.home.read() as connection:
            states = read_checkpoints(connection)
        found: dict[str, int] = {}
        for item in due:
            self._counted[item.key] = now
            state = states.get(item.key)
            if state is None or state.cursor is None or (state.problem and state.paused_at is None):
                continue
            with suppress(ConnectorError):
                number = source.waiting(item, state.cursor)
                if number is not None and number != state.behind:
                    found[item.key] = number
        if found:
            with under_lease(self.home, lease) as connection:
                for name, number in found.items():
                    keep_behind(connection, name, number)

    def pull(self, maps: Sequence[CompiledMap]) -> list[Run]:
        """Load and pull these maps now, whatever their interval, but not those that are paused. Raises LeaseLost."""
        lease = self._hold()
        if lease is None:
            return []
        with self.home.read() as connection:
            states = read_checkpoints(connection)
        runner = Runner(self.home, self.adapter, lease, self.progress, self._watching(), self.interrupted)
        maps = [item for item in maps if not _paused(states, item)]
        wanted = {item.key for item in maps}
        runs = self._load(runner, [step for step in self._steps(states) if step.table_map.key in wanted], states)
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
        lease, self._lease = self._lease, None
        if self._heart is not None:
            self._heart.stop()
            self._heart = None
        if lease is not None:
            with self.home.begin() as connection:
                release_lease(connection, lease)

    @property
    def held(self) -> bool:
        """Whether this worker has the lease."""
        return self._lease is not None

    def _hold(self) -> Lease | None:
        if self._heart is not None and self._heart.lost:
            self._lease = self._heart = None
            raise LeaseLost(self.name)
        if self._lease is None:
            with self.home.begin() as connection:
                taken = take_lease(connection, f"connection:{self.name}")
            if taken is not None:
                self._lease, self._heart = taken, Heartbeat(self.home, taken)
        return self._lease

    def _wanted(self, states: dict[str, Checkpoint], wishes: Mapping[str, int]) -> list[Step]:
        return [step for step in self._steps(states) if step.table_map.key in wishes or _ready(states, step.table_map)]

    def _steps(self, states: dict[str, Checkpoint]) -> list[Step]:
        """The steps of the initial load that are still to be done."""
        steps = plan_load(item for item in self.maps if not _paused(states, item))
        return [step for step in steps if not _step_done(states, step)]

    def _load(self, runner: Runner, steps: Sequence[Step], states: dict[str, Checkpoint]) -> list[Run]:
        """The initial load of these steps, parents first; second passes after all first ones."""
        runs = []
        for step in steps:
            if not _loaded(states, step.table_map.key) and not self.interrupted():
                runs.append(runner.load(step))
        if self.interrupted():
            return runs  # what waits for a later pass needs the whole of the first
        failed = {run.map for run in runs if run.outcome != "done"}
        return runs + [runner.load_later(step) for step in steps if step.later and step.table_map.key not in failed]

    def _sweeps(self, table_map: CompiledMap) -> bool:
        now = time.monotonic()
        if (
            not table_map.watches
            or table_map.model.tracking
            or now - self._swept.get(table_map.key, -SWEPT_AFTER) < SWEPT_AFTER
        ):
            return False
        self._swept[table_map.key] = now
        return True

    def _due(self, states: dict[str, Checkpoint], wishes: Mapping[str, int]) -> list[tuple[CompiledMap, bool]]:
        """The maps to pull: those whose interval is over, those that somebody waits for, and those that were but called."""
        now = time.monotonic()
        found = []
        for item in self.maps:
            if not item.inward or _paused(states, item) or not _loaded(states, item.key):
                continue
            wanted = item.key in wishes
            ready = _ready(states, item)
            due = ready and self._next.get(item.key, 0.0) <= now
            if wanted or due:
                self._next[item.key] = now + item.model.interval
                found.append((item, False))
            elif ready and self._called.take(item.key):
                found.append((item, True))
        return found


def _loaded(states: dict[str, Checkpoint], name: str) -> bool:
    return name in states and states[name].loaded


def _step_done(states: dict[str, Checkpoint], step: Step) -> bool:
    key = step.table_map.key
    return _loaded(states, key) and (not step.later or _loaded(states, key + SECOND))


def _paused(states: dict[str, Checkpoint], table_map: CompiledMap) -> bool:
    state = states.get(table_map.key)
    return state is not None and state.paused_at is not None


def _ready(states: dict[str, Checkpoint], table_map: CompiledMap) -> bool:
    """Whether the time to wait after a fault is over."""
    state = states.get(table_map.key)
    if state is None or state.retry_at is None:
        return True
    return state.retry_at.timestamp() <= time.time()
