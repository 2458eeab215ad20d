"""The path of an address: entity sets, keys, properties and what else may stand between slashes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runtime.odata.expressions import IDENTIFIER, parse_value
from runtime.odata.faults import NotOffered, SyntaxFault
from runtime.odata.pieces import split
from runtime.odata.tree import Value

LONGEST = 12
LAST = frozenset({"$count", "$ref", "$value", "$metadata", "$batch"})
BETWEEN_SLASHES = "keys between slashes; write them in parentheses"
_SEGMENT = re.compile(rf"(\$?{IDENTIFIER})(?:\((.*)\))?", re.DOTALL)
_NAMESPACED = re.compile(rf"{IDENTIFIER}(?:\.{IDENTIFIER})+(?:\(.*\))?", re.DOTALL)
_CALLS = re.compile(r"\)[ \t]*\((?=[^']*(?:'[^']*'[^']*)*$)")
_PAIR = re.compile(rf"[ \t]*({IDENTIFIER})[ \t]*=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a path: a name, or a word with a dollar sign. `key` has values by name, "" being the name of a lone one."""

    name: str
    key: tuple[tuple[str, Value], ...] = ()


def read_address(path: str) -> tuple[Segment, ...]:
    """The segments of a path, already decoded, without a slash before it. Raises SyntaxFault and NotOffered."""
    if re.fullmatch(r"[^(]*'[^(]*", path):
        raise NotOffered(BETWEEN_SLASHES)
    parts = list(split(path.removesuffix("/"), "/")) if path else []
    if len(parts) > LONGEST:
        raise SyntaxFault(f"a path has at most {LONGEST} parts")
    found = tuple(_segment(part) for part in parts)
    if any(segment.name in LAST for segment in found[:-1]):
        raise SyntaxFault(f"nothing stands after {', '.join(sorted(LAST))}")
    return found


def _segment(text: str) -> Segment:
    found = _SEGMENT.fullmatch(text)
    if found is None:
        if _NAMESPACED.fullmatch(text):
            raise NotOffered("types, functions and actions in addresses")
        if re.fullmatch(r"[0-9]+|[^$/()]*['%].*", text):
            raise NotOffered(BETWEEN_SLASHES)
        raise SyntaxFault(f"{text[:60]!r} is no part of an address")
    name, inner = found.groups()
    if inner is None:
        return Segment(name)
    if name.startswith("$"):
        raise NotOffered(f"{name}(...)")
    if not inner.strip(" \t") or _CALLS.search(inner):
        raise NotOffered("functions in addresses")
    return Segment(name, _key(inner))


def _key(text: str) -> tuple[tuple[str, Value], ...]:
    found: dict[str, Value] = {}
    parts = list(split(text, ","))
    for part in parts:
        pair = _PAIR.fullmatch(part)
        name, value = (pair[1], pair[2]) if pair is not None else ("", part)
        if (not name and len(parts) > 1) or name in found:
            raise SyntaxFault(f"({text[:60]}) is no key")
        if value.strip().startswith("@"):
            raise NotOffered("aliases in keys")
        literal = parse_value(value.strip(" \t"))
        if not isinstance(literal, Value) or literal.kind == "null":
            raise SyntaxFault(f"({text[:60]}) is no key")
        found[name] = literal
    return tuple(found.items())
