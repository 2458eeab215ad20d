"""Conditions of both sides: the query expressions of Finance & Operations, and OData of Dataverse.

Both are read by the parser of OData: a query expression is written in its words first. What a table map has no word for is
told, with the piece that it cannot say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from metadata.model import Filter
from runtime.odata.expressions import parse
from runtime.odata.faults import NotOffered, SyntaxFault
from runtime.odata.tree import Among, Both, Comparison, Node, Not, Path, Value

TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<text>"[^"]*"|'(?:[^']|'')*')|(?P<enum>[A-Za-z_]\w*::(?P<value>\w+))
    |(?P<sign>==|!=|<=|>=|&&|\|\||[=<>!()])|(?P<word>[^\s"'=<>!()&|]+)|(?P<other>.)""",
    re.VERBOSE,
)
SIGNS = {"==": " eq ", "=": " eq ", "!=": " ne ", "<=": " le ", ">=": " ge ", "<": " lt ", ">": " gt ",
         "&&": " and ", "||": " or ", "!": " not ", "(": "(", ")": ")"}  # fmt: skip


class NotSaid(Exception):
    """A condition, or a piece of one, has no counterpart. The message names the piece and what to do."""


def outside_condition(text: str) -> tuple[tuple[str, Any], ...]:
    """The filter of a table map for a query expression: columns and values that must all hold. Raises NotSaid."""
    found: dict[str, Any] = {}
    for part in _conjuncts(_read(_as_odata(text), text)):
        column, wanted = _wanted(part)
        if column in found:
            raise NotSaid(f"{column} is compared twice; a table map's filter names each column once")
        found[column] = wanted
    return tuple(found.items())


def inside_condition(text: str, attribute: Callable[[str, Any], tuple[str, Any]]) -> Filter:
    """The condition on our rows for one of OData; `attribute` gives ours for a column, and a value as it has it.

    Raises NotSaid.
    """
    return _filter(_read(text, text), attribute)


def _as_odata(text: str) -> str:
    written = []
    for found in TOKEN.finditer(text):
        if found["text"]:
            inner = found["text"][1:-1].replace("''", "'")
            written.append("'" + inner.replace("'", "''") + "'")
        elif found["enum"]:
            written.append(f"'{found['value']}'")
        elif found["other"]:
            raise NotSaid(f"the sign {found['other']!r} at character {found.start() + 1} is no part of a condition")
        else:
            written.append(SIGNS.get(found[0], " " if found["space"] else found[0]))
    return re.sub(r"\s+", " ", "".join(written)).strip()


def _read(written: str, text: str) -> Node:
    try:
        return parse(written)
    except SyntaxFault as fault:
        raise NotSaid(f"{text[:200]} cannot be read: {fault}") from None
    except NotOffered as fault:
        raise NotSaid(f"{text[:200]} has what is not offered: {fault}") from None


def _conjuncts(node: Node) -> Iterator[Node]:
    if isinstance(node, Both) and node.word == "and":
        for part in node.parts:
            yield from _conjuncts(part)
    else:
        yield node


def _compared(node: Node) -> tuple[str, str, Any] | None:
    """Column, operator and value of a plain comparison."""
    if not isinstance(node, Comparison):
        return None
    left, right = node.left, node.right
    if isinstance(left, Path) and len(left.names) == 1 and isinstance(right, Value):
        return left.names[0], node.operator, right.value
    return None


def _wanted(node: Node) -> tuple[str, Any]:
    if isinstance(node, Among) and isinstance(node.left, Path) and all(isinstance(item, Value) for item in node.values):
        return node.left.names[0], tuple(item.value for item in node.values if isinstance(item, Value))
    compared = _compared(node)
    if compared is not None:
        column, operator, value = compared
        if operator == "eq":
            return column, None if value == "" else value
        if operator == "ne" and value in (None, ""):
            return column, "@set"
    if isinstance(node, Both):
        either = [_compared(part) for part in node.parts]
        columns = {item[0] for item in either if item is not None and item[1] == "eq"}
        if len(columns) == 1 and all(item is not None and item[1] == "eq" for item in either):
            return columns.pop(), tuple(item[2] for item in either if item is not None)
    raise NotSaid(f"{_written(node)} cannot be said: a table map's filter takes what is equal, in a list, empty or set")


def _filter(node: Node, attribute: Callable[[str, Any], tuple[str, Any]]) -> Filter:
    if isinstance(node, Both):
        parts = tuple(_filter(part, attribute) for part in node.parts)
        return Filter(all=parts) if node.word == "and" else Filter(any=parts)
    compared = _compared(node)
    if compared is None:
        raise NotSaid(f"{_written(node)} cannot be said: outgoing compares attributes with values")
    column, operator, value = compared
    name, typed = attribute(column, value)
    if value in (None, "") and operator in ("eq", "ne"):
        return Filter(attribute=name, operator="empty" if operator == "eq" else "not_empty")
    return Filter(attribute=name, operator=operator, value=typed)


def _written(node: Node) -> str:
    """A piece of a condition as one would write it."""
    match node:
        case Value():
            return f"'{node.value}'" if isinstance(node.value, str) else str(node.value).lower()
        case Path():
            return "/".join(node.names)
        case Comparison():
            return f"{_written(node.left)} {node.operator} {_written(node.right)}"
        case Both():
            return f" {node.word} ".join(_written(part) for part in node.parts)
        case Not():
            return f"not {_written(node.part)}"
    return type(node).__name__.lower()
