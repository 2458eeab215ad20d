"""The ways to look at the rows of a list: as a table, a calendar, a board or cards. Which there are, and which is asked for."""

from __future__ import annotations

from collections.abc import Callable

from metadata.model import ListComponent
from runtime.pages.list_views import Tab
from runtime.pages.part import BlockAsk
from runtime.pages.queries import Query, UnusableArgument

LAYOUT = "layout"
ON, SPAN = "on", "span"
TABLE, CALENDAR, BOARD, CARDS = "table", "calendar", "board", "cards"
VERSION = "version"
LEFT_BEHIND = ("page", "after", "before", "sort", ON, SPAN)
"""Arguments that mean something in one layout and nothing in another."""


def layouts_of(model: ListComponent) -> tuple[str, ...]:
    """The layouts of a list, the first one first; a table alone where nothing is declared."""
    declared = tuple(name for name in (CALENDAR, BOARD, CARDS) if getattr(model, name) is not None)
    return model.layouts or declared or (TABLE,)


def is_plain(model: ListComponent) -> bool:
    """Whether a list is a table and nothing else."""
    return layouts_of(model) == (TABLE,)


def layout_of(ask: BlockAsk, model: ListComponent) -> str:
    """The layout that the address asks for. Raises UnusableArgument."""
    known = layouts_of(model)
    wanted = ask.query.own.get(LAYOUT) or known[0]
    if wanted not in known:
        raise UnusableArgument(ask.query.name(LAYOUT))
    return wanted


def layout_arguments(model: ListComponent) -> frozenset[str]:
    """The arguments that a list takes from the address for its layouts."""
    known = layouts_of(model)
    choice = {LAYOUT} if len(known) > 1 else set()
    return frozenset(choice | ({ON, SPAN} if CALENDAR in known else set()))


def layout_paths(model: ListComponent) -> tuple[str, ...]:
    """What a plan must select besides its columns."""
    calendar, board, cards = model.calendar, model.board, model.cards
    paths: tuple[str, ...] = (calendar.start, calendar.end, calendar.all_day) if calendar else ()
    paths += (board.attribute, VERSION) if board else ()
    paths += (cards.picture,) if cards else ()
    return tuple(path for path in paths if path)


def layout_tabs(model: ListComponent, current: str, query: Query, say: Callable[[str], str]) -> tuple[Tab, ...]:
    """A tab per layout, none where there is one layout."""
    known = layouts_of(model)
    if len(known) < 2:
        return ()
    others = dict.fromkeys(LEFT_BEHIND)
    return tuple(
        Tab(say(f"list.layout.{name}"), query.link(**others, **{LAYOUT: "" if name == known[0] else name}), name == current)
        for name in known
    )


def refuse(ask: BlockAsk, *names: str) -> None:
    """Raises UnusableArgument for the first of these that the address gives, as it means nothing in this layout."""
    for name in names:
        if ask.query.own.get(name):
            raise UnusableArgument(ask.query.name(name))
