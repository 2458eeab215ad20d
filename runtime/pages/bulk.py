"""Doing something with many rows of a list: rows are marked, a question says how many, then it is done in turns.

Each row is written by itself through the records layer, as if the person had opened it: what they may not do with it is not
done, and the outcome names it. What was marked is kept as an errand, so that exactly what the question counted is done.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, flash, make_response, redirect, request
from sqlalchemy import Connection

from metadata.model import BulkAction, ListComponent
from metadata.text import in_words
from runtime.context import RequestContext
from runtime.errands import Errand
from runtime.errors import AccessDenied
from runtime.forms.refusals import faults_of
from runtime.pages.bulk_bar import DO, PAGING, action_label, bulk_actions
from runtime.pages.bulk_view import BulkOutcome, BulkQuestion
from runtime.pages.content import words_of
from runtime.pages.errand_turns import begin_errand, find_errand, go_on, gone
from runtime.pages.list_ready import entity_of
from runtime.pages.part import BlockAsk, Head, Part
from runtime.pages.queries import UnusableArgument
from runtime.pages.set_values import meant_values
from runtime.pages.speech import text_of
from runtime.records.ask import ListAsk
from runtime.records.details import fetch_record
from runtime.records.errors import Conflict, Denied, Invalid, Missing
from runtime.records.following import follow
from runtime.records.plan import ListPlan
from runtime.records.remove import delete
from runtime.records.write import update
from runtime.refused import keep_denied

BULK = "bulk"
ROW, ALL = "row", "all"
QUESTION, OUTCOME = "blocks/bulk_question.html", "blocks/bulk_outcome.html"
MOST_ROWS = 5000
PAGE_SIZE = 1000
TURN_ROWS = 100
MOST_NAMED = 500
"""Rows of an outcome that are named; more than that nobody reads."""


def choose(ask: BlockAsk, model: ListComponent, plan: ListPlan, asked: ListAsk) -> Response:
    """Keep which rows were marked, or all that the search and filters leave, and lead to the question.

    Raises AccessDenied for an action that is not offered, UnusableArgument for a row that cannot be one.
    """
    context = ask.context
    action = _action(context, model, request.form[DO])
    rows = _matching(context, plan, asked) if request.form.get(ALL) else _marked()
    back = ask.query.link(**dict.fromkeys(PAGING))
    if not rows or len(rows) > MOST_ROWS:
        text = text_of(context)
        flash(text("bulk.too_many", count=MOST_ROWS) if rows else text("bulk.nothing"), "warn")
        return make_response(redirect(back, 303))
    errand = begin_errand(context, _kind(model), {"action": action.key, "rows": rows}, {"at": 0, "done": 0, "failed": []})
    return make_response(redirect(ask.query.link(**{**dict.fromkeys(PAGING), BULK: errand.id}), 303))


def show_bulk(ask: BlockAsk, model: ListComponent) -> Part:
    """The question of an errand, or how far it got; on POST it is done. Raises AccessDenied and SignInNeeded."""
    context = ask.context
    errand = find_errand(context, _kind(model), ask.query.own[BULK])
    if errand is None:
        return Part(response=gone(context, ask.query.link(**{BULK: None})))
    action = _action(context, model, errand.given["action"])
    if ask.posted:
        deed = _Deed(context, entity_of(context, model), action)
        go_on(context, errand, deed.turn, _is_done)
        return Part(response=make_response(redirect(ask.query.link(), 303)))
    return _outcome(ask, action, errand) if errand.state["at"] else _question(ask, action, errand)


class _Deed:
    """An action at work on the rows of one entity, for one person."""

    def __init__(self, context: RequestContext, entity: str, action: BulkAction) -> None:
        self._context = context
        self._entity = entity
        self._values = meant_values(context, entity, action.values)
        self._deletes = action.type == "delete"

    def turn(self, connection: Connection, errand: Errand) -> Errand:
        """The next rows of an errand, each by itself."""
        at, failed, done = errand.state["at"], list(errand.state["failed"]), errand.state["done"]
        rows = errand.given["rows"][at : at + TURN_ROWS]
        for row, name in rows:
            fault = self._do(connection, row, name)
            if fault is None:
                done += 1
            else:
                failed.append(fault)
        return errand.now(at=at + len(rows), done=done, failed=failed)

    def _do(self, connection: Connection, row: int, name: str) -> tuple[str, str] | None:
        context, text = self._context, text_of(self._context)
        named = context.snapshot.entities[self._entity].primary_name.key
        record = fetch_record(connection, context.snapshot, context.principal, self._entity, "id", row, (named,))
        if record is None:
            keep_denied(context, Missing(self._entity))
            return name or text("bulk.some_row"), text("bulk.gone")
        called = str(record.values.get(named) or record.key or name or text("bulk.some_row"))
        try:
            self._write(connection, row, record.version)
        except Missing as gone:
            keep_denied(context, gone)
            return called, text("bulk.gone")
        except Conflict:
            return called, text("error.conflict")
        except (Denied, Invalid) as refused:
            keep_denied(context, refused)
            if isinstance(refused, Denied) and self._deletes:
                return called, text("bulk.may_not_delete")
            faults = faults_of(refused, _labels(context, self._entity))
            return called, " ".join(fault.sentence(text) for _, fault in faults)
        return None

    def _write(self, connection: Connection, row: int, version: int) -> None:
        context = self._context
        if self._deletes:
            delete(connection, context.snapshot, context.principal, self._entity, row, version, listeners=context.listeners)
            return
        update(
            connection,
            context.snapshot,
            context.principal,
            self._entity,
            row,
            version,
            self._values,
            listeners=context.listeners,
        )


def _is_done(errand: Errand) -> bool:
    at: int = errand.state["at"]
    return at >= len(errand.given["rows"])


def _kind(model: ListComponent) -> str:
    return f"bulk:{model.key}"


def _action(context: RequestContext, model: ListComponent, key: str) -> BulkAction:
    for action in bulk_actions(context, model):
        if action.key == key:
            return action
    raise AccessDenied


def _labels(context: RequestContext, entity: str) -> Mapping[str, str]:
    attributes = context.snapshot.entities[entity].attributes
    return {key: words_of(context, item.model.label) or in_words(key) for key, item in attributes.items()}


def _marked() -> list[tuple[int, str]]:
    """The rows that were marked, each once; their names are not known yet."""
    found = list(dict.fromkeys(request.form.getlist(ROW)))
    for row in found:
        if not (row.isascii() and row.isdecimal() and len(row) < 19):
            raise UnusableArgument(ROW)
    return [(int(row), "") for row in found]


def _matching(context: RequestContext, plan: ListPlan, asked: ListAsk) -> list[tuple[int, str]]:
    """All rows that match, with their names, as far as one more than may be done at once."""
    found: list[tuple[int, str]] = []
    for page in follow(context.connection, plan, context.principal, asked, PAGE_SIZE):
        found.extend((row[0], "" if row[1] is None else str(row[1])) for row in page)
        if len(found) > MOST_ROWS:
            break
    return found


def _question(ask: BlockAsk, action: BulkAction, errand: Errand) -> Part:
    context = ask.context
    text, count = text_of(context), len(errand.given["rows"])
    label = action_label(context, action)
    deletes = action.type == "delete"
    view = BulkQuestion(
        count=count,
        text=words_of(context, action.confirm) or text("bulk.delete_text" if deletes else "bulk.set_text"),
        label=label,
        kind="danger" if deletes else "primary",
        url=ask.query.link(),
        back=ask.query.link(**{BULK: None}),
        block=ask.index,
    )
    return Part(QUESTION, view, Head(title=text("bulk.question", label=label, count=count)))


def _outcome(ask: BlockAsk, action: BulkAction, errand: Errand) -> Part:
    context = ask.context
    failed = errand.state["failed"]
    view = BulkOutcome(
        done=errand.state["done"],
        left=len(errand.given["rows"]) - errand.state["at"],
        failed=tuple((name, reason) for name, reason in failed[:MOST_NAMED]),
        unnamed=max(0, len(failed) - MOST_NAMED),
        url=ask.query.link(),
        back=ask.query.link(**{BULK: None}),
        block=ask.index,
    )
    return Part(OUTCOME, view, Head(title=text_of(context)("bulk.outcome", label=action_label(context, action))))
