"""A cell as a form posts it: labels of options become their values, yes becomes 1, a moment is put in order."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection

from runtime.forms.faults import unparsable
from runtime.forms.parse import PARSERS, Manner
from runtime.forms.rules import Rules

YES = frozenset({"1", "true", "yes", "y", "on", "x"})
NO = frozenset({"0", "false", "no", "n", "off"})
_BETWEEN = re.compile(r"\s*[;|\n]\s*")
_MOMENT = re.compile(r"(?P<day>.+?)[,\s]+(?P<time>\d{1,2}[:.]\d{2}([:.]\d{2})?)")


def posted(rules: Rules, text: str, manner: Manner, yes: Collection[str] = (), no: Collection[str] = ()) -> list[str]:
    """What a form would post for a cell. `yes` and `no` are the words of the person's language. Raises Unparsable.

    Lookups are no matter of this; an option that is not known is left to the form to refuse.
    """
    model = rules.attribute.model
    if model.values or model.type == "choice":
        return [_option(rules, text)]
    match model.type:
        case "choices":
            return _options(rules, text)
        case "boolean":
            return [_switch(text, yes, no)]
        case "date":
            return [_day(text)]
        case "datetime":
            return [_moment(rules, text, manner)]
    return [text]


def _option(rules: Rules, text: str) -> str:
    bare = text.casefold()
    for value, label in rules.options:
        if bare in (value.casefold(), label.casefold()):
            return value
    return text


def _options(rules: Rules, text: str) -> list[str]:
    known = {value for value, _ in rules.options}
    whole = _option(rules, text)
    if whole in known:
        return ["", whole]
    parts = _BETWEEN.split(text) if _BETWEEN.search(text) else text.split(",")
    return ["", *(_option(rules, part.strip()) for part in parts if part.strip())]


def _switch(text: str, yes: Collection[str], no: Collection[str]) -> str:
    bare = text.casefold()
    if bare in YES or bare in {word.casefold() for word in yes}:
        return "1"
    if bare in NO or bare in {word.casefold() for word in no}:
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
