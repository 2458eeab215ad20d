"""What the engine itself says, in every language that it speaks, and how a site says it otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from metadata.pseudo import is_pseudo, pseudo
from metadata.snapshot import CompiledSite, Snapshot
from runtime.render.locales import locale_for
from runtime.render.numbers import fixed

FOLDER = Path(__file__).parent
SOURCE_LANGUAGE = "en"
OVERRIDE = "text."
_PARAMETER = re.compile(r"\{(\w+)\}")

Say = Callable[[Mapping[str, Any]], str]
Catalogue = Mapping[str, str | Mapping[str, str]]


class UnknownText(LookupError):
    """The engine has no text of that name, or it lacks a parameter."""


def spoken() -> tuple[str, ...]:
    """The languages that the engine speaks, in the order of their tags."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.yaml")))


@lru_cache(maxsize=32)
def catalogue(language: str) -> Catalogue:
    """The engine's texts of one language, by key: a string, or a string for each plural form."""
    data: Catalogue = yaml.load((FOLDER / f"{language}.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    return data


class Texts:
    """The texts of one site in one language. Called with a key and the parameters that the text names."""

    __slots__ = ("_compiled", "_sources", "_tag")

    def __init__(self, tag: str, sources: Mapping[str, str | Mapping[str, str]]) -> None:
        self._tag = tag
        self._sources = sources
        self._compiled: dict[str, str | Say] = {}

    def __call__(self, key: str, **parameters: object) -> str:
        """The text of a key. A parameter that is a whole number is written as the language writes numbers.

        A plural text chooses its form by the parameter `count`. Raises UnknownText.
        """
        try:
            found = self._compiled[key]
        except KeyError:
            found = self._compiled[key] = self._compile(key)
        if isinstance(found, str):
            return found
        try:
            return found(parameters)
        except KeyError as missing:
            raise UnknownText(f"the text {key} needs {missing}") from missing

    def __contains__(self, key: str) -> bool:
        return key in self._sources

    def _compile(self, key: str) -> str | Say:
        if key not in self._sources:
            raise UnknownText(f"there is no text {key}")
        source = self._sources[key]
        if isinstance(source, str):
            return self._filled(source) if _PARAMETER.search(source) else self._spoken(source)
        forms = {name: self._filled(text) for name, text in source.items()}
        plural = locale_for(self._tag).plural_form

        def say(parameters: Mapping[str, Any]) -> str:
            return forms.get(plural(parameters["count"]), forms["other"])(parameters)

        return say

    def _spoken(self, source: str) -> str:
        return pseudo(source) if is_pseudo(self._tag) else source

    def _filled(self, text: str) -> Say:
        parts = _PARAMETER.split(self._spoken(text))
        number = fixed(locale_for(self._tag), 0)

        def say(parameters: Mapping[str, Any]) -> str:
            out = list(parts)
            for place in range(1, len(parts), 2):
                value = parameters[parts[place]]
                is_number = isinstance(value, int) and not isinstance(value, bool)
                out[place] = number(value) if is_number else str(value)
            return "".join(out)

        return say


def engine_languages(tag: str, snapshot: Snapshot | None) -> tuple[str, ...]:
    """The languages of the engine for a tag, the best one first: its own, then its fallback's, at last English."""
    wanted = [tag, tag.partition("-")[0]]
    seen = {tag}
    while snapshot and tag in snapshot.languages and (tag := snapshot.languages[tag].fallback) and tag not in seen:
        seen.add(tag)
        wanted += [tag, tag.partition("-")[0]]
    known = spoken()
    return tuple(dict.fromkeys(language for language in (*wanted, SOURCE_LANGUAGE) if language in known))


def _engine(tag: str, snapshot: Snapshot | None) -> dict[str, str | Mapping[str, str]]:
    """The engine's texts for a tag."""
    found: dict[str, str | Mapping[str, str]] = {}
    for language in reversed(engine_languages(tag, snapshot)):
        found.update(catalogue(language))
    return found


def engine_texts(language: str) -> Texts:
    """The engine's texts where there is no site, such as before anything is published."""
    return Texts(language, _engine(language, None))


def texts(snapshot: Snapshot, site: CompiledSite, language: str) -> Texts:
    """The texts of a site in a language: the engine's, with the site's snippets `text.<key>` in their place."""

    def make() -> Texts:
        found = _engine(language, snapshot)
        for key, snippet in site.snippets.items():
            if key.startswith(OVERRIDE):
                found[key.removeprefix(OVERRIDE)] = snippet.value.in_language(language, site.model.default_language)
        return Texts(language, found)

    return snapshot.derive(("texts", site.key, language), make)
