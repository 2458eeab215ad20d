"""What is wrong with a style sheet, by its text alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import tinycss2

from metadata.schema.faults import shown
from metadata.told import told

LARGEST = 300_000
"""Bytes of all sheets of a site together, in UTF-8: to read so many takes less than a second, whatever stands there."""

DEEPEST = 40
"""Blocks in blocks; deeper ones are nobody's style, and cost whoever reads them."""

_END = "foyer-end-of-sheet"
_NESTING = ("media", "supports", "layer", "container", "scope", "starting-style")
"""At-rules that hold rules."""


@dataclass(frozen=True, slots=True)
class StyleFault:
    """Something wrong in a line of a sheet. `grave` says that other rules are lost by it; `host` is the one outside that it
    names, if that is what is wrong."""

    line: int
    message: str
    grave: bool = False
    host: str = ""


@lru_cache(maxsize=256)
def faults_in_sheet(source: str) -> tuple[StyleFault, ...]:
    """What is wrong with a sheet, in the order of lines: what a browser passes over in silence, and what it is not let load."""
    nodes = tinycss2.parse_component_value_list(f"{source}\n{_END}")
    last = nodes.pop()
    faults = [] if last.type == "ident" and last.value == _END else [_open(last)]
    if too_deep := _too_deep(nodes):
        return (too_deep,)
    rules = tinycss2.parse_stylesheet(nodes, skip_comments=True, skip_whitespace=True)
    found = {fault.line: fault for fault in reversed([*faults, *_in_rules(rules)])}
    return tuple(found[line] for line in sorted(found))


def _open(node: Any) -> StyleFault:
    """A brace, bracket, quote or comment that is not closed takes all that follows with it, other sheets too."""
    message = told("What begins here is not closed: a brace, a bracket, a quote or a comment.")
    return StyleFault(node.source_line, message, grave=True)


def _too_deep(nodes: Sequence[Any]) -> StyleFault | None:
    waiting = [(node, 1) for node in nodes]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST:
            return StyleFault(node.source_line, told("This is nested more than {most} deep.", most=DEEPEST), grave=True)
        inside = getattr(node, "content", None) or getattr(node, "arguments", None)
        if isinstance(inside, list):
            waiting.extend((inner, depth + 1) for inner in inside)
    return None


def _in_rules(rules: Iterable[Any]) -> Iterator[StyleFault]:
    for rule in rules:
        if rule.type == "error":
            yield _misread(rule)
        elif rule.type == "qualified-rule":
            yield from (_misread(part) for part in rule.prelude if part.type == "error")
            yield from _in_block(rule.content)
        elif rule.type == "at-rule":
            yield from _in_at_rule(rule)


def _in_at_rule(rule: Any) -> Iterator[StyleFault]:
    name = rule.lower_at_keyword
    if name == "import":
        message = told("Nothing can be imported into a sheet; make what is imported a style sheet of its own.")
        yield StyleFault(rule.source_line, message, grave=True)
    elif name in _NESTING and rule.content is not None:
        yield from _in_rules(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True))
    elif name != "keyframes":
        yield from _addresses([*rule.prelude, *(rule.content or ())])


def _in_block(content: Sequence[Any]) -> Iterator[StyleFault]:
    for part in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if part.type == "error":
            yield _misread(part)
        elif part.type == "declaration":
            yield from _addresses(part.value)
        elif part.type == "qualified-rule":
            yield from _in_block(part.content)
        elif part.type == "at-rule":
            yield from _in_at_rule(part)


def _addresses(nodes: Iterable[Any]) -> Iterator[StyleFault]:
    """Pictures and fonts of other hosts, which the policy of the pages does not let a browser load."""
    for node in nodes:
        if node.type == "url":
            yield from _address(node.value, node.source_line)
        elif node.type == "function":
            texts = [part for part in node.arguments if part.type == "string"]
            if node.lower_name == "url" and texts:
                yield from _address(texts[0].value, node.source_line)
            yield from _addresses(node.arguments)
        elif getattr(node, "content", None) is not None and node.type.endswith("block"):
            yield from _addresses(node.content)


def _address(url: str, line: int) -> Iterator[StyleFault]:
    try:
        parts = urlsplit(url)
    except ValueError:
        yield StyleFault(line, told("{url} is no address.", url=shown(url)))
        return
    if parts.netloc or parts.scheme not in ("", "data"):
        message = told(
            "No browser loads {url} for a page of this site; put it into a web file, or name its host in the site setting"
            " {setting}.",
            url=shown(url),
            setting="headers/content_sources",
        )
        yield StyleFault(line, message, host=parts.hostname or parts.scheme)


def _misread(error: Any) -> StyleFault:
    return StyleFault(error.source_line, told("This cannot be read as CSS; a browser passes over it."))
