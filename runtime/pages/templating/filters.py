"""The filters of web templates. Each takes plain values and gives one of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import wraps
from typing import Any
from urllib.parse import quote

from jinja2 import Undefined

from metadata.templates import FILTERS
from runtime.pages.templating.budget import LARGEST, TemplateStopped
from runtime.pages.templating.values import Sequence, plain, text_of, together

MOST_DECIMALS = 12
Filter = Callable[..., Any]


def texts(change: Callable[[str], str]) -> Filter:
    """A filter that changes a text."""
    return lambda value: change(text_of(value))


def items_of(value: Any) -> list[Any]:
    """The items of what may be looped over."""
    if isinstance(value, Sequence):
        return value.items
    if isinstance(value, list | tuple | range):
        return list(value)
    raise TemplateStopped("it looks for items in something that has none")


def length(value: Any) -> int:
    """How many items, or letters."""
    return len(value) if isinstance(value, str) else len(items_of(value))


def first(value: Any) -> Any:
    """The first item."""
    return next(iter(items_of(value)), None)


def last(value: Any) -> Any:
    """The last item."""
    return next(reversed(items_of(value)), None)


def default(value: Any, other: Any = "") -> Any:
    """The value, or another where it is empty."""
    return other if isinstance(value, Undefined) or plain(value) in (None, "") else value


def truncate(value: Any, letters: int = 100) -> str:
    """The beginning of a text."""
    text = text_of(value)
    return text if len(text) <= letters else f"{text[: max(0, letters - 1)].rstrip()}…"


def number_of(value: Any) -> Any:
    """A number. Raises TemplateStopped for anything else, and for one that is too large."""
    found = plain(value)
    if isinstance(found, bool) or not isinstance(found, int | float | Decimal):
        raise TemplateStopped("it reckons with something that is no number")
    if not -LARGEST <= found <= LARGEST:
        raise TemplateStopped("a number is too large")
    return found


def rounded(value: Any, decimals: int = 0) -> Decimal:
    """A number with so many decimals."""
    if not 0 <= decimals <= MOST_DECIMALS:
        raise TemplateStopped(f"a number has at most {MOST_DECIMALS} decimals")
    return Decimal(str(number_of(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def whole(value: Any) -> int:
    """A whole number, of a text as well; 0 where it is none."""
    found = plain(value)
    if isinstance(found, str):
        digits = found.strip().removeprefix("-")
        is_number = digits.isascii() and digits.isdigit() and len(digits) <= 18
        return int(found) if is_number else 0
    return int(number_of(found))


def joined(value: Iterable[Any], between: str = "") -> str:
    """Items as one text."""
    return together(items_of(value), text_of(between))


def make_filters(tick: Callable[[], None], number: Callable[[Any], str]) -> Mapping[str, Filter]:
    """The filters by name; `tick` is told of each use, `number` writes a number for the language of the page."""
    known: dict[str, Filter] = {
        "upper": texts(str.upper),
        "lower": texts(str.lower),
        "capitalize": texts(str.capitalize),
        "trim": texts(str.strip),
        "urlencode": texts(lambda text: quote(text, safe="")),
        "length": length,
        "first": first,
        "last": last,
        "default": default,
        "truncate": truncate,
        "round": rounded,
        "int": whole,
        "abs": lambda value: abs(number_of(value)),
        "join": joined,
        "number": lambda value: number(number_of(value)),
    }
    return {name: watched(known[name], tick) for name in FILTERS}


def watched(work: Filter, tick: Callable[[], None]) -> Filter:
    """The same filter, which looks at the clock first."""

    @wraps(work)
    def watch(*given: Any) -> Any:
        tick()
        return work(*given)

    return watch
