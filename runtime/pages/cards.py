"""A list as cards beside each other, with a picture on each where the list names one."""

from __future__ import annotations

from dataclasses import replace

from runtime.files.kinds import INLINE
from runtime.files.labels import file_address, read_label
from runtime.pages.card_view import CardsView
from runtime.pages.list_cards import cards_of
from runtime.pages.list_ready import ReadyList, dress_of
from runtime.pages.part import BlockAsk
from runtime.records.lists import ListPage
from runtime.records.plan import ListPlan
from runtime.records.prepared import Row


def cards_view(ask: BlockAsk, ready: ReadyList, page: ListPage) -> CardsView:
    """The rows of a page as cards beside each other, with their pictures."""
    path, width = (ready.model.cards.picture, ready.model.cards.thumbnail) if ready.model.cards else ("", 0)
    cards = cards_of(page, dress_of(ask.context, ready, ask.query).listing, ready.links, frozenset({path}))
    if not path:
        return CardsView(cards)
    pictures = (picture_of(ready.plan, path, row, width) for row in page.rows)
    return CardsView(
        tuple(replace(card, picture=picture) for card, picture in zip(cards, pictures, strict=True)), pictured=True
    )


def picture_of(plan: ListPlan, path: str, row: Row, width: int = 0) -> str:
    """The address of the picture that a row has at a path; "" where it has none, or none that a browser shows safely."""
    planned = plan.column(path)
    if planned is None or planned.label_index is None or row[planned.label_index] is None:
        return ""
    label = read_label(row[planned.label_index])
    if label is None or not label.row or label.media_type not in INLINE:
        return ""
    return file_address(planned.attribute.column.table.name, planned.attribute.key, label, width)
