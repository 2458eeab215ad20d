"""YAML text to plain data with the line of every key, without trusting the text.

Events are read one by one and built here, so that depth, anchors, tags and keys are refused before they cost anything.
Plain words mean what they look like: only `true`, `false`, `null`, `~`, whole numbers and decimal fractions are not
text. `no`, `010`, `1_000` and `2024-01-01` are text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from metadata.errors import Position, Problem
from metadata.schema.guard import DEPTH, NODES
from metadata.told import told

LARGEST = 2**63
INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")
FRACTION = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,30}([eE][-+][0-9]{1,3})?")
WORDS: dict[str, Any] = {
    "": None,
    "~": None,
    "null": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
PLAIN_TAGS = {None, "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}

# How libyaml's words begin, and what is to be done about them.
MENDS = {
    "could not find expected ':'": told("write name: value"),
    "did not find expected '-' indicator": told("begin each entry of the list with a dash, all of them equally far in"),
    "did not find expected ','": told("close the bracket, or put commas between"),
    "did not find expected key": told("indent this line as the lines that belong with it"),
    "found a tab character": told("indent with blanks"),
    "found character that cannot start any token": told("indent with blanks, not tabs; quote a text that begins with @ or %"),
    "mapping values are not allowed": told("put a text that has a colon in quotes, or indent this line as the one above"),
}


@dataclass(frozen=True, slots=True)
class Positions:
    """Where the values of one component were written. Calling it with a path of keys gives the nearest known place."""

    file: str
    lines: Mapping[str, int]

    def __call__(self, path: str = "") -> Position:
        """The position of `attributes.3.type`, or of what holds it."""
        known = path
        while known and known not in self.lines:
            known = known.rpartition(".")[0]
        return Position(self.file, self.lines.get(known, 0), path)


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: its plain data and the places of its values."""

    data: Any
    positions: Positions


class UnreadableError(Exception):
    """The text is no YAML that may be used here."""

    def __init__(self, code: str, line: int, message: str) -> None:
        self.code, self.line, self.message = code, line, message
        super().__init__(message)


@dataclass(slots=True)
class Frame:
    """A mapping or list that is being filled."""

    value: Any
    path: str
    anchor: str | None
    key: str | None = None

    def below(self) -> str:
        """The path of the value that comes next."""
        step = self.key if isinstance(self.value, dict) else str(len(self.value))
        return f"{self.path}.{step}" if self.path else str(step)


@dataclass(slots=True)
class Builder:
    """Makes the plain data of one document from its events."""

    file: str
    root: Any = None
    stack: list[Frame] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    anchors: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    skipped: bool = False

    def take(self, event: Any) -> None:
        """Adds what one event says. Raises UnreadableError."""
        line = event.start_mark.line + 1
        if len(self.lines) > NODES:
            raise UnreadableError(
                "size", line, told("There are more than {most:,} values in one document; split it.", most=NODES)
            )
        match event:
            case yaml.AliasEvent():
                self.add(self.alias(event.anchor, line), line)
            case yaml.ScalarEvent():
                check_tag(event.tag, line)
                if self.wants_key():
                    self.take_key(event.value, line)
                else:
                    value = scalar(event)
                    self.keep(event.anchor, value)
                    self.add(value, line)
            case yaml.MappingStartEvent():
                self.open({}, event, line)
            case yaml.SequenceStartEvent():
                self.open([], event, line)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                frame = self.stack.pop()
                self.keep(frame.anchor, frame.value)

    def wants_key(self) -> bool:
        """Whether the next value is the key of a mapping."""
        return bool(self.stack) and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None

    def take_key(self, key: str, line: int) -> None:
        """Remembers a key; of two equal ones the second is a problem and its value is dropped."""
        frame = self.stack[-1]
        frame.key = key
        path = frame.below()
        self.skipped = key in frame.value
        if self.skipped:
            message = told(
                "The key {key!r} is written twice here (first in line {line}); remove one.",
                key=key[:60],
                line=self.lines.get(path, 0),
            )
            self.problems.append(Problem(Position(self.file, line, path), "", "duplicate-key", message))
        else:
            self.lines[path] = line

    def open(self, value: Any, event: Any, line: int) -> None:
        """Begins a mapping or a list."""
        check_tag(event.tag, line)
        if len(self.stack) >= DEPTH:
            raise UnreadableError("depth", line, told("Values are nested more than {most} deep.", most=DEPTH))
        if self.wants_key():
            raise UnreadableError("key", line, told("A key must be a text, not a list or a mapping."))
        path = self.stack[-1].below() if self.stack else ""
        self.add(value, line)
        self.stack.append(Frame(value, path, event.anchor))

    def add(self, value: Any, line: int) -> None:
        """Puts a value where it belongs."""
        if self.wants_key():
            raise UnreadableError("key", line, told("A key must be written out, not taken from an anchor."))
        if not self.stack:
            self.root = value
            self.lines.setdefault("", line)
            return
        frame = self.stack[-1]
        if isinstance(frame.value, list):
            self.lines.setdefault(frame.below(), line)
            frame.value.append(value)
        elif frame.key is not None:
            if not self.skipped:
                frame.value[frame.key] = value
            frame.key, self.skipped = None, False

    def keep(self, anchor: str | None, value: Any) -> None:
        """Remembers a finished value that has an anchor."""
        if anchor:
            self.anchors[anchor] = value

    def alias(self, name: str | None, line: int) -> Any:
        """The finished value that an alias stands for; one that is not finished would hold itself."""
        if not name or name not in self.anchors:
            raise UnreadableError(
                "anchor", line, told("There is no finished value &{anchor} above this place.", anchor=str(name)[:60])
            )
        return self.anchors[name]


def check_tag(tag: str | None, line: int) -> None:
    """Raises UnreadableError for a tag other than those of plain values."""
    if tag not in PLAIN_TAGS:
        raise UnreadableError("tag", line, told("The tag {tag!r} may not be used; write a plain value.", tag=str(tag)[:60]))


def scalar(event: yaml.ScalarEvent) -> Any:
    """The value of a scalar: quoted ones are text, plain ones what they look like."""
    text: str = event.value
    if event.style or not event.implicit[0]:
        return text
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text) and abs(int(text)) < LARGEST:
        return int(text)
    if FRACTION.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return text


CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]")


def _mend(error: yaml.YAMLError, reason: str) -> str:
    """What most likely mends it, as the parser says only where it stumbled."""
    if reason == "found unexpected end of stream":
        opened = getattr(error, "context_mark", None)
        return told("; close the quote or bracket that is opened in line {line}", line=opened.line + 1) if opened else ""
    return next((told("; {mend}", mend=mend) for begin, mend in MENDS.items() if reason.startswith(begin)), "")


def _line_of_control(text: str) -> int:
    """The line of the first control character, which the reader refuses without saying where; 0 without one."""
    found = CONTROL.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def parse(text: str, file: str) -> tuple[list[Document], list[Problem]]:
    """The documents of a YAML text and what is wrong with it. The rest of a text after a syntax error is not read."""
    documents: list[Document] = []
    problems: list[Problem] = []
    loader = yaml.CSafeLoader(text)
    builder = Builder(file)
    try:
        while not isinstance(event := loader.get_event(), yaml.StreamEndEvent):
            if isinstance(event, yaml.DocumentStartEvent):
                builder = Builder(file)
            elif isinstance(event, yaml.DocumentEndEvent):
                problems += builder.problems
                if builder.root is not None:
                    documents.append(Document(builder.root, Positions(file, builder.lines)))
            else:
                builder.take(event)
    except UnreadableError as error:
        problems.append(Problem(Position(file, error.line), "", error.code, error.message))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or told("it cannot be read")
        message = told("This is not valid YAML: {reason}{mend}.", reason=reason, mend=_mend(error, reason))
        problems.append(Problem(Position(file, mark.line + 1 if mark else _line_of_control(text)), "", "yaml", message))
    finally:
        loader.dispose()
    return documents, problems
