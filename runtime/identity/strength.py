"""How hard a password is to guess: zxcvbn knows common and stolen passwords, keyboards, dates and names, and asks nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST_JUDGED = 40
"""What comes after so many letters makes a password no weaker, and to judge it takes ever longer."""
SHORTEST_WORD = 3
MOST_WORDS = 40
WEAKEST, STRONGEST = 0, 4
OF_ONES_OWN = 6
"""Letters that a password has at least besides words that everybody knows who knows the person."""
BETWEEN_WORDS = re.compile(r"[\W_]+")
DISGUISES, MOST_DISGUISES, PLAIN = "@({[<!|$+%", 3, "~"
"""Signs that stand for letters, of which the library tries every combination: seconds of work for a handful of them."""


def strength(password: str, words: Iterable[str] = ()) -> int:
    """From 0, guessed at once, to 4, out of reach. `words` are of the person and the site: easy to guess for who knows them."""
    if not password:
        return WEAKEST
    known = words_in(words)
    if made_of(password, known):
        return WEAKEST
    import zxcvbn  # with the first password that is chosen: every start would wait for its lists

    return int(zxcvbn.zxcvbn(_undisguised(password[:LONGEST_JUDGED]), list(known))["score"])


def words_in(texts: Iterable[str]) -> tuple[str, ...]:
    """The words of names and addresses that are long enough to be a part of a password, the longest first."""
    found = {part for text in texts for part in BETWEEN_WORDS.split(text.lower()) if len(part) >= SHORTEST_WORD}
    return tuple(sorted(found, key=lambda word: (-len(word), word))[:MOST_WORDS])


def made_of(password: str, words: Iterable[str]) -> bool:
    """Whether a password is hardly more than some of the words, as `words_in` gives them."""
    left, known = password.lower(), tuple(words)
    for word in known:
        left = left.replace(word, " ")
    return left != password.lower() and len(BETWEEN_WORDS.sub("", left)) < OF_ONES_OWN


def _undisguised(password: str) -> str:
    found = [sign for sign in dict.fromkeys(password) if sign in DISGUISES]
    return password.translate(dict.fromkeys(map(ord, found[MOST_DISGUISES:]), PLAIN))
