"""Maps of a group: what all of them have to tell is read as of one moment outside, and stored in one transaction of ours.

First everything is read, then everything is stored, so that neither side is held up by the other one. Rows are stored
parents first and leave children first. Whatever may stop one of the maps stops all of them: they wait together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from sqlalchemy import Connection

from connectors import checkpoint as checkpoints
from connectors import tally
from connectors.batched import batched
from connectors.checkpoint import BegunAnew, Checkpoint
from connectors.errors import ConnectorError, Fatal
from connectors.failpoints import reached
from connectors.history import Account, Counts, Run
from connectors.home import Work
from connectors.inbound import apply_records, retry_due, retry_keys, switch_on, upsert
from connectors.initial import plan_load
from connectors.journal import keep_batch, recorded
from connectors.lease import under_lease
from connectors.mapping import Lookups
from connectors.protocol import Acknowledging, Changed, Momentary, Record
from connectors.rejects import refused_since
from connectors.runner import Runner
from connectors.spooled import Spool
from connectors.steps import Facts, step
from connectors.sweep import departed, remove_gone, sweep
from connectors.tablemap import CompiledMap


def units(maps: Iterable[CompiledMap]) -> tuple[tuple[CompiledMap, ...], ...]:
    """The maps that are pulled at once, each by itself or those of a group, parents first."""
    known = {item.key: item for item in maps}
    order = [step.table_map.key for step in plan_load(known.values())]
    found: dict[str, tuple[CompiledMap, ...]] = {}
    for item in known.values():
        members = [known[name] for name in item.together if name in known] or [item]
        found.setdefault(members[0].key, tuple(sorted(members, key=lambda one: order.index(one.key) if one.inward else -1)))
    return tuple(found.values())


@dataclass(slots=True)
class Together:
    """One pull of the maps of a group, parents first."""

    runner: Runner
    maps: Sequence[CompiledMap]
    _at: CompiledMap = field(init=False)
    _accounts: Mapping[str, Account] = field(default_factory=dict)

    def run(self, accounts: Mapping[str, Account] | None = None, *, sweeping: bool = True) -> list[Run]:
        """Pull what has changed, as `Runner.run` does; a run of each map. Where one of them fails none has changed anything."""
        self._at = self.maps[0]
        self._accounts = accounts or {item.key: self.runner.account(item, "changes") for item in self.maps}
        try:
            seen = self._pull()
            for item in reversed(seen if sweeping and not self.runner.interrupted() else ()):
                self._at = item
                sweep(self.runner.home, self.runner.source, item, self.runner.lease, self._accounts[item.key])
        except ConnectorError as fault:
            return self._failed(fault)
        return [self.runner.done(self._accounts[item.key]) for item in self.maps]

    def _failed(self, fault: ConnectorError) -> list[Run]:
        """The fault is kept with the map that has it; the others wait for that one."""
        mine = self.runner.failed(self._accounts[self._at.key], self.runner.explained(self._at, fault))
        said = waits_for(mine.map, mine.message)
        accounts = ((item.key, self._accounts[item.key].run.counts) for item in self.maps)
        return [mine if name == mine.map else replace(mine, map=name, message=said, counts=did) for name, did in accounts]

    def _pull(self) -> list[CompiledMap]:
        """Read and store; the maps as their tables can be read now."""
        source, seen, states = self.runner.source, list[CompiledMap](), dict[str, Checkpoint]()
        if not isinstance(source, Momentary):
            raise Fatal(f"connection {self._at.connection.key} cannot read several tables as of one moment; leave group out")
        for item in self.maps:
            self._at = item
            seen.append(self.runner.seen_as(item))
            states[item.key] = self._past_load(source, seen[-1])
        if self.runner.interrupted() or not all(state.loaded for state in states.values()):
            return seen  # one that was told to load meanwhile does so first
        self._at = self.maps[0]
        with Spool() as spool:
            with source.at_one_moment(seen) as changed:
                following = [self._read(item, states[item.key], changed, spool) for item in seen]
            if spool or not all(self._is_quiet(states, *each) for each in zip(seen, following, strict=True)):
                steps = [(states[item.key], then) for item, then in zip(seen, following, strict=True)]
                with suppress(BegunAnew):
                    self._store(seen, steps, spool)
        return seen

    def _past_load(self, source: Momentary, table_map: CompiledMap) -> Checkpoint:
        """How far a map is, once rows that it is to read again are read; until then the promise does not hold for them."""
        state = self.runner.checkpoint(table_map.key)
        if state.loaded:
            state = self.runner.begun(state)
        if not state.loaded or source.tells(table_map, state.cursor):
            return state
        self.runner.pull_all(table_map, table_map.key, upsert, self._accounts[table_map.key])
        return self.runner.checkpoint(table_map.key)

    def _is_quiet(self, states: Mapping[str, Checkpoint], table_map: CompiledMap, following: Checkpoint) -> bool:
        return self.runner.is_quiet(table_map, states[table_map.key], following.cursor or {})

    def _read(self, table_map: CompiledMap, state: Checkpoint, changed: Changed, spool: Spool) -> Checkpoint:
        """Keep what has changed for a map; where it will be."""
        self._at, rows, cursor = table_map, 0, state.cursor
        for batch in changed(table_map, cursor or {}):
            if batch.records or batch.gone:
                left = departed(self.runner.source, table_map, batch.gone)
                spool.keep((table_map.key, list(batch.records), list(batch.gone), left))
            rows, cursor = rows + len(batch.records), batch.cursor
        now = self.runner.home.now()
        return replace(state, cursor=cursor, rows_done=state.rows_done + rows, succeeded_at=now, problem=None)

    def _store(self, maps: Sequence[CompiledMap], following: Sequence[tuple[Checkpoint, Checkpoint]], spool: Spool) -> None:
        """Everything, the rejects and the checkpoints of all, in one transaction; how far each map was and will be."""
        runner, begun = self.runner, self.runner.home.now()
        done = {item.key: Counts() for item in maps}
        reached("read")
        facts: Facts = {
            "foyer.maps": tuple(item.key for item in maps),
            "foyer.rows": sum(then.rows_done - was.rows_done for was, then in following),
        }
        with step("pull", facts), under_lease(runner.home, runner.lease) as connection:
            stored = _Stored(runner, connection, {item.key: item for item in maps}, done)
            stored.take(spool)
            stored.let_go(spool)
            stored.try_again(begun)
            for item, (before, then) in zip(maps, following, strict=True):
                stored.end(item)
                tally.count_rows(connection, item.key, done[item.key], runner.home.now())
                checkpoints.advance(connection, then, runner.home.now(), since=before, done=True)
            runs = {name: account.grown(done[name], runner.home.now()) for name, account in self._accounts.items()}
            numbers = {name: self._accounts[name].keep(connection, run) for name, run in runs.items()}
            reached("commit")
        for name, run in runs.items():
            self._accounts[name].settled(run, numbers[name])
        reached("committed")
        for item, (_, then) in zip(maps, following, strict=True):
            self._at = item
            if isinstance(runner.source, Acknowledging):
                runner.source.committed(item, then.cursor or {})


@dataclass(frozen=True, slots=True)
class _Stored:
    """What is done to our rows in the one transaction; `done` counts it by map."""

    runner: Runner
    connection: Connection
    maps: Mapping[str, CompiledMap]
    done: dict[str, Counts]

    def take(self, spool: Spool) -> None:
        """Store the rows, parents first."""
        lookups = {name: Lookups() for name in self.maps}
        for name, records, _, _ in spool.pages():
            self._do(name, partial(_take, records=records, lookups=lookups[name]))

    def let_go(self, spool: Spool) -> None:
        """Do as the maps say with rows that are gone, children first."""
        for name, _, gone, left in spool.pages(last_first=True):
            if gone:
                self._do(name, partial(remove_gone, keys=gone, left=left))

    def try_again(self, since: dt.datetime) -> None:
        """Take what was refused only for a row that has come, or has gone, after it; until nothing more can be taken."""
        taken = True
        while taken:
            taken = False
            for name in self.maps:
                for keys in batched(refused_since(self.connection, name, since)):
                    counts = self._do(name, partial(retry_keys, keys=keys))
                    taken = taken or counts.rejected < 0

    def end(self, table_map: CompiledMap) -> None:
        """What else is due, as after every pull."""
        self._do(table_map.key, lambda work: retry_due(work, Lookups(work.rows)) + switch_on(work, Lookups(work.rows)))

    def _do(self, name: str, deed: Callable[[Work], Counts]) -> Counts:
        """One part, which the history tells as a batch of its own: so much of it as is in memory."""
        work = recorded(self.runner.home, self.connection, self.maps[name])
        counts = deed(work)
        keep_batch(work, self.runner.home, "changes", counts)
        self.done[name] += counts
        return counts


def _take(work: Work, records: Sequence[Record], lookups: Lookups) -> Counts:
    lookups.use(work.rows)
    return apply_records(work, records, lookups, upsert)


def waits_for(table_map: str, problem: str) -> str:
    """What is said of a map that waits for another one of its group."""
    return f"waits for {table_map}, which is in the same group: {problem}"
