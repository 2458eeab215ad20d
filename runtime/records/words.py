"""The words that stand for values of a request: @contact, @account, @company, @now, @today-30d, @contact.<attribute>."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import ColumnElement, Date, bindparam, select

from metadata.snapshot import Snapshot
from metadata.types import UtcDateTime
from runtime.access import Principal
from runtime.access.scopes import person

PEOPLE = {"@contact": "p_contact", "@account": "p_account", "@company": "p_company"}
_DAY = re.compile(r"@today(?:([+-])(\d{1,5})d)?")
_BIND = re.compile(r"p_(date|start)_([mp])(\d+)")


@dataclass(frozen=True, slots=True)
class Operand:
    """A value to compare with: an expression, and what must hold for it to be a value at all."""

    value: ColumnElement[Any]
    given: ColumnElement[bool] | None = None


def is_word(value: Any) -> bool:
    """Whether a value of metadata is a word of the request; `@@` begins a literal."""
    return isinstance(value, str) and value.startswith("@") and not value.startswith("@@")


def literal(value: Any) -> Any:
    """A literal value of metadata, with a doubled leading @ made single."""
    return value[1:] if isinstance(value, str) and value.startswith("@@") else value


def operand(snapshot: Snapshot, word: str, moment: bool) -> Operand:
    """The expression for a word; `moment` where a date-time is compared. Raises ValueError for an unknown word."""
    if word in PEOPLE:
        value = person(PEOPLE[word])
        return Operand(value, value.is_not(None))
    if word == "@now":
        return Operand(bindparam("p_now", type_=UtcDateTime()))
    day = _DAY.fullmatch(word)
    if day:
        sign = "m" if day[1] == "-" else "p"
        name = f"p_{'start' if moment else 'date'}_{sign}{int(day[2] or 0)}"
        return Operand(bindparam(name, type_=UtcDateTime() if moment else Date()))
    if word.startswith("@contact."):
        return _own(snapshot, word.removeprefix("@contact."))
    raise ValueError(f"{word} is not a word of the request")


def _own(snapshot: Snapshot, key: str) -> Operand:
    contact = snapshot.entities["contact"]
    if key not in contact.attributes:
        raise ValueError(f"a contact has no {key}")
    own = contact.table.alias("own")
    value = select(own.c[contact.attributes[key].column.name]).where(own.c.id == person("p_contact"))
    scalar = value.correlate(None).scalar_subquery()
    return Operand(scalar, scalar.is_not(None))


def zone_of(principal: Principal) -> dt.tzinfo:
    """The principal's time zone; UTC where its name is unknown."""
    try:
        return ZoneInfo(principal.time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return dt.UTC


def bind_values(principal: Principal, names: Iterable[str]) -> dict[str, Any]:
    """The values of the principal's binds, and of the moments among `names`."""
    values: dict[str, Any] = dict(principal.binds)
    for name in names:
        if name == "p_now":
            values[name] = dt.datetime.now(dt.UTC)
        elif found := _BIND.fullmatch(name):
            values[name] = day_value(principal, int(found[3]) * (-1 if found[2] == "m" else 1), found[1] == "start")
    return values


def day_value(principal: Principal, days: int, start: bool) -> dt.date | dt.datetime:
    """The day so many days from today in the principal's zone, as a date, or as the moment at which it starts."""
    zone = zone_of(principal)
    day = dt.datetime.now(zone).date() + dt.timedelta(days=days)
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC) if start else day
