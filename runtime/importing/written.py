"""A cell as a form posts it: labels of options become their values, yes becomes 1, a moment is put in order."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from runtime.forms.faults import unparsable
from runtime.forms.parse import PARSERS, Manner
from runtime.forms.rules import Rules

YES = frozenset({"1", "true", "yes", "y", "on", "x"})
NO = frozenset({"0", "false", "no", "n", "off"})
_BETWEEN = re.compile(r"\s*[;|\n]\s*")
_MOMENT = re.compile(r"(?P<day>.+?)[,\s]+(?P<time>\d{1,2}[:.]\d{2}([:.]\d{2})?)")


@dataclass(frozen=True, slots=True)
class Wording:
    """How cells word what a form posts as a code: `options` gives, for an attribute's options, the value of each label in
    whatever language, case folded; `yes` and `no` are the words for a switch, case folded as well."""

    options: Callable[[Rules], Mapping[str, str]]
    yes: frozenset[str] = YES
    no: frozenset[str] = NO


def posted(rules: Rules, text: str, manner: Manner, wording: Wording) -> list[str]:
    """What a form would post for a cell. Raises Unparsable.

    Lookups are no matter of this; an option that is not known is left to the form to refuse.
    """
    model = rules.attribute.model
    if model.values or model.type == "choice":
        return [_option(wording.options(rules), text)]
    match model.type:
        case "choices":
            return _options(wording.options(rules), text)
        case "boolean":
            return [_switch(text, wording)]
        case "date":
            return [_day(text)]
        case "datetime":
            return [_moment(rules, text, manner)]
    return [text]


def _option(known: Mapping[str, str], text: str) -> str:
    return known.get(text.casefold(), text)


def _options(known: Mapping[str, str], text: str) -> list[str]:
    if text.casefold() in known:
        return ["", known[text.casefold()]]
    parts = _BETWEEN.split(text) if _BETWEEN.search(text) else text.split(",")
    return ["", *(_option(known, part.strip()) for part in parts if part.strip())]


def _switch(text: str, wording: Wording) -> str:
    bare = text.casefold()
    if bare in wording.yes:
        return "1"
    if bare in wording.no:
        return "0"
    raise unparsable("import.not_yes_no")


def _day(text: str) -> str:
    """A day; one that a spreadsheet has written with midnight as its time is a day as well."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.date().isoformat() if moment.tzinfo is None and moment.time() == dt.time() else text


def _moment(rules: Rules, text: str, manner: Manner) -> str:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        found = _MOMENT.fullmatch(text)
        if found is None:
            return text
        hours, *rest = re.split("[:.]", found["time"])
        day = _day_of(rules, found["day"], manner)
        return f"{day.isoformat()}T{hours.zfill(2)}:{':'.join(rest)}"
    return text


def _day_of(rules: Rules, text: str, manner: Manner) -> dt.date:
    """The day before a time. Raises Unparsable with the fault of a moment."""
    try:
        found: dt.date = PARSERS["date"](text.strip(), rules.attribute.model, manner)
    except ValueError:
        raise unparsable("form.not_datetime", example="2026-11-20T10:30") from None
    return found
