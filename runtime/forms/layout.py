"""A form as its template needs it: tabs, sections and fields as frozen values with every text in one language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from markupsafe import Markup

from metadata.model import Form, FormField, RelatedList, Section, Tab
from metadata.snapshot import CompiledAttribute, Snapshot
from metadata.text import in_words
from runtime.files.sizes import size_said
from runtime.forms.attached import AttachView
from runtime.forms.attachments import REMOVE, accept_attribute, file_hint
from runtime.forms.builder import FormAsk, form_fields
from runtime.forms.controls import control_name
from runtime.forms.faults import Fault, Say
from runtime.forms.fields import PREFIX, BaseForm, Chosen, Input
from runtime.forms.inputs import ChoicesInput, FileInput, LookupInput
from runtime.forms.numbers import locale_for
from runtime.forms.rule_data import rule_data
from runtime.forms.rules import Rules, html_attributes

MOST_IN_DROPDOWN = 200
MOST_WITHOUT_SEARCH = 20
FEW = 8


@dataclass(frozen=True, slots=True)
class OptionView:
    """Something to choose."""

    value: str
    label: str
    selected: bool = False
    second: str = ""


@dataclass(frozen=True, slots=True)
class SearchView:
    """The search of a lookup: what stands in its box, what the offered rows answer to, where a script finds more.

    `narrowed_by` is the name of the control whose row narrows the rows offered; `new_row` names the form for one more row and
    gives its address.
    """

    text: str
    found: str
    url: str
    narrowed_by: str = ""
    new_row: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class FileView:
    """The file of a file input: its name and size, the key to post while no row holds it, the name of the box that removes
    it ("" where one is required), and what the browser's chooser offers."""

    accept: str
    name: str = ""
    size: str = ""
    key: str = ""
    remove: str = ""


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field. `control` names its macro; a field of control `shown` only displays `display`.

    `absent` and `locked` are what the form's rules made of it; a `lockable` or `varying` one may become locked or required.
    """

    key: str
    name: str
    id: str
    control: str
    label: str
    hint: str = ""
    optional: bool = False
    errors: tuple[str, ...] = ()
    value: str = ""
    checked: bool = False
    display: str | Markup = ""
    options: tuple[OptionView, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    search: SearchView | None = None
    file: FileView | None = None
    unit: str = ""
    width: str = ""
    absent: bool = False
    locked: bool = False
    lockable: bool = False
    varying: bool = False

    @property
    def described_by(self) -> str:
        """The ids of the texts that belong to the control."""
        return " ".join(part for part in (f"{self.id}-h" if self.hint else "", f"{self.id}-e" if self.errors else "") if part)

    def named(self, sentence: str) -> str:
        """A sentence about the field as it is said away from it, where nothing else tells what it is about."""
        return sentence if self.label.casefold() in sentence.casefold() else f"{self.label}: {sentence}"


@dataclass(frozen=True, slots=True)
class SectionView:
    """A group of fields."""

    label: str
    columns: int
    place: str
    fields: tuple[FieldView, ...]
    attach: AttachView | None = None

    @property
    def faults(self) -> int:
        """How many things are wrong in it."""
        return sum(len(item.errors) for item in self.fields) + (len(self.attach.errors) if self.attach is not None else 0)


@dataclass(frozen=True, slots=True)
class TabView:
    """A part of the form. `faults` counts what is wrong in it."""

    key: str
    label: str
    sections: tuple[SectionView, ...]
    faults: int = 0


@dataclass(frozen=True, slots=True)
class ErrorLink:
    """A line of the error summary: the sentence and the id of the control that it leads to, empty for none."""

    text: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class FormView:
    """A whole form; `rules` are for a script, as JSON."""

    tabs: tuple[TabView, ...]
    errors: tuple[ErrorLink, ...] = ()
    instructions: str = ""
    rules: str = ""

    @property
    def uploads(self) -> bool:
        """Whether it asks for a file."""
        sections = [section for tab in self.tabs for section in tab.sections]
        return any(section.attach is not None or _asks_file(section) for section in sections)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The error summary: the id of the control ("" for none) and the sentence."""
        return tuple((error.target, error.text) for error in self.errors)


def _asks_file(section: SectionView) -> bool:
    return any(item.control == "file" for item in section.fields)


@dataclass(frozen=True, slots=True)
class Showing:
    """How values become text. `display(attribute, value, label)` formats one that is only shown; `lookup_url(attribute)` is
    the address of more rows, `new_row(rules)` names the form for one more and gives its address; `values` and `labels` are
    those of the record, `currency` that of money which names none; `finding` is the name of the lookup whose search button was
    pressed; `attach(related)` is the control of a related list that takes files."""

    say: Say
    display: Callable[[CompiledAttribute, Any, str], str | Markup]
    lookup_url: Callable[[str], str] = lambda attribute: ""
    new_row: Callable[[Rules], tuple[str, str] | None] = lambda rules: None
    attach: Callable[[RelatedList], AttachView | None] = lambda related: None
    values: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""
    finding: str = ""


def field_id(name: str) -> str:
    """The id of a control in the page."""
    return f"f-{name}"


def form_view(snapshot: Snapshot, ask: FormAsk, bound: BaseForm, showing: Showing) -> FormView:
    """The form with its values and faults. Fields that are neither asked for nor readable are left out."""
    tabs = tuple(tab for tab in (_tab(snapshot, ask, bound, showing, tab) for tab in ask.form.tabs) if tab.sections)
    errors = tuple(error for tab in tabs for section in tab.sections for error in _errors(section))
    general = tuple(ErrorLink(fault.sentence(showing.say)) for fault in bound.form_errors)
    rules = rule_data(snapshot, ask.form, bound)
    return FormView(tabs, (*general, *errors), ask.form.instructions.in_language(ask.language), rules)


def _errors(section: SectionView) -> Iterator[ErrorLink]:
    for item in section.fields:
        yield from (ErrorLink(item.named(text), item.id) for text in item.errors)
    if section.attach is not None:
        yield from (ErrorLink(f"{section.attach.label}: {text}", section.attach.id) for text in section.attach.errors)


def with_errors(view: FormView, faults: Iterable[Fault], say: Say) -> FormView:
    """The form with faults that belong to no field at the head of the summary."""
    general = tuple(ErrorLink(fault.sentence(say)) for fault in faults)
    return replace(view, errors=(*general, *view.errors))


def _tab(snapshot: Snapshot, ask: FormAsk, bound: BaseForm, showing: Showing, tab: Tab) -> TabView:
    found = (_section(snapshot, ask, bound, showing, section) for section in tab.sections)
    sections = tuple(section for section in found if section.fields or section.attach is not None)
    faults = sum(section.faults for section in sections)
    return TabView(tab.key, tab.label.in_language(ask.language), sections, faults)


def _section(snapshot: Snapshot, ask: FormAsk, bound: BaseForm, showing: Showing, section: Section) -> SectionView:
    views = (field_view(snapshot, ask, bound, showing, item) for item in section.fields)
    fields = tuple(view for view in views if view is not None)
    attach = showing.attach(section.related) if section.related is not None else None
    return SectionView(section.label.in_language(ask.language), section.columns, section.place, fields, attach)


def field_view(snapshot: Snapshot, ask: FormAsk, bound: BaseForm, showing: Showing, item: FormField) -> FieldView | None:
    """One field: its control where it is asked for, its value where it may be read, else nothing."""
    bare = bound._fields.get(PREFIX + item.attribute)
    if isinstance(bare, Input):
        return input_view(bare, showing)
    if item.hidden:
        return None
    return _shown(snapshot, ask, showing, item)


def input_view(bare: Input, showing: Showing) -> FieldView:
    """The control of an input."""
    rules = bare.rules
    control = control_name(rules)
    return FieldView(
        key=rules.attribute.key,
        name=bare.name,
        id=field_id(bare.name),
        control=control,
        label=rules.label,
        hint=file_hint(rules, bare.person.most_bytes, showing.say) if isinstance(bare, FileInput) else rules.hint,
        optional=not rules.required,
        errors=tuple(fault.sentence(showing.say) for fault in bare.errors),
        value=_held(bare),
        checked=bare.data is True,
        options=_options(bare, control, showing),
        attributes=html_attributes(rules, control),
        search=_search(bare, showing) if isinstance(bare, LookupInput) else None,
        file=_file(bare) if isinstance(bare, FileInput) else None,
        unit=_unit(bare, showing),
        width=rules.field.width,
        absent=rules.attribute.key in bare.owner.conduct.hidden,
        locked=rules.attribute.key in bare.owner.conduct.locked,
        lockable=rules.attribute.key in bare.owner.lockable,
        varying=rules.attribute.key in bare.owner.varying,
    )


def _held(bare: Input) -> str:
    if isinstance(bare, LookupInput):
        return row_key(bare.chosen) if bare.chosen is not None else ""
    return bare.shown()


def _file(bare: FileInput) -> FileView:
    accept, file = accept_attribute(bare.rules), bare.file
    if file is None:
        return FileView(accept)
    size = size_said(file.size, str(locale_for(bare.rules.language)))
    remove = "" if bare.rules.required else f"{bare.name}{REMOVE}"
    return FileView(accept, file.name, size, bare.pending, remove)


def row_key(row: Chosen) -> str:
    """A row of a lookup as it is posted."""
    return f"{row.entity}:{row.id}" if row.entity else str(row.id)


def _options(bare: Input, control: str, showing: Showing) -> tuple[OptionView, ...]:
    if isinstance(bare, LookupInput):
        return _rows(bare, control, showing)
    chosen = bare.data if isinstance(bare, ChoicesInput) else (bare.data,)
    return tuple(OptionView(value, label, value in (chosen or ())) for value, label in bare.rules.options)


def _rows(bare: LookupInput, control: str, showing: Showing) -> tuple[OptionView, ...]:
    offered = list(bare.offered)
    if not offered and not bare.search and showing.finding == bare.name:
        offered = list(bare.person.finder.find(bare.narrowed, "", MOST_WITHOUT_SEARCH))
    if not offered and control == "lookup_dropdown":
        offered = list(bare.person.finder.find(bare.narrowed, "", MOST_IN_DROPDOWN))
    if bare.chosen is not None and bare.chosen.id not in {row.id for row in offered}:
        offered.insert(0, bare.chosen)
    return tuple(OptionView(row_key(row), row.label, row == bare.chosen, row.second) for row in offered)


def _search(bare: LookupInput, showing: Showing) -> SearchView:
    text = bare.search if bare.offered else bare.shown()
    answered = bare.chosen is not None or bool(bare.offered)
    other = bare.narrowing
    url = showing.lookup_url(bare.rules.attribute.key)
    narrowed_by = other.name if other is not None else ""
    return SearchView(text, text if answered else "", url, narrowed_by, showing.new_row(bare.rules))


def _unit(bare: Input, showing: Showing) -> str:
    model = bare.rules.attribute.model
    if model.type != "money":
        return ""
    if not model.currency:
        return showing.currency
    held = showing.values.get(model.currency, "")
    return model.currency if model.currency.isupper() else str(held or "")


def _shown(snapshot: Snapshot, ask: FormAsk, showing: Showing, item: FormField) -> FieldView | None:
    attribute = snapshot.resolve(ask.form.entity, item.attribute)[-1]
    known = item.attribute in showing.values and item.attribute.partition(".")[0] in ask.readable
    if not known:
        return None
    value = showing.values[item.attribute]
    label = item.label.in_language(ask.language) or attribute.model.label.in_language(ask.language)
    return FieldView(
        key=item.attribute,
        name="",
        id=field_id(item.attribute.replace(".", "-")),
        control="shown",
        label=label or in_words(attribute.key),
        display=showing.display(attribute, value, showing.labels.get(item.attribute, "")),
        width=item.width,
    )


def shown_paths(form: Form) -> tuple[str, ...]:
    """The paths of the record that a form shows or edits, each once."""
    return tuple(dict.fromkeys(item.attribute for item in (*form_fields(form), *form.summary)))
