"""The words that stand for values in metadata: @today, @today+7d, @now, @contact, @account, @company, @contact.<attribute>,
@query.<name>, and on saving @record.<path>."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from zoneinfo import ZoneInfo

from metadata.expressions.evaluate import Row, Value
from metadata.model import Attribute
from metadata.snapshot import Snapshot
from runtime.forms.parse import coerce
from runtime.passing import passing
from runtime.records.entered import plain

CONTACT = "@contact."
QUERY = "@query."
RECORD = "@record."
_DAY = re.compile(r"@today(?:([+-])([0-9]{1,5})d)?")


def nothing(path: str) -> Any:
    """What is known of a record that is not there."""
    return None


@passing
class Words:
    """What the words mean in this request. `contact` holds the values of the person's own contact by path, `people` the ids
    behind @contact, @account and @company; `record` finds a value of the record that is being saved, by its path."""

    now: dt.datetime
    zone: str = "UTC"
    people: Mapping[str, int | None] = field(default_factory=dict)
    contact: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    record: Callable[[str], Any] = nothing

    def value(self, given: Any, attribute: Attribute) -> Any:
        """The value that a literal or a word of metadata stands for, in the attribute's type; None where it has none."""
        return coerce(self.meaning(given), attribute)

    def about(self, record: Callable[[str], Any]) -> Words:
        """The same words where a record is being saved."""
        return Words(self.now, self.zone, self.people, self.contact, self.query, record)

    def meaning(self, given: Any) -> Any:
        """What a word of metadata stands for; a literal stands for itself, without a second @ before it."""
        if not isinstance(given, str) or not given.startswith("@"):
            return given
        if given.startswith("@@"):
            return given[1:]
        if day := _DAY.fullmatch(given):
            shift = int(day[2] or 0) * (-1 if day[1] == "-" else 1)
            return self.now.astimezone(ZoneInfo(self.zone)).date() + dt.timedelta(days=shift)
        if given == "@now":
            return self.now
        if given in self.people:
            return self.people[given]
        if given.startswith(CONTACT):
            return self.contact.get(given.removeprefix(CONTACT))
        if given.startswith(QUERY):
            return self.query.get(given.removeprefix(QUERY))
        if given.startswith(RECORD):
            return self.record(given.removeprefix(RECORD))
        return None


@dataclass(frozen=True, slots=True)
class WordsRow:
    """The words of a request as a row that expressions are about: nothing is known of a record yet."""

    snapshot: Snapshot
    words: Words

    def value(self, path: str) -> Value:
        """What a word means; None for every other name."""
        given = self.words.meaning(path) if path.startswith("@") else None
        if not path.startswith(CONTACT):
            return cast(Value, given)
        return plain(self.snapshot.resolve("contact", path.removeprefix(CONTACT))[-1].model, given)

    def related(self, relationship: str) -> Iterable[Row]:
        """None: there are no rows."""
        return ()


def is_query(given: Any) -> bool:
    """Whether a value comes from the address, which the person can change."""
    return isinstance(given, str) and given.startswith(QUERY)


def contact_paths(given: Iterable[Any]) -> tuple[str, ...]:
    """The paths of the contact that words among these values need, each once."""
    found = (value.removeprefix(CONTACT) for value in given if isinstance(value, str) and value.startswith(CONTACT))
    return tuple(dict.fromkeys(found))
