"""A list as a board: a column for each option of a choice, with its first rows as cards and the number of all.

A card is moved by a form that any browser can send. It is written through the records like every change: by somebody who may
change the choice of that row, at the version that was shown, and by the rules and locks of the form on which it is changed.
"""

from __future__ import annotations

from dataclasses import replace

from flask import flash, make_response, redirect, request
from markupsafe import Markup, escape

from metadata.model import ListBoard, Option
from metadata.text import in_words
from runtime.access import access_for
from runtime.context import RequestContext
from runtime.errors import AccessDenied, OutOfReach
from runtime.forms.refusals import faults_of
from runtime.pages.board_move import Move, move
from runtime.pages.board_view import BoardCard, BoardColumn, BoardView
from runtime.pages.content import words_of
from runtime.pages.layouts import LAYOUT, TABLE, layouts_of, refuse
from runtime.pages.list_cards import cards_of
from runtime.pages.list_filters import filters_of
from runtime.pages.list_frame import TEMPLATE, emptiness_of, head_of
from runtime.pages.list_ready import ReadyList, chrome_of, dress_of, list_id
from runtime.pages.list_states import denied_state
from runtime.pages.part import BlockAsk, Part
from runtime.pages.queries import FILTER, UnusableArgument
from runtime.pages.speech import formats_of, text_of
from runtime.records.ask import ListAsk
from runtime.records.errors import Conflict, Invalid
from runtime.records.lanes import Lanes, Parted, fetch_lanes
from runtime.records.lists import fetch_row
from runtime.records.values import LARGEST
from runtime.render.choices import option_html

ROW, VERSION, TO = "row", "version", "to"


def show_board(ask: BlockAsk, ready: ReadyList, asked: ListAsk) -> Part:
    """The list as a board; on POST a card is moved first. Raises UnusableArgument for what a board has no use for."""
    declared, context = ready.model.board, ask.context
    if declared is None:
        raise UnusableArgument(ask.query.name(LAYOUT))
    if ask.posted:
        return _moved(ask, ready, declared)
    refuse(ask, "page", "after", "before")
    if ready.plan.column(declared.attribute) is None:
        denied = denied_state(context, ready.model.messages, ready.view.entity)
        return Part(TEMPLATE, replace(chrome_of(ask, ready, asked), state=denied), head_of(ask, ready))
    options = _options(context, ready, declared)
    lanes = Lanes(declared.attribute, tuple(option.value for option in options), without=not declared.columns)
    with context.stages.measure("fetch"):
        parted = fetch_lanes(context.reader, ready.plan, context.principal, asked, lanes, declared.cards)
    view = chrome_of(ask, ready, asked)
    if parted.rows:
        view = replace(view, board=_board(ask, ready, declared, options, parted))
    else:
        view = replace(view, state=emptiness_of(ask, ready))
    return Part(TEMPLATE, view, head_of(ask, ready))


def _options(context: RequestContext, ready: ReadyList, declared: ListBoard) -> tuple[Option, ...]:
    """The options that are columns, in order."""
    choice = ready.plan.entity.attributes[declared.attribute].model.choice
    known = {option.value: option for option in context.snapshot.choices[choice].options}
    return tuple(known[value] for value in declared.columns or known if value in known)


def _board(ask: BlockAsk, ready: ReadyList, declared: ListBoard, options: tuple[Option, ...], parted: Parted) -> BoardView:
    context = ask.context
    listing = dress_of(context, ready, ask.query).listing
    cards = cards_of(parted, listing, ready.links, frozenset({declared.attribute}))
    may = not declared.fixed and _may_move(context, ready, declared)
    version = ready.plan.column(VERSION)
    lanes: dict[str | None, list[BoardCard]] = {option: [] for option in parted.sizes}
    for card, row, can, option in zip(cards, parted.rows, parted.can, parted.options, strict=True):
        at = row[version.index] if version else 0
        lanes[option].append(BoardCard(card, row[0], at, movable=may and "write" in can))
    columns = [_column(ask, ready, declared, option, parted, lanes.get(option.value, [])) for option in options]
    if None in lanes:
        none = Option(value="")
        columns.insert(0, _column(ask, ready, declared, none, parted, lanes[None]))
    return BoardView(tuple(columns), ask.query.link(), ask.index)


def _may_move(context: RequestContext, ready: ReadyList, declared: ListBoard) -> bool:
    access = access_for(context.snapshot, context.principal, ready.view.entity, "write")
    immutable = ready.plan.entity.attributes[declared.attribute].model.immutable
    return access.allowed and declared.attribute in access.attributes and not immutable


def _column(
    ask: BlockAsk, ready: ReadyList, declared: ListBoard, option: Option, parted: Parted, cards: list[BoardCard]
) -> BoardColumn:
    context = ask.context
    size = parted.sizes.get(option.value or None, 0)
    if option.value:
        label = Markup(option_html(option, context.language))  # noqa: S704
        name = words_of(context, option.label) or in_words(option.value)
    else:
        name = text_of(context)("value.none")
        label = escape(name)
    more = size - len(cards)
    return BoardColumn(
        value=option.value,
        label=label,
        name=name,
        count=formats_of(context).number(size),
        cards=tuple(cards),
        more=more,
        url=_rest(ask, ready, declared, option) if more and option.value else "",
    )


def _rest(ask: BlockAsk, ready: ReadyList, declared: ListBoard, option: Option) -> str:
    """All rows of a column as a table, where the list has that layout and a filter by the choice; else ""."""
    known = layouts_of(ready.model)
    named = next((one.names[0] for one in filters_of(ask.context, ready.model) if one.field.path == declared.attribute), "")
    if TABLE not in known or not named.startswith(FILTER):
        return ""
    return ask.query.link(**{LAYOUT: "" if known[0] == TABLE else TABLE, named: option.value})


def _moved(ask: BlockAsk, ready: ReadyList, declared: ListBoard) -> Part:
    """Gives the row of the form the option of the form, and goes back to the board.

    Raises PageNotFound for a row that the list does not have, AccessDenied on a board where nothing is moved, and what
    writing raises.
    """
    context, text = ask.context, text_of(ask.context)
    option = next((one for one in _options(context, ready, declared) if one.value == request.form.get(TO)), None)
    row, version = _whole(ROW), _whole(VERSION)
    if option is None:
        raise UnusableArgument(TO)
    if not _may_move(context, ready, declared) or declared.fixed:
        raise AccessDenied
    found = fetch_row(context.connection, ready.plan, context.principal, row)
    if found is None:
        raise OutOfReach
    name = str(found[1] if found[1] is not None else row)
    try:
        with context.lease.transaction() as connection:
            wanted = Move(ready.view.entity, row, version, declared.attribute, option.value)
            faults = [fault.sentence(text) for fault in move(connection, context, declared, wanted)]
    except Conflict:
        flash(text("board.changed", name=name), "warn")
    except Invalid as refused:
        label = words_of(context, ready.plan.entity.attributes[declared.attribute].model.label)
        said = [fault.sentence(text) for _, fault in faults_of(refused, {declared.attribute: label})]
        flash(f"{name}: {' '.join(said)}", "bad")
    else:
        moved = text("board.moved", name=name, option=words_of(context, option.label) or in_words(option.value))
        flash(*((f"{name}: {' '.join(faults)}", "bad") if faults else (moved, "good")))
    return Part(response=make_response(redirect(f"{ask.query.link()}#{list_id(ask)}-card-{row}", 303)))


def _whole(name: str) -> int:
    raw = request.form.get(name, "")
    if not (raw.isascii() and raw.isdecimal() and int(raw[:20]) <= LARGEST):
        raise UnusableArgument(name)
    return int(raw)
