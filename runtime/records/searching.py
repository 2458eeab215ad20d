"""Rows found by words, best first: the narrowing of a list to them, the same whatever the database.

Words count in those attributes only that the person may read, on each row. That is why the attributes are kept apart in
every index, and asked for by name. Which rows there are, and what is shown of them, the list decides as ever.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Double,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
    table,
    union_all,
)
from sqlalchemy import column as sql_column

from metadata.migrate.search_steps import EXTENSION, LETTERS, VOCABULARY, WHOLE, words_column
from metadata.searching import PLAIN, SearchIndex, compared_text
from metadata.snapshot import Snapshot
from runtime.access import Access, Principal, access_for
from runtime.records.narrowing import Narrowing
from runtime.records.prepared import Prepared
from runtime.records.proof import Reader
from runtime.records.shapes import kept
from runtime.records.source import Source
from runtime.search.words import Words, forms_of, stem

MOST_FORMS = 60
"""Forms of one word that are looked for at once, on SQLite."""
MOST_KNOWN = 10_000
"""Words of the index that one word is compared with, on SQLite: numbers and codes make an index of millions."""
BEGINNING = 3
"""Letters that all forms of a word begin with."""
ENDING = 3
"""Places at the end of a code, which has a digit, in which it may be misspelt."""
LAST_LETTER = "\U0010ffff"
WEIGHTS = ", ".join(str((place + 1) / len(LETTERS)) for place in range(len(LETTERS)))

Bound = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Tier:
    """Attributes that may be read together: on every row within reach, or, `guarded`, on those that grants reach with them."""

    keys: tuple[str, ...]
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A narrowing to the rows with some words, and the values of its binds."""

    narrowing: Narrowing
    bound: Bound


def readable_tiers(access: Access, keys: Iterable[str]) -> tuple[Tier, ...]:
    """In which of the attributes words count, and on which rows; nothing where none may be read."""
    wanted = [key for key in keys if key in access.attributes]
    everywhere = tuple(key for key in wanted if access.covers(key))
    found = [Tier(everywhere)] if everywhere else []
    partly = {access.covering(key): None for key in wanted if key not in everywhere}
    for grants in partly:
        together = tuple(key for key in wanted if key in everywhere or set(grants) <= set(access.covering(key)))
        found.append(Tier(together, guarded=True))
    return tuple(found)


def find_rows(
    reader: Reader, snapshot: Snapshot, principal: Principal, index: SearchIndex, words: Words, *, similar: bool = False
) -> Found | None:
    """How a list is narrowed to the rows with all of these words, or, `similar`, with words written much like them.

    None where there cannot be any: no attribute may be read, the words are in no row at all, or the database does not know
    what is similar.
    """
    tiers = readable_tiers(access_for(snapshot, principal, index.entity, "read"), index.keys)
    if not tiers or not words:
        return None
    if reader.dialect.name == "sqlite":
        return _on_sqlite(reader, snapshot, (index, tiers), words, similar)
    return _on_postgresql(reader, snapshot, (index, tiers), words, similar)


@dataclass(frozen=True, slots=True)
class _Ranked(ABC):
    """What the narrowings of both databases have in common: rows that one tier or another finds, the best first."""

    index: SearchIndex
    tiers: tuple[Tier, ...]

    @property
    def ranks(self) -> bool:
        """Best first."""
        return True

    def condition(self, source: Source) -> ColumnElement[bool]:
        """What a row must meet."""
        return or_(false(), *(self._held(source, place, tier) for place, tier in enumerate(self.tiers)))

    def rank(self, source: Source) -> ColumnElement[Any] | None:
        """Best first."""
        ranks = [(self._held(source, place, tier), self._score(source, place)) for place, tier in enumerate(self.tiers)]
        return ranks[0][1] if len(ranks) == 1 else case(*ranks, else_=None)

    def _held(self, source: Source, place: int, tier: Tier) -> ColumnElement[bool]:
        met = self._met(source, place)
        return and_(source.reached(tier.keys), met) if tier.guarded else met

    @abstractmethod
    def _met(self, source: Source, place: int) -> ColumnElement[bool]:
        """Whether a row is found by the tier at a place."""

    @abstractmethod
    def _score(self, source: Source, place: int) -> ColumnElement[Any]:
        """How near a row is that the tier at a place finds."""


@dataclass(frozen=True, slots=True)
class _InFts(_Ranked):
    """On SQLite: what a query of FTS5 finds, which is one text for each tier."""

    def _met(self, source: Source, place: int) -> ColumnElement[bool]:
        met: ColumnElement[bool] = self._beside(source, place).c.id.is_not(None)
        return met

    def _score(self, source: Source, place: int) -> ColumnElement[Any]:
        rank: ColumnElement[Any] = self._beside(source, place).c.rank
        return rank

    def _beside(self, source: Source, place: int) -> FromClause:
        return source.beside((self.index.name, place), lambda: _hits(self.index, place), needed=len(self.tiers) == 1)


@lru_cache(maxsize=1000)
def _hits(index: SearchIndex, place: int) -> CTE:
    """What FTS5 finds, with its rank; one for all places of a statement, so that it is looked for once."""
    name: ColumnElement[Any] = literal_column(index.name)
    weights: list[ColumnElement[Any]] = [literal_column(f"{weight}.0") for _, weight in index.columns]
    rank: ColumnElement[Any] = func.bm25(name, *weights, type_=Double()).label("rank")
    hits = select(literal_column("rowid").label("id"), rank).select_from(table(index.name))
    # bm25 can be had only where the words are looked for, so the rows must not be drawn in there.
    return hits.where(name.op("MATCH")(_words(place))).cte(f"found{place}").prefix_with("MATERIALIZED")


@dataclass(frozen=True, slots=True)
class _InVectors(_Ranked):
    """On PostgreSQL: the words kept of a row against queries that it makes of those looked for."""

    def _met(self, source: Source, place: int) -> ColumnElement[bool]:
        kept_words, asked = self._beside(source), self._asked()
        whole = kept_words.c[WHOLE].op("@@")(asked)
        if len(self.tiers[place].keys) == len(self.index.keys):
            return whole
        # The first is what the index is asked for, the second what counts.
        return and_(whole, self._words_of(kept_words, place).op("@@")(asked))

    def _score(self, source: Source, place: int) -> ColumnElement[Any]:
        weights: ColumnElement[Any] = literal_column(f"'{{{WEIGHTS}}}'::float4[]")
        words = self._words_of(self._beside(source), place)
        rank: ColumnElement[Any] = func.ts_rank(weights, words, self._asked(), type_=Double())
        return -rank

    def _beside(self, source: Source) -> FromClause:
        columns = [WHOLE, *map(words_column, range(len(self.index.keys)))]
        stored = table(self.index.name, *map(sql_column, ("id", *columns)))
        return source.beside(self.index.name, lambda: stored.alias("words"), needed=True)

    def _words_of(self, kept_words: FromClause, place: int) -> ColumnElement[Any]:
        keys = self.tiers[place].keys
        if len(keys) == len(self.index.keys):
            return kept_words.c[WHOLE]
        parts = [kept_words.c[words_column(number)] for number, key in enumerate(self.index.keys) if key in keys]
        some: ColumnElement[Any] = parts[0]
        for part in parts[1:]:
            some = some.op("||")(part)
        return some.self_group()

    def _asked(self) -> ColumnElement[Any]:
        """The words in any of their forms, or as beginnings of words, or the last one alone as a beginning."""
        language: ColumnElement[Any] = literal_column(f"'{self.index.language}'::regconfig")
        plain: ColumnElement[Any] = literal_column(f"'{PLAIN}'::regconfig")
        forms, begun = func.to_tsquery(language, _words(0)), func.to_tsquery(plain, _words(1))
        before, last = func.to_tsquery(language, _words(2)), func.to_tsquery(plain, _words(3))
        return forms.op("||")(begun).op("||")(before.op("&&")(last)).self_group()


@dataclass(frozen=True, slots=True)
class _InTrigrams(_Ranked):
    """On PostgreSQL with pg_trgm: rows with words that share most of their groups of three letters with each one."""

    count: int

    def _met(self, source: Source, place: int) -> ColumnElement[bool]:
        columns = _columns(source)
        texts = [compared_text(keys, columns) for keys in dict.fromkeys((self.index.compared, self.tiers[place].keys))]
        return and_(*(_words(number).op("<%")(text) for text in texts for number in range(self.count)))

    def _score(self, source: Source, place: int) -> ColumnElement[Any]:
        text = compared_text(self.tiers[place].keys, _columns(source))
        rank: ColumnElement[Any] = func.word_similarity(_words(0), text, type_=Double())
        for number in range(1, self.count):
            rank = rank + func.word_similarity(_words(number), text, type_=Double())
        return -rank


def _on_postgresql(
    reader: Reader, snapshot: Snapshot, place: tuple[SearchIndex, tuple[Tier, ...]], words: Words, similar: bool
) -> Found | None:
    index, tiers = place
    if similar:
        tiers = tuple(replace(tier, keys=keys) for tier in tiers if (keys := _compared(index, tier)))
        if not tiers or not _compares(reader, snapshot):
            return None
        bound = tuple((f"s_words{number}", word) for number, word in enumerate(words.tokens))
        return Found(_InTrigrams(index, tiers, len(words.tokens)), bound)
    quoted = [f"'{word}'" for word in words.tokens]
    begun = [f"{word}:*" for word in quoted]
    texts = (" & ".join(quoted), " & ".join(begun), " & ".join(quoted[:-1] or quoted), begun[-1])
    return Found(_InVectors(index, tiers), tuple((f"s_words{number}", text) for number, text in enumerate(texts)))


def _compared(index: SearchIndex, tier: Tier) -> tuple[str, ...]:
    return tuple(key for key in tier.keys if key in index.compared)


def _compares(reader: Reader, snapshot: Snapshot) -> bool:
    """Whether the database can compare words. Asked each time: an operator may add what is missing meanwhile."""
    extensions = table("pg_extension", sql_column("extname", Text()))
    statement = select(func.count()).select_from(extensions).where(extensions.c.extname == literal_column(f"'{EXTENSION}'"))
    prepared = snapshot.derive("search extension", lambda: Prepared(statement, reader.dialect))
    return bool(prepared.rows(reader, {})[0][0])


def _on_sqlite(
    reader: Reader, snapshot: Snapshot, place: tuple[SearchIndex, tuple[Tier, ...]], words: Words, similar: bool
) -> Found | None:
    index, tiers = place
    forms = _forms(reader, snapshot, index, words, similar)
    if not all(forms):
        return None
    asked = " AND ".join(f"({' OR '.join(_quoted(form) for form in some)})" for some in forms)
    places = {key: words_column(number) for number, key in enumerate(index.keys)}
    bound = (
        (f"s_words{number}", f"{{{' '.join(places[key] for key in tier.keys)}}} : ({asked})")
        for number, tier in enumerate(tiers)
    )
    return Found(_InFts(index, tiers), tuple(bound))


def _forms(reader: Reader, snapshot: Snapshot, index: SearchIndex, words: Words, similar: bool) -> list[list[str]]:
    """The words of the index that each word looked for may be, those as it was typed first."""
    beginnings = [_beginning(index.language, word, similar) for word in words.tokens]
    key = ("search words", index.name, len(beginnings))
    prepared = kept(snapshot, key, lambda: Prepared(_vocabulary(index, len(beginnings)), reader.dialect))
    values = {f"s_from{number}": text for number, text in enumerate(beginnings)}
    values |= {f"s_to{number}": text + LAST_LETTER for number, text in enumerate(beginnings)}
    known: list[list[str]] = [[] for _ in beginnings]
    for number, word in prepared.rows(reader, values):
        known[number].append(word)
    return [
        sorted(forms_of(index.language, word, some, similar=similar), key=lambda form: (not form.startswith(word), len(form)))[
            :MOST_FORMS
        ]
        for word, some in zip(words.tokens, known, strict=True)
    ]


def _beginning(language: str, word: str, similar: bool) -> str:
    """What every form of a word begins with; of one misspelt, what is likely to be right."""
    is_code = any(letter.isdigit() for letter in word)
    if similar:
        return word[: max(1, len(word) - ENDING if is_code else 1)]
    shortest = min(len(word), len(stem(language, word)))
    return word[: max(1, shortest if is_code else min(BEGINNING, shortest))]


def _vocabulary(index: SearchIndex, count: int) -> Select[Any]:
    known = table(index.name + VOCABULARY, sql_column("term", Text()))

    def some(number: int) -> Select[Any]:
        begun = known.c.term.between(bindparam(f"s_from{number}", type_=Text()), bindparam(f"s_to{number}", type_=Text()))
        words = select(literal_column(str(number)).label("number"), known.c.term).where(begun).limit(MOST_KNOWN)
        return select(words.subquery(f"words{number}"))

    parts = union_all(*map(some, range(count))).subquery("words")
    return select(parts.c.number, parts.c.term)


def _columns(source: Source) -> Callable[[str], ColumnElement[Any]]:
    return lambda key: source.rows.c[source.entity.attributes[key].column.name]


def _words(number: int) -> ColumnElement[Any]:
    return bindparam(f"s_words{number}", type_=Text())


def _quoted(word: str) -> str:
    """A word of the index as FTS5 reads one; it has letters and digits only."""
    return f'"{word}"'
