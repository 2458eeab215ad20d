"""The words that stand for values of a request: @contact, @account, @company, @now, @today-30d, @contact.<attribute>."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import ColumnElement, Date, bindparam, select

from metadata.snapshot import Snapshot
from metadata.types import UtcDateTime
from runtime.access import Principal
from runtime.access.scopes import person
from runtime.records.proof import Reader, proven

CONTACT = "@contact."
PEOPLE = {"@contact": "p_contact", "@account": "p_account", "@company": "p_company"}
_DAY = re.compile(r"@today(?:([+-])(\d{1,5})d)?")
_DAYS = 40_000
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


def bind_values(principal: Principal, names: frozenset[str]) -> dict[str, Any]:
    """The values of the principal's binds, and of the moments among `names`."""
    values: dict[str, Any] = dict(principal.binds)
    for name, found in _moments(names):
        if found is None:
            values[name] = dt.datetime.now(dt.UTC)
        else:
            values[name] = day_value(principal, *found)
    return values


@lru_cache(maxsize=4096)
def _moments(names: frozenset[str]) -> tuple[tuple[str, tuple[int, bool] | None], ...]:
    """The moments among names: how many days from today each is and whether as the moment when that begins, None for now."""
    days = ((name, _BIND.fullmatch(name)) for name in names)
    found = [(name, (int(day[3]) * (-1 if day[2] == "m" else 1), day[1] == "start")) for name, day in days if day is not None]
    return (*found, *((name, None) for name in names if name == "p_now"))


def day_value(principal: Principal, days: int, start: bool) -> dt.date | dt.datetime:
    """The day so many days from today in the principal's zone, as a date, or as the moment at which it starts."""
    zone = zone_of(principal)
    day = dt.datetime.now(zone).date() + dt.timedelta(days=days)
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC) if start else day


def word_value(connection: Reader, snapshot: Snapshot, principal: Principal, word: str, *, moment: bool) -> Any:
    """The value of a word of the request such as @contact, @today or @contact.<attribute>; None where it has none.

    `moment` asks for a date-time where the word is a day.
    """
    if word in PEOPLE:
        return principal.binds[PEOPLE[word]]
    if word == "@now":
        return dt.datetime.now(dt.UTC) if moment else dt.datetime.now(dt.UTC).date()
    if word.startswith("@today"):
        shift = word.removeprefix("@today").removesuffix("d") or "0"
        digits = shift.lstrip("+-")
        if not digits.isdecimal() or int(digits) > _DAYS:
            return None
        return day_value(principal, -int(digits) if shift.startswith("-") else int(digits), moment)
    return _own_now(connection, snapshot, principal, word.removeprefix(CONTACT))


def _own_now(connection: Reader, snapshot: Snapshot, principal: Principal, key: str) -> Any:
    contact = snapshot.entities["contact"]
    if principal.contact is None or key not in contact.attributes:
        return None
    column = contact.attributes[key].column
    return proven(connection).execute(select(column).where(contact.table.c.id == principal.contact)).scalar_one_or_none()
