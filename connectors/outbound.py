"""The outbox on its way: per record in order, receipts kept, waiting what can wait, parked what must be mended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connectors import outbox, tally
from connectors.errors import LONGEST_WAIT, ConnectorError, RecordRejected, Retriable, patience
from connectors.failpoints import reached
from connectors.home import Home, Work
from connectors.lease import Lease, under_lease
from connectors.links import unlink
from connectors.met import Met, meet, settle_met
from connectors.outbox import Owed
from connectors.protocol import Adapter, Change, Receipt
from connectors.refused import take_refusal, tell_reason
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

ANSWER_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Relay:
    """Delivers the outbox of one connection. `lease` is the right to do so."""

    home: Home
    adapter: Adapter
    lease: Lease
    maps: Mapping[str, CompiledMap]

    def deliver(self) -> int:
        """Send what is due; how many were delivered. Stops at the first sign that the outside is down."""
        with self.home.read() as connection:
            owed = outbox.due(connection, self.maps, self.home.now())
        done = 0
        for item in owed:
            reached("read")
            try:
                done += self._submit(item) if item.operation == outbox.SUBMIT else self._push(item)
            except Retriable as fault:
                self._write(item, lambda work, item=item, fault=fault: _wait(work, item, fault))  # type: ignore[misc]
                break
            except ConnectorError as fault:
                self._write(item, lambda work, item=item, fault=fault: _park(work, item, fault))  # type: ignore[misc]
        return done

    def _push(self, item: Owed) -> int:
        table_map = self.maps[item.map]
        met = self._met(item)
        values = met.values
        if met.waits:
            self._write(item, lambda work: settle_met(work, item, met))
            return 0
        change = Change(table_map, item.operation, item.payload["key"], values, met=met.row)
        reached("converted")
        receipt = self._pushed(change, item.idempotency) if values or item.operation != "update" else Receipt()

        reached("applying")

        def write(work: Work) -> None:
            settle_met(work, item, met)
            _delivered(work, item, receipt)

        self._write(item, write)
        return 1

    def _met(self, item: Owed) -> Met:
        """What the outside has by now of what is to be changed there."""
        if item.operation != "update" or not item.payload.get("was"):
            return Met(item.payload["values"])
        table_map, key = self.maps[item.map], item.payload["key"]
        column, value = next(iter(key.items()))
        found = self.adapter.find(table_map, column, value)
        row = next((row for row in found if all(str(row.get(name)) == str(wanted) for name, wanted in key.items())), None)
        if row is None:
            return Met(item.payload["values"])
        with self.home.read() as connection:
            return meet(Work(connection, self.home.rows(connection), table_map, self.home.now()), item, row)

    def _pushed(self, change: Change, idempotency: str) -> Receipt:
        """Push; an insert of a row that is there already was sent before its receipt was lost."""
        try:
            return self.adapter.push(change, idempotency)
        except RecordRejected:
            column, value = next(iter(change.key.items()))
            found = self.adapter.find(change.map, column, value) if change.operation == "insert" else ()
            if any(all(row.get(name) == wanted for name, wanted in change.key.items()) for row in found):
                return Receipt(repeated=True)
            raise

    def _submit(self, item: Owed) -> int:
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
            return 1
        if answer.state == REFUSED:
            self._write(item, lambda work: _refuse(work, item, letter, answer))
            return 0
        pause = min(LONGEST_WAIT, ANSWER_SECONDS * 2 ** min(item.attempts, 8))
        later = self.home.now() + dt.timedelta(seconds=pause)
        self._write(item, lambda work: outbox.wait(work.connection, item, answer.reason, later))
        return 0

    def _write(self, item: Owed, what: Callable[[Work], None]) -> None:
        with under_lease(self.home, self.lease) as connection:
            what(Work(connection, self.home.rows(connection), self.maps[item.map], self.home.now()))
            reached("commit")
        reached("committed")


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
        outbox.delivered(work.connection, owed.id, {"answer": answer.state}, work.now)
        _counted(work, owed.operation)


def _delivered(work: Work, item: Owed, receipt: Receipt) -> None:
    outbox.delivered(work.connection, item.id, {"repeated": receipt.repeated}, work.now)
    _counted(work, item.operation)
    if item.attempts:
        tell_reason(work, item.record_id, "")


def _counted(work: Work, operation: str) -> None:
    tally.count(work.connection, work.table_map.key, tally.OUT, {(operation, ""): 1}, work.now)


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
