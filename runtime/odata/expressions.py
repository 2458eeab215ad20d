"""$filter to trees: the grammar of common expressions by descent, as far as this server evaluates them.

From loose to tight: or, and, eq and ne, the other comparisons, unary minus, operands. What OData has besides (arithmetic,
casts, JSON, `has`, functions of the service, ...) is named in a `NotOffered`.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, NoReturn

from runtime.odata.faults import NotOffered, SyntaxFault
from runtime.odata.tree import Among, Both, Comparison, Count, Function, Lambda, Node, Not, Path, Value

LONGEST = 8_000
DEEPEST = 30
MOST_VALUES = 500

IDENTIFIER = r"[^\W\d]\w{0,127}"
_NAME = re.compile(rf"{IDENTIFIER}(?:\.{IDENTIFIER})*")
_SPACE = re.compile(r"[ \t]*")
_WORD = re.compile(r"[ \t]+(or|and|eq|ne|gt|ge|lt|le|has|in|add|sub|mul|divby|div|mod)(?=[ \t])", re.IGNORECASE)
_TEXT = re.compile(r"'(?:[^']|'')*'")
_GUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![\w-])")
_MOMENT = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?:Z|[+-]\d\d:\d\d)", re.IGNORECASE)
_DATE = re.compile(r"-?\d{4,}-\d\d-\d\d(?![\w-])")
_TIME = re.compile(r"\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?![\w:])")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?(?![\w.])")
_ENDLESS = re.compile(r"(?:-?INF|NaN)(?!\w)")
_PREFIXED = re.compile(r"(duration|binary|geography|geometry)'", re.IGNORECASE)
_ENUM = re.compile(rf"{IDENTIFIER}(?:\.{IDENTIFIER})+'")
_ALIAS = re.compile(rf"@({IDENTIFIER})(?![\w./])")
_TIGHTNESS = {"or": 1, "and": 2, "eq": 3, "ne": 3, "gt": 4, "ge": 4, "lt": 4, "le": 4, "in": 4, "has": 4}
_ARITHMETIC = ("add", "sub", "mul", "div", "divby", "mod")
_CONSTANTS = {"true": Value("boolean", True), "false": Value("boolean", False), "null": Value("null")}

FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "contains": (2, 2),
    "startswith": (2, 2),
    "endswith": (2, 2),
    "length": (1, 1),
    "tolower": (1, 1),
    "toupper": (1, 1),
    "trim": (1, 1),
    "concat": (2, 2),
    "year": (1, 1),
    "month": (1, 1),
    "day": (1, 1),
    "now": (0, 0),
}
"""The functions that are evaluated, and how many arguments each takes."""
CONDITIONS = frozenset({"contains", "startswith", "endswith"})
"""Those of them that hold or do not."""


def parse(text: str, aliases: Mapping[str, str] | None = None) -> Node:
    """The tree of a condition. `aliases` are the texts of parameter aliases. Raises SyntaxFault and NotOffered."""
    found = _Parser(text, aliases or {}).whole()
    if not is_condition(found):
        raise SyntaxFault("a condition is needed here, not a value")
    return found


def parse_value(text: str, aliases: Mapping[str, str] | None = None) -> Node:
    """The tree of any expression. Raises SyntaxFault and NotOffered."""
    return _Parser(text, aliases or {}).whole()


def is_condition(node: Node) -> bool:
    """Whether a tree can hold or not; a path may be a boolean."""
    if isinstance(node, Value):
        return node.kind in ("boolean", "null")
    if isinstance(node, Function):
        return node.name in CONDITIONS
    return not isinstance(node, Count)


class _Parser:
    def __init__(self, text: str, aliases: Mapping[str, str], depth: int = 0) -> None:
        if len(text) > LONGEST:
            raise SyntaxFault(f"an expression has at most {LONGEST} characters", LONGEST)
        self._text = text
        self._aliases = aliases
        self._at = 0
        self._depth = depth

    def whole(self) -> Node:
        node = self._expression(1)
        if self._at < len(self._text):
            self._fail("an operator")
        return node

    def _expression(self, tightness: int) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise SyntaxFault(f"an expression is nested at most {DEEPEST} deep", self._at)
        left = self._operand()
        while (found := _WORD.match(self._text, self._at)) is not None:
            word = found[1].lower()
            if word in _ARITHMETIC:
                raise NotOffered(f"arithmetic ({word})")
            if _TIGHTNESS[word] < tightness:
                break
            self._at = found.end()
            self._space()
            left = self._joined(word, left)
        self._depth -= 1
        return left

    def _joined(self, word: str, left: Node) -> Node:
        if word == "has":
            raise NotOffered("has")
        if word == "in":
            return Among(left, self._list())
        right = self._expression(_TIGHTNESS[word] + 1)
        if word not in ("and", "or"):
            return Comparison(word, left, right)
        for side in (left, right):
            if not is_condition(side):
                raise SyntaxFault(f"{word} stands between two conditions", self._at)
        joined: Literal["and", "or"] = "or" if word == "or" else "and"
        before = left.parts if isinstance(left, Both) and left.word == word else (left,)
        return Both(joined, (*before, right))

    def _list(self) -> tuple[Node, ...]:
        if self._peek() == "[":
            raise NotOffered("JSON in expressions")
        if self._peek() != "(":
            self._operand()
            raise NotOffered("in with a collection")
        values = self._arguments()
        if len(values) > MOST_VALUES:
            raise SyntaxFault(f"in takes at most {MOST_VALUES} values", self._at)
        if not all(isinstance(value, Value) for value in values):
            raise SyntaxFault("in takes literal values", self._at)
        return values

    def _operand(self) -> Node:
        text, at = self._text, self._at
        letter = self._peek()
        if letter == "(":
            self._at += 1
            self._space()
            inner = self._expression(1)
            self._space()
            self._expect(")")
            return inner
        if letter in ("[", "{"):
            raise NotOffered("JSON in expressions")
        if letter == "@":
            return self._alias()
        if letter == "$":
            self._dollar()
        if _PREFIXED.match(text, at) or _ENUM.match(text, at):
            raise NotOffered("literals of durations, binaries, places and enumerations")
        literal = self._literal()
        if literal is not None:
            return literal
        if letter == "-":
            raise NotOffered("arithmetic (-)")
        return self._named()

    def _literal(self) -> Value | None:
        text, at = self._text, self._at
        if (found := _TEXT.match(text, at)) is not None:
            self._at = found.end()
            return Value("text", found[0][1:-1].replace("''", "'"))
        if _ENDLESS.match(text, at):
            raise NotOffered("numbers without end")
        for kind, pattern in (("guid", _GUID), ("moment", _MOMENT), ("date", _DATE), ("time", _TIME), ("number", _NUMBER)):
            if (found := pattern.match(text, at)) is not None:
                self._at = found.end()
                return self._typed(kind, found)
        return None

    def _typed(self, kind: str, found: re.Match[str]) -> Value:
        if kind == "number":
            whole = found[1] is None and found[2] is None
            return Value("integer", int(found[0])) if whole else Value("decimal", Decimal(found[0]))
        try:
            return Value(kind, read_literal(kind, found[0]))
        except (ValueError, OverflowError):
            raise SyntaxFault(f"{found[0]} is no {kind}", found.start()) from None

    def _named(self) -> Node:
        found = _NAME.match(self._text, self._at)
        if found is None:
            self._fail("a name or a value")
        name, start = found[0], self._at
        self._at = found.end()
        if name.lower() == "not" and self._at < len(self._text) and self._text[self._at] in " \t(":
            self._space()
            part = self._expression(3)
            if not is_condition(part):
                raise SyntaxFault("not stands before a condition", start)
            return Not(part)
        if self._peek() == "(":
            return self._call(name)
        if name.lower() in _CONSTANTS and self._peek() != "/":
            return _CONSTANTS[name.lower()]
        if "." in name:
            raise NotOffered("names with a namespace: casts, functions and annotations")
        return self._path(name)

    def _call(self, name: str) -> Function:
        if name not in FUNCTIONS:
            raise NotOffered(f"the function {name[:60]}")
        arguments = self._arguments()
        fewest, most = FUNCTIONS[name]
        if not fewest <= len(arguments) <= most:
            raise SyntaxFault(f"{name} takes {fewest} arguments, not {len(arguments)}", self._at)
        if self._peek() == "/":
            raise NotOffered("paths after functions")
        return Function(name, arguments)

    def _arguments(self) -> tuple[Node, ...]:
        self._expect("(")
        self._space()
        found: list[Node] = []
        if self._peek() == ")":
            self._at += 1
            return ()
        while True:
            found.append(self._expression(1))
            self._space()
            if self._peek() != ",":
                break
            self._at += 1
            self._space()
        self._expect(")")
        return tuple(found)

    def _path(self, first: str) -> Node:
        names = [first]
        while self._peek() == "/":
            self._at += 1
            if self._text.startswith("$count", self._at):
                self._at += len("$count")
                return self._count(Path(tuple(names)))
            if self._peek() in ("$", "@"):
                raise NotOffered("annotations and filtered collections in paths")
            found = _NAME.match(self._text, self._at)
            if found is None:
                self._fail("a name")
            self._at = found.end()
            if "." in found[0]:
                raise NotOffered("names with a namespace: casts, functions and annotations")
            if self._peek() == "(":
                if found[0] not in ("any", "all"):
                    raise NotOffered(f"the function {found[0][:60]}")
                return self._lambda(Path(tuple(names)), found[0])
            names.append(found[0])
        return Path(tuple(names))

    def _lambda(self, path: Path, word: str) -> Lambda:
        quantifier: Literal["any", "all"] = "any" if word == "any" else "all"
        self._expect("(")
        self._space()
        if self._peek() == ")" and quantifier == "any":
            self._at += 1
            return Lambda(path, quantifier)
        found = re.compile(IDENTIFIER).match(self._text, self._at)
        if found is None:
            self._fail("the name of a variable")
        self._at = found.end()
        self._space()
        self._expect(":")
        self._space()
        condition = self._expression(1)
        self._space()
        self._expect(")")
        if not is_condition(condition):
            raise SyntaxFault(f"{word} takes a condition", self._at)
        return Lambda(path, quantifier, found[0], condition)

    def _count(self, path: Path) -> Count:
        if self._peek() != "(":
            return Count(path)
        self._at += 1
        found = re.compile(r"[ \t]*\$?(filter|search)[ \t]*=", re.IGNORECASE).match(self._text, self._at)
        if found is None:
            self._fail("$filter=")
        if found[1].lower() == "search":
            raise NotOffered("$search")
        self._at = found.end()
        condition = self._expression(1)
        self._space()
        if self._peek() == ";":
            raise NotOffered("$search")
        self._expect(")")
        if not is_condition(condition):
            raise SyntaxFault("$filter takes a condition", self._at)
        return Count(path, condition)

    def _alias(self) -> Node:
        found = _ALIAS.match(self._text, self._at)
        if found is None:
            raise NotOffered("annotations in expressions")
        if found[1] not in self._aliases:
            raise SyntaxFault(f"@{found[1]} has no value; give it as an argument of the address", self._at)
        self._at = found.end()
        return _Parser(self._aliases[found[1]], {}, self._depth).whole()

    def _dollar(self) -> NoReturn:
        found = re.compile(r"\$\w+").match(self._text, self._at)
        raise NotOffered(f"{found[0] if found else '$'} in expressions")

    def _peek(self) -> str:
        return self._text[self._at] if self._at < len(self._text) else ""

    def _space(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _expect(self, letter: str) -> None:
        if self._peek() != letter:
            self._fail(letter)
        self._at += 1

    def _fail(self, wanted: str) -> NoReturn:
        rest = self._text[self._at : self._at + 20]
        raise SyntaxFault(f"{wanted} is needed where it says {rest!r}" if rest else f"{wanted} is missing at the end", self._at)


def read_literal(kind: str, text: str) -> Any:
    """The value of a guid, moment, date or time as OData writes it. Raises ValueError."""
    if kind == "guid":
        return uuid.UUID(text)
    if kind == "date":
        return dt.date.fromisoformat(text)
    if kind == "time":
        return dt.time.fromisoformat(_micro(text))
    if not _MOMENT.fullmatch(text):
        raise ValueError("a moment has a zone")
    return dt.datetime.fromisoformat(_micro(text.upper())).astimezone(dt.UTC)


def _micro(text: str) -> str:
    """A text with at most six digits of a second, which is as exact as moments are kept."""
    return re.sub(r"(\.\d{6})\d+", r"\1", text)
