"""The functions and operators of the language: one row each, with the kinds that they take and give.

Every evaluator is keyed by these names; a test proves that none is missing anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from metadata.expressions.tree import Kind

ORDERED: frozenset[Kind] = frozenset({"number", "date", "moment"})
COMPARABLE: frozenset[Kind] = ORDERED | {"boolean", "text", "row"}
Check = Callable[[Sequence[Kind]], Kind | None]


@dataclass(frozen=True, slots=True)
class Function:
    """A function: its name, an example for people, and `kind`: what it gives for these kinds, or None where it takes others.

    `takes` are the kinds of its arguments, where they are not all of one kind. `plain` arguments (by position) must be a
    name or a value, not a computation.
    """

    name: str
    example: str
    kind: Check
    takes: tuple[Kind, ...] = ()
    plain: tuple[int, ...] = ()


def _of(name: str, example: str, gives: Kind, *takes: Kind, plain: tuple[int, ...] = ()) -> Function:
    """A function of exactly these kinds; an empty value is fine for each."""

    def check(given: Sequence[Kind]) -> Kind | None:
        fits = len(given) == len(takes) and all(kind in (want, "empty") for kind, want in zip(given, takes, strict=True))
        return gives if fits else None

    return Function(name, example, check, takes, plain)


def _common(given: Sequence[Kind]) -> Kind | None:
    """The one kind among several, empty values aside."""
    kinds = {kind for kind in given if kind != "empty"}
    return None if len(kinds) > 1 else next(iter(kinds), "empty")


def _compare(of: frozenset[Kind]) -> Check:
    def check(given: Sequence[Kind]) -> Kind | None:
        common = _common(given)
        return "boolean" if len(given) == 2 and common in of else None

    return check


def _booleans(given: Sequence[Kind]) -> Kind | None:
    return "boolean" if len(given) >= 2 and _common(given) == "boolean" else None


def _is_in(given: Sequence[Kind]) -> Kind | None:
    common = _common(given)
    return "boolean" if len(given) >= 2 and common in COMPARABLE else None


def _empty(given: Sequence[Kind]) -> Kind | None:
    return "boolean" if len(given) == 1 else None


def _either(given: Sequence[Kind]) -> Kind | None:
    if len(given) != 3 or given[0] not in ("boolean", "empty"):
        return None
    common = _common(given[1:])
    return common if common in COMPARABLE else None


def _first(given: Sequence[Kind]) -> Kind | None:
    common = _common(given)
    return common if len(given) >= 2 and common in COMPARABLE else None


def _extreme(given: Sequence[Kind]) -> Kind | None:
    common = _common(given)
    return common if len(given) >= 2 and common in ORDERED else None


def _texts(given: Sequence[Kind]) -> Kind | None:
    return "text" if len(given) >= 2 and _common(given) == "text" else None


_ALL = (
    Function("or", "a or b", _booleans),
    Function("and", "a and b", _booleans),
    _of("not", "not a", "boolean", "boolean"),
    Function("eq", "status = 'open'", _compare(COMPARABLE)),
    Function("ne", "status != 'open'", _compare(COMPARABLE)),
    Function("lt", "quantity < 10", _compare(ORDERED)),
    Function("le", "quantity <= 10", _compare(ORDERED)),
    Function("gt", "quantity > 10", _compare(ORDERED)),
    Function("ge", "quantity >= 10", _compare(ORDERED)),
    Function("in", "status in ('open', 'held')", _is_in),
    Function("is_empty", "reference is empty", _empty),
    _of("add", "net + tax", "number", "number", "number"),
    _of("sub", "limit - used", "number", "number", "number"),
    _of("mul", "quantity * price", "number", "number", "number"),
    _of("div", "total / quantity", "number", "number", "number"),
    _of("neg", "-amount", "number", "number"),
    _of("abs", "abs(amount)", "number", "number"),
    _of("round", "round(amount, 2)", "number", "number", "number", plain=(1,)),
    Function("if", "if(paid, 0, amount)", _either),
    Function("coalesce", "coalesce(nickname, name)", _first),
    Function("least", "least(a, b)", _extreme),
    Function("greatest", "greatest(a, b)", _extreme),
    Function("concat", "concat(first, ' ', last)", _texts),
    _of("length", "length(name)", "number", "text"),
    _of("trim", "trim(name)", "text", "text"),
    _of("contains", "contains(name, 'bike')", "boolean", "text", "text"),
    _of("starts_with", "starts_with(number, 'SO-')", "boolean", "text", "text"),
    _of("ends_with", "ends_with(number, '-X')", "boolean", "text", "text"),
    _of("has", "has(colours, 'red')", "boolean", "set", "text"),
    _of("year", "year(due)", "number", "date"),
    _of("month", "month(due)", "number", "date"),
    _of("day", "day(due)", "number", "date"),
    _of("days_between", "days_between(sent, paid)", "number", "date", "date"),
    _of("add_days", "add_days(sent, 30)", "date", "date", "number", plain=(0, 1)),
)
FUNCTIONS: dict[str, Function] = {function.name: function for function in _ALL}
"""All of them, operators included."""

OPERATORS = frozenset(
    {"or", "and", "not", "eq", "ne", "lt", "le", "gt", "ge", "in", "is_empty", "add", "sub", "mul", "div", "neg"}
)
"""Those that are written with signs and words, and cannot be called by name."""

AGGREGATES: dict[str, frozenset[Kind]] = {
    "count": frozenset(),
    "sum": frozenset({"number"}),
    "avg": frozenset({"number"}),
    "min": ORDERED,
    "max": ORDERED,
    "any": frozenset({"boolean"}),
    "all": frozenset({"boolean"}),
}
"""The functions over related rows, with the kinds of the value that they take."""
