"""Text to tree: a precedence climber over a handful of tokens.

From loose to tight: ``or`` (``|``), ``and`` (``&``), ``not`` (``!``), comparisons, ``+ -``, ``* /``, ``-x``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from metadata.expressions.catalogue import AGGREGATES, FUNCTIONS, OPERATORS
from metadata.expressions.tree import Aggregate, Call, Literal, Name, Node
from metadata.schema.faults import did_you_mean
from metadata.told import told

LONGEST = 5_000
DEEPEST = 40
_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<number>\d+(?:\.\d+)?)|(?P<text>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")"
    r"|(?P<name>@?[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"
    r"|(?P<sign><=|>=|!=|<>|==|&&|\|\||[-+*/=<>()!&|,])"
)
_WORDS = {"or": "or", "and": "and", "not": "not", "|": "or", "||": "or", "&": "and", "&&": "and", "!": "not"}
_COMPARE = {"=": "eq", "==": "eq", "!=": "ne", "<>": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_VALUES = {"true": Literal(True, "boolean"), "false": Literal(False, "boolean"), "empty": Literal(None, "empty")}
_DIGITS = 18


class ExpressionError(ValueError):
    """The text is no expression. `at` counts characters from 0, to the place that is wrong."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text: what it is and where it begins."""

    type: str
    text: str
    at: int


def parse(text: str) -> Node:
    """The untyped tree of an expression. Raises ExpressionError, which says what is wrong and where."""
    if len(text) > LONGEST:
        raise ExpressionError(told("an expression has at most {most} characters", most=LONGEST), LONGEST)
    return _Parser(tuple(_tokens(text)), len(text)).whole()


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ExpressionError(told("{text!r} has no meaning here", text=text[at]), at)
        if found.lastgroup != "space":
            yield Token(str(found.lastgroup), found[0], at)
        at = found.end()


class _Parser:
    def __init__(self, tokens: tuple[Token, ...], end: int) -> None:
        self._tokens = (*tokens, Token("end", "", end))
        self._place = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._or()
        if self._next.type != "end":
            raise self._unexpected(told("an operator"))
        return node

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self._next
        self._place += 1
        return token

    def _sees(self, *texts: str) -> bool:
        return self._next.type in ("sign", "name") and self._next.text.lower() in texts

    def _skip(self, text: str) -> Token:
        if not self._sees(text):
            raise self._unexpected(repr(text))
        return self._take()

    def _unexpected(self, wanted: str) -> ExpressionError:
        token = self._next
        found = told("found {text!r}", text=token.text) if token.text else told("the text ends")
        return ExpressionError(told("{wanted} was expected, {found}", wanted=wanted, found=found), token.at)

    def _or(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionError(told("brackets are nested more than {most} deep", most=DEEPEST), self._next.at)
        node = self._chain("or", self._and)
        self._depth -= 1
        return node

    def _and(self) -> Node:
        return self._chain("and", self._not)

    def _chain(self, word: str, part: Callable[[], Node]) -> Node:
        at = self._next.at
        parts = [part()]
        while self._next.type in ("sign", "name") and _WORDS.get(self._next.text.lower()) == word:
            self._take()
            parts.append(part())
        return parts[0] if len(parts) == 1 else Call(word, tuple(parts), at=at)

    def _not(self) -> Node:
        times, at = 0, self._next.at
        while self._next.type in ("sign", "name") and _WORDS.get(self._next.text.lower()) == "not":
            self._take()
            times += 1
        node = self._comparison()
        # An even number of them is two, not none: what is negated becomes yes or no.
        for _ in range(2 - times % 2 if times else 0):
            node = Call("not", (node,), at=at)
        return node

    def _comparison(self) -> Node:
        left = self._sum()
        token = self._next
        if token.type == "sign" and token.text in _COMPARE:
            self._take()
            return Call(_COMPARE[token.text], (left, self._sum()), at=token.at)
        if self._sees("is"):
            return self._is(left)
        if self._sees("in") or (self._sees("not") and self._tokens[self._place + 1].text.lower() == "in"):
            return self._in(left)
        return left

    def _is(self, left: Node) -> Node:
        at = self._take().at
        negated = self._sees("not")
        if negated:
            self._take()
        self._skip("empty")
        found = Call("is_empty", (left,), at=at)
        return Call("not", (found,), at=at) if negated else found

    def _in(self, left: Node) -> Node:
        at = self._next.at
        negated = self._sees("not")
        if negated:
            self._take()
        self._skip("in")
        self._skip("(")
        found = Call("in", (left, *self._list()), at=at)
        return Call("not", (found,), at=at) if negated else found

    def _list(self) -> list[Node]:
        """What stands between brackets, with commas; the closing one is taken."""
        found: list[Node] = []
        if self._sees(")"):
            self._take()
            return found
        while True:
            found.append(self._or())
            if not self._sees(","):
                break
            self._take()
        self._skip(")")
        return found

    def _sum(self) -> Node:
        node = self._product()
        while self._sees("+", "-"):
            token = self._take()
            node = Call("add" if token.text == "+" else "sub", (node, self._product()), at=token.at)
        return node

    def _product(self) -> Node:
        node = self._signed()
        while self._sees("*", "/"):
            token = self._take()
            node = Call("mul" if token.text == "*" else "div", (node, self._signed()), at=token.at)
        return node

    def _signed(self) -> Node:
        at, negative = self._next.at, False
        while self._sees("-"):
            self._take()
            negative = not negative
        node = self._primary()
        if negative and isinstance(node, Literal) and isinstance(node.value, Decimal):
            return Literal(-node.value, "number", at)
        return Call("neg", (node,), at=at) if negative else node

    def _primary(self) -> Node:
        token = self._next
        if self._sees("("):
            self._take()
            node = self._or()
            self._skip(")")
            return node
        if token.type == "number":
            return _number(self._take())
        if token.type == "text":
            quote = self._take().text[0]
            return Literal(token.text[1:-1].replace(quote * 2, quote), "text", token.at)
        if token.type == "name" and token.text.lower() not in ("and", "or", "not", "in", "is"):
            return self._named(self._take())
        raise self._unexpected(told("a value"))

    def _named(self, token: Token) -> Node:
        if self._sees("("):
            self._take()
            return _called(token, self._list())
        value = _VALUES.get(token.text.lower())
        if value is not None:
            return Literal(value.value, value.kind, token.at)
        return Name(token.text, at=token.at)


def _number(token: Token) -> Literal:
    whole, _, part = token.text.partition(".")
    if len(whole.lstrip("0")) > _DIGITS or len(part) > 10:
        raise ExpressionError(
            told("a number has at most {most} digits before the point and 10 after it", most=_DIGITS), token.at
        )
    return Literal(Decimal(token.text), "number", token.at)


def _called(token: Token, arguments: list[Node]) -> Node:
    name = token.text.lower()
    if name in AGGREGATES:
        return _aggregate(name, token, arguments)
    if name in OPERATORS or name not in FUNCTIONS:
        known = (set(FUNCTIONS) - OPERATORS) | set(AGGREGATES)
        raise ExpressionError(
            told("there is no function {function}{hint}", function=token.text, hint=did_you_mean(token.text, known)), token.at
        )
    return Call(name, tuple(arguments), at=token.at)


def _aggregate(name: str, token: Token, arguments: list[Node]) -> Aggregate:
    first, *rest = arguments or [Literal(None, "empty")]
    if not isinstance(first, Name) or "." in first.path or first.path.startswith("@"):
        raise ExpressionError(
            told("{function} begins with the name of a relationship, such as {function}(lines, ...)", function=name), token.at
        )
    wants_body = bool(AGGREGATES[name])
    if len(rest) not in ((1, 2) if wants_body else (0, 1)):
        shape = (
            told("a relationship, a value and perhaps a condition")
            if wants_body
            else told("a relationship and perhaps a condition")
        )
        raise ExpressionError(told("{function} takes {shape}", function=name, shape=shape), token.at)
    body = rest[0] if wants_body else None
    condition = rest[len(rest) - 1] if len(rest) == (2 if wants_body else 1) else None
    return Aggregate(name, first.path, body, condition, at=token.at)
