"""Search indexes: what is kept beside an entity's table so that its rows are found by words.

The name of an index ends in a digest of what it holds. One that is to hold something else has another name, so that the
old one goes and the new one comes, and two searches that ask for the same share one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column

from metadata.model import Entity, Search, SearchedEntity, Site

SEARCHES = "searches"
"""Where a table's `info` has its indexes."""
FORM = 2
"""Grows when indexes are made otherwise than before, so that those that are there are made anew."""
PLAIN = "simple"
STEMMED: Mapping[str, str] = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
"""By language: the name under which PostgreSQL, and Snowball, know how its words are cut to their stems."""
LONG = "long_text"
Columns = Callable[[str], ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class SearchIndex:
    """The words of some columns of a table, each column with its weight; `language` is a name of `STEMMED`, or PLAIN.

    `compared` are the columns in which words are found misspelt where the database compares them with whole texts.
    """

    entity: str
    language: str
    columns: tuple[tuple[str, int], ...]
    compared: tuple[str, ...]

    @property
    def word(self) -> str:
        """What it holds, as the register says."""
        return f"{self.language}: {', '.join(f'{name} {weight}' for name, weight in self.columns)}"

    @property
    def name(self) -> str:
        """Its name in the database."""
        digest = hashlib.blake2s(f"{FORM} {self.entity} {self.word} {self.compared}".encode(), digest_size=5).hexdigest()
        return f"foyer_search_{self.entity[:30]}_{digest}"

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of its columns, which are those of attributes."""
        return tuple(name for name, _ in self.columns)


def language_of(tag: str) -> str:
    """How words of a language are cut to their stems; PLAIN where nobody knows."""
    return STEMMED.get(tag.partition("-")[0], PLAIN)


def index_of(site: Site, search: Search, searched: SearchedEntity, entity: Entity) -> SearchIndex:
    """The index of an entity of a search."""
    columns = tuple((item.attribute, item.weight) for item in searched.attributes)
    long = {item.key for item in entity.attributes if item.type == LONG}
    compared = tuple(name for name, _ in columns if name not in long)
    return SearchIndex(searched.entity, language_of(search.language or site.default_language), columns, compared)


def search_indexes(
    searches: Iterable[Search], sites: Mapping[str, Site], entities: Mapping[str, Entity]
) -> tuple[SearchIndex, ...]:
    """The indexes that searches need, each once."""
    found = {
        index_of(sites[search.site], search, searched, entities[searched.entity]): None
        for search in searches
        for searched in search.entities
    }
    return tuple(found)


def compared_text(keys: Iterable[str], columns: Columns) -> ColumnElement[Any]:
    """The text of some columns as PostgreSQL indexes it by groups of three letters, so that words misspelt are found.

    It has no bind values: an index serves only a condition that is written as the index is.
    """
    parts = [func.left(func.coalesce(columns(name), literal_column("''")), literal_column("2000")) for name in keys]
    whole: ColumnElement[Any] = parts[0]
    for part in parts[1:]:
        whole = whole.op("||")(literal_column("' '")).op("||")(part)
    return func.lower(whole)
