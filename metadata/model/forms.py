"""Components that show and take one record: forms and multistep forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metadata.model.actions import ActionCall, ActionMail, ActionTask, Onwards
from metadata.model.base import COMPONENT_KEY, WIDEST, Filter, prop
from metadata.model.history import RecordHistory
from metadata.model.lists import SetValue
from metadata.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """An attribute on a form."""

    attribute: str = prop(help="Attribute; on a read-only form also a path over lookups.", attribute="self")
    label: Text = prop(Text(), "Label; where missing the attribute's, or of a name behind a lookup that of the lookup.")
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
class RelatedAction:
    """An action of a form, offered on the rows of a related list."""

    form: str = prop(help="Form of the related rows' entity.", ref="form")
    action: str = prop(help="Key of one of that form's actions.")
    label: Text = prop(Text(), "Text of the button; the action's where missing.")


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
    actions: tuple[RelatedAction, ...] = prop(
        (), "Actions of forms, offered on the rows with which the person may do them as they are."
    )
    upload: str = prop(
        "",
        "File attribute of the related rows: a form that makes or changes the record takes several files there at once, and "
        "makes a row of each.",
    )
    min_count: int = prop(0, "Fewest files that the record must have when such a form is sent.", min=0)


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

    attribute: str = prop(help="Field.", attribute="self")
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
        attribute="self",
    )
    require: tuple[str, ...] = prop((), "Fields that must have a value.", attribute="self")
    lock: tuple[str, ...] = prop((), "Fields that keep the value that they were opened with.", attribute="self")
    default: tuple[FormDefault, ...] = prop((), "What empty fields get.")
    refuse: Text = prop(Text(), "Why the form is not taken.")
    at: str = prop("", "Field at which that is said; at the head of the form where missing.", attribute="self")


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
    page: str = prop("", "Page shown afterwards; where missing, that on which the button was.", ref="page")
    onwards: Onwards | None = prop(None, "An address outside instead of that page, and what goes into the address.")


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
    onwards: Onwards | None = prop(None, "An address outside instead of that page, and what goes into the address.")
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
    onwards: Onwards | None = prop(
        None, "An address outside instead of that page, and what of the values entered goes into the address (type redirect)."
    )
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
    anonymous: bool = prop(
        False,
        "People who are not signed in may fill it in too, where they may make the record; what they enter stays with their "
        "browser.",
    )
    captcha: str = prop(
        "",
        "Of whom is asked, at the last step, whether a person sends it: nobody, people who are not signed in, or everybody.",
        choices=("", "anonymous", "everybody"),
    )
    once_by: str = prop(
        "", "Lookup to the contact: who has made such a record is led to it instead of making another.", attribute="self"
    )
    requires: tuple[str, ...] = prop((), "Attribute paths of the contact that must have a value before one may begin.")
    keep_days: int = prop(90, "Days after the last visit for which what was entered is kept.", min=1, max=365)
    submit_label: Text = prop(Text(), "Text of the last button.")
    success_message: Text = prop(Text(), "Said after submitting.")
    success_page: str = prop("", "Page shown afterwards; a record page gets the new record.", ref="page")
    onwards: Onwards | None = prop(None, "An address outside instead of that page, and what goes into the address.")
