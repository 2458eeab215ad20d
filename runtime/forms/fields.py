"""Inputs: one WTForms field per shape of posted value, and the catalogue of which attribute type has which."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import Field, Form
from wtforms.meta import DefaultMeta
from wtforms.validators import StopValidation

from metadata.expressions.evaluate import Row
from metadata.model import Attribute
from runtime.files.labels import FileLabel, read_label
from runtime.files.register import Upload
from runtime.forms.attachments import REFUSED, refused_fault
from runtime.forms.faults import Fault
from runtime.forms.numbers import plain
from runtime.forms.parse import Manner, parse_value
from runtime.forms.rules import Rules
from runtime.passing import passing

MOST_CHOSEN = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """A row that a lookup may point at: its id, its name, the deciding figure, and its entity where several may be."""

    id: int
    label: str
    second: str = ""
    entity: str = ""


@dataclass(frozen=True, slots=True)
class Finder:
    """Looks rows up for lookups, under the person's permissions.

    `find(rules, text, limit)` gives the rows that match; `get(rules, entity, id)` the one with an id, None where it may
    not be chosen.
    """

    find: Callable[[Rules, str, int], Sequence[Chosen]] = lambda rules, text, limit: ()
    get: Callable[[Rules, str, int], Chosen | None] = lambda rules, entity, id: None


@passing
class Person:
    """What inputs need to know of the person: how they write, and what lookups may find.

    `labels` names, by attribute key, rows that the stored record points at, which the person may read but not choose, and
    the files that it holds. `upload(rules, key)` is a file that the person uploaded before, None where there is none;
    `most_bytes` the largest that is taken at all.
    """

    manner: Manner = field(default_factory=Manner)
    finder: Finder = field(default_factory=Finder)
    labels: Mapping[str, str] = field(default_factory=dict)
    upload: Callable[[Rules, str], Upload | None] = lambda rules, key: None
    most_bytes: int = 0


PREFIX = "f-"


@dataclass(frozen=True, slots=True)
class Conduct:
    """What the rules of a form made of it: the fields that are not there, those that keep their value, and what they refuse,
    each with the field at which it is said ("" for none).

    `row` is the record as it was entered, `kept` what hidden and locked fields keep; both are missing where there are no rules.
    """

    hidden: frozenset[str] = frozenset()
    locked: frozenset[str] = frozenset()
    faults: tuple[tuple[str, Fault], ...] = ()
    row: Row | None = None
    kept: Mapping[str, Any] = field(default_factory=dict)


class BaseForm(Form):
    """The base of all generated forms. `entity`, `key` and `rules` say what it was made of.

    Fields are kept under `f-<attribute>`, as an attribute may be called `data` or `errors`; in the page each has the
    attribute's own name.
    """

    class Meta(DefaultMeta):
        """Who fills the form in, and the names in the page."""

        person = Person()

        def bind_field(self, form: Form, unbound_field: Any, options: dict[str, Any]) -> Field:
            """A field under the name of its attribute."""
            found: Field = unbound_field.bind(form=form, **{**options, "name": options["name"].removeprefix(PREFIX)})
            found.owner = form
            return found

    entity: str = ""
    key: str = ""
    rules: Mapping[str, Rules] = {}
    lockable: frozenset[str] = frozenset()
    varying: frozenset[str] = frozenset()
    """The fields that rules may lock, and those that they may require."""
    conduct: Conduct = Conduct()

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether every value is fit to be saved, and no rule of the form refuses them together.

        What is refused at no field that the form asks for is in `form_errors`.
        """
        valid = super().validate(extra_validators)
        self.form_errors = []
        for key, fault in self.conduct.faults:
            field = self._fields.get(PREFIX + key)
            if field is None:
                self.form_errors.append(fault)
            else:
                field.errors = [*field.errors, fault]
        return valid and not self.conduct.faults


class Input(Field):
    """An input of one attribute. `posted` tells whether the request held it at all."""

    def __init__(self, rules: Rules, **kwargs: Any) -> None:
        super().__init__(label=rules.label, **kwargs)
        self.rules = rules
        self.posted = False
        self.settled = False
        self.text = ""

    @property
    def person(self) -> Person:
        """Who fills the form in."""
        found: Person = self.meta.person
        return found

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was posted; what was not posted at all leaves the value as it is."""
        if not valuelist:
            return
        self.posted = True
        self.text = valuelist[0]
        self.data = None
        self.data = parse_value(self.text, self.rules.attribute.model, self.person.manner)

    def settle(self, value: Any, *, given: bool) -> None:
        """Have a value that the form's rules decide, whatever was typed; one that is not `given` counts as not posted."""
        self.process_errors: Any = []
        self.process_data(value)
        self.posted = given
        self.settled = True
        self.text = as_typed(value, self.person.manner)

    def pre_validate(self, form: Form) -> None:
        """Faults of the value, the first kind that there is: unreadable, missing, out of bounds."""
        if self.process_errors:
            raise StopValidation()
        if self.data is None or self.data == "" or self.data == ():
            raise StopValidation(self.rules.missing if self.rules.required else None)
        if self.posted:
            self.errors.extend(self.check(self.data))
        raise StopValidation()

    def check(self, value: Any) -> Sequence[Fault]:
        """What is wrong with a value that can be read."""
        return self.rules.faults(value)

    @property
    def named(self) -> str:
        """The label of a value that is stored as a number: the name of a row, the label of a file."""
        return ""

    def shown(self) -> str:
        """What stands in the control: what was typed, else the value as the person would type it."""
        return self.text if self.posted else as_typed(self.data, self.person.manner)


class SwitchInput(Input):
    """A yes or no. The page posts a 0 before the box, whose 1 follows where it is ticked: the last one counts."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Ticked, not ticked, or not asked."""
        if not valuelist:
            return
        self.posted = True
        self.data = valuelist[-1].strip().lower() not in ("", "0", "false", "off", "no")


class ChoiceInput(Input):
    """One of a closed set of values. Radios that may stay empty post an empty value before the one that is chosen."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """The value posted last."""
        super().process_formdata(valuelist[-1:])

    def check(self, value: Any) -> Sequence[Fault]:
        """Whether it is one of the options."""
        known = {option for option, _ in self.rules.options}
        return () if value in known else (Fault("form.unknown_choice"),)


class ChoicesInput(Input):
    """Several of a closed set of values, posted once each; a hidden empty one says that the question was asked."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """The values, each once, in the order of the page."""
        if not valuelist:
            return
        self.posted = True
        self.data = tuple(dict.fromkeys(value for value in valuelist[:MOST_CHOSEN] if value))

    def check(self, value: Any) -> Sequence[Fault]:
        """Whether all of them are options, and as many as are asked for."""
        known = {option for option, _ in self.rules.options}
        return self.rules.number_faults(len(value)) if known.issuperset(value) else (Fault("form.unknown_choice"),)


class LookupInput(Input):
    """A row of another entity, by id; beside it the text of the search box, which counts when it was changed.

    Posted under three names: `<name>` the id (`<entity>:<id>` where several entities may be pointed at), `<name>__q` the
    text in the search box, `<name>__found` the text that the offered rows answer to.
    """

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:
        """Read the search box as well."""
        self.search = ""
        self.found = ""
        self.offered: Sequence[Chosen] = ()
        self.chosen: Chosen | None = None
        if formdata is not None:
            self.search = " ".join(formdata.get(f"{self.name}__q", "")[:200].replace("\x00", "").split())
            self.found = " ".join(formdata.get(f"{self.name}__found", "")[:200].split())
        super().process(formdata, *args, **kwargs)

    @property
    def narrowing(self) -> Input | None:
        """The lookup before it on the form by whose row the rows offered are narrowed."""
        found: Input | None = (
            self.owner._fields.get(PREFIX + self.rules.field.narrowed_by) if self.rules.field.narrowed_by else None
        )
        return found

    @property
    def narrowed(self) -> Rules:
        """The rules, with the row that those offered must belong to."""
        other = self.narrowing
        if other is None or other.process_errors or other.data is None:
            return self.rules
        return replace(self.rules, within=other.data[1] if isinstance(other.data, tuple) else other.data)

    @property
    def _moved(self) -> bool:
        """Whether the form narrows it by another row than is stored."""
        other = self.narrowing
        return other is not None and other.data != other.object_data

    def process_data(self, value: Any) -> None:
        """Name the row that is stored."""
        entity, row = value if isinstance(value, tuple) else ("", value)
        super().process_data(value)
        if row is not None:
            self.chosen = self.person.finder.get(self.narrowed, entity, row) or self._stored(entity, row)

    def _stored(self, entity: str, row: int) -> Chosen | None:
        label = self.person.labels.get(self.rules.attribute.key)
        return Chosen(row, str(label), "", entity) if label else None

    def process_formdata(self, valuelist: list[str]) -> None:
        """The row chosen, searched for, or cleared."""
        if not valuelist and not self.search:
            if self.found:
                self.posted, self.data, self.chosen = True, None, None
            return
        self.posted = True
        self.text = valuelist[0] if valuelist else ""
        before, self.data, self.chosen = self.chosen, None, None
        if self.search and self.search != self.found:
            self._search()
        elif self.search or not self.found:
            self._take(self.text, before)

    def _search(self) -> None:
        self.offered = self.person.finder.find(self.narrowed, self.search, 20)
        exact = [row for row in self.offered if self.search.casefold() in (row.label.casefold(), row.second.casefold())]
        if len(exact) == 1:
            self._choose(exact[0])
            return
        raise ValueError(Fault("form.choose_row" if self.offered else "lookup.nothing", (("query", self.search),)))

    def _take(self, text: str, before: Chosen | None) -> None:
        entity, _, number = text.rpartition(":")
        row = parse_value(number, self.rules.attribute.model)
        if row is None:
            return
        kept = before is not None and (before.id, before.entity) == (row, entity) and not self._moved
        found = before if kept else self.person.finder.get(self.narrowed, entity, row)
        if found is None:
            raise ValueError(Fault("form.unknown_record"))
        self._choose(found)

    def _choose(self, row: Chosen) -> None:
        self.chosen = row
        self.data = (row.entity, row.id) if row.entity else row.id

    def check(self, value: Any) -> Sequence[Fault]:
        """Nothing: what may not be chosen was refused when it was read."""
        return ()

    @property
    def named(self) -> str:
        """The name of the row."""
        return self.chosen.label if self.chosen is not None else ""

    def shown(self) -> str:
        """What stands in the search box."""
        if self.chosen is not None:
            return self.chosen.label
        return self.search


class FileInput(Input):
    """A file, by the key of an upload that was taken in before the form was read.

    Posted is the key, nothing to have no file any more, or `!<code>:<name>` for an upload that was refused.
    """

    file: FileLabel | None = None

    def process_data(self, value: Any) -> None:
        """Name the file that is stored."""
        super().process_data(value)
        if value is not None:
            self.file = read_label(self.person.labels.get(self.rules.attribute.key))

    def process_formdata(self, valuelist: list[str]) -> None:
        """The upload, none, or why it was refused."""
        if not valuelist:
            return
        self.posted, self.text = True, valuelist[0]
        self.data, self.file = None, None
        if self.text.startswith(REFUSED):
            raise ValueError(refused_fault(self.rules, self.person.most_bytes, self.text))
        upload = self.person.upload(self.rules, self.text) if self.text else None
        if upload is not None:
            self.data, self.file = upload.id, upload.label
        elif self.text:
            raise ValueError(Fault("form.file_gone"))

    def check(self, value: Any) -> Sequence[Fault]:
        """Nothing: an upload was looked at when it was taken in."""
        return ()

    @property
    def named(self) -> str:
        """The label of the file."""
        return self.file.text if self.file is not None else ""

    @property
    def pending(self) -> str:
        """The key of an upload that no row holds yet, to be posted again."""
        return self.file.key if self.file is not None and not self.file.row else ""

    def shown(self) -> str:
        """What is posted for it as it is."""
        return self.text if self.posted else ""


@dataclass(frozen=True, slots=True)
class Control:
    """How a type is asked for: the control's name, which is also its template's, and the field; None: it is only shown."""

    name: str
    input: type[Input] | None


CONTROLS: Mapping[str, Control] = {
    "text": Control("text", Input),
    "long_text": Control("textarea", Input),
    "email": Control("text", Input),
    "phone": Control("text", Input),
    "url": Control("text", Input),
    "unique_id": Control("text", Input),
    "integer": Control("text", Input),
    "decimal": Control("text", Input),
    "money": Control("money", Input),
    "date": Control("text", Input),
    "datetime": Control("text", Input),
    "boolean": Control("checkbox", SwitchInput),
    "choice": Control("dropdown", ChoiceInput),
    "choices": Control("checkboxes", ChoicesInput),
    "lookup": Control("lookup", LookupInput),
    "auto_number": Control("shown", None),
    "file": Control("file", FileInput),
    "image": Control("file", FileInput),
}

STYLES: Mapping[str, frozenset[str]] = {
    "radios": frozenset({"choice"}),
    "dropdown": frozenset({"choice", "lookup"}),
    "checkboxes": frozenset({"choices"}),
    "textarea": frozenset({"text", "long_text"}),
}


def control_of(model: Attribute) -> Control:
    """How an attribute is asked for: as its type is, or by choosing where the engine knows the values of a text."""
    return CONTROLS["choice"] if model.values else CONTROLS[model.type]


def control_name(rules: Rules) -> str:
    """The control of a field: the type's own, or the other one that the form asks for where the type has it."""
    kind, style = "choice" if rules.attribute.model.values else rules.attribute.model.type, rules.field.style
    if style and kind in STYLES.get(style, frozenset()):
        return "lookup_dropdown" if (kind, style) == ("lookup", "dropdown") else style
    return CONTROLS[kind].name


def as_typed(value: Any, manner: Manner) -> str:
    """A value as it stands in a control."""
    match value:
        case None | bool() | tuple():
            return ""
        case Decimal():
            return plain(value, manner.language)
        case dt.datetime():
            return value.astimezone(ZoneInfo(manner.zone)).strftime("%Y-%m-%dT%H:%M")
        case dt.date():
            return value.isoformat()
    return str(value)
