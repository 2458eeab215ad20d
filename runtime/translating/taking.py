"""Translations put into the components: only where the text that was translated still says what it said then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from metadata.model import Component, ComponentId
from metadata.store import Components, Difference
from metadata.text import Text
from runtime.exchange.intake import differences
from runtime.translating.catalogues import Entry
from runtime.translating.phrases import Phrase, Tongues, phrases_of
from runtime.translating.places import texts_of, with_texts


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file changes: `components` to save; of `outdated` contexts the text says something else by now."""

    components: tuple[Component, ...]
    changes: tuple[Difference, ...]
    texts: int
    outdated: tuple[str, ...]


def take(components: Components, tongues: Tongues, entries: Mapping[str, Entry]) -> Taken:
    """The components with the translations of a file in them.

    A text that has moved within its component is found by what it says.
    """
    there = phrases_of(components, tongues)
    placed = {phrase.context: phrase for phrase in there}
    alike = {(str(phrase.component), phrase.source): phrase for phrase in reversed(there)}
    wanted: dict[ComponentId, dict[str, str]] = defaultdict(dict)
    outdated = []
    for context, entry in entries.items():
        phrase = _meant(context, entry, placed, alike)
        if phrase is None:
            outdated.append(context)
        elif phrase.translation != entry.translation:
            wanted[phrase.component].setdefault(phrase.path, entry.translation)
    made = {name: _with(components[name], texts, tongues) for name, texts in wanted.items()}
    found = differences({name: components[name] for name in made}, made)
    return Taken(tuple(made.values()), found, sum(map(len, wanted.values())), tuple(outdated))


def _meant(context: str, entry: Entry, placed: Mapping[str, Phrase], alike: Mapping[tuple[str, str], Phrase]) -> Phrase | None:
    phrase = placed.get(context)
    if phrase is not None and phrase.source == entry.source:
        return phrase
    return alike.get((context.rpartition(" ")[0], entry.source))


def _with(component: Component, wanted: Mapping[str, str], tongues: Tongues) -> Component:
    texts = dict(texts_of(component))
    changed: Component = with_texts(component, {path: _said(texts[path], said, tongues) for path, said in wanted.items()})
    return changed


def _said(text: Text, said: str, tongues: Tongues) -> Text:
    return Text(tuple(sorted({**dict(text.values), tongues.kept(text): said}.items())))
