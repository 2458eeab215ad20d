"""Synchronous write-through: the port through which forms ask the outside system before a new record counts."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

from connectors.errors import ConnectorError, RecordRejected, first_line
from connectors.failpoints import reached
from connectors.home import Work, utc_now
from connectors.links import announce, announce_until, announced_until, conclude, link_records
from connectors.outbound import settle
from connectors.outbox import SUBMIT, Owing, owe
from connectors.port import RowsInUse, RowStore
from connectors.tablemap import CompiledMap, compiled_map, compiled_maps
from connectors.values import dump_json, load_json
from connectors.writethrough import ACCEPTED, REFUSED, SILENT, Answer, Letter, Part, await_answer, compose, send
from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.forms.ports import Accepted, Queued, Refusal
from runtime.records.bulk import SqlRowStore
from runtime.sync.homes import ORIGIN
from runtime.sync.pool import Adapters

log = logging.getLogger(__name__)
MARGIN_SECONDS = 30.0
SAID, UNCLEAR, UNCERTAIN = "form.refused", "form.outside_refused", "form.outside_uncertain"


class OutsideSubmission:
    """The `Submission` of forms for entities that have a table map with write-through."""

    def __init__(self, adapters: Adapters) -> None:
        self._adapters = adapters

    def concerns(self, snapshot: Snapshot, entity: str) -> bool:
        """Whether new records of the entity need an answer."""
        return _map_for(snapshot, entity) is not None

    def prepare(
        self, connection: Connection, snapshot: Snapshot, entity: str, record_id: int, key: str
    ) -> OutsideQuestion | Refusal:
        """The record and its children as the outside gets them. Raises LookupError for an entity that is not asked about."""
        table_map = _map_for(snapshot, entity)
        if table_map is None:
            raise LookupError(entity)
        through = table_map.model.write_through
        children = tuple(compiled_map(snapshot, name) for name in through.children) if through else ()
        rows = _rows(connection, snapshot)
        try:
            letter = compose(rows, Part(table_map, record_id, key), children)
        except RecordRejected as fault:
            return _unclear(table_map, fault)
        reached("read")
        return OutsideQuestion(
            self._adapters, snapshot, letter, children, _stored(rows, letter), announced_until(connection, key)
        )

    def knows(self, snapshot: Snapshot, entity: str, key: str) -> bool | None:
        """Whether the outside has a record under this key; None while it is down."""
        table_map = _map_for(snapshot, entity)
        through = table_map.model.write_through if table_map is not None else None
        if table_map is None or through is None:
            return False
        try:
            return bool(self._adapters.of(table_map.connection).find(table_map, through.key_column, key))
        except ConnectorError as fault:
            log.warning("cannot be asked: %s", fault, extra={"action": "submission_unknown", "map": table_map.key})
            return None


@dataclass(frozen=True, slots=True)
class OutsideQuestion:
    """A letter to the outside system. `stored` are the values of the record and its children that go out with it; `earlier`
    is until when what was sent before under this key may still arrive there, 0.0 where nothing was.
    """

    adapters: Adapters
    snapshot: Snapshot
    letter: Letter
    children: tuple[CompiledMap, ...]
    stored: tuple[Mapping[str, Any], ...]
    earlier: float

    @property
    def sent(self) -> str:
        """What goes out, as a text."""
        return dump_json(list(self.stored))

    def as_before(self, sent: str) -> OutsideQuestion:
        """The same question about what went out before."""
        return replace(self, stored=tuple(load_json(sent)))

    def announce(self, connection: Connection) -> None:
        """Tell pulls that this key is on its way, so that they do not make the record a second time."""
        announce(connection, self.letter.head.key, self.letter.through.timeout + MARGIN_SECONDS)

    def conclude(self, connection: Connection, reply: Refusal) -> None:
        """Tell them that it is not any more; where no answer came it may be, until what was announced is over."""
        if not reply.unanswered:
            conclude(connection, self.letter.head.key)
        elif reply.text == UNCERTAIN:
            announce_until(connection, self.letter.head.key, self.earlier)

    def ask(self) -> OutsideReply | Refusal:
        """Ask the outside. Never raises for what happens there: it is a refusal, or the record is to be queued."""
        table_map = self.letter.head.table_map
        try:
            adapter = self.adapters.of(table_map.connection)
            reached("converted")
            send(adapter, self.letter)
            reached("applying")
            answer = await_answer(adapter, self.letter)
        except RecordRejected as fault:
            refusal = _unclear(table_map, fault)
            # A request of an earlier try may still be at work outside: what is refused now may be taken by that one.
            return replace(refusal, unanswered=True, text=UNCERTAIN) if self.earlier else refusal
        except ConnectorError as fault:
            answer = Answer(SILENT, reason=str(fault))
        if answer.state == REFUSED:
            return Refusal(answer.message, answer.attribute, answer.line, text=SAID if answer.message else UNCLEAR)
        if answer.state != ACCEPTED:
            log.warning("no answer: %s", answer.reason, extra={"action": "submission_unanswered", "map": table_map.key})
            if self.letter.through.fallback == "refuse":
                return Refusal("", unanswered=True, text="form.outside_down")
        return OutsideReply(self, answer)


@dataclass(frozen=True, slots=True)
class OutsideReply:
    """Yes, or nothing yet."""

    question: OutsideQuestion
    answer: Answer

    def settle(self, connection: Connection, record_id: int) -> Accepted | Queued:
        """Take the answer into the record, or owe the record under its key where there is none."""
        question = self.question
        head = question.letter.head
        work = Work(connection, _rows(connection, question.snapshot), head.table_map, utc_now())
        letter = compose(work.rows, Part(head.table_map, record_id, head.key), question.children)
        for part, values in zip((letter.head, *letter.children), question.stored, strict=False):
            work.rows.upsert(part.table_map.entity.key, ("id",), [{"id": part.record_id, **values}])
        conclude(connection, head.key)
        outcome = self._outcome(work, letter)
        reached("commit")
        return outcome

    def _outcome(self, work: Work, letter: Letter) -> Accepted | Queued:
        answer = self.answer
        if answer.state != ACCEPTED:
            return _queue(work, letter, answer.reason)
        try:
            with work.connection.begin_nested():
                settle(work, letter, answer)
        except (ConnectorError, RowsInUse, ValueError, IntegrityError, DataError) as fault:
            # It was taken, so it must not be lost here: an operator reads why its answer could not be put in place.
            return _queue(work, letter, f"taken, but its answer cannot be read: {first_line(fault)}")
        return Accepted()


def _rows(connection: Connection, snapshot: Snapshot) -> RowStore:
    return SqlRowStore(connection, snapshot, Principal.system(ORIGIN))


def _stored(rows: RowStore, letter: Letter) -> tuple[Mapping[str, Any], ...]:
    """What goes out of the record and its children, so that what is kept is what was sent, defaults of the moment included.

    The children's look-ups are left out, which may point at the record that was undone; numbers are drawn once more when
    the record is written for good.
    """
    found = []
    for part in (letter.head, *letter.children):
        attributes = part.table_map.entity.attributes
        names = [item.attribute for item in part.table_map.outward if item.lookup is None or part is letter.head]
        names = [name for name in names if attributes[name].type.name != "auto_number" and not attributes[name].system]
        (row,) = rows.read(part.table_map.entity.key, (part.record_id,), names)
        found.append({name: row[name] for name in names})
    return tuple(found)


def _unclear(table_map: CompiledMap, fault: RecordRejected) -> Refusal:
    log.warning("a record was not taken: %s", fault, extra={"action": "submission_rejected", "map": table_map.key})
    return Refusal("", text=UNCLEAR)


def _queue(work: Work, letter: Letter, reason: str) -> Queued:
    """Owe the record under its key, and remember which outside keys are ours, so that a pull does not make it twice."""
    head = letter.head
    owing = Owing(head.table_map.key, head.table_map.entity.key, head.record_id, SUBMIT, {})
    owe(work.connection, owing, work.now, head.key, reason)
    for part in (head, *letter.children):
        link_records(work.connection, part.table_map.key, {part.key: part.record_id})
    return Queued()


def _map_for(snapshot: Snapshot, entity: str) -> CompiledMap | None:
    """The map through which new records of an entity are submitted."""

    def find() -> CompiledMap | None:
        for table_map in compiled_maps(snapshot):
            through = table_map.model.write_through
            if through is not None and not through.parent_column and table_map.entity.key == entity and table_map.outward:
                return table_map
        return None

    return snapshot.derive(("runtime.sync.submission", entity), find)
