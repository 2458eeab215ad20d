"""Values that may be a text, a number, true, false or a list of these, as one line in an editor and back."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from metadata.files.parse import parse

EMPTY = "null"
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


def read_yaml(text: str) -> tuple[Any, tuple[str, ...]]:
    """The plain data of one YAML document, and what is wrong with the text."""
    documents, problems = parse(text, "")
    told = [f"{problem.position.line}: {problem.message}" if problem.position.line else problem.message for problem in problems]
    if not told and len(documents) > 1:
        told.append("There is more than one document; keep one.")
    return (documents[0].data if documents else None), tuple(told)
