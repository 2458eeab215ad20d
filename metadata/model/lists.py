"""Components that show rows: views and lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metadata.model.actions import Onwards
from metadata.model.base import COMPONENT_KEY, WIDEST, Filter, Sort, prop
from metadata.text import Text

PLACES = ("", "title", "figure", "status", "line", "hide")


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewColumn:
    """One column of a view."""

    attribute: str = prop(help="Attribute, or path over lookups such as customer.name.", attribute="self")
    label: Text = prop(Text(), "Heading; where missing the attribute's label, or of a name behind a lookup that of the lookup.")
    second: str = prop("", "Attribute shown in small print under the value.", attribute="self")
    width: str = prop("", "Share of the table's width.", choices=("", "narrow", "medium", "wide"))
    place: str = prop(
        "",
        "Part of the card that the column becomes on a phone; of titles and figures the first, others are lines.",
        choices=PLACES,
    )
    wide_only: bool = prop(False, "Left out on middle widths.")
    thumbnail: int = prop(
        0, "Width in pixels at which a picture (image) is shown, made small once; its name where 0.", min=0, max=WIDEST
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Saved columns, filter and sort of one entity, for any site."""

    key: str = prop(help="Name of the view.", pattern=COMPONENT_KEY)
    entity: str = prop(help="Entity whose rows it shows.", ref="entity")
    label: Text = prop(Text(), "Name that people read.")
    columns: tuple[ViewColumn, ...] = prop(help="Columns, in order.")
    filter: Filter | None = prop(None, "Which rows.")
    sort: tuple[Sort, ...] = prop((), "Order of the rows; the key is added as the last.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMessages:
    """What a list says when it has no rows to show."""

    empty: Text = prop(Text(), "There are none yet.")
    filtered: Text = prop(Text(), "None match the search or filter.")
    denied: Text = prop(Text(), "The person may not read them.")
    not_synced: Text = prop(Text(), "Their first synchronisation has not finished.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnOverride:
    """Another heading or width for a column of a view, in this list."""

    attribute: str = prop(help="Column's attribute path.", attribute="self")
    label: Text = prop(Text(), "Heading.")
    width: str = prop("", "Share of the width.", choices=("", "narrow", "medium", "wide"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAction:
    """Something that can be done with one row of a list, offered where the person may do it to that row."""

    type: str = prop(help="What it does.", choices=("details", "edit", "delete", "action"))
    label: Text = prop(Text(), "Text of the button; that of the form's action where missing.")
    page: str = prop(
        "",
        "Page that shows or edits the record (details, edit), or that is shown afterwards (delete); the list where missing.",
        ref="page",
    )
    confirm: Text = prop(Text(), "Question to be answered first (delete).")
    form: str = prop("", "Form of the entity whose action it is (action).", ref="form")
    action: str = prop("", "Key of one of that form's actions, which is done with the row (action).")
    onwards: Onwards | None = prop(None, "Where people are led after deleting, and with what in the address (delete).")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetValue:
    """A value that an action writes."""

    attribute: str = prop(help="Attribute of the entity itself.", attribute="self")
    value: Any = prop(
        None, "The value: a literal, @today (also @today+7d), @now, @contact or @contact.<path>; empty to clear it."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAction:
    """Something that can be done with many rows of a list at once, each row by the person's own right to it."""

    key: str = prop(help="Name of the action.", pattern=r"^[a-z][a-z0-9_]{0,40}$")
    type: str = prop(help="What it does.", choices=("set", "delete"))
    label: Text = prop(Text(), "Text of the button.")
    confirm: Text = prop(Text(), "Said under the question before it is done.")
    values: tuple[SetValue, ...] = prop((), "What is written to each row (set).")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListImport:
    """Rows from a file, CSV or a workbook, saved as if each had been entered on a form by the person who imports them."""

    form: str = prop(help="Form whose fields, rules and defaults hold for each row.", ref="form")
    attributes: tuple[str, ...] = prop(
        (), "Attributes that a file may give; all that the form asks for where missing.", attribute="self"
    )
    key: str = prop(
        "",
        "Attribute that tells a row that is there already, which is then changed; without it all rows are new.",
        attribute="self",
    )
    label: Text = prop(Text(), "Text of the button.")
    most_rows: int = prop(5000, "Most rows of a file.", min=1, max=5000)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterCondition:
    """A condition under a name, which people tick in a filter."""

    key: str = prop(help="Name of the condition, which stands in addresses.", pattern=r"^[a-z][a-z0-9_]{0,40}$")
    label: Text = prop(Text(), "What people tick.")
    filter: Filter = prop(help="Which rows are left.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilter:
    """A choice by which people narrow a list: words, options, rows, a range, or yes and no, as the attribute's type asks.

    One with conditions of its own has no attribute: rows are left that meet any of those that are ticked.
    """

    key: str = prop(help="Name of the filter, which stands in addresses.", pattern=r"^[a-z][a-z0-9_]{0,40}$")
    attribute: str = prop("", "Attribute, or path over lookups such as customer.name.", attribute="self")
    conditions: tuple[FilterCondition, ...] = prop((), "Conditions to tick, over any attributes and relationships.")
    label: Text = prop(Text(), "Label; where missing the attribute's, or of a name behind a lookup that of the lookup.")
    view: str = prop("", "View that limits and sorts the rows offered for a lookup.", ref="view")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMap:
    """Rows as places on the Earth, to be searched around a point."""

    latitude: str = prop(help="Decimal attribute with degrees north.", attribute="self")
    longitude: str = prop(help="Decimal attribute with degrees east.", attribute="self")
    distances: tuple[int, ...] = prop((5, 10, 25, 50, 100), "Distances to choose from; the middle one is chosen first.")
    unit: str = prop("km", "Unit of the distances.", choices=("km", "miles"))
    centre: str = prop("", "Point around which rows are shown first, such as 59.33, 18.07; all rows where missing.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCalendar:
    """Rows as entries of a calendar: a month, a week or a day at a time."""

    start: str = prop(help="Date or date-time attribute, or path over lookups, with the day of a row.", attribute="self")
    end: str = prop("", "Attribute of the same type with its end; the entry is on every day in between.", attribute="self")
    all_day: str = prop("", "Boolean attribute: where it holds, no time of day is shown.", attribute="self")
    span: str = prop("month", "What is shown first.", choices=("month", "week", "day"))
    time_zone: str = prop("", "Zone of its days and times, such as Europe/Stockholm; the person's where missing.")
    first_day: str = prop("", "First day of weeks; the language's where missing.", choices=("", "monday", "sunday", "saturday"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBoard:
    """Rows as cards in columns, one for each option of a choice; a card is moved by those who may change the choice."""

    attribute: str = prop(help="Choice attribute of the entity, whose options are the columns.", attribute="self")
    columns: tuple[str, ...] = prop((), "Options shown, in order; all of them, and the rows without any, where missing.")
    cards: int = prop(20, "Cards shown in a column at most; how many there are stands above it.", min=1, max=200)
    fixed: bool = prop(False, "Cards cannot be moved.")
    form: str = prop(
        "",
        "Form by whose rules and locks a card is moved; where missing, those of the site's pages in mode edit that ask for the "
        "attribute.",
        ref="form",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCards:
    """Rows as cards beside each other, with the view's columns on them."""

    picture: str = prop("", "Image attribute shown on top of the card.", attribute="self")
    thumbnail: int = prop(0, "Width in pixels at which it is shown, made small once; as it is where 0.", min=0, max=WIDEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListComponent:
    """A list: one or more views of one entity, with search, sort, paging and actions. Kind `list`."""

    key: str = prop(help="Name of the list.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    label: Text = prop(Text(), "Heading.")
    views: tuple[str, ...] = prop(help="Views to choose from; the first is shown first. All of one entity.", ref="view")
    page_size: int = prop(10, "Rows on a page.", min=1, max=500)
    search: bool = prop(True, "Offer a search over the view's text columns.")
    search_placeholder: Text = prop(Text(), "Text in the empty search box.")
    contact_attribute: str = prop(
        "", "Lookup to contact; with account_attribute it gives the switch mine / my company.", attribute="self"
    )
    account_attribute: str = prop(
        "", "Lookup to account. Who reaches subsidiaries sees their rows as the company's too.", attribute="self"
    )
    create_page: str = prop("", "Page with the form for a new row; its button appears for those who may create.", ref="page")
    create_label: Text = prop(Text(), "Text of that button.")
    create_instead: tuple[str, ...] = prop(
        (),
        "Pages in the place of create_page for those who may not open it; the first that may be opened, under its own label.",
        ref="page",
    )
    actions: tuple[RowAction, ...] = prop((), "Row actions; the first `details` action makes the first column a link.")
    bulk: tuple[BulkAction, ...] = prop((), "What can be done with many rows at once: those marked, or all that match.")
    columns: tuple[ColumnOverride, ...] = prop((), "Overrides for columns.")
    messages: ListMessages = prop(ListMessages(), "Texts of the empty states.")
    filters: tuple[ListFilter, ...] = prop((), "Filters offered above the rows, in order; all that are set must hold.")
    map: ListMap | None = prop(None, "Show the rows as places, with the distance from a point that the person names.")
    calendar: ListCalendar | None = prop(None, "How rows become entries of a calendar.")
    board: ListBoard | None = prop(None, "How rows become cards in columns.")
    cards: ListCards | None = prop(None, "Picture of the cards of the layout cards.")
    layouts: tuple[str, ...] = prop(
        (),
        "Ways to look at the rows, in order, the first one first: `table`, `calendar`, `board`, `cards`; where missing those "
        "of calendar, board and cards that are declared, else a table.",
    )
    export: bool = prop(False, "Offer all rows that the search and the filters leave as a file, CSV or a workbook.")
    imports: ListImport | None = prop(None, "Take rows from a file, with a check before anything is saved.")
    saved: str = prop(
        "",
        "Views that people who are signed in keep under a name, with search, filters and order: for themselves alone (own), or "
        "also for the people of their account (shared).",
        choices=("", "own", "shared"),
    )
    choose_columns: bool = prop(
        False, "People who are signed in choose which columns they see, in which order, and how close the rows stand."
    )
    feed: bool = prop(False, "Offer the readable rows as OData at /_feed/ and the key, for spreadsheets and scripts.")
