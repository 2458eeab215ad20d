"""Values as people read them: a small compiled function for each attribute, language, time zone and currency.

What the functions return is HTML: text is escaped, choices may be status pills, addresses are links. The same functions
serve lists (short) and details (full).
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from markupsafe import Markup, escape

from metadata.snapshot import CompiledAttribute, Snapshot
from runtime.render.choices import choice_html, choices_html
from runtime.render.dates import long_day, moment, short_day
from runtime.render.files import file_writer
from runtime.render.links import email_html, lines_html, phone_html, url_html
from runtime.render.locales import locale_for
from runtime.render.memo import remembered
from runtime.render.numbers import NO_BREAK, currency_digits, fixed, shortest, ungrouped
from runtime.render.texts import Texts, engine_texts

Formatter = Callable[[Any], str]

_MARKS = re.compile(r"[&<>\"']")
_CODE = re.compile(r"[A-Z]{3}")
_DECIMAL_DIGITS = 6


@dataclass(frozen=True, slots=True)
class MoneyRule:
    """How the currency of a money attribute is known: a fixed `code`, or the `attribute` of the row that holds it.

    Both are "" where nothing names a currency.
    """

    code: str = ""
    attribute: str = ""


@dataclass(frozen=True, eq=False)
class Formats:
    """How values are written for one language, time zone and site currency. Made by `formats_for`."""

    language: str
    zone: ZoneInfo
    currency: str
    year: int
    locale: Locale = field(init=False)
    texts: Texts = field(init=False)
    plain: Formatter = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "locale", locale_for(self.language))
        object.__setattr__(self, "texts", engine_texts(self.language))
        object.__setattr__(self, "plain", shortest(self.locale, _DECIMAL_DIGITS))

    def html(
        self, attribute: CompiledAttribute, snapshot: Snapshot, *, full: bool = False, thumbnail: int = 0, linked: bool = True
    ) -> Formatter:
        """The function that writes an attribute's values as HTML, safe to print as it is; a plain string.

        `full` is for details: long dates, money with its code, line breaks kept, a dash where there is no value. In lists
        money stands without code (see `money_rule`), and no value is nothing. `thumbnail` is the width of a small picture; what
        is not `linked` stands in a link already.
        """
        key = ("format", self, attribute.column.table.name, attribute.key, full, thumbnail, linked)
        return snapshot.derive(key, lambda: self._empty_aware(self._write(attribute, snapshot, full, thumbnail, linked), full))

    def present(self, attribute: CompiledAttribute, snapshot: Snapshot) -> Formatter:
        """The same for lists, of values that are there."""
        return self._write(attribute, snapshot)

    def for_attribute(self, attribute: CompiledAttribute, snapshot: Snapshot, *, full: bool = False) -> Callable[[Any], Markup]:
        """The same function with Markup as result, for templates that escape."""
        write = self.html(attribute, snapshot, full=full)
        return lambda value: Markup(write(value))  # noqa: S704 - made by our own formatters, which escape

    def money_rule(self, attribute: CompiledAttribute) -> MoneyRule:
        """Where the currency of a money attribute comes from."""
        named = attribute.model.currency
        if not named:
            return MoneyRule(code=self.currency)
        return MoneyRule(code=named) if _CODE.fullmatch(named) else MoneyRule(attribute=named)

    def money(self, value: Decimal | None, code: str | None) -> str:
        """An amount with the code of its currency after it, as HTML; "" for no amount."""
        if value is None:
            return ""
        amount = fixed(self.locale, currency_digits(code or ""))(value)
        return f"{amount}{NO_BREAK}{escape(code)}" if code else amount

    def day(self, value: dt.date, *, full: bool = False) -> str:
        """A day: "9 Nov", or in full."""
        return (long_day(self.locale) if full else short_day(self.locale, self.year))(value)

    def moment(self, value: dt.datetime, *, full: bool = False) -> str:
        """A moment on the person's clock."""
        return self._moment(full)(value)

    def time(self, value: dt.datetime) -> str:
        """The time of day of a moment on the person's clock."""
        return moment(lambda day: "", self.locale, self.zone, "")(value)

    def number(self, value: int | Decimal, of: CompiledAttribute | None = None) -> str:
        """A number with at most six decimals, a value of an attribute as that one says."""
        if of is not None and of.model.ungrouped and value == int(value):
            return ungrouped(self.locale)(int(value))
        return self.plain(value)

    def _moment(self, full: bool) -> Callable[[dt.datetime], str]:
        day = long_day(self.locale) if full else short_day(self.locale, self.year)
        return moment(day, self.locale, self.zone, ", " if full else NO_BREAK)

    def _write(
        self, attribute: CompiledAttribute, snapshot: Snapshot, full: bool = False, thumbnail: int = 0, linked: bool = True
    ) -> Formatter:
        model = attribute.model
        match attribute.type.name:
            case "integer" if model.ungrouped:
                return ungrouped(self.locale)
            case "integer":
                return remembered(fixed(self.locale, 0))
            case "decimal" if model.scale is not None:
                return fixed(self.locale, model.scale)
            case "decimal":
                return shortest(self.locale, _DECIMAL_DIGITS)
            case "money":
                return self._money(attribute, full)
            case "boolean":
                return {True: self.texts("value.yes"), False: self.texts("value.no")}.__getitem__
            case "date":
                return long_day(self.locale) if full else short_day(self.locale, self.year)
            case "datetime":
                return self._moment(full)
            case "choice":
                return choice_html(snapshot.choices.get(model.choice), self.language)
            case "choices":
                return choices_html(snapshot.choices.get(model.choice), self.language)
            case "email":
                return email_html
            case "phone":
                return phone_html
            case "url":
                return url_html
            case "file" | "image":
                entity = attribute.column.table.name
                return file_writer(entity, attribute.key, str(self.locale), full=full, thumbnail=thumbnail, linked=linked)
            case "long_text" if full:
                return lines_html
            case _:
                return _text

    def _money(self, attribute: CompiledAttribute, full: bool) -> Formatter:
        code = self.money_rule(attribute).code
        scale = attribute.model.scale
        write = fixed(self.locale, currency_digits(code) if scale is None else scale)
        if not (full and code):
            return write
        end = f"{NO_BREAK}{escape(code)}"
        return lambda value: write(value) + end

    def _empty_aware(self, write: Formatter, full: bool) -> Formatter:
        none = no_value(self.texts) if full else ""
        if write is _text:
            return lambda value: none if value is None or value == "" else _text(value)
        return lambda value: none if value is None else write(value)


def no_value(texts: Texts) -> str:
    """What stands where a detail has no value: a dash to the eye, words to the ear."""
    return f'<span class="muted" aria-hidden="true">–</span><span class="visually-hidden">{escape(texts("value.none"))}</span>'


def formats_for(language: str, time_zone: str, currency: str = "") -> Formats:
    """The formats of a language, a time zone (UTC where the name is unknown) and a site's currency."""
    return _formats_at(language, time_zone, currency, int(time.time()) // 60)


@lru_cache(maxsize=512)
def _formats_at(language: str, time_zone: str, currency: str, minute: int) -> Formats:
    """The same at a minute since 1970: a year begins with a full one in every zone, and to ask the calendar takes longer."""
    zone = _zone(time_zone)
    return _formats(language, zone, currency, dt.datetime.fromtimestamp(minute * 60, zone).year)


@lru_cache(maxsize=512)
def _formats(language: str, zone: ZoneInfo, currency: str, year: int) -> Formats:
    return Formats(language, zone, currency, year)


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _text(value: Any) -> str:
    # Most texts have nothing to escape, and looking is much cheaper than making Markup of them.
    return value if type(value) is str and _MARKS.search(value) is None else str(escape(value))
