"""What there is to translate: each text of a site's components, in the language that it is written in and in another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from metadata.model import Component, ComponentId, Language, Site
from metadata.pseudo import is_pseudo
from metadata.store import Components
from metadata.text import Text
from runtime.translating.places import texts_of

NO_SITE = Site(key="")
Texts = tuple[tuple[str, Text], ...]
"""The texts of a component that say something, each with its path."""


@dataclass(frozen=True, slots=True)
class Tongues:
    """From which language into which; `key` is the one under which a text of `into` is kept where there is none yet."""

    source: str
    into: str
    key: str

    @property
    def own(self) -> tuple[str, str]:
        """The keys under which a translation may stand, the more exact one first."""
        return self.into, self.into.partition("-")[0]

    def kept(self, text: Text) -> str:
        """The key under which the translation of a text stands, or is to stand."""
        known = dict(text.values)
        return next((tag for tag in self.own if tag in known), self.key)

    def original(self, text: Text) -> str:
        """What is to be translated; nothing where only the translation is there."""
        own = self.own
        return text.in_language(self.source) if any(tag not in own for tag, _ in text.values) else ""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One text: where it stands, what it says, and what it says in the other language ("" where it says nothing yet)."""

    component: ComponentId
    path: str
    source: str
    translation: str

    @property
    def context(self) -> str:
        """Its name in a file of translations."""
        return f"{self.component} {self.path}"


def site_of(components: Components, key: str = "") -> Site:
    """The site of a key, or the only one; the site that an installation without one has. Raises LookupError."""
    sites = {item.key: item for item in components.values() if isinstance(item, Site)}
    if key:
        return sites[key]
    if len(sites) > 1:
        raise LookupError(", ".join(sorted(sites)))
    return next(iter(sites.values()), NO_SITE)


def translated(site: Site) -> tuple[str, ...]:
    """The languages of a site that it is translated into."""
    return tuple(tag for tag in site.languages if tag != site.default_language and not is_pseudo(tag))


def tongues_of(site: Site, into: str) -> Tongues:
    """From the site's language into another one. A text is kept for the base language where no other of the site has it."""
    base = into.partition("-")[0]
    alone = sum(tag.partition("-")[0] == base for tag in {*site.languages, site.default_language, into}) == 1
    return Tongues(site.default_language, into, base if alone else into)


def said_in(component: Component) -> Texts:
    """What a component says. Names of languages are not to be translated: each is written in its own."""
    return () if isinstance(component, Language) else tuple(found for found in texts_of(component) if found[1].values)


def phrases_of(components: Components, tongues: Tongues) -> tuple[Phrase, ...]:
    """All that is to be translated, by component and path."""
    return tuple(phrases_in({name: said_in(component) for name, component in components.items()}, tongues))


def phrases_in(said: Mapping[ComponentId, Texts], tongues: Tongues) -> Iterator[Phrase]:
    """The same from what the components say."""
    both: dict[Text, tuple[str, str]] = {}  # much is said over and over: Name, Status, Save
    for name in sorted(said):
        for path, text in said[name]:
            if text not in both:
                both[text] = tongues.original(text), dict(text.values).get(tongues.kept(text), "")
            source, translation = both[text]
            if source.strip():
                yield Phrase(name, path, source, translation)


def own(components: Components, site: str) -> Components:
    """The components of a site and of the installation under it."""
    return {name: item for name, item in components.items() if _site_of(name) in ("", site)}


def count(phrases: Iterable[Phrase]) -> tuple[int, int]:
    """How many are translated, and how many there are."""
    found = [bool(phrase.translation) for phrase in phrases]
    return sum(found), len(found)


def _site_of(name: ComponentId) -> str:
    return name.key if name.kind == "site" else name.site
