"""The query options of an address: from their texts to trees."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from runtime.odata import aggregation
from runtime.odata.aggregation import Transformation
from runtime.odata.expressions import IDENTIFIER, parse, parse_value
from runtime.odata.faults import NotOffered, SyntaxFault
from runtime.odata.pieces import split
from runtime.odata.tree import Count, Node, Path

LARGEST = 10**9
MOST_KEYS = 8
MOST_EXPANDED = 20
DEEPEST = 5
MOST_KEPT, LONGEST_KEPT = 500, 1000
"""Texts of options that are remembered with what they ask for, and how long one may be."""
PAGED = frozenset({"$top", "$skip", "$skiptoken", "$deltatoken", "$count"})
OFFERED = PAGED | {"$select", "$filter", "$orderby", "$expand", "$search", "$apply", "$format"}
ELSEWHERE = frozenset({"$compute", "$index", "$levels", "$schemaversion", "$id", "$at", "$from", "$to", "$toinclusive"})
"""Options that OData has and that are not offered, or not here."""
NESTED = frozenset({"$select", "$filter", "$orderby", "$top", "$skip", "$count", "$expand"})
_PATH = re.compile(rf"{IDENTIFIER}(?:/{IDENTIFIER})*")
_SEARCHED = re.compile(r"\w[\w.,'-]*")
_BEYOND = re.compile(r"[@.($\[{*]")


@dataclass(frozen=True, slots=True)
class Order:
    """A path to order by."""

    path: Path
    descending: bool


@dataclass(frozen=True, slots=True)
class Expanded:
    """A navigation property to follow, with what is asked of what it leads to. `*` follows all."""

    name: str
    options: Options


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked of a collection or of one of its members, None where it is not said; `texts` is how it was said."""

    select: tuple[str, ...] | None = None
    filter: Node | None = None
    orderby: tuple[Order, ...] = ()
    top: int | None = None
    skip: int = 0
    skiptoken: str = ""
    deltatoken: str = ""
    count: bool = False
    expand: tuple[Expanded, ...] = ()
    search: str = ""
    apply: tuple[Transformation, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()


def read_options(pairs: Iterable[tuple[str, str]], *, offered: frozenset[str] = OFFERED, depth: int = 0) -> Options:
    """What the options ask for. Raises SyntaxFault and NotOffered, each with its option."""
    texts: dict[str, str] = {}
    aliases: dict[str, str] = {}
    for name, text in pairs:
        if name.startswith("@"):
            aliases[name[1:]] = text
            continue
        known = canonical(name)
        if known in texts and known == "$format":
            raise NotOffered("several formats", option=known)
        if known in texts:
            raise SyntaxFault("it is given twice", option=known)
        if known in ELSEWHERE or (known in OFFERED and known not in offered):
            raise NotOffered(known if known in ELSEWHERE else f"{known} here", option=known)
        if known not in OFFERED and known.startswith("$"):
            raise SyntaxFault("there is no such option", option=name[:60])
        if known not in OFFERED:
            raise NotOffered("an argument of this name", option=name[:60])
        texts[known] = text
    found = Options(texts=(*texts.items(), *((f"@{name}", text) for name, text in aliases.items())))
    for name, text in texts.items():
        try:
            found = _with(found, name, text, aliases, depth)
        except (SyntaxFault, NotOffered) as fault:
            fault.option = fault.option or name
            raise
    return found


def options_of(pairs: tuple[tuple[str, str], ...]) -> Options:
    """As `read_options`, for a collection: what programs ask again and again, with the same words, is read once."""
    short = sum(len(name) + len(text) for name, text in pairs) <= LONGEST_KEPT
    return _kept(pairs) if short else read_options(pairs)


@lru_cache(MOST_KEPT)
def _kept(pairs: tuple[tuple[str, str], ...]) -> Options:
    return read_options(pairs)


def canonical(name: str) -> str:
    """The name of an option with its dollar sign and in small letters, which newer clients leave to chance."""
    lowered = name.lower()
    bare = lowered if lowered.startswith("$") else f"${lowered}"
    return bare if bare in OFFERED or bare in ELSEWHERE else name


def _with(found: Options, name: str, text: str, aliases: Mapping[str, str], depth: int) -> Options:
    values = {slot: getattr(found, slot) for slot in Options.__slots__}
    match name:
        case "$select":
            values["select"] = read_select(text)
        case "$filter":
            values["filter"] = parse(text, aliases)
        case "$orderby":
            values["orderby"] = read_orderby(text)
        case "$top":
            values["top"] = _count_of(text)
        case "$skip":
            values["skip"] = _count_of(text)
        case "$skiptoken":
            values["skiptoken"] = text
        case "$deltatoken":
            if not text:
                raise SyntaxFault("it is empty")
            values["deltatoken"] = text
        case "$count":
            if text.lower() not in ("true", "false"):
                raise SyntaxFault("it is true or false")
            values["count"] = text.lower() == "true"
        case "$expand":
            values["expand"] = read_expand(text, depth)
        case "$search":
            values["search"] = read_search(text)
        case "$apply":
            values["apply"] = aggregation.parse(text)
        case "$format":
            if text.partition(";")[0].lower() not in ("json", "application/json"):
                raise NotOffered(f"the format {text[:40]}")
    return Options(**values)


def read_search(text: str) -> str:
    """The words of $search, all of which are looked for. Raises SyntaxFault and NotOffered."""
    words = [word for word in text.split() if word != "AND"]
    if not words:
        raise SyntaxFault("a word is needed to look for")
    if not all(_SEARCHED.fullmatch(word) and word not in ("OR", "NOT") for word in words):
        raise NotOffered("$search for anything but words")
    return " ".join(words)


def read_select(text: str) -> tuple[str, ...]:
    """The names of $select, `*` among them. Raises SyntaxFault and NotOffered."""
    found: list[str] = []
    for part in split(text, ","):
        name = part.strip(" \t")
        if name == "*" or (_PATH.fullmatch(name) and "/" not in name):
            found.append(name)
        elif name and (_BEYOND.search(name) or _PATH.fullmatch(name)):
            raise NotOffered(f"selecting {name[:60]}")
        else:
            raise SyntaxFault(f"{name[:60]!r} is no name")
    return tuple(dict.fromkeys(found))


def read_orderby(text: str) -> tuple[Order, ...]:
    """The paths of $orderby. Raises SyntaxFault and NotOffered."""
    found: list[Order] = []
    for part in split(text, ","):
        wanted = re.fullmatch(r"(.+?)(?:[ \t]+(asc|desc))?", part.strip(" \t"), re.DOTALL)
        if wanted is None:
            raise SyntaxFault("a path is missing")
        node = parse_value(wanted[1])
        if isinstance(node, Count) or not isinstance(node, Path):
            raise NotOffered(f"ordering by {wanted[1][:60]}")
        found.append(Order(node, wanted[2] == "desc"))
    if len(found) > MOST_KEYS:
        raise SyntaxFault(f"rows are ordered by at most {MOST_KEYS} paths")
    return tuple(found)


def read_expand(text: str, depth: int = 0) -> tuple[Expanded, ...]:
    """What $expand follows. Raises SyntaxFault and NotOffered."""
    if depth >= DEEPEST:
        raise SyntaxFault(f"navigation is followed at most {DEEPEST} deep")
    found = tuple(_expanded(part.strip(" \t"), depth) for part in split(text, ","))
    if len({one.name for one in found}) != len(found):
        raise SyntaxFault("a name is there twice")
    if len(found) > MOST_EXPANDED:
        raise SyntaxFault(f"at most {MOST_EXPANDED} names can be followed")
    return found


def _expanded(text: str, depth: int) -> Expanded:
    if text == "*":
        return Expanded(text, Options())
    found = re.match(IDENTIFIER, text)
    rest = text[found.end() :] if found else text
    if found is None:
        if text and text[0] in "@*$":
            raise NotOffered(f"following {text[:60]}")
        raise SyntaxFault(f"{text[:60]!r} is no name")
    if not rest:
        return Expanded(found[0], Options())
    if rest[0] in "/.":
        raise NotOffered(f"following {text[:60]}")
    if rest[0] != "(" or rest[-1] != ")":
        raise SyntaxFault(f"{rest[:60]!r} cannot stand after a name")
    pairs = [_pair(part) for part in split(rest[1:-1], ";")]
    return Expanded(found[0], read_options(pairs, offered=NESTED, depth=depth + 1))


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.strip(" \t").partition("=")
    if not sign:
        raise SyntaxFault(f"{text[:60]!r} is no option")
    return name, value


def _count_of(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 12) or int(text) > LARGEST:
        raise SyntaxFault("it is a whole number from 0")
    return int(text)
