"""Synchronous write-through: the port through which forms ask the outside system before a new record counts."""

from __future__ import annotations

import logging
from contextlib import suppress

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError, TimeoutError

from connectors.errors import ConnectorError, RecordRejected, first_line
from connectors.home import Work, utc_now
from connectors.links import announce, conclude, link_records
from connectors.outbound import settle
from connectors.outbox import SUBMIT, Owing, owe
from connectors.port import RowsInUse
from connectors.protocol import Adapter
from connectors.tablemap import CompiledMap, compiled_map, compiled_maps
from connectors.writethrough import ACCEPTED, REFUSED, Answer, Letter, Part, await_answer, compose, send
from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.forms.ports import Accepted, Outcome, Queued, Refusal
from runtime.records.bulk import SqlRowStore
from runtime.sync.homes import ORIGIN
from runtime.sync.pool import Adapters

log = logging.getLogger(__name__)
MARGIN_SECONDS = 30.0
DOWN = "The system behind this site does not answer right now; nothing was sent twice. Please try again in a moment."
UNCLEAR = "The system behind this site did not take it. Please try again, or ask us."


class OutsideSubmission:
    """The `Submission` of forms for entities that have a table map with write-through."""

    def __init__(self, adapters: Adapters) -> None:
        self._adapters = adapters

    def concerns(self, snapshot: Snapshot, entity: str) -> bool:
        """Whether new records of the entity need an answer."""
        return _map_for(snapshot, entity) is not None

    def ask(
        self, connection: Connection, snapshot: Snapshot, principal: Principal, entity: str, record_id: int, key: str
    ) -> Outcome:
        """Ask the outside. Never raises for what happens there: it is a refusal, or the record is queued."""
        table_map = _map_for(snapshot, entity)
        if table_map is None:
            return Accepted()
        work = Work(connection, SqlRowStore(connection, snapshot, Principal.system(ORIGIN)), table_map, utc_now())
        through = table_map.model.write_through
        children = [compiled_map(snapshot, name) for name in through.children] if through else []
        _announce(connection, key, (through.timeout if through else 0) + MARGIN_SECONDS)
        try:
            letter = compose(work.rows, Part(table_map, record_id, key), children)
            adapter = self._adapters.of(table_map.connection)
            answer = _asked(adapter, letter)
        except RecordRejected as fault:
            log.warning("a record was not taken: %s", fault, extra={"action": "submission_rejected", "map": table_map.key})
            return Refusal(UNCLEAR)
        except ConnectorError as fault:
            return _fallback(work, Part(table_map, record_id, key), children, str(fault))
        return _outcome(work, adapter, letter, answer)

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


def _asked(adapter: Adapter, letter: Letter) -> Answer:
    send(adapter, letter)
    return await_answer(adapter, letter)


def _outcome(work: Work, adapter: Adapter, letter: Letter, answer: Answer) -> Outcome:
    if answer.state == REFUSED:
        conclude(work.connection, letter.head.key)
        return Refusal(answer.message or UNCLEAR, answer.attribute, answer.line)
    children = list(dict.fromkeys(part.table_map for part in letter.children))
    if answer.state != ACCEPTED:
        return _fallback(work, letter.head, children, answer.reason)
    try:
        with work.connection.begin_nested():
            settle(work, adapter, letter, answer)
    except (ConnectorError, RowsInUse, ValueError) as fault:
        # It was taken, so it must not be lost here: an operator reads why its answer could not be put in place.
        return _queue(work, letter.head, children, f"taken, but its answer cannot be read: {first_line(fault)}")
    conclude(work.connection, letter.head.key)
    return Accepted()


def _fallback(work: Work, head: Part, children: list[CompiledMap], reason: str) -> Outcome:
    through = work.table_map.model.write_through
    log.warning("no answer: %s", reason, extra={"action": "submission_unanswered", "map": work.table_map.key})
    if through is not None and through.fallback == "refuse":
        conclude(work.connection, head.key)
        return Refusal(DOWN, unanswered=True)
    return _queue(work, head, children, reason)


def _queue(work: Work, head: Part, children: list[CompiledMap], reason: str) -> Outcome:
    """Owe the record under its key, and remember which outside keys are ours, so that a pull does not make it twice."""
    letter = compose(work.rows, head, children)
    owing = Owing(head.table_map.key, head.table_map.entity.key, head.record_id, SUBMIT, {})
    owe(work.connection, owing, work.now, head.key, reason)
    for part in (head, *letter.children):
        link_records(work.connection, part.table_map.key, {part.key: part.record_id})
    conclude(work.connection, head.key)
    return Queued()


def _announce(connection: Connection, key: str, seconds: float) -> None:
    """Tell other transactions that this key is on its way, before it is.

    SQLite has one writer at a time, which is the caller, so that no pull can come between.
    """
    if connection.dialect.name == "sqlite":
        return
    with suppress(OperationalError, TimeoutError), connection.engine.begin() as aside:
        announce(aside, key, seconds)


def _map_for(snapshot: Snapshot, entity: str) -> CompiledMap | None:
    """The map through which new records of an entity are submitted."""

    def find() -> CompiledMap | None:
        for table_map in compiled_maps(snapshot):
            through = table_map.model.write_through
            if through is not None and not through.parent_column and table_map.entity.key == entity and table_map.outward:
                return table_map
        return None

    return snapshot.derive(("runtime.sync.submission", entity), find)
