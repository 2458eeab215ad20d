"""The base of every form and of every input: what was posted, what it means to whom, and what is wrong with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import Field, Form
from wtforms.meta import DefaultMeta
from wtforms.validators import StopValidation

from metadata.expressions.evaluate import Row
from runtime.files.register import Upload
from runtime.forms.faults import Fault
from runtime.forms.numbers import plain
from runtime.forms.parse import Manner, parse_value
from runtime.forms.rules import Rules
from runtime.passing import passing


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

        def bind_field(self, form: BaseForm, unbound_field: Any, options: dict[str, Any]) -> Field:
            """A field under the name of its attribute: a copy of one made before, unless it stands in a row among rows."""
            name = options["name"]
            pattern = form.patterns.get(name)
            if pattern is None or options["prefix"]:
                found: Field = unbound_field.bind(form=form, **{**options, "name": name.removeprefix(PREFIX)})
                if not options["prefix"]:
                    form.patterns[name] = type(found), {**vars(found), "_form": None, "meta": None}
            else:
                kind, parts = pattern
                found = object.__new__(kind)
                vars(found).update(parts, _form=form, meta=self)
            found.owner = form
            return found

    entity: str = ""
    key: str = ""
    rules: Mapping[str, Rules] = {}
    lockable: frozenset[str] = frozenset()
    varying: frozenset[str] = frozenset()
    """The fields that rules may lock, and those that they may require."""
    conduct: Conduct = Conduct()
    patterns: dict[str, tuple[type[Field], dict[str, Any]]]
    """What the fields of a form of this class begin as."""

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
        cls.patterns = {}

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
        """Read what was posted; what was not posted at all, or came back as it was shown, leaves the value as it is.

        A control shows less than a value may hold, such as minutes of a moment with seconds, and browsers send line breaks
        of their own: who touched nothing would otherwise change such a value.
        """
        if not valuelist:
            return
        self.posted = True
        self.text = valuelist[0]
        model, manner = self.rules.attribute.model, self.person.manner
        kept: Any = self.data
        if self.text and kept is not None and self._as_sent(as_typed(kept, manner)) == self._as_sent(self.text):
            return
        self.data: Any = None
        self.data = parse_value(self.text, model, manner)

    def _as_sent(self, text: str) -> str:
        """A text without what browsers make of its line breaks: an input of one line leaves them out."""
        one = text.replace("\r\n", "\n").replace("\r", "\n")
        return one if self.rules.attribute.model.type == "long_text" else one.replace("\n", "")

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
