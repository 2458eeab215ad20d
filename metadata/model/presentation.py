"""Components that people look at: views, lists, forms, multistep forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metadata.model.actions import ActionCall, ActionMail, ActionTask
from metadata.model.base import COMPONENT_KEY, WIDEST, Filter, Sort, prop
from metadata.model.history import RecordHistory
from metadata.text import Text

PLACES = ("", "title", "figure", "status", "line", "hide")


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewColumn:
    """One column of a view."""

    attribute: str = prop(help="Attribute, or path over lookups such as customer.name.", attribute="self")
    label: Text = prop(Text(), "Heading; the attribute's label where missing.")
    second: str = prop("", "Attribute shown in small print under the value.", attribute="self")
    width: str = prop("", "Share of the table's width.", choices=("", "narrow", "medium", "wide"))
    place: str = prop("", "Part of the card that the column becomes on a phone.", choices=PLACES)
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

    attribute: str = prop(help="Column's attribute path.")
    label: Text = prop(Text(), "Heading.")
    width: str = prop("", "Share of the width.", choices=("", "narrow", "medium", "wide"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAction:
    """Something that can be done with one row of a list, offered where the person may do it to that row."""

    type: str = prop(help="What it does.", choices=("details", "edit", "delete"))
    label: Text = prop(Text(), "Text of the button.")
    page: str = prop("", "Page that shows or edits the record.", ref="page")
    confirm: Text = prop(Text(), "Question to be answered first (delete).")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetValue:
    """A value that an action writes."""

    attribute: str = prop(help="Attribute of the entity itself.")
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
    attributes: tuple[str, ...] = prop((), "Attributes that a file may give; all that the form asks for where missing.")
    key: str = prop("", "Attribute that tells a row that is there already, which is then changed; without it all rows are new.")
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
    attribute: str = prop("", "Attribute, or path over lookups such as customer.name.")
    conditions: tuple[FilterCondition, ...] = prop((), "Conditions to tick, over any attributes and relationships.")
    label: Text = prop(Text(), "Label; the attribute's where missing.")
    view: str = prop("", "View that limits and sorts the rows offered for a lookup.", ref="view")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMap:
    """Rows as places on the Earth, to be searched around a point."""

    latitude: str = prop(help="Decimal attribute with degrees north.")
    longitude: str = prop(help="Decimal attribute with degrees east.")
    distances: tuple[int, ...] = prop((5, 10, 25, 50, 100), "Distances to choose from; the middle one is chosen first.")
    unit: str = prop("km", "Unit of the distances.", choices=("km", "miles"))
    centre: str = prop("", "Point around which rows are shown first, such as 59.33, 18.07; all rows where missing.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCalendar:
    """Rows as entries of a calendar: a month, a week or a day at a time."""

    start: str = prop(help="Date or date-time attribute, or path over lookups, with the day of a row.")
    end: str = prop("", "Attribute of the same type with its end; the entry is on every day in between.")
    all_day: str = prop("", "Boolean attribute: where it holds, no time of day is shown.")
    span: str = prop("month", "What is shown first.", choices=("month", "week", "day"))
    time_zone: str = prop("", "Zone of its days and times, such as Europe/Stockholm; the person's where missing.")
    first_day: str = prop("", "First day of weeks; the language's where missing.", choices=("", "monday", "sunday", "saturday"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBoard:
    """Rows as cards in columns, one for each option of a choice; a card is moved by those who may change the choice."""

    attribute: str = prop(help="Choice attribute of the entity, whose options are the columns.")
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

    picture: str = prop("", "Image attribute shown on top of the card.")
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
    contact_attribute: str = prop("", "Lookup to contact; with account_attribute it gives the switch mine / my company.")
    account_attribute: str = prop("", "Lookup to account.")
    create_page: str = prop("", "Page with the form for a new row; its button appears for those who may create.", ref="page")
    create_label: Text = prop(Text(), "Text of that button.")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """An attribute on a form."""

    attribute: str = prop(help="Attribute; on a read-only form also a path over lookups.", attribute="self")
    label: Text = prop(Text(), "Label; the attribute's where missing.")
    hint: Text = prop(Text(), "Help between label and control.")
    required: bool | None = prop(None, "Stricter than the attribute where true.")
    read_only: bool = prop(False, "Shown, never taken from the request.")
    hidden: bool = prop(False, "Not shown; useful with set_on_save.")
    hide_empty: bool = prop(False, "Left out of a read-only form where the record has no value.")
    thumbnail: int = prop(
        0,
        "Width in pixels at which a record page shows a picture, made small once; as it is where 0.",
        min=0,
        max=WIDEST,
    )
    style: str = prop("", "Other control than the type's own.", choices=("", "radios", "dropdown", "checkboxes", "textarea"))
    width: str = prop("", "Width in the section.", choices=("", "half", "full"))
    prepopulate: Any = prop(
        None,
        "Value of an empty form: a literal, @today (also @today+7d), @now, @contact, @contact.<path>, @query.<name>, or "
        "`@=` and an expression over such words.",
    )
    set_on_save: Any = prop(
        None,
        "Value written whatever was posted; the same words, and @record.<path> over what the form holds, or `@=` and an "
        "expression over it.",
    )
    required_message: Text = prop(Text(), "Said where a required value is missing.")
    pattern: str = prop("", "Regular expression for the text as a whole.")
    pattern_message: Text = prop(Text(), "Said where it does not match.")
    range_message: Text = prop(Text(), "Said where the value, or the number of options, is out of range.")
    fewest: int = prop(0, "Fewest options of a choices attribute, where any is chosen.", min=0)
    most: int = prop(0, "Most options of a choices attribute; 0 for any number.", min=0)
    view: str = prop("", "View that limits, shows and sorts what a lookup offers.", ref="view")
    create_form: str = prop("", "Form by which who may can make a new row of a lookup without leaving this one.", ref="form")
    narrowed_by: str = prop("", "Lookup before it on the form: of the rows offered, only those that belong to its row.")
    narrowed_path: str = prop("", "Path from an offered row to the row of narrowed_by, such as account.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedList:
    """Rows of another entity that point at the record."""

    relationship: str = prop("", "1:N or N:N relationship of the form's entity.")
    view: str = prop(help="View of the related rows.", ref="view")
    label: Text = prop(Text(), "Heading; the view's label where missing.")
    page_size: int = prop(50, "Rows shown.", min=1, max=500)
    details_page: str = prop("", "Page of one related record.", ref="page")
    empty: Text = prop(Text(), "Said where there are none.")
    layout: str = prop(
        "",
        "A table, or a timeline: who, when, the text and the files of each row, as notes are shown.",
        choices=("", "timeline"),
    )
    create_form: str = prop("", "Form for a new related row; its button appears for those who may make one.", ref="form")
    edit_form: str = prop("", "Form for a related row; its link appears on the rows that the person may change.", ref="form")
    delete: bool = prop(False, "Related rows can be deleted, after a question, by those who may.")
    link_view: str = prop("", "View of rows there are already, from which some can be added to the record.", ref="view")
    unlink: bool = prop(False, "Related rows can be taken off the record, which deletes nothing.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A group of fields, or a related list, in a tab."""

    label: Text = prop(Text(), "Heading.")
    columns: int = prop(1, "Fields beside each other.", min=1, max=3)
    place: str = prop("main", "Main column or the narrow one beside it.", choices=("main", "side"))
    fields: tuple[FormField, ...] = prop((), "Fields, in order.")
    related: RelatedList | None = prop(None, "A related list instead of fields.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A part of a form with a heading."""

    key: str = prop("main", "Name of the tab.", pattern=COMPONENT_KEY)
    label: Text = prop(Text(), "Heading; no tab bar where there is one tab only.")
    sections: tuple[Section, ...] = prop((), "Sections, in order.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The way of a record through its states, drawn as a line of steps."""

    attribute: str = prop(help="Choice attribute that holds the state.", attribute="self")
    steps: tuple[str, ...] = prop((), "Option values in order; states that are not listed (such as cancelled) stop the line.")
    dates: tuple[tuple[str, str], ...] = prop((), "Option value and the date attribute shown under its step.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormDefault:
    """What an empty field gets while a rule works."""

    attribute: str = prop(help="Field.")
    value: str = prop(help="Expression over the record.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRule:
    """What becomes of a form while something holds of the record that is being filled in.

    The same in the browser, where a change shows at once, and when the form is sent.
    """

    when: str = prop(help="Expression over the record, such as delivery = 'pickup'; the rule works while it holds.")
    show: tuple[str, ...] = prop(
        (),
        "Fields that are there only while a rule that shows them works; what is not there is neither asked for nor changed.",
    )
    require: tuple[str, ...] = prop((), "Fields that must have a value.")
    lock: tuple[str, ...] = prop((), "Fields that keep the value that they were opened with.")
    default: tuple[FormDefault, ...] = prop((), "What empty fields get.")
    refuse: Text = prop(Text(), "Why the form is not taken.")
    at: str = prop("", "Field at which that is said; at the head of the form where missing.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAction:
    """A button on a form that is read: it writes declared values to the record, by the person's own right to write them, and
    has mails sent, commands given and tasks done."""

    key: str = prop(help="Name of the action, which stands in addresses.", pattern=r"^[a-z][a-z0-9_]{0,40}$")
    label: Text = prop(Text(), "Text of the button.")
    icon: str = prop("", "Icon on the button.")
    primary: bool = prop(False, "The filled button of the page, of which there is one.")
    when: str = prop("", "Expression over the record: the button is there, and works, only while it holds.")
    values: tuple[SetValue, ...] = prop((), "What is written.")
    mail: tuple[ActionMail, ...] = prop((), "Mails that are sent.")
    call: tuple[ActionCall, ...] = prop((), "Commands that are given to outside systems.")
    task: tuple[ActionTask, ...] = prop((), "Tasks that are done by the worker.")
    confirm: Text = prop(Text(), "Said under the question that is asked first.")
    message: Text = prop(Text(), "Said when it is done.")
    page: str = prop("", "Page shown afterwards; the record's own where missing.", ref="page")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form of one entity for insert, edit or reading, for any site."""

    key: str = prop(help="Name of the form.", pattern=COMPONENT_KEY)
    entity: str = prop(help="Entity whose records it shows.", ref="entity")
    label: Text = prop(Text(), "Heading.")
    instructions: Text = prop(Text(), "Text above the fields.")
    summary: tuple[FormField, ...] = prop((), "Figures in the strip under the heading (read-only form).")
    status: str = prop("", "Choice attribute shown as a pill beside the heading.", attribute="self")
    progress: Progress | None = prop(None, "Progress line (read-only form).")
    tabs: tuple[Tab, ...] = prop((), "Tabs, in order.")
    actions: tuple[RecordAction, ...] = prop((), "Buttons that write declared values to the record (read-only form).")
    history: RecordHistory | None = prop(None, "Button that leads to what was changed of the record (read-only form).")
    submit_label: Text = prop(Text(), "Text of the primary button.")
    success_message: Text = prop(Text(), "Said after saving.")
    success_page: str = prop("", "Page shown after saving; a record page gets this record.", ref="page")
    locked_when: str = prop("", "Expression over the record: while it holds, the form shows the record to be read only.")
    locked_message: Text = prop(Text(), "Said above the record then.")
    autosave: bool = prop(
        False, "What signed-in people type is kept as they type, and offered when they come back without having saved it."
    )
    captcha: str = prop(
        "",
        "Of whom a new record is asked whether a person sends it: nobody, people who are not signed in, or everybody.",
        choices=("", "anonymous", "everybody"),
    )
    rules: tuple[FormRule, ...] = prop((), "Rules that show, require, lock, fill in or refuse while something holds.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a multistep form."""

    key: str = prop(help="Name of the step.", pattern=COMPONENT_KEY)
    label: Text = prop(Text(), "Name that people read.")
    type: str = prop("form", "What the step does.", choices=("form", "lines", "review", "condition", "redirect"))
    form: str = prop("", "Form of the step, or of one line.", ref="form")
    relationship: str = prop("", "1:N relationship of the multistep form's entity that holds the lines.")
    min_lines: int = prop(0, "Fewest lines.", min=0)
    max_lines: int = prop(200, "Most lines.", min=1, max=5000)
    total: str = prop("", "Estimate shown under the lines, such as quantity * product.price: two paths with a star.")
    tier: str = prop(
        "",
        "For an estimate over a 1:N relationship, such as quantity * product.prices.unit_price: attribute of those rows, such "
        "as min_quantity; of the rows that the person may read, the one with the largest value that the line reaches counts.",
    )
    total_currency: str = prop(
        "", "Currency of the estimate where its money names none: a code such as SEK, or @contact.<path> that holds one."
    )
    back: bool = prop(True, "The step before may be opened again.")
    condition: Filter | None = prop(None, "Condition on what has been entered (type condition).")
    when: str = prop(
        "",
        "The same as an expression, such as `nights > 7 & !(berth.indoor | count(extras) = 0)`: attributes of the record, "
        "paths over lookups, and the lines that were entered.",
    )
    page: str = prop("", "Page to which the person is led instead of going on (type redirect).", ref="page")
    next: str = prop("", "Step that follows; the next one in order where missing.")
    otherwise: str = prop("", "Step that follows where the condition does not hold.")


@dataclass(frozen=True, slots=True, kw_only=True)
class MultistepForm:
    """A form in steps that keeps what was entered until it is submitted, also over sign-outs. Kind `multistep_form`."""

    key: str = prop(help="Name of the form.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    entity: str = prop(help="Entity of the record that it creates.", ref="entity")
    label: Text = prop(Text(), "Heading.")
    steps: tuple[Step, ...] = prop(help="Steps, in order.")
    progress: str = prop("title", "How the way through is shown.", choices=("title", "numeric", "bar"))
    new_session: bool = prop(False, "Begin anew at each visit instead of where the person left.")
    once_by: str = prop(
        "", "Lookup to the contact: who has made such a record is led to it instead of making another.", attribute="self"
    )
    requires: tuple[str, ...] = prop((), "Attribute paths of the contact that must have a value before one may begin.")
    keep_days: int = prop(90, "Days after the last visit for which what was entered is kept.", min=1, max=365)
    submit_label: Text = prop(Text(), "Text of the last button.")
    success_message: Text = prop(Text(), "Said after submitting.")
    success_page: str = prop("", "Page shown afterwards; a record page gets the new record.", ref="page")
