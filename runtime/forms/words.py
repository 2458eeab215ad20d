"""The words that stand for values in metadata: @today, @now, @contact.<attribute>, @query.<name>."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from metadata.model import Attribute
from runtime.forms.parse import coerce

CONTACT = "@contact."
QUERY = "@query."


@dataclass(frozen=True, slots=True)
class Words:
    """What the words mean in this request. `contact` holds the values of the person's own contact by path."""

    now: dt.datetime
    zone: str = "UTC"
    me: int | None = None
    contact: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    def value(self, given: Any, attribute: Attribute) -> Any:
        """The value that a literal or a word of metadata stands for, in the attribute's type; None where it has none."""
        return coerce(self._meaning(given), attribute)

    def _meaning(self, given: Any) -> Any:
        if not isinstance(given, str) or not given.startswith("@"):
            return given
        if given.startswith("@@"):
            return given[1:]
        if given == "@today":
            return self.now.astimezone(ZoneInfo(self.zone)).date()
        if given == "@now":
            return self.now
        if given == "@contact":
            return self.me
        if given.startswith(CONTACT):
            return self.contact.get(given.removeprefix(CONTACT))
        if given.startswith(QUERY):
            return self.query.get(given.removeprefix(QUERY))
        return None


def is_query(given: Any) -> bool:
    """Whether a value comes from the address, which the person can change."""
    return isinstance(given, str) and given.startswith(QUERY)


def contact_paths(given: Iterable[Any]) -> tuple[str, ...]:
    """The paths of the contact that words among these values need, each once."""
    found = (value.removeprefix(CONTACT) for value in given if isinstance(value, str) and value.startswith(CONTACT))
    return tuple(dict.fromkeys(found))
