"""Everything there is to do for one connection, in turns: initial load, due maps, due deliveries."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from connectors.called import Called
from connectors.checkpoint import Checkpoint, keep_behind, read_checkpoints
from connectors.drift import Watch
from connectors.errors import ConnectorError
from connectors.heartbeat import Heartbeat
from connectors.history import Account, Run
from connectors.home import AtHome, Home
from connectors.initial import SECOND, Step, plan_load
from connectors.lease import Lease, LeaseLost, release_lease, take_lease, under_lease
from connectors.outbound import Relay, Rest
from connectors.protocol import Adapter, Counting
from connectors.runner import Progress, Runner, never, no_progress
from connectors.tablemap import CompiledMap
from connectors.together import Together, units
from connectors.wishes import fulfil, wished

COUNTED_AFTER = 10.0
"""How often what waits outside is counted, at most."""
Unit = tuple[CompiledMap, ...]
SWEPT_AFTER = 30.0
"""How often a map looks for rows that are gone, at most."""


def lease_of(connection: str) -> str:
    """The name of the lease that a worker holds for as long as it looks after a connection."""
    return f"connection:{connection}"


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
    _aside: list[Run] = field(default_factory=list)
    _rest: Rest = field(default_factory=Rest)
    units: tuple[Unit, ...] = ()
    """The maps that are pulled at once: each by itself, or those of a group."""

    def __post_init__(self) -> None:
        self.units = units(self.maps)
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
        self._aside = []
        runner = replace(self._runner(lease), meanwhile=self._serve_others)
        runs = self._load(runner, self._wanted(states, wishes), states)
        if not runs:
            runner.known.update(states)
        for unit, called in self._due(states, wishes):
            runs += self._pull(runner, unit, called=called)
            runner.known.clear()  # what was read before a run is too old for the next one
        self._fulfil(lease, runs, wishes)
        self._count_waiting(lease)
        self.busy = delivered > 0
        return runs + self._aside

    def _runner(self, lease: Lease) -> Runner:
        return Runner(self.home, self.adapter, lease, self.progress, self._watching(), self.interrupted)

    def _serve_others(self, running: CompiledMap) -> None:
        """Between batches of a run that takes long: what is owed goes out, and the other maps are pulled where they are due."""
        if self.interrupted():
            return
        lease = self._hold()
        if lease is None:
            return
        self.deliver()
        with self.home.read() as connection:
            states, wishes = read_checkpoints(connection), wished(connection)
        others = tuple(unit for unit in self.units if running.key not in {item.key for item in unit})
        runs: list[Run] = []
        for unit, called in self._due(states, wishes, others):
            runs += self._pull(self._runner(lease), unit, called=called)
        self._fulfil(lease, runs, wishes)
        self._aside += runs

    def call(self, table_map: str) -> None:
        """Have a map pulled with the next turn, since something has stirred outside. From any thread."""
        self._called.call(table_map)

    def _pull(self, runner: Runner, unit: Unit, *, called: bool) -> list[Run]:
        """Pull a map, or those of a group; the runs, where they are to be told."""
        begun = time.monotonic()
        accounts = {item.key: self._called.untold(item.key) or runner.account(item, "changes") for item in unit}
        had = {name: account.run.counts for name, account in accounts.items()}
        tells = self._called.tells(unit[0].key, called=called)
        runs = self._run(runner, unit, accounts)
        for run in runs:
            done = run.outcome == "done"
            self._called.pulled(run.map, begun, found=done and run.counts != had[run.map])
            if done and not tells:
                self._called.keep(accounts[run.map])
        return [run for run in runs if tells or run.outcome != "done"]

    def _run(self, runner: Runner, unit: Unit, accounts: Mapping[str, Account]) -> list[Run]:
        if unit[0].together:
            return Together(runner, unit).run(accounts, sweeping=False)
        (item,) = unit
        return [runner.run(item, self._sweeps(item), accounts[item.key])]

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
        runner = self._runner(lease)
        named = {item.key for item in maps}
        chosen = [unit for unit in self.units if not _paused(states, unit[0]) and named & {item.key for item in unit}]
        wanted = {item.key for unit in chosen for item in unit}
        runs = self._load(runner, [step for step in self._steps(states) if step.table_map.key in wanted], states)
        loaded = {run.map: run.outcome == "done" for run in runs}
        for unit in chosen:
            fresh = [item.key for item in unit if item.key in loaded]
            if unit[0].together and unit[0].inward and len(fresh) < len(unit) and all(loaded[name] for name in fresh):
                runs += Together(runner, unit).run()
            elif unit[0].inward and not fresh:
                runs.append(runner.run(unit[0]))
        return runs

    def deliver(self) -> int:
        """Send what is owed; how many were delivered."""
        lease = self._hold()
        sending = {item.key: item for item in self.maps}
        if lease is None or not self._rest.over or not any(item.outward for item in self.maps):
            return 0
        return Relay(self.home, self.adapter, lease, sending, self._rest).deliver()

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
                taken = take_lease(connection, lease_of(self.name))
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
        with self.home.read() as connection:
            now = read_checkpoints(connection)
        failed = {run.map for run in runs if run.outcome != "done" or not _loaded(now, run.map)}
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

    def _due(
        self, states: dict[str, Checkpoint], wishes: Mapping[str, int], among: Sequence[Unit] | None = None
    ) -> list[tuple[Unit, bool]]:
        """What to pull: maps whose interval is over, those that somebody waits for, and those that were but called."""
        now = time.monotonic()
        found = []
        for unit in self.units if among is None else among:
            first, names = unit[0], [item.key for item in unit]
            if not first.inward or _paused(states, first) or not all(_loaded(states, name) for name in names):
                continue
            ready = all(_ready(states, item) for item in unit)
            due = ready and self._next.get(first.key, 0.0) <= now
            if due or any(name in wishes for name in names):
                self._next[first.key] = now + min(item.model.interval for item in unit)
                found.append((unit, False))
            elif ready and self._called.take_any(names):
                found.append((unit, True))
        return found


def _loaded(states: dict[str, Checkpoint], name: str) -> bool:
    return name in states and states[name].loaded


def _step_done(states: dict[str, Checkpoint], step: Step) -> bool:
    key = step.table_map.key
    return _loaded(states, key) and (not step.later or _loaded(states, key + SECOND))


def _paused(states: dict[str, Checkpoint], table_map: CompiledMap) -> bool:
    """Whether a map rests, or another one of its group."""
    found = (states.get(name) for name in table_map.unit)
    return any(state is not None and state.paused_at is not None for state in found)


def _ready(states: dict[str, Checkpoint], table_map: CompiledMap) -> bool:
    """Whether the time to wait after a fault is over."""
    state = states.get(table_map.key)
    if state is None or state.retry_at is None:
        return True
    return state.retry_at.timestamp() <= time.time()
