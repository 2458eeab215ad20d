"""The outbox on its way: per record in order, receipts kept, waiting what can wait, parked what must be mended."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, takewhile

from sqlalchemy import Connection

from connectors import outbox, tally
from connectors.batched import batched
from connectors.errors import LONGEST_WAIT, ConnectorError, RecordRejected, Retriable, is_silence, patience
from connectors.failpoints import reached
from connectors.home import Home, Work
from connectors.lease import Lease, under_lease
from connectors.links import unlink
from connectors.met import Met, meet, settle_met
from connectors.origin import carried
from connectors.outbox import Owed
from connectors.protocol import Adapter, Batching, Change, Receipt, Record, Verdict, texts
from connectors.refused import take_refusal, tell_reason
from connectors.steps import Facts, owed_step
from connectors.tablemap import CompiledMap
from connectors.writethrough import (
    ACCEPTED,
    REFUSED,
    Answer,
    Letter,
    Part,
    compose,
    read_answer,
    send,
    take_back,
)

log = logging.getLogger(__name__)
UNANSWERED = "unanswered"
ANSWER_SECONDS = 0.25
PARCEL = 200
"""How many changes go together at most, where the outside takes several at once."""
DOWN = 2
"""So many changes running that the outside does not answer are no longer the matter of each of them."""
REST_SECONDS = 2.0
"""For so long an outside that is down is left alone, at most: each change that was tried waits for itself besides."""
OFTEN = 6
"""Who was tried so often without an answer waits for itself also when others get one: the fault may be its own."""
Ready = tuple[Owed, Met]
Sent = tuple[Owed, Verdict | None]
"""What is owed, and what became of it; None where an answer or somebody's decision is waited for."""
Place = tuple[CompiledMap, tuple[str, ...]]


@dataclass(slots=True)
class Rest:
    """Until when nothing is sent, since the outside is down; by this process's clock, and for whoever sends next in it."""

    until: float = 0.0
    down: bool = False
    silenced: set[int] = field(default_factory=set)
    """What waits only because the outside did not answer while it was down, by number."""

    @property
    def over(self) -> bool:
        """Whether there is no reason not to send."""
        return time.monotonic() >= self.until


@dataclass(frozen=True, slots=True)
class Relay:
    """Delivers the outbox of one connection. `lease` is the right to do so."""

    home: Home
    adapter: Adapter
    lease: Lease
    maps: Mapping[str, CompiledMap]
    rest: Rest

    def deliver(self) -> int:
        """Send what is due; how many were delivered. Where the outside is down, everything rests for a while."""
        with self.home.read() as connection:
            owed = outbox.due(connection, self.maps, self.home.now())
        done = silent = 0
        told: Counter[tuple[str, str, str]] = Counter()
        for item, verdict in self._sent(owed):
            done += isinstance(verdict, Receipt)
            told[item.origin or "", item.map, _outcome(verdict)] += 1
            silent = silent + 1 if is_silence(verdict) else 0
            if silent == DOWN and isinstance(verdict, Retriable):
                self.rest.down = True
                self.rest.until = time.monotonic() + min(REST_SECONDS, patience(verdict, item.attempts))
                break
        if done and silent < DOWN:
            self._hear_again()
        for (origin, name, outcome), number in told.items():
            level = logging.DEBUG if outcome == UNANSWERED else logging.INFO  # asked again and again, until there is one
            with carried(origin):
                log.log(level, "changes sent", extra={"action": "deliver", "map": name, "outcome": outcome, "changes": number})
        return done

    def _hear_again(self) -> None:
        """The outside answers: where it was down, what waits for nothing else need not wait until its own time has come."""
        numbers = self.rest.silenced if self.rest.down else set()
        self.rest.down, self.rest.silenced = False, set()
        if numbers:
            with under_lease(self.home, self.lease) as connection:
                outbox.hurry(connection, numbers)

    def _sent(self, owed: Iterable[Owed]) -> Iterator[Sent]:
        """What is owed, as it is sent: new records that wait for their answer one by one, the rest together if that can be."""
        most = PARCEL if isinstance(self.adapter, Batching) else 1
        for submitted, run in groupby(owed, lambda item: item.operation == outbox.SUBMIT):
            for parcel in batched(run, 1 if submitted else most):
                reached("read")
                yield from [self._submit(parcel[0])] if submitted else self._push(parcel)

    def _push(self, parcel: Sequence[Owed]) -> Iterator[Sent]:
        try:
            met = self._met(parcel)
        except ConnectorError as fault:
            if len(parcel) == 1:
                yield from self._keep([(parcel[0], Met({}))], [fault])
            elif isinstance(fault, Retriable):  # the next one by itself tells whether that is so of every one
                yield from self._keep([(parcel[0], Met({}))], [fault])
                yield from self._push(parcel[1:2])
                yield from self._push(parcel[2:])
            else:  # whose fault it is shows when each is by itself
                for item in parcel:
                    yield from self._push([item])
            return
        ready = list(zip(parcel, met, strict=True))
        while ready:
            # One that meets a conflict goes by itself: what is written here because of it is no matter of the others.
            run = list(takewhile(lambda pair: not pair[1].clashes, ready)) or ready[:1]
            reached("converted")
            verdicts = self._pushed(run)
            reached("applying")
            yield from self._keep(run, verdicts)
            ready = ready[len(verdicts) :]

    def _met(self, parcel: Sequence[Owed]) -> list[Met]:
        """What the outside has by now of what is to be changed there."""
        asked = {item.id: item for item in parcel if item.operation == "update" and item.payload.get("was")}
        rows = self._find((self.maps[item.map], item.payload["key"]) for item in asked.values())
        found: list[Met] = []
        with self.home.read() as connection:
            stored = self.home.rows(connection)
            for item in parcel:
                row = rows.get(_place(self.maps[item.map], item.payload["key"])) if item.id in asked else None
                work = Work(connection, stored, self.maps[item.map], self.home.now())
                found.append(meet(work, item, row))
        return found

    def _find(self, wanted: Iterable[tuple[CompiledMap, Record]]) -> dict[Place, Record]:
        """The outside's rows with these keys."""
        found: dict[Place, Record] = {}
        keys: dict[Place, list[Record]] = {}
        for table_map, key in wanted:
            keys.setdefault((table_map, tuple(key)), []).append(key)
        for (table_map, names), these in keys.items():
            if isinstance(self.adapter, Batching):
                rows = self.adapter.find_rows(table_map, these)
            else:
                rows = [row for key in these for row in self.adapter.find(table_map, names[0], key[names[0]])]
            for row in reversed(rows):
                found[table_map, texts(names, row)] = row
        return found

    def _pushed(self, run: Sequence[Ready]) -> list[Verdict | None]:
        """What becomes of these, or of the first of them. Where all is there already nothing is sent."""
        verdicts: list[Verdict | None] = [met.fault or (None if met.waits else Receipt()) for _, met in run]
        stays = [met.waits or met.fault is not None for _, met in run]
        going = [at for at, (item, met) in enumerate(run) if not stays[at] and (met.values or item.operation != "update")]
        if not going:
            return verdicts
        changes = []
        for item, met in (run[at] for at in going):
            sending = self.maps[item.map], item.operation, item.payload["key"], met.values
            changes.append(Change(*sending, met=met.row, exact=bool(met.sums)))
        facts: Facts = {"foyer.maps": tuple(sorted({change.map.key for change in changes})), "foyer.changes": len(changes)}
        with owed_step((run[at][0].origin for at in going), "deliver", facts) as told:
            answers = self._answers(changes, run[going[0]][0].idempotency)
            if failed := {_outcome(verdict) for verdict in answers if isinstance(verdict, ConnectorError)}:
                told.fail(min(failed))
        for at, verdict in zip(going, answers, strict=False):
            verdicts[at] = verdict
        return verdicts if len(answers) == len(going) else verdicts[: going[len(answers)]]

    def _answers(self, changes: Sequence[Change], first: str) -> Sequence[Verdict]:
        """Push all, or the first one under its key; an insert of a row that is there already lost its receipt."""
        many = self.adapter.push_many(changes) if isinstance(self.adapter, Batching) else [self._answer(changes[0], first)]
        answers = list(many)
        doubtful = [
            at
            for at, (change, verdict) in enumerate(zip(changes, answers, strict=False))
            if change.operation == "insert" and isinstance(verdict, RecordRejected)
        ]
        try:
            there = self._find((changes[at].map, changes[at].key) for at in doubtful)
        except ConnectorError as fault:
            return [fault if at in doubtful else verdict for at, verdict in enumerate(answers)]
        for at in doubtful:
            if _place(changes[at].map, changes[at].key) in there:
                answers[at] = Receipt(repeated=True)
        return answers

    def _answer(self, change: Change, idempotency: str) -> Verdict:
        try:
            return self.adapter.push(change, idempotency)
        except ConnectorError as fault:
            return fault

    def _keep(self, run: Sequence[Ready], verdicts: Sequence[Verdict | None]) -> list[Sent]:
        """Write down what became of these, in one transaction."""
        sent = list(zip(run, verdicts, strict=False))
        with under_lease(self.home, self.lease) as connection:
            rows, now = self.home.rows(connection), self.home.now()
            for (item, met), verdict in sent:
                work = Work(connection, rows, self.maps[item.map], now)
                if isinstance(verdict, ConnectorError):
                    self._put_off(work, item, verdict)
                else:
                    settle_met(work, item, met)
                if isinstance(verdict, Receipt) and item.attempts:
                    tell_reason(work, item.record_id, "")
            _delivered(connection, [(item, verdict) for (item, _), verdict in sent if isinstance(verdict, Receipt)], now)
            reached("commit")
        reached("committed")
        return [(item, verdict) for (item, _), verdict in sent]

    def _put_off(self, work: Work, item: Owed, fault: ConnectorError) -> None:
        """Wait, or park. What is refused while something owed before it waits may need just that, as a child its parent."""
        if is_silence(fault) and item.attempts < OFTEN:
            self.rest.silenced.add(item.id)
        if isinstance(fault, RecordRejected) and outbox.waits_before(work.connection, self.maps, item):
            fault = Retriable(str(fault))
        if isinstance(fault, Retriable):
            _wait(work, item, fault)
        else:
            _park(work, item, fault)

    def _submit(self, item: Owed) -> Sent:
        try:
            with owed_step((item.origin,), "deliver", {"foyer.maps": (item.map,), "foyer.changes": 1}):
                return item, self._asked(item)
        except ConnectorError as fault:
            self._write(item, lambda work, fault=fault: self._put_off(work, item, fault))  # type: ignore[misc]
            return item, fault

    def _asked(self, item: Owed) -> Receipt | None:
        """A new record that waits for its answer: send it unless it is there, look once, come again."""
        with self.home.read() as connection:
            work = Work(connection, self.home.rows(connection), self.maps[item.map], self.home.now())
            letter = compose_owed(work, item, self.maps)
        reached("converted")
        send(self.adapter, letter)
        reached("applying")
        answer = read_answer(self.adapter, letter)
        if answer.state == ACCEPTED:
            self._write(item, lambda work: settle(work, letter, answer))
            return Receipt()
        if answer.state == REFUSED:
            self._write(item, lambda work: _refuse(work, item, letter, answer))
            return None
        pause = min(LONGEST_WAIT, ANSWER_SECONDS * 2 ** min(item.attempts, 8))
        later = self.home.now() + dt.timedelta(seconds=pause)
        self._write(item, lambda work: outbox.wait(work.connection, item, answer.reason, later))
        return None

    def _write(self, item: Owed, what: Callable[[Work], None]) -> None:
        with under_lease(self.home, self.lease) as connection:
            what(Work(connection, self.home.rows(connection), self.maps[item.map], self.home.now()))
            reached("commit")
        reached("committed")


def _outcome(verdict: Verdict | None) -> str:
    """What became of a change, in a word for the log."""
    if verdict is None:
        return UNANSWERED
    return "delivered" if isinstance(verdict, Receipt) else verdict.code if isinstance(verdict, RecordRejected) else "failed"


def compose_owed(work: Work, item: Owed, maps: Mapping[str, CompiledMap]) -> Letter:
    """The letter of a queued submission, from the record as it is now."""
    head = Part(work.table_map, item.record_id, item.idempotency)
    through = work.table_map.model.write_through
    names = through.children if through is not None else ()
    return compose(work.rows, head, [maps[name] for name in names if name in maps])


def settle(work: Work, letter: Letter, answer: Answer) -> None:
    """An accepted record: take back what the outside made of it, and owe it no more."""
    take_back(work, letter, answer)
    for part in (letter.head, *letter.children):
        unlink(work.connection, part.table_map.key, [part.key])
    owed = outbox.find_owed(work.connection, letter.head.key)
    if owed is not None:
        outbox.delivered(work.connection, [owed.id], {"answer": answer.state}, work.now)
        tally.count(work.connection, owed.map, tally.OUT, {(owed.operation, ""): 1}, work.now)


def _delivered(connection: Connection, sent: Sequence[tuple[Owed, Receipt]], now: dt.datetime) -> None:
    for repeated in (False, True):
        these = [item.id for item, receipt in sent if receipt.repeated is repeated]
        outbox.delivered(connection, these, {"repeated": repeated}, now)
    for name, found in groupby(sorted((item.map, item.operation) for item, _ in sent), lambda pair: pair[0]):
        numbers = Counter((operation, "") for _, operation in found)
        tally.count(connection, name, tally.OUT, numbers, now)


def _place(table_map: CompiledMap, key: Record) -> Place:
    """What tells an outside row from others."""
    return table_map, texts(key, key)


def _refuse(work: Work, item: Owed, letter: Letter, answer: Answer) -> None:
    """The last word is no: the record tells it, and nothing is sent again."""
    take_refusal(work, letter, answer)
    outbox.park(work.connection, item, f"refused: {answer.message}", "refused", work.now)


def _wait(work: Work, item: Owed, fault: Retriable) -> None:
    pause = patience(fault, item.attempts)
    outbox.wait(work.connection, item, str(fault), work.now + dt.timedelta(seconds=pause))


def _park(work: Work, item: Owed, fault: ConnectorError) -> None:
    code = fault.code if isinstance(fault, RecordRejected) else "fatal"
    outbox.park(work.connection, item, str(fault), code, work.now)
    if item.operation != "delete":
        tell_reason(work, item.record_id, str(fault))
