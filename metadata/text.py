"""Texts that differ by language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from metadata.pseudo import is_pseudo, pseudo

ANY_LANGUAGE = ""
NUMBERS = re.compile(r"\d+")


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun, for what is told in English: `1 file`, `2 files`. `many` where an s does not make it."""
    return f"{number:d} {one if number == 1 else many or f'{one}s'}"


def by_number(name: str) -> str:
    """What a name is sorted by where the numbers in it count as such: `item_2` before `item_10`."""
    return NUMBERS.sub(lambda found: found[0].rjust(12, "0"), name)


@dataclass(frozen=True, slots=True)
class Text:
    """A text per language. The language `""` holds the text for every language that has none of its own.

    In YAML a plain string stands for `{"": string}`; otherwise a mapping of language tags, where the key `any` is `""`.
    """

    values: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, value: str | Mapping[str, str] | Text | None) -> Text:
        """A text from a plain string (all languages), a mapping of language tag to string, or nothing."""
        if isinstance(value, Text):
            return value
        if not value:
            return cls()
        if isinstance(value, str):
            return cls(((ANY_LANGUAGE, value),))
        return cls(tuple(sorted((ANY_LANGUAGE if tag == "any" else tag, text) for tag, text in value.items())))

    def in_language(self, tag: str, fallback: str = "") -> str:
        """The text for a BCP 47 tag: exact, then its base language, then `fallback` likewise, then any, then the first.

        That of a pseudo-locale is made of what its base language has.
        """
        known = dict(self.values)
        if is_pseudo(tag) and tag not in known:
            return pseudo(self.in_language(tag.partition("-")[0], fallback))
        for wanted in (tag, tag.partition("-")[0], fallback, fallback.partition("-")[0], ANY_LANGUAGE):
            if wanted in known:
                return known[wanted]
        return self.values[0][1] if self.values else ""

    def __bool__(self) -> bool:
        return bool(self.values)


def in_words(key: str) -> str:
    """A key as people would write it, for what has no label."""
    text = key.replace("_", " ")
    return text[:1].upper() + text[1:]
