"""Two people changed one record: what clashes and what does not. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_SAID = 200
LONGEST_BASE = 100_000
MINUTES = len("2026-11-20T10:30")


@dataclass(frozen=True, slots=True)
class Clash:
    """A value that both changed, each to something else."""

    key: str
    mine: Any
    theirs: Any


@dataclass(frozen=True, slots=True)
class Merge:
    """What both did. `mine` and `theirs` are changes of one side alone, by attribute key."""

    clashes: tuple[Clash, ...]
    mine: Mapping[str, Any]
    theirs: Mapping[str, Any]


def written(value: Any) -> str:
    """A value as text that is equal for equal values; a long one as its digest."""
    match value:
        case None | False:  # a box that was never ticked
            return ""
        case tuple() | list():
            text = "|".join(str(item) for item in value)
        case dt.datetime():
            text = value.astimezone(dt.UTC).isoformat(timespec="seconds")
        case dt.date():
            text = value.isoformat()
        case int() | str():
            text = str(value)
        case _:
            text = f"{value:f}".rstrip("0").rstrip(".") if hasattr(value, "as_tuple") else str(value)
    if len(text) <= LONGEST_SAID:
        return text
    return "#" + hashlib.blake2s(text.encode("utf-8", "replace")).hexdigest()


def base_text(values: Mapping[str, Any], keys: Iterable[str]) -> str:
    """What the person saw when the form was opened, for a hidden input."""
    return json.dumps({key: written(values.get(key)) for key in keys}, ensure_ascii=False, separators=(",", ":"))


def read_base(text: str) -> Mapping[str, str]:
    """What `base_text` wrote; nothing where it was tampered with, so that every difference counts as a clash."""
    if len(text) > LONGEST_BASE:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


def merge(base: Mapping[str, str], mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> Merge:
    """Compare what is to be saved with what has been saved, both against what the person saw."""
    clashes: list[Clash] = []
    only_mine: dict[str, Any] = {}
    only_theirs: dict[str, Any] = {}
    for key, value in mine.items():
        if key not in theirs or written(value) == written(theirs[key]):
            continue
        if base.get(key) == written(theirs[key]):
            only_mine[key] = value
        elif _untouched(base.get(key), value):
            only_theirs[key] = theirs[key]
        else:
            clashes.append(Clash(key, value, theirs[key]))
    return Merge(tuple(clashes), only_mine, only_theirs)


def _untouched(saw: str | None, value: Any) -> bool:
    """Whether a value is what the person saw; controls show moments by the minute."""
    text = written(value)
    return saw == text or (isinstance(value, dt.datetime) and saw is not None and saw[:MINUTES] == text[:MINUTES])
