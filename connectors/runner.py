"""One run of a map: under its lease, batch after batch until nothing more comes, each batch in one transaction."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol

from connectors import checkpoint as checkpoints
from connectors import tally
from connectors.checkpoint import BegunAnew, Checkpoint, read_checkpoint
from connectors.collecting import seldom_collected
from connectors.dated import due_keys
from connectors.drift import DRIFTED, Drifted, Watch
from connectors.errors import LONGEST_WAIT, ConnectorError, Gap, Retriable, patience
from connectors.failpoints import reached
from connectors.history import Account, Counts, Run, keep_run
from connectors.home import Home
from connectors.inbound import Store, apply_events, apply_records, bulk, retry_due, retry_refused, switch_on, upsert
from connectors.initial import SECOND, Step
from connectors.journal import keep_batch, recorded
from connectors.lease import Lease, under_lease
from connectors.mapping import Lookups
from connectors.pace import Pace
from connectors.protocol import Acknowledging, Adapter, Batch, Cursor, Record, Source
from connectors.rehearsal import Rehearsal
from connectors.rejects import due_rejects
from connectors.setwise import Converting
from connectors.steps import Facts, step
from connectors.sweep import departed, remove_gone, sweep
from connectors.tablemap import CompiledMap

QUIET_SECONDS = 5.0
"""How often a map to which nothing happens says that it is up to date."""
LOAD_FACTOR = 4
"""How many times larger the batches of a load are: a chunk costs the same few statements, whatever its size."""
GIVES_WAY_SECONDS = 0.1
"""After so long a run lets the other maps of its connection have their turn, between two batches."""
Progress = Callable[[CompiledMap, Checkpoint], None]


def never() -> bool:
    """Nobody waits for a run to end."""
    return False


def no_progress(table_map: CompiledMap, state: Checkpoint) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs maps of one connection. `lease` is the right to do so; it is looked at with every batch.

    Where a run is `interrupted` it ends after the batch that it is at; the next one goes on from there. `known` are
    checkpoints that were read just now, each for one run. `meanwhile` is done now and then during a long run, with its map.
    """

    home: Home
    source: Adapter
    lease: Lease
    progress: Progress = no_progress
    watch: Watch | None = None
    interrupted: Callable[[], bool] = never
    known: dict[str, Checkpoint] = field(default_factory=dict)
    meanwhile: Callable[[CompiledMap], None] | None = None

    def run(self, table_map: CompiledMap, sweeping: bool = True, account: Account | None = None) -> Run:
        """Pull what has changed; `sweeping` also looks for rows that are gone, which reads every key.

        What goes wrong outside is kept with the map and told in the result, which goes on from an `account` of pulls before.
        """

        def pull(account: Account) -> None:
            seen = self.seen_as(table_map)
            self.pull_all(seen, table_map.key, upsert, account)
            if sweeping and not self.interrupted():
                sweep(self.home, self.source, seen, self.lease, account)

        return self._kept(table_map, pull, account or self.account(table_map, "changes"))

    def load(self, step: Step) -> Run:
        """The first pass of the initial load, from the last chunk that was committed."""

        def pull(account: Account) -> None:
            seen, name = replace(step, table_map=self.seen_as(step.table_map)), step.table_map.key
            with seldom_collected():
                self.pull_all(seen.first_pass, name, self._loads(step.table_map, name), account, self._rehearsal(seen))

        return self._kept(step.table_map, pull, self.account(step.table_map, "load"))

    def _rehearsal(self, step: Step) -> Rehearsal | None:
        """How the second pass of a load is tried, if it has one."""
        if not step.later:
            return None
        store = self._loads(step.table_map, step.table_map.key + SECOND)
        return Rehearsal(self.home, self.source, step.second_pass, store, _limit(step.table_map, store))

    def load_later(self, step: Step) -> Run:
        """The second pass: the look-ups that waited."""
        name = step.table_map.key + SECOND

        def pull(account: Account) -> None:
            seen = replace(step, table_map=self.seen_as(step.table_map))
            with seldom_collected():
                self.pull_all(seen.second_pass, name, self._loads(step.table_map, name), account)

        return self._kept(step.table_map, pull, self.account(step.table_map, "second"))

    def _loads(self, table_map: CompiledMap, name: str) -> Store:
        """How a pass of a load stores rows: in the fastest way the first time, else so that it can be undone."""
        with self.home.read() as connection:
            again = read_checkpoint(connection, name).succeeded_at is not None
        return upsert if again and table_map.model.revert_days else bulk

    def seen_as(self, table_map: CompiledMap, at_once: bool = False) -> CompiledMap:
        """The map as its table can be read now."""
        return table_map if self.watch is None else self.watch.look(table_map, at_once)

    def pull_all(
        self, table_map: CompiledMap, name: str, store: Store, account: Account, rehearsal: Rehearsal | None = None
    ) -> None:
        """Take batch after batch from where the checkpoint of this name is. Raises Fatal and Retriable.

        What a `rehearsal` takes is not counted in the pace.

        A pass of a load does nothing where that is over, nor a pull of what has changed where it is not: since the map was
        chosen somebody has told it to load, which the next turn does.
        """
        state, loads = self.checkpoint(name), account.run.mode != "changes"
        if state.loaded is not loads:
            state = self.begun(state)
        if state.loaded is loads:
            return
        lookups, counts, kinds = Lookups(), Counts(), dict[str, type]()
        begun = self.home.now()
        source = Converting(self.source) if store is bulk else self.source
        between = _Aside(self, table_map, rehearsal, state)
        pace, since = Pace(), begun
        for batch in pages(source, table_map, state.cursor, _limit(table_map, store), between):
            nothing = not (batch.records or batch.gone or batch.events or loads)  # a load of no rows is to be told as over
            if nothing and self.is_quiet(table_map, state, batch.cursor):
                return
            if batch.records and not _same_kinds(kinds, batch.records[0]):
                table_map = replace(table_map, suspect=self.seen_as(table_map, at_once=True).suspect)
            refused_since = begun if counts.rejected and store is upsert else None
            try:
                done, state, besides = self._take(table_map, batch, state, (lookups, store, account), refused_since)
                counts += done
                if rehearsal is not None and batch.records:
                    rehearsal.besides = besides / len(batch.records)
            except BegunAnew:
                return
            now = self.home.now()
            at = replace(state, pace=pace.add(len(batch.records), (now - since - between.tried_for()).total_seconds()))
            state, since = at if loads else state, now
            between.state = state
            self.progress(table_map, at)
            if batch.more and self.interrupted():
                return

    def rehearse(self, rehearsal: Rehearsal, state: Checkpoint) -> None:
        """Try the second pass of a load, and keep what it is paced at."""
        pace = rehearsal.rehearse(state)
        if pace is not None:
            with under_lease(self.home, self.lease) as connection:
                checkpoints.keep_pace(connection, state.map + SECOND, pace)

    def checkpoint(self, name: str) -> Checkpoint:
        """How far a map got."""
        found = self.known.pop(name, None)
        if found is not None:
            return found
        with self.home.read() as connection:
            return read_checkpoint(connection, name)

    def begun(self, state: Checkpoint) -> Checkpoint:
        """How far a map got, with the note that it has begun: who tells it to begin elsewhere meanwhile is heard by that."""
        if state.began_at is not None:
            return state
        with under_lease(self.home, self.lease) as connection:
            return checkpoints.begin(connection, state.map, self.home.now())

    def is_quiet(self, table_map: CompiledMap, state: Checkpoint, cursor: Cursor) -> bool:
        """Whether there is nothing to write at all, where nothing came and the place is this."""
        now = self.home.now()
        if state.succeeded_at is None or now - state.succeeded_at > dt.timedelta(seconds=QUIET_SECONDS):
            return False
        if state.problem or cursor != state.cursor:
            return False
        with self.home.read() as connection:
            return not due_rejects(connection, table_map.key, now, 1) and not due_keys(connection, table_map, now)

    def _take(
        self,
        table_map: CompiledMap,
        batch: Batch,
        state: Checkpoint,
        so_far: tuple[Lookups, Store, Account],
        refused_since: dt.datetime | None = None,
    ) -> tuple[Counts, Checkpoint, dt.timedelta]:
        """One batch, its rejects, its checkpoint and what the history tells of it, in one transaction; last what was done, how
        far the map is, and how long all but the rows took.

        The last one takes what earlier ones of the same pull refused, where that is given, only for rows that came after it.
        """
        lookups, store, account = so_far
        total = batch.total if batch.total is not None else state.rows_total
        following = replace(
            state,
            cursor=batch.cursor,
            loaded=state.loaded or not batch.more,
            rows_done=state.rows_done + len(batch.records) + len(batch.events),
            rows_total=total,
            succeeded_at=state.succeeded_at if batch.more else self.home.now(),
            began_at=state.began_at or self.home.now(),
            problem=None,
        )
        reached("read")
        left = departed(self.source, table_map, batch.gone)
        facts: Facts = {"foyer.maps": (table_map.key,), "foyer.rows": len(batch.records) + len(batch.events) + len(batch.gone)}
        with step("pull", facts), under_lease(self.home, self.lease) as connection:
            work = recorded(self.home, connection, table_map)
            lookups.use(work.rows)
            done = apply_records(work, batch.records, lookups, store)
            if batch.events:
                done += apply_events(work, batch.events, lookups, store)
            done += remove_gone(work, batch.gone, left)
            if not batch.more:
                done += retry_refused(work, refused_since) if refused_since is not None else Counts()
                done += retry_due(work, lookups) + switch_on(work, lookups)
            applied = self.home.now()
            keep_batch(work, self.home, "load" if store is bulk else "changes", done)
            if state.map == table_map.key:  # a second pass reads the same rows once more
                tally.count_rows(connection, table_map.key, done, work.now)
            checkpoints.advance(connection, following, work.now, since=state, done=not batch.more)
            run = account.grown(done, self.home.now())
            number = account.keep(connection, run)
            reached("commit")
        account.settled(run, number)
        reached("committed")
        if isinstance(self.source, Acknowledging):
            self.source.committed(table_map, batch.cursor)
        return done, following, self.home.now() - applied

    def _kept(self, table_map: CompiledMap, pull: Callable[[Account], None], account: Account) -> Run:
        """Run, and keep in the history what came of it."""
        try:
            pull(account)
        except ConnectorError as fault:
            return self.failed(account, self.explained(table_map, fault))
        return self.done(account)

    def account(self, table_map: CompiledMap, mode: str) -> Account:
        """What a run does that begins now."""
        return Account.begun(table_map.key, mode, self.home.now())

    def done(self, account: Account) -> Run:
        """A run that has come to its end now. What it did is in the history already, with its rows.

        A pass of a load that committed nothing has no line: somebody told the map to load anew meanwhile, and it would stand
        among the runs of that load.
        """
        return replace(account.run, finished_at=self.home.now())

    def explained(self, table_map: CompiledMap, fault: ConnectorError) -> ConnectorError:
        """The fault, or that the table has changed, where that is what is behind it; some drivers call that no answer."""
        if isinstance(fault, Drifted):
            return fault
        try:
            self.seen_as(table_map, at_once=True)
        except Drifted as drifted:
            return drifted
        except ConnectorError:
            return fault
        return fault

    def failed(self, account: Account, fault: ConnectorError) -> Run:
        """A run that a fault has ended, which is kept with the map: it is tried again later, each time after a longer wait."""
        now, name = self.home.now(), account.run.map
        outcome = "waiting" if isinstance(fault, Retriable) else "failed"
        run = replace(account.run, finished_at=now, outcome=outcome, message=str(fault))
        with under_lease(self.home, self.lease) as connection:
            failures = read_checkpoint(connection, name).failures
            checkpoints.fail(connection, name, str(fault), now, now + _pause(fault, failures))
            tally.count_errors(connection, name, tally.IN, (_class_of(fault),), now)
            if failures == 0 or account.number is not None:
                keep_run(connection, run, account.number)
        return run


class Between(Protocol):
    """What is done now and then between two batches."""

    def is_due(self) -> bool:
        """Whether something is to be done after the next batch."""
        ...

    def do(self) -> None:
        """Do it."""
        ...


@dataclass(slots=True)
class _Aside:
    """What else a run does: serve the others of its connection now and then, and try the second pass of its load."""

    runner: Runner
    table_map: CompiledMap
    rehearsal: Rehearsal | None
    state: Checkpoint
    since: float = field(default_factory=time.monotonic)
    _tried: dt.timedelta = field(default_factory=dt.timedelta)

    def is_due(self) -> bool:
        """See Between.is_due."""
        return self._rehearses() or self._gives_way()

    def do(self) -> None:
        """See Between.do."""
        if self.rehearsal is not None and self._rehearses():
            begun = self.runner.home.now()
            self.runner.rehearse(self.rehearsal, self.state)
            self._tried += self.runner.home.now() - begun
        if self.runner.meanwhile is not None and self._gives_way():
            self.runner.meanwhile(self.table_map)
            self.since = time.monotonic()

    def tried_for(self) -> dt.timedelta:
        """How long the second pass was tried since this was last asked."""
        tried, self._tried = self._tried, dt.timedelta()
        return tried

    def _rehearses(self) -> bool:
        return self.rehearsal is not None and self.rehearsal.due(self.state)

    def _gives_way(self) -> bool:
        return self.runner.meanwhile is not None and time.monotonic() - self.since >= GIVES_WAY_SECONDS


def _limit(table_map: CompiledMap, store: Store) -> int:
    """How many rows a batch has at most."""
    return table_map.model.batch_size * (LOAD_FACTOR if store is bulk else 1)


def _same_kinds(kinds: dict[str, type], record: Record) -> bool:
    """Whether the values of a record are of the types that they were so far; what is new is remembered."""
    found = {name: type(value) for name, value in record.items() if value is not None}
    same = all(kinds.get(name, kind) is kind for name, kind in found.items())
    kinds.update(found)
    return same


def pages(
    source: Source, table_map: CompiledMap, cursor: Cursor | None, limit: int, between: Between | None = None
) -> Iterator[Batch]:
    """Batch after batch until nothing more comes. The next one is read while the caller works on this one.

    What is done `between` two of them is done when none has been read that is not stored: what it changes on either side is
    not undone by what was read before.
    """
    first = source.pull(table_map, cursor, limit)
    if not first.more:
        yield first
        return
    batch = first
    with ThreadPoolExecutor(1, "pull") as ahead:
        while True:
            following: Future[Batch] | None = None
            gives_way = between is not None and between.is_due()
            if batch.more and not gives_way:
                following = ahead.submit(source.pull, table_map, batch.cursor, limit)
            yield batch
            if not batch.more:
                return
            if following is None and between is not None:
                between.do()
            batch = following.result() if following else source.pull(table_map, batch.cursor, limit)


def _class_of(fault: ConnectorError) -> str:
    """The class of a fault of the whole map, as errors are counted."""
    if isinstance(fault, Retriable):
        return "unreachable"
    return "gap" if isinstance(fault, Gap) else DRIFTED if isinstance(fault, Drifted) else "fatal"


def _pause(fault: ConnectorError, failures: int) -> dt.timedelta:
    """How long to wait: longer each time; a fault that somebody must mend is looked at once a minute."""
    if not isinstance(fault, Retriable):
        return dt.timedelta(seconds=LONGEST_WAIT)
    return dt.timedelta(seconds=patience(fault, failures))
