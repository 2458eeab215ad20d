"""Locale data for a language tag, from Babel."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale, UnknownLocaleError

SOURCE = Locale("en")


@lru_cache(maxsize=64)
def locale_for(tag: str) -> Locale:
    """The locale for a BCP 47 tag: exact, else its base language, else English. Never fails."""
    for wanted in (tag, tag.partition("-")[0]):
        try:
            return Locale.parse(wanted, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return SOURCE
