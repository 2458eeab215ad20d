"""Texts with the words marked that somebody looked for, whole or as an excerpt. Everything but the marks is escaped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from runtime.search.words import Token, Words, is_alike, is_same, tokens_of

BEFORE, LENGTH = 60, 220
"""Letters shown before the first word that was found, and in all."""
LONGEST = 100_000
"""Letters of a text that are looked through for marks."""


@dataclass(frozen=True, slots=True)
class Marker:
    """Marks words in texts of a language, also misspelt ones where only such were found."""

    words: Words
    language: str
    similar: bool = False

    def whole(self, text: str) -> Markup:
        """A text with the words in it marked."""
        return _marked(text, self.found(text), 0, len(text))

    def excerpt(self, text: str) -> Markup | None:
        """The part of a text where most is found; None where no word is in it."""
        found = self.found(text)
        if not found:
            return None
        start, end = _window(text, found)
        before, after = "… " if start else "", " …" if end < len(text) else ""
        return Markup("{}{}{}").format(before, _marked(text, found, start, end), after)

    def found(self, text: str) -> list[Token]:
        """The words of a text that are to be marked."""
        return [token for token in tokens_of(text[:LONGEST]) if self._is_wanted(token.word)]

    def _is_wanted(self, word: str) -> bool:
        if any(is_same(self.language, wanted, word) for wanted in self.words.tokens):
            return True
        return self.similar and any(is_alike(wanted, word) for wanted in self.words.tokens)


def _window(text: str, found: Sequence[Token]) -> tuple[int, int]:
    """From where to where a text is shown: with as many of the words as fit, whole words at the ends."""
    if len(text) <= LENGTH:
        return 0, len(text)
    best = max(found, key=lambda first: _worth(found, first))
    start = max(0, best.start - BEFORE)
    end = min(len(text), start + LENGTH)
    start = _at_word(text, start, lambda place: place + 1) if start else 0
    end = _at_word(text, end, lambda place: place - 1) if end < len(text) else end
    return min(start, best.start), max(end, best.end)


def _worth(found: Sequence[Token], first: Token) -> int:
    """How many different words are shown where this one is the first."""
    return len({token.word for token in found if first.start <= token.start < first.start + LENGTH - BEFORE})


def _at_word(text: str, place: int, step: Callable[[int], int]) -> int:
    """The nearest space from a place on."""
    at = place
    while 0 < at < len(text) and not text[at].isspace():
        at = step(at)
        if abs(at - place) > BEFORE // 2:
            return place
    return at


def _marked(text: str, found: Sequence[Token], start: int, end: int) -> Markup:
    parts: list[Markup] = []
    at = start
    for token in found:
        if token.start < at or token.end > end:
            continue
        parts += [escape(text[at : token.start]), Markup("<mark>{}</mark>").format(text[token.start : token.end])]
        at = token.end
    return Markup("").join([*parts, escape(text[at:end])]).strip()
