"""The facets of a search: which a person may use, what the address chooses of them, and how they are shown.

Their state is in the address alone, as that of a list's filters: `f.<attribute>=a,b`, where a comma of a text is written %2C
and a percent sign %25. Of the values of one facet a row has any, and of several facets each.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from urllib.parse import quote, unquote

from metadata.model import SearchedEntity, SearchFacet
from metadata.text import in_words
from runtime.context import RequestContext
from runtime.pages.chart_groups import span_name
from runtime.pages.columns import heading_of
from runtime.pages.content import words_of
from runtime.pages.filter_view import Chip
from runtime.pages.part import BlockAsk
from runtime.pages.queries import FILTER, UnusableArgument
from runtime.pages.search_view import FacetField, FacetPanel, FacetValue
from runtime.pages.speech import formats_of, text_of
from runtime.records.facets import (
    MOST_SHOWN,
    Counted,
    Facet,
    FacetAsk,
    FacetCounts,
    Picked,
    facet_for,
    fetch_facets,
    pick,
    span_of,
)
from runtime.records.filters import Bound
from runtime.records.narrowing import Narrowing
from runtime.records.searching import Found

PANEL = "narrow"
"""In the address after a choice in the panel: it stays open where it can be shut, so that several can be made in a row."""


@dataclass(frozen=True, slots=True)
class DeclaredFacet:
    """A facet that this person may use: what the search says of it, its heading, and what is counted."""

    model: SearchFacet
    label: str
    facet: Facet

    @property
    def name(self) -> str:
        """Its argument in an address."""
        return f"{FILTER}{self.model.attribute}"

    @property
    def is_text(self) -> bool:
        """Whether a value may be any text."""
        return self.facet.attribute.type.name == "text"

    def written(self, values: Sequence[str]) -> str | None:
        """Values as the address has them; None for none."""
        return ",".join(map(_escaped, values) if self.is_text else values) or None


@dataclass(frozen=True, slots=True)
class OneChosen:
    """A facet with the values of it that the address chooses."""

    declared: DeclaredFacet
    picked: Picked | None = None

    @property
    def values(self) -> tuple[str, ...]:
        """The values, as they are counted."""
        return () if self.picked is None else self.picked.values


@dataclass(frozen=True, slots=True)
class ChosenFacets:
    """The facets of the type that is shown, with what is chosen of each."""

    all: tuple[OneChosen, ...] = ()

    @property
    def narrowings(self) -> tuple[Narrowing, ...]:
        """What a row must meet."""
        return tuple(one.picked.narrowing for one in self.all if one.picked is not None)

    @property
    def bound(self) -> Bound:
        """The values of the narrowings' binds."""
        return tuple(pair for one in self.all if one.picked is not None for pair in one.picked.bound)


def facets_of(context: RequestContext, searched: SearchedEntity) -> tuple[DeclaredFacet, ...]:
    """The facets of an entity that speak of what the person may read."""
    snapshot, standing = context.snapshot, context.principal.standing
    attributes, say = snapshot.entities[searched.entity].attributes, partial(words_of, context)
    found = []
    for place, model in enumerate(searched.facets):
        facet = facet_for(snapshot, standing, searched.entity, model.attribute, model.by, f"f{place}")
        if facet is not None:
            label = say(model.label) or heading_of(attributes[model.attribute].model, say)
            found.append(DeclaredFacet(model, label, facet))
    return tuple(found)


def chosen_facets(ask: BlockAsk, declared: Sequence[DeclaredFacet]) -> ChosenFacets:
    """What the address chooses of the facets of a type.

    Raises UnusableArgument for a facet of another type, and for what is no value.
    """
    known = {one.name for one in declared}
    for name in ask.query.own:
        if name.startswith(FILTER) and name not in known:
            raise UnusableArgument(ask.query.name(name))
    return ChosenFacets(tuple(_chosen(ask, one) for one in declared))


def _chosen(ask: BlockAsk, declared: DeclaredFacet) -> OneChosen:
    values = tuple(dict.fromkeys(part for part in ask.query.own.get(declared.name, "").strip().split(",") if part))
    if not values:
        return OneChosen(declared)
    try:
        if declared.is_text:
            values = tuple(unquote(value, errors="strict") for value in values)
        picked = pick(ask.context.snapshot, declared.facet, values, formats_of(ask.context).zone)
    except ValueError as wrong:
        raise UnusableArgument(ask.query.name(declared.name)) from wrong
    return OneChosen(declared, picked)


def count_facets(
    ask: BlockAsk, entity: str, declared: Sequence[DeclaredFacet], chosen: ChosenFacets, found: Found
) -> FacetCounts:
    """The values of the facets of what the words find, with the numbers of rows."""
    context = ask.context
    picked = tuple(one.picked.narrowing if one.picked is not None else None for one in chosen.all)
    wanted = FacetAsk(tuple(one.facet for one in declared), picked, (found.narrowing,))
    bound, zone = (*found.bound, *chosen.bound), formats_of(context).zone.key
    return fetch_facets(context.reader, context.snapshot, context.principal, entity, wanted, bound, zone)


def facet_panel(ask: BlockAsk, chosen: ChosenFacets, counts: FacetCounts) -> FacetPanel | None:
    """The facets as they are shown; None where there is nothing to choose."""
    fields: list[FacetField] = []
    chips: list[Chip] = []
    for one, values in zip(chosen.all, counts.values, strict=True):
        known = _known(ask.context, one, values)
        if known:
            fields.append(_field(ask, one, known, counts.capped))
        labels = {value.value: label for value, label in known}
        gone = text_of(ask.context)("search.facet_absent")
        chips += [Chip(one.declared.label, labels.get(value, gone), _url(ask, one, value)) for value in one.values]
    clear = ask.query.link(page=None, **dict.fromkeys(one.declared.name for one in chosen.all))
    done = ask.query.link(**{PANEL: None}) if ask.query.own.get(PANEL) else ""
    return FacetPanel(tuple(fields), tuple(chips), clear, done) if fields or chips else None


def _known(context: RequestContext, one: OneChosen, counted: Sequence[Counted]) -> list[tuple[Counted, str]]:
    """The values that are offered with what they are called: those that rows have, and those that are chosen."""
    facet = one.declared.facet
    there = {value.value: value for value in counted if value.rows or value.value in one.values}
    if facet.attribute.type.name != "lookup":  # a row that is not among those found is not told of
        there |= {value: Counted(value, "", 0) for value in one.values if value not in there}
    named = [(value, _name(context, facet, value)) for value in there.values()]
    found = [(value, name) for value, name in named if name is not None]
    if facet.by:
        return sorted(found, key=lambda pair: pair[0].value, reverse=True)
    return sorted(found, key=lambda pair: (-pair[0].rows, pair[1].casefold()))


def _name(context: RequestContext, facet: Facet, value: Counted) -> str | None:
    """What a value is called; None for an option that there is no longer, which cannot be chosen."""
    if facet.by:
        return span_name(context, span_of(value.value, facet.by)[0], facet.by)
    match facet.attribute.type.name:
        case "boolean":
            return text_of(context)("value.yes" if value.value == "1" else "value.no")
        case "lookup":
            return value.name
        case "text":
            return value.value
    options = {option.value: option for option in context.snapshot.choices[facet.attribute.model.choice].options}
    if value.value not in options:
        return None
    return words_of(context, options[value.value].label) or in_words(value.value)


def _field(ask: BlockAsk, one: OneChosen, known: list[tuple[Counted, str]], capped: bool) -> FacetField:
    """The first values, and those that are chosen wherever they stand, before the others."""
    model = one.declared.model
    key = f"search-{ask.index}-{model.attribute}"
    first = [place for place, (value, _) in enumerate(known) if place < model.shown or value.value in one.values]
    others = [place for place in range(len(known)) if place not in first]
    kept, cut = others[: max(0, MOST_SHOWN - len(first))], len(first) + len(others) > MOST_SHOWN

    def shown(place: int) -> FacetValue:
        value, label = known[place]
        number = f"{formats_of(ask.context).number(value.rows)}{'+' if capped and value.rows else ''}"
        url = _url(ask, one, value.value, **{PANEL: "1"})
        return FacetValue(f"{key}-{_id_part(value.value)}", label, number, url, value.value in one.values)

    return FacetField(
        id=key,
        label=one.declared.label,
        values=tuple(map(shown, first)),
        others=tuple(map(shown, kept)),
        more=text_of(ask.context)("search.facet_more", count=formats_of(ask.context).number(len(kept))),
        cut=cut,
    )


def _url(ask: BlockAsk, one: OneChosen, value: str, **more: str) -> str:
    """The address with a value chosen, or let go of."""
    values = [other for other in one.values if other != value] if value in one.values else [*one.values, value]
    return ask.query.link(page=None, **{one.declared.name: one.declared.written(values)}, **more)


def _escaped(text: str) -> str:
    """A text among others in an address: what parts them is escaped, and space that would be cut off."""
    return re.sub(r"[%,]|^\s|\s$", lambda found: quote(found[0]), text)


def _id_part(value: str) -> str:
    """What tells a value in the id of its element, where a text may have spaces."""
    return value if re.fullmatch(r"[\w-]+", value) else sha256(value.encode()).hexdigest()[:12]
