"""The state of a page's blocks in its query string, and links that change a part of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from metadata.model import Block
from runtime.errors import BadRequest, Named
from runtime.pages.addresses import quoted
from runtime.passing import passing

SEPARATOR = "."
FILTER = "f."
_OF_OTHERS = re.compile(r"\d+\.")
_FILTERS = re.compile(r"(\d+\.)?f\.")
ALIKE = {"search": "list"}
"""Types of blocks that take arguments of the same names as another type."""
LONGEST_VALUE = 4000
MOST_ARGUMENTS = 40


class UnknownArgument(Named, BadRequest):
    """The address has an argument that this page does not know."""

    status = BadRequest.status
    code = "unknown_argument"


class UnusableArgument(UnknownArgument):
    """The address has an argument with a value that cannot be used."""

    code = "unusable_argument"


@passing
class Query:
    """The arguments of a page as one block sees them: its own by their bare names, those of other blocks kept in links.

    The first block that takes a name has it bare; the second of its kind has `2.q`, the third `3.q`.
    """

    path: str
    arguments: Mapping[str, str]
    prefix: str = ""

    @property
    def own(self) -> dict[str, str]:
        """The block's arguments, without the prefix."""
        if self.prefix:
            cut = len(self.prefix)
            return {name[cut:]: value for name, value in self.arguments.items() if name.startswith(self.prefix)}
        return {name: value for name, value in self.arguments.items() if not _OF_OTHERS.match(name)}

    def has_only(self, *names: str) -> bool:
        """Whether the page has no arguments but some of these, which are the block's."""
        return not self.arguments or self.arguments.keys() <= {self.prefix + name for name in names}

    def link(self, **changes: str | None) -> str:
        """The address with some of the block's arguments changed, or left out where None or empty."""
        changed = {self.prefix + name: value for name, value in changes.items()}
        kept = {name: value for name, value in self.arguments.items() if name not in changed}
        merged = {**kept, **{name: value for name, value in changed.items() if value}}
        return f"{self.path}?{_encoded(merged)}" if merged else self.path

    def opening(self, name: str) -> str:
        """The address up to where the value of one of the block's arguments begins, for links that differ in it only."""
        kept = {other: value for other, value in self.arguments.items() if other != self.prefix + name and value}
        return f"{self.path}?{_encoded({**kept, self.prefix + name: ''})}"

    def hidden(self, *without: str) -> tuple[tuple[str, str], ...]:
        """Arguments for the hidden inputs of a GET form that sets those in `without`."""
        left_out = {self.prefix + name for name in without}
        return tuple((name, value) for name, value in self.arguments.items() if name not in left_out and value)

    def name(self, argument: str) -> str:
        """The full name of one of the block's arguments."""
        return self.prefix + argument


def _encoded(arguments: Mapping[str, str]) -> str:
    return "&".join([f"{quoted(name)}={quoted(value)}" for name, value in arguments.items()])


def prefixes_of(blocks: Iterable[Block]) -> tuple[str, ...]:
    """What goes before the arguments of each block of a page."""
    counts: dict[str, int] = {}
    prefixes = []
    for block in blocks:
        kind = ALIKE.get(block.type, block.type)
        counts[kind] = counts.get(kind, 0) + 1
        prefixes.append("" if counts[kind] == 1 else f"{counts[kind]}{SEPARATOR}")
    return tuple(prefixes)


def read_arguments(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The arguments of a request, each at most once; the values of one filter are joined by commas.

    Raises UnusableArgument for twice, huge, or unprintable ones.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        again = name in found
        if again and _FILTERS.match(name):
            value, again = f"{found[name]},{value}", False
        if again or len(value) > LONGEST_VALUE or "\x00" in value or len(found) >= MOST_ARGUMENTS:
            raise UnusableArgument(name[:60])
        found[name] = value
    return found


def refuse_unknown(arguments: Iterable[str], known: frozenset[str]) -> None:
    """Raises UnknownArgument for the first argument that no block of the page knows."""
    for name in arguments:
        if name not in known:
            raise UnknownArgument(name[:60])
