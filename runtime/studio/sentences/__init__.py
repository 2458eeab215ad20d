"""How the editors speak: what kinds, properties and the words to choose from are called and told, in the person's language.

The models say their sentences in English. A file beside this has them in another language, by the sentence itself, so that
one that is said otherwise is missing there at once. What the checks find is in the folder `findings`, by its template.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from metadata.model import KINDS
from metadata.pseudo import is_pseudo, pseudo
from metadata.told import Called, retold
from runtime.render.locales import locale_for
from runtime.render.numbers import fixed
from runtime.render.texts import SOURCE_LANGUAGE, Texts, engine_texts
from runtime.studio.shapes import Shape

FOLDER = Path(__file__).parent
FINDINGS = FOLDER / "findings"
OPTION = "studio.option"
CALLED: Mapping[str, str] = {"kind": "studio.kind", "type": "studio.of_type"}
"""Where the words are that findings call by what they are in metadata."""
SAID_ELSEWHERE: Mapping[str, str] = {
    "operator": "studio.operator",
    "aggregate": "studio.measure",
    "scope": "studio.scope",
    "privileges": "studio.privilege",
    "action": "studio.privilege",
}
"""Properties whose words are said on other pages of the studio too, by where those texts are."""


@dataclass(frozen=True, slots=True)
class Speech:
    """One language: its tag, the engine's texts, and the languages whose sentences are taken, the best one first."""

    tag: str
    say: Texts
    languages: Sequence[str]

    def sentence(self, english: str) -> str:
        """A sentence of a model; as the model says it where no language of the person has it."""
        for language in self.languages:
            if language == SOURCE_LANGUAGE:
                break
            if found := sentences(language).get(english):
                english = found
                break
        return pseudo(english) if is_pseudo(self.tag) else english

    def finding(self, message: str) -> str:
        """What a check says, by its template; in English where no language of the person has it, as all of it is."""
        said = retold(message, self._template, self._word, fixed(locale_for(self.tag), 0))
        return pseudo(said) if is_pseudo(self.tag) else said

    def _template(self, english: str) -> str:
        for language in self.languages:
            if language == SOURCE_LANGUAGE:
                break
            if found := findings(language).get(english):
                return found
        return english

    def _word(self, word: Called) -> str:
        key = f"{CALLED[word.of]}.{word.replace(' ', '_')}"
        if self.languages[0] == SOURCE_LANGUAGE or key not in self.say:
            return str(word)
        said = self.say(key)
        return said if said[1:2].isupper() else f"{said[:1].lower()}{said[1:]}"

    def about(self, kind: str) -> str:
        """What a kind is."""
        return self.sentence(about(kind))

    def option(self, shape: Shape, word: str) -> str:
        """What a word is called that a property may be; as it is written where it is a word of a standard, or is wrong."""
        key = option_key(shape.name, word)
        return self.say(key) if key in self.say else word


@lru_cache(maxsize=8)
def sentences(language: str) -> Mapping[str, str]:
    """The sentences of a language by those of the models; empty for one that has none."""
    return _read(FOLDER / f"{language}.yaml")


@lru_cache(maxsize=8)
def findings(language: str) -> Mapping[str, str]:
    """The templates of a language by those of the checks; empty for one that has none."""
    return _read(FINDINGS / f"{language}.yaml")


def _read(file: Path) -> Mapping[str, str]:
    if not file.is_file():
        return {}
    found: Mapping[str, str] = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return found


def option_key(name: str, word: str) -> str:
    """The text that says a word of the property of that name."""
    return f"{SAID_ELSEWHERE.get(name, f'{OPTION}.{name}')}.{word}"


def about(kind: str) -> str:
    """What a kind is, from the docstring of its model."""
    text = (KINDS[kind].model.__doc__ or "").split("\n\n")[0]
    return " ".join(text.split()).replace(f" Kind `{kind}`.", "")


ENGLISH = Speech(SOURCE_LANGUAGE, engine_texts(SOURCE_LANGUAGE), (SOURCE_LANGUAGE,))
"""How the models themselves speak."""
