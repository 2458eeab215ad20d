"""$apply to transformations: filter, groupby and aggregate, one of the last two and at the end."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runtime.odata.expressions import IDENTIFIER
from runtime.odata.expressions import parse as parse_condition
from runtime.odata.faults import NotOffered, SyntaxFault
from runtime.odata.pieces import split
from runtime.odata.tree import Node, Path

METHODS = frozenset({"sum", "min", "max", "average", "countdistinct"})
MOST = 10
OTHERS = frozenset(
    "addnested ancestors bottomcount bottompercent bottomsum compute concat descendants expand identity join nest orderby "  # noqa: SIM905
    "outerjoin search skip top topcount toppercent topsum traverse".split()
)
"""Transformations that OData has besides."""
_PATH = re.compile(rf"{IDENTIFIER}(?:/{IDENTIFIER})*")
_NAME = re.compile(IDENTIFIER)
_WITH = re.compile(rf"(.+?)[ \t]+with[ \t]+({IDENTIFIER}(?:\.{IDENTIFIER})*)(?:[ \t]+as[ \t]+({IDENTIFIER}))?(.*)", re.DOTALL)
_COUNT = re.compile(rf"\$count[ \t]+as[ \t]+({IDENTIFIER})")


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A number over rows under a name of the caller's: `method` of a path, or `count` of the rows."""

    method: str
    name: str
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Filtered:
    """Only the rows for which a condition holds."""

    condition: Node


@dataclass(frozen=True, slots=True)
class Grouped:
    """One row for each combination of the paths' values, with the aggregates over its rows; without paths one for all."""

    paths: tuple[Path, ...]
    aggregates: tuple[Aggregate, ...]


Transformation = Filtered | Grouped


def parse(text: str) -> tuple[Transformation, ...]:
    """The transformations in order. Raises SyntaxFault and NotOffered."""
    found = [_transformation(part.strip(" \t")) for part in split(text, "/")]
    for one in found[:-1]:
        if isinstance(one, Grouped):
            raise NotOffered("transformations after groupby and aggregate")
    return tuple(found)


def _transformation(text: str) -> Transformation:
    name = re.match(rf"{IDENTIFIER}(?:\.{IDENTIFIER})*", text)
    if name is None:
        raise SyntaxFault(f"{text[:60]!r} is no transformation")
    rest = text[name.end() :]
    if name[0] in OTHERS or "." in name[0]:
        raise NotOffered(f"the transformation {name[0]}")
    if not (rest.startswith("(") and rest.endswith(")")):
        raise SyntaxFault(f"{name[0]} needs parentheses")
    inner = rest[1:-1].strip(" \t")
    match name[0]:
        case "filter":
            return Filtered(parse_condition(inner))
        case "aggregate":
            return Grouped((), _aggregates(inner))
        case "groupby":
            return _grouped(inner)
    raise SyntaxFault(f"there is no transformation {name[0][:60]}")


def _grouped(text: str) -> Grouped:
    parts = [part.strip(" \t") for part in split(text, ",")]
    if not (parts[0].startswith("(") and parts[0].endswith(")")) or len(parts) > 2:
        raise SyntaxFault("groupby takes paths in parentheses and then what is made of each group")
    paths = tuple(_group_path(part.strip(" \t")) for part in split(parts[0][1:-1], ","))
    if len(paths) > MOST:
        raise SyntaxFault(f"rows are grouped by at most {MOST} paths")
    if len(parts) == 1:
        return Grouped(paths, ())
    inner = re.fullmatch(r"aggregate\((.*)\)", parts[1], re.DOTALL)
    if inner is None or len(list(split(parts[1], "/"))) > 1:
        for part in split(parts[1], "/"):
            _transformation(part.strip(" \t"))
        raise NotOffered("transformations of groups other than aggregate")
    return Grouped(paths, _aggregates(inner[1]))


def _group_path(text: str) -> Path:
    if _PATH.fullmatch(text):
        return Path(tuple(text.split("/")))
    if text.startswith(("rollup(", "rolluprecursive(")) and text.endswith(")"):
        raise NotOffered(text.partition("(")[0])
    if re.search(r"(^|/)@", text) or not text:
        raise SyntaxFault(f"{text[:60]!r} is no path to group by")
    if re.fullmatch(rf"(?:{IDENTIFIER}[./])*{IDENTIFIER}", text):
        raise NotOffered("names with a namespace")
    raise SyntaxFault(f"{text[:60]!r} is no path to group by")


def _aggregates(text: str) -> tuple[Aggregate, ...]:
    found = tuple(_aggregate(part.strip(" \t")) for part in split(text, ","))
    if len({one.name for one in found}) != len(found):
        raise SyntaxFault("a name is there twice")
    if len(found) > MOST:
        raise SyntaxFault(f"at most {MOST} aggregates can be asked for")
    return found


def _aggregate(text: str) -> Aggregate:
    counted = _COUNT.fullmatch(text)
    if counted is not None:
        return Aggregate("count", counted[1])
    wanted = _WITH.fullmatch(text)
    if wanted is None:
        return _other_aggregate(text)
    path, method, name, rest = wanted[1], wanted[2], wanted[3], wanted[4]
    if re.search(r"[ \t]from[ \t]", path) or rest.strip(" \t"):
        raise NotOffered("aggregates from other aggregates")
    if name is None:
        raise SyntaxFault("an aggregate needs a name: as ...")
    if method not in METHODS:
        raise NotOffered(f"aggregating with {method[:60]}")
    if not _PATH.fullmatch(path):
        if _NAME.fullmatch(path.partition("(")[0]) and "(" in path:
            raise SyntaxFault(f"{path[:60]!r} is no path")
        raise NotOffered("aggregates of expressions")
    return Aggregate(method, name, Path(tuple(path.split("/"))))


def _other_aggregate(text: str) -> Aggregate:
    """What is no aggregate of this server: those that a service defines, and what is none. Raises in any case."""
    if re.match(rf"{IDENTIFIER}(?:[./]|$|[ \t]+(?:as|from)[ \t])", text):
        raise NotOffered("aggregates that the service defines")
    raise SyntaxFault(f"{text[:60]!r} is no aggregate; write such as Price with sum as Total")
