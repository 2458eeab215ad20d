"""The words of a search and of a text, and when two of them are the same: by their stem, their beginning, or almost.

Stems are Snowball's, which are also PostgreSQL's, so that what one database finds is marked, and found, by the other.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from metadata.searching import PLAIN

MOST_WORDS = 12
ALIKE = 0.72
"""How much of two words must be the same, from 0 to 1, so that one may be the other misspelt."""
SHORTEST_MISSPELT = 4
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody looks for: all of these words, in lower case."""

    tokens: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.tokens)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text and where it stands."""

    word: str
    start: int
    end: int


def words_in(typed: str) -> Words:
    """The words of what somebody typed, each once."""
    found = (match.group() for match in _WORD.finditer(_plain(typed)))
    return Words(tuple(dict.fromkeys(found))[:MOST_WORDS])


def tokens_of(text: str) -> Iterator[Token]:
    """The words of a text, in order. Letters keep their number and places when they become small."""
    for match in _WORD.finditer(text):
        yield Token(match.group().lower(), match.start(), match.end())


@lru_cache(maxsize=100_000)
def stem(language: str, word: str) -> str:
    """The stem of a word in a language by its name in `metadata.searching`; the word itself where nobody knows."""
    if language == PLAIN:
        return word
    import snowballstemmer  # thirty languages, loaded with the first search

    # One for each call: a stemmer keeps the word that it is at, and threads would mix theirs up.
    return str(snowballstemmer.stemmer(language).stemWord(word))


def is_same(language: str, wanted: str, word: str) -> bool:
    """Whether a word of a text is the one wanted: another form of it, or begun by it."""
    return word.startswith(wanted) or stem(language, word) == stem(language, wanted)


def is_alike(wanted: str, word: str) -> bool:
    """Whether a word of a text may be the one wanted, misspelt here or there."""
    if min(len(wanted), len(word)) < SHORTEST_MISSPELT or abs(len(wanted) - len(word)) > 2:
        return False
    matcher = difflib.SequenceMatcher(None, word, wanted, autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def forms_of(language: str, wanted: str, known: Iterable[str], *, similar: bool = False) -> list[str]:
    """Which of the known words are the one wanted."""
    return [word for word in known if is_same(language, wanted, word) or (similar and is_alike(wanted, word))]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()
