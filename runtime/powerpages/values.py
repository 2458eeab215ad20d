"""Values, paths and conditions of Liquid in the words of the template language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from runtime.powerpages.report import slug

STRING = r"'[^']*'|\"[^\"]*\""
_PIECE = re.compile(rf"{STRING}|[\w?-]+(?:\.[\w-]+|\[(?:{STRING}|[\w.]+)\])*|==|!=|<>|<=|>=|<|>|\S")
_WORDS = {
    "nil": "none",
    "null": "none",
    "true": "true",
    "false": "false",
    "empty": '""',
    "blank": '""',
    "and": "and",
    "or": "or",
}
_FILTERS = {
    "upcase": "upper",
    "downcase": "lower",
    "capitalize": "capitalize",
    "strip": "trim",
    "size": "length",
    "first": "first",
    "last": "last",
    "join": "join",
    "default": "default",
    "truncate": "truncate",
    "round": "round",
    "integer": "int",
    "abs": "abs",
    "url_escape": "urlencode",
    "url_encode": "urlencode",
}
_ESCAPING = {"escape", "h", "xml_escape", "html_safe_escape"}
_SUMS = {"plus": "+", "minus": "-", "times": "*", "divided_by": "/", "modulo": "%"}
_LOOP = {"index": "index", "index0": "index0", "rindex": "revindex", "first": "first", "last": "last", "length": "length"}
_KNOWN = {
    "user": {"fullname": "name", "name": "name", "": ""},
    "page": {name: name for name in ("title", "url", "parent", "children", "summary")},
    "request": {"path": "path", "url": "url"},
    "language": {"code": "", "": ""},
}
_MARKERS = {
    "home": "home",
    "profile": "profile",
    "search": "search",
    "page not found": "not_found",
    "access denied": "access_denied",
    "login": "signin",
    "sign in": "signin",
}


def marker_key(name: str) -> str:
    """The key of a site marker: those that Foyer itself asks for have names of their own."""
    return _MARKERS.get(name.strip().lower(), slug(name))


class Untold(Exception):
    """A piece of Liquid that the template language has no word for; carries the sentence."""


@dataclass(slots=True)
class Names:
    """What a template may name: other templates and snippets, by what they are called there, with their keys here."""

    templates: Mapping[str, str]
    snippets: Mapping[str, str]
    menus: Mapping[str, str]


@dataclass(slots=True)
class State:
    """What is known at a place of a template: loops, what runs over entries of menus, cases, variables."""

    names: Names
    loops: list[str] = field(default_factory=list)
    entries: set[str] = field(default_factory=set)
    cases: list[tuple[str, bool]] = field(default_factory=list)
    known: set[str] = field(default_factory=set)


def condition(text: str, state: State) -> str:
    """A condition, in our words. Raises Untold."""
    pieces = _PIECE.findall(text)
    if "and" in pieces and "or" in pieces:
        raise Untold("a condition mixes and with or, which Liquid reads from right to left")
    out: list[str] = []
    for place, piece in enumerate(pieces):
        if piece == "contains":
            if not out or place + 1 >= len(pieces):
                raise Untold("contains lacks a side")
            out[-1] = f"{name_of(pieces[place + 1], state)} in {out[-1]}"
        elif not place or pieces[place - 1] != "contains":
            out.append(_OPERATORS.get(piece) or name_of(piece, state))
    return " ".join(out)


_OPERATORS = {"==": "==", "!=": "!=", "<>": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "and": "and", "or": "or"}


def value_of(text: str, state: State) -> str:
    """A value with its filters, in our words. Raises Untold."""
    first, *filters = _split(text)
    told = name_of(first.strip(), state)
    for one in filters:
        name, _, rest = one.strip().partition(":")
        given = [name_of(item, state) for item in re.findall(rf"{STRING}|[^,\s]+", rest)]
        told = _filtered(told, name.strip(), given)
    return told


def _split(text: str) -> list[str]:
    return list(re.findall(rf"(?:{STRING}|[^|])+", text)) or [""]


def _filtered(told: str, name: str, given: list[str]) -> str:
    if name in _ESCAPING:
        return told
    if name in _SUMS and len(given) == 1:
        return f"({told} {_SUMS[name]} {given[0]})"
    if name in ("append", "prepend") and len(given) == 1:
        return f"({told} ~ {given[0]})" if name == "append" else f"({given[0]} ~ {told})"
    if name not in _FILTERS:
        raise Untold(f"the filter {name} has no counterpart")
    if name == "default":
        given = [*given, "true"]
    return f"{told} | {_FILTERS[name]}" + (f"({', '.join(given)})" if given else "")


def name_of(text: str, state: State) -> str:
    """A value or a path, in our words. Raises Untold."""
    if re.fullmatch(rf"{STRING}|-?\d+(\.\d+)?", text):
        return text
    if text in _WORDS:
        return _WORDS[text]
    found = re.fullmatch(rf"([a-zA-Z_]\w*)((?:\.[\w-]+|\[(?:{STRING}|[\w.]+)\])*)", text)
    if found is None:
        raise Untold(f"{text[:60]} cannot be read")
    head, rest = found[1], found[2]
    if head in ("snippets", "weblinks", "sitemarkers"):
        return _called(head, rest, state)
    if head == "forloop":
        return _in_loop(rest)
    if head == "request" and rest.startswith((".params", "['params']", '["params"]')):
        argument = re.search(r"(?:\.params)(?:\.(\w+)|\[['\"](\w+)['\"]\])$", rest)
        if argument is None:
            raise Untold(f"{text[:60]} is no argument by its name")
        return f"request.query.{argument[1] or argument[2]}"
    if head in _KNOWN:
        return _of_object(head, rest)
    if head in state.entries:
        return head + rest.replace(".name", ".label").replace(".weblinks", ".links")
    if head not in state.known:
        raise Untold(f"the object {head} has no counterpart")
    return head + rest


def _of_object(head: str, rest: str) -> str:
    column = rest.removeprefix(".")
    if column not in _KNOWN[head]:
        raise Untold(f"{head}{rest} has no counterpart")
    ours = _KNOWN[head][column]
    return f"{head}.{ours}" if ours else head


def _in_loop(rest: str) -> str:
    ours = _LOOP.get(rest.removeprefix("."))
    if ours is None:
        raise Untold(f"forloop{rest} has no counterpart")
    return f"loop.{ours}"


def _called(head: str, rest: str, state: State) -> str:
    found = re.match(rf"\[({STRING})\](.*)$", rest) or re.match(r"\.(\w+)(.*)$", rest)
    if found is None:
        raise Untold(f"{head}{rest[:60]} is not named by a text")
    name, more = found[1].strip("'\""), found[2]
    if head == "snippets":
        return snippet_of(name, state)
    if head == "sitemarkers":
        if more not in ("", ".url", ".title"):
            raise Untold(f"sitemarkers{rest[:60]} has no counterpart")
        return f'sitemarkers["{marker_key(name)}"]{more}'
    key = state.names.menus.get(name.lower())
    if key is None or more not in ("", ".weblinks"):
        raise Untold(f"the menu {name[:60]} is not there, or more than its links is asked of it")
    return f'weblinks["{key}"]'


def snippet_of(name: str, state: State) -> str:
    """A snippet by its name. Raises Untold."""
    key = state.names.snippets.get(name.strip().lower())
    if key is None:
        raise Untold(f"the snippet {name[:60]} is not there")
    return f'snippets["{key}"]'
