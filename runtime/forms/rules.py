"""What a field of a form demands of its value: taken from the attribute and from the form, in one language."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from babel.dates import format_date, format_datetime

from metadata.model import Choice, FormField
from metadata.patterns import matches
from metadata.snapshot import CompiledAttribute, Snapshot
from metadata.text import in_words
from metadata.types import SHORT_TEXT
from runtime.forms.faults import Fault
from runtime.forms.numbers import locale_for, plain
from runtime.forms.parse import LONGEST_TEXT, coerce

_REGION = re.compile("(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)/|UTC$")
LONGEST = {"long_text": LONGEST_TEXT, "url": 2000}


@dataclass(frozen=True, slots=True)
class Rules:
    """The demands on one value. Texts are in one language; `options` are value and label pairs.

    `within` is the row by which the rows of a lookup are narrowed, where its field says so and the form holds one.
    """

    attribute: CompiledAttribute
    field: FormField
    language: str
    label: str
    hint: str = ""
    required: bool = False
    pattern: str = ""
    low: Any = None
    high: Any = None
    longest: int = SHORT_TEXT
    options: tuple[tuple[str, str], ...] = ()
    within: int | None = None

    @property
    def missing(self) -> Fault:
        """The fault of an empty value that must be given."""
        own = self.field.required_message.in_language(self.language)
        return required(self.label, self.attribute.model.type, own)

    def faults(self, value: Any) -> tuple[Fault, ...]:
        """What is wrong with a value of the right type that is not empty."""
        if isinstance(value, str):
            return self._of_text(value)
        return self._of_range(value) if self.low is not None or self.high is not None else ()

    def number_faults(self, chosen: int) -> tuple[Fault, ...]:
        """What is wrong with a number of options, at least one."""
        own = self.field.range_message.in_language(self.language)
        if chosen < self.field.fewest:
            return (Fault("form.too_few_options", (("count", self.field.fewest),), own),)
        if self.field.most and chosen > self.field.most:
            return (Fault("form.too_many_options", (("count", self.field.most),), own),)
        return ()

    def _of_text(self, value: str) -> tuple[Fault, ...]:
        if len(value) > self.longest:
            return (Fault("form.too_long", (("count", self.longest),)),)
        if self.pattern and not matches(self.pattern, value):
            return (Fault("form.not_pattern", (("label", self.label),), self.field.pattern_message.in_language(self.language)),)
        return ()

    def _of_range(self, value: Any) -> tuple[Fault, ...]:
        low, high = self.low, self.high
        if (low is None or value >= low) and (high is None or value <= high):
            return ()
        values = (("low", _said(low, self.language)), ("high", _said(high, self.language)))
        own = self.field.range_message.in_language(self.language)
        if low is not None and high is not None:
            return (Fault("form.out_of_range", values, own),)
        key, limit = ("form.too_small", low) if high is None else ("form.too_large", high)
        return (Fault(key, (("limit", _said(limit, self.language)),), own),)


CHOSEN_TYPES = frozenset({"choice", "choices", "lookup", "date", "datetime", "file", "image"})


def required(label: str, type_name: str = "text", own: str = "") -> Fault:
    """The fault of a value that is missing, in words that fit its type."""
    return Fault("form.choose_required" if type_name in CHOSEN_TYPES else "form.required", (("label", label),), own)


def _said(bound: Any, language: str) -> str:
    if isinstance(bound, Decimal):
        return plain(bound, language)
    if isinstance(bound, dt.datetime):
        return format_datetime(bound, locale=locale_for(language))
    return format_date(bound, locale=locale_for(language)) if isinstance(bound, dt.date) else f"{bound}"


def option_pairs(choice: Choice | None, language: str) -> tuple[tuple[str, str], ...]:
    """The options of a choice as value and label."""
    if choice is None:
        return ()
    return tuple((option.value, option.label.in_language(language) or in_words(option.value)) for option in choice.options)


def known_values(snapshot: Snapshot, name: str) -> tuple[tuple[str, str], ...]:
    """The values that the engine knows under a name: the languages by their own names, or the time zones of the world."""
    if name == "languages":
        return tuple((key, language.label.in_language(key) or key) for key, language in snapshot.languages.items())
    if name == "time_zones":
        return tuple((zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if _REGION.match(zone))
    return ()


def rules_for(snapshot: Snapshot, attribute: CompiledAttribute, field: FormField, language: str) -> Rules:
    """The demands of a form's field on an attribute."""
    model = attribute.model
    ranged = attribute.type.numeric or model.type in ("date", "datetime")
    return Rules(
        attribute=attribute,
        field=field,
        language=language,
        label=field.label.in_language(language) or model.label.in_language(language) or in_words(model.key),
        hint=field.hint.in_language(language) or model.description.in_language(language),
        required=bool(field.required) or model.required == "required",
        pattern=field.pattern or model.pattern,
        low=coerce(model.min, model) if ranged else None,
        high=coerce(model.max, model) if ranged else None,
        longest=model.max_length or LONGEST.get(model.type, SHORT_TEXT),
        options=known_values(snapshot, model.values) or option_pairs(snapshot.choices.get(model.choice), language),
    )


def html_attributes(rules: Rules, control: str) -> Mapping[str, str]:
    """What the browser is told of a text-like control: type, length, keyboard, what it may fill in."""
    found = dict(_BROWSER.get(rules.attribute.model.type, {}))
    if control in ("text", "textarea") and not rules.attribute.type.numeric:
        found["maxlength"] = str(rules.longest)
    if rules.attribute.model.type == "date":
        found |= {name: bound.isoformat() for name, bound in (("min", rules.low), ("max", rules.high)) if bound is not None}
    return found


_BROWSER: Mapping[str, Mapping[str, str]] = {
    "text": {"type": "text"},
    "email": {"type": "email", "autocomplete": "email", "inputmode": "email", "spellcheck": "false"},
    "phone": {"type": "tel", "autocomplete": "tel", "inputmode": "tel"},
    "url": {"type": "url", "inputmode": "url", "autocomplete": "url", "spellcheck": "false"},
    "integer": {"type": "text", "inputmode": "numeric", "autocomplete": "off"},
    "decimal": {"type": "text", "inputmode": "decimal", "autocomplete": "off"},
    "money": {"type": "text", "inputmode": "decimal", "autocomplete": "off"},
    "date": {"type": "date"},
    "datetime": {"type": "datetime-local"},
    "unique_id": {"type": "text", "autocomplete": "off", "spellcheck": "false"},
}
