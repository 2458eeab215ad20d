"""A table map as two columns of attributes: outside, ours, and between them the way and what becomes of a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from connectors.sampling import SampleRow, Value
from metadata.system import RESERVED_KEYS
from runtime.studio.designing.canvas import Canvas, Offered
from runtime.studio.designing.outside import Heard, columns_of, sample_of

WAYS = ("in", "both", "out")
_SIGN = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Pair:
    """One attribute map: its path, both ends, its way and the one that comes after that, what is done with a value, the
    value of the sample, and what is wrong."""

    path: str
    attribute: str
    label: str
    columns: str
    way: str
    next_way: str
    key: bool
    tags: tuple[tuple[str, int], ...]
    before: str = ""
    after: str = ""
    fault: str = ""
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pairs:
    """All attribute maps, what of both sides is not mapped, pairs that go by the same name, and the sample."""

    rows: tuple[Pair, ...]
    outside: tuple[Offered, ...]
    ours: tuple[Offered, ...]
    alike: tuple[tuple[Offered, str], ...]
    problem: str
    words: Mapping[str, Sequence[tuple[str, str]]]
    sampled: bool
    sample: SampleRow | None = None
    number: int = 0
    many: int = 0
    refused: tuple[tuple[str, tuple[str, ...]], ...] = ()
    sample_problem: str = ""


def pairs_of(canvas: Canvas) -> Pairs:
    """The map as its designer shows it, with what the outside tells. With `sample` in the address rows are shown."""
    desk, item = canvas.desk, canvas.item
    heard = columns_of(desk, item)
    seen = _sample(canvas)
    number = min(_number(request.args.get("sample", "")), max(len(seen.rows) - 1, 0)) if seen else 0
    sample = seen.rows[number] if seen and seen.rows else None
    rows = tuple(_pairs(canvas, sample))
    taken = {word for row in canvas.parts("attributes") for word in _columns(row)}
    outside = tuple(Offered(name, name, "database", name in taken) for name in heard.columns)
    ours = tuple(_ours(canvas))
    free = [one for one in outside if not one.placed]
    return Pairs(
        rows,
        outside,
        ours,
        tuple(_alike(free, [one for one in ours if not one.placed])),
        heard.problem,
        {"columns": tuple(heard.columns.items())},
        seen is not None,
        sample,
        number,
        len(seen.rows) if seen else 0,
        tuple((row.key, row.faults) for row in seen.rows if row.faults) if seen else (),
        seen.problem if seen else "",
    )


def _sample(canvas: Canvas) -> Heard | None:
    """The rows, where they are asked for by somebody who may see them; looking is noted in the audit trail."""
    desk = canvas.desk
    if "sample" not in request.args or not desk.reach.views_as:
        return None
    found = sample_of(desk, canvas.item)
    if desk.context.services.notebook.is_new(desk.context.principal.contact, canvas.item.id):
        desk.note("sample", canvas.item.id.kind, 0, component=str(canvas.item.id))
    return found


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 4 else 0


def _columns(row: Mapping[str, Any]) -> list[str]:
    several = row.get("lookup_columns")
    return [str(word) for word in several] if isinstance(several, list) and several else [str(row.get("column") or "")]


def _pairs(canvas: Canvas, sample: SampleRow | None) -> Iterator[Pair]:
    keys = canvas.words("integration_key")
    for number, row in enumerate(canvas.parts("attributes")):
        path, attribute = f"attributes.{number}", str(row.get("attribute") or "")
        way = str(row.get("direction") or "in")
        value = sample.values.get(attribute, Value(None)) if sample else Value(None)
        outside, ours = (value.after, value.before) if sample and sample.outward else (value.before, value.after)
        yield Pair(
            path,
            attribute,
            canvas.label(attribute),
            ", ".join(word for word in _columns(row) if word),
            way,
            WAYS[(WAYS.index(way) + 1) % len(WAYS)] if way in WAYS else WAYS[0],
            attribute in keys,
            tuple(_tags(canvas, row, attribute)),
            _words(outside),
            _words(ours),
            value.fault,
            canvas.wrong(path),
        )


def _tags(canvas: Canvas, row: Mapping[str, Any], attribute: str) -> Iterator[tuple[str, int]]:
    """What is done with a value, as the name of a text and its number."""
    known = canvas.facts.attributes.get(attribute) if canvas.facts else None
    if known is not None and known.type == "lookup":
        yield "lookup", 0
    values = row.get("values")
    if isinstance(values, list) and values:
        yield "values", len(values)
    yield from ((name, 0) for name in ("default", "format") if row.get(name) not in (None, ""))
    if any(row.get(name) for name in ("missing", "too_long", "out_of_range", "too_precise")):
        yield "policy", 0


def _ours(canvas: Canvas) -> Iterator[Offered]:
    """The entity's own attributes, without those that the engine keeps."""
    for palette in canvas.palettes(beyond=False):
        yield from (one for one in palette.offered if one.path not in RESERVED_KEYS)


def _alike(outside: list[Offered], ours: list[Offered]) -> Iterator[tuple[Offered, str]]:
    """Attributes and columns that go by the same name, however it is written."""
    by_name = {_SIGN.sub("", one.path.casefold()): one.path for one in reversed(outside)}
    for one in ours:
        found = next(
            (by_name[name] for word in (one.path, one.label) if (name := _SIGN.sub("", word.casefold())) in by_name), ""
        )
        if found:
            yield one, found


def _words(value: Any) -> str:
    """A value in short; "" for none."""
    text = "" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
