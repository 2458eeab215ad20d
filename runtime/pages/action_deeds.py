"""What an action does besides writing values: mails, commands for outside systems, tasks. All are owed in its transaction.

What they say and whom they reach is read of the record as the action left it, as far as the person may read it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from metadata.expressions.evaluate import Value
from metadata.model import ActionMail, GivenValue, RecordAction
from metadata.snapshot import Snapshot
from runtime.context import RequestContext
from runtime.jobs.queue import CALL, MAIL, TASK, Job, owe
from runtime.pages.content import words_of
from runtime.pages.speech import formats_of
from runtime.pages.stored_row import Asking, asked_paths
from runtime.records.audit import record_act
from runtime.records.details import Record, fetch_record
from runtime.records.errors import Denied

PLACE = re.compile(r"\{([a-z_][a-z0-9_.]*)\}")
_KEY = re.compile("[0-9a-f]{32}")


def owe_deeds(connection: Connection, context: RequestContext, action: RecordAction, record: Record, sent: str) -> bool:
    """Owe all that an action declares, in the transaction of its write. `sent` is the key of this sending: sent twice, it is
    owed once, and the second time this is False. Raises Denied where the person may no longer read the record."""
    if not (action.mail or action.call or action.task):
        return True
    wanted = _paths(context, action, record)
    by_now = fetch_record(connection, context.snapshot, context.principal, record.entity, "id", record.id, wanted)
    if by_now is None:
        raise Denied(record.entity)
    deeds = [*_mails(context, action, by_now), *_calls(context, action, by_now), *_tasks(context, action, by_now)]
    now = dt.datetime.now(dt.UTC)
    principal = context.principal
    key = sent if _KEY.fullmatch(sent) else hashlib.sha256(repr(sent).encode()).hexdigest()[:32]
    fresh = True
    for number, (kind, payload) in enumerate(deeds):
        name = f"{key}-{principal.contact or 0}-{record.id}-{action.key}-{number}"
        job = Job(name, kind, context.site.key, principal.contact, record.entity, record.id, payload, acting=principal.acting)
        fresh = owe(connection, job, now) and fresh
    if fresh:
        facts = {"action": action.key, "owed": [kind for kind, _ in deeds]}
        record_act(connection, principal, "action", record.entity, record.id, facts, origin=principal.origin)
    return fresh


def _paths(context: RequestContext, action: RecordAction, record: Record) -> tuple[str, ...]:
    """What has to be read of the record; what a mail names that is no path of it stays as it is written."""
    found: list[str] = []
    for mail in action.mail:
        found += mail.to
        found += [path for text in _texts(context, mail) for path in PLACE.findall(text) if _is_path(context, record, path)]
    found += asked_paths(context.snapshot, record.entity, [given.value for given in _given(action)])
    return tuple(dict.fromkeys(found))


def told_paths(snapshot: Snapshot, entity: str, action: RecordAction) -> Iterator[tuple[str, str]]:
    """Every path of a record whose value an action can send away, on any site and in any language, with how it goes."""
    for mail in action.mail:
        snippets = (site.snippets.get(mail.snippet) for site in snapshot.sites.values())
        texts = [text for _, text in mail.subject.values]
        texts += [text for snippet in snippets if snippet is not None for _, text in snippet.value.values]
        named = (path for text in texts for path in PLACE.findall(text) if _resolves(snapshot, entity, path))
        yield from ((MAIL, path) for path in dict.fromkeys((*mail.to, *named)))
    for kind, parts in ((CALL, action.call), (TASK, action.task)):
        for part in parts:
            for given in part.values:
                yield from ((kind, path) for path in asked_paths(snapshot, entity, (given.value,)))


def _is_path(context: RequestContext, record: Record, path: str) -> bool:
    return _resolves(context.snapshot, record.entity, path)


def _resolves(snapshot: Snapshot, entity: str, path: str) -> bool:
    try:
        snapshot.resolve(entity, path)
    except KeyError:
        return False
    return True


def _texts(context: RequestContext, mail: ActionMail) -> tuple[str, str]:
    snippet = context.site.snippets.get(mail.snippet)
    return words_of(context, mail.subject), words_of(context, snippet.value) if snippet is not None else ""


def _mails(context: RequestContext, action: RecordAction, record: Record) -> Iterable[tuple[str, dict[str, Any]]]:
    """A mail for each address that is there and may be read, each address once."""
    for mail in action.mail:
        subject, text = (_filled(context, record, text) for text in _texts(context, mail))
        addresses = (record.values.get(path) for path in mail.to)
        for address in dict.fromkeys(str(found).strip() for found in addresses if found):
            yield MAIL, {"to": address, "subject": subject, "text": text}


def _filled(context: RequestContext, record: Record, text: str) -> str:
    """A text with the values of the record in the place of their paths in braces, as the person's language writes them."""

    def value(match: re.Match[str]) -> str:
        path = match[1]
        if not _is_path(context, record, path):
            return str(match[0])
        found = record.values.get(path)
        if found is None:
            return ""
        attribute = context.snapshot.resolve(record.entity, path)[-1]
        if attribute.type.name == "lookup":
            return str(record.labels.get(path, ""))
        return str(formats_of(context).for_attribute(attribute, context.snapshot, full=True)(found).striptags())

    return PLACE.sub(value, text)


def _calls(context: RequestContext, action: RecordAction, record: Record) -> Iterable[tuple[str, dict[str, Any]]]:
    for call in action.call:
        values = _values(context, record, call.values)
        yield CALL, {"connection": call.connection, "command": call.command, "values": values}


def _tasks(context: RequestContext, action: RecordAction, record: Record) -> Iterable[tuple[str, dict[str, Any]]]:
    for task in action.task:
        yield TASK, {"task": task.task, "values": _values(context, record, task.values)}


def _given(action: RecordAction) -> tuple[GivenValue, ...]:
    called = (given for call in action.call for given in call.values)
    return (*called, *(given for task in action.task for given in task.values))


def _values(context: RequestContext, record: Record, given: Iterable[GivenValue]) -> Mapping[str, Any]:
    declared = tuple(given)
    asking = Asking(context, record.entity, [item.value for item in declared])
    return {item.name: plain_json(asking.answer(item.value, record.values)) for item in declared}


def plain_json(value: Value) -> Any:
    """A value of an expression as JSON has it: whole numbers as such, others as texts with all their digits."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
