"""Values that may be a text, a number, true, false or a list of these, as one line in an editor and back."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from metadata.files.parse import parse
from metadata.told import told

EMPTY = "null"
FIXED: Mapping[str, Any] = {"yes": True, "no": False, "none": None, "empty": "", "no_values": ()}
"""The sorts that have one value each, and need no input; `no_values` is a list of nothing."""
LISTS = ("texts", "numbers", "values")
"""The sorts of several values, one on each line."""
SORTS = ("text", "number", *FIXED, *LISTS, "yaml")
"""What a value may be that may be of several types."""
BREAKS = {ord(letter): f"\\u{ord(letter):04x}" for letter in "\x85\u2028\u2029\ufeff"}
WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
REAL = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?")


def read_scalar(text: str) -> Any:
    """The value that a line stands for, as YAML reads it; a line that is no such value is a text as it stands."""
    line = text.strip()
    if not line or "\n" in line:
        return text
    if line == EMPTY:
        return None
    documents, problems = parse(line, "")
    if problems or len(documents) != 1:
        return text
    value = documents[0].data
    if isinstance(value, list):
        return value if all(item is None or isinstance(item, str | int | float | bool) for item in value) else text
    return text if isinstance(value, dict) else value


def show_scalar(value: Any) -> str:
    """The line that `read_scalar` reads as this value."""
    if value is None:
        return EMPTY
    if isinstance(value, str):
        return value if value and read_scalar(value) == value else _plain(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_plain, value))}]"
    return _plain(value)


def sort_of(value: Any) -> str:
    """The sort of a value among `SORTS`: the first one that reads what it shows as the same value; `yaml` reads all of them."""
    return (
        "empty" if value == "" else next((sort for sort in SORTS if _same(read_as(sort, show_as(sort, value)), value)), "yaml")
    )


def show_as(sort: str, value: Any) -> str:
    """What stands in the input of a value of a sort: of a list, an item on each line."""
    if sort in FIXED:
        return ""
    if sort in LISTS:
        shown = show_scalar if sort == "values" else _typed
        return "\n".join(map(shown, value)) if isinstance(value, list) else ""
    return show_scalar(value) if sort == "yaml" else _typed(value)


def read_as(sort: str, text: str) -> Any:
    """The value of a sort that a text stands for; what is none of that sort stays a text, for the checks to complain of."""
    if sort in FIXED:
        return list(FIXED[sort]) if sort == "no_values" else FIXED[sort]
    if sort in LISTS:
        return [LINE[sort](line) for line in text.split("\n") if line.strip()]
    return read_number(text) if sort == "number" else read_scalar(text) if sort == "yaml" else text


def read_number(text: str) -> Any:
    """A number, whole where it is written so, or the text where it is none."""
    whole = read_whole(text)
    return read_real(text) if isinstance(whole, str) else whole


LINE: Mapping[str, Callable[[str], Any]] = {"texts": str, "numbers": read_number, "values": read_scalar}
"""How a line of several values is read."""


def _typed(value: Any) -> str:
    """A value as a person types it; what no input keeps as it is, such as a strange line break, is typed as nothing."""
    if isinstance(value, str):
        return value if all(letter.isprintable() or letter == "\n" for letter in value) else ""
    return _number(value) if isinstance(value, float) else str(value)


def _same(one: Any, other: Any) -> bool:
    """Equal and of one type, for True is 1 and 1 is 1.0 in Python."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and one == other and one != ""


def _plain(value: Any) -> str:
    """A single value in quotes, as a number or as a word; what YAML would take for a line break is escaped."""
    return _number(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False).translate(BREAKS)


def _number(value: float) -> str:
    """A fraction as YAML reads one: 1e-05 lacks the point."""
    whole, mark, power = repr(value).partition("e")
    return f"{whole}{'' if '.' in whole else '.0'}{mark}{power}"


def read_whole(text: str) -> Any:
    """A whole number, or the text where it is none, for the schema to complain of."""
    return int(text) if WHOLE.fullmatch(text.strip()) else text


def read_real(text: str) -> Any:
    """A number, or the text where it is none."""
    return number if REAL.fullmatch(text.strip()) and math.isfinite(number := float(text)) else text


def read_yaml(text: str) -> tuple[Any, tuple[tuple[int, str], ...]]:
    """The plain data of one YAML document, and what is wrong with the text: lines (0 for none) and what is wrong there."""
    documents, problems = parse(text, "")
    wrong = [(problem.position.line, problem.message) for problem in problems]
    if not wrong and len(documents) > 1:
        wrong.append((0, told("There is more than one document; keep one.")))
    return (documents[0].data if documents else None), tuple(wrong)


def line_of(text: str, path: str) -> int:
    """The line of a YAML text on which a place stands, or what holds it; 0 where the text cannot be read."""
    documents, _ = parse(text, "")
    return documents[0].positions(path).line if documents else 0
