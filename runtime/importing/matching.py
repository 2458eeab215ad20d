"""Which attribute a column of a file is: proposed by its heading, chosen by the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from metadata.snapshot import CompiledAttribute
from metadata.text import in_words
from runtime.forms.rules import Rules


@dataclass(frozen=True, slots=True)
class Target:
    """An attribute that a column may give, with the rules of its field where the form asks for it; else it is the key."""

    attribute: CompiledAttribute
    label: str
    rules: Rules | None = None

    @property
    def key(self) -> str:
        """The attribute's key."""
        return self.attribute.key


def proposed(headings: Sequence[str], targets: Sequence[Target]) -> dict[int, str]:
    """The attribute of each column whose heading is one's key or label, in any language; each once."""
    known: dict[str, str] = {}
    for names in (_labels, _others):
        for target in targets:
            for name in names(target):
                known.setdefault(_bare(name), target.key)
    found: dict[int, str] = {}
    for index, heading in enumerate(headings):
        key = known.get(_bare(heading))
        if key is not None and key not in found.values():
            found[index] = key
    return found


def chosen(columns: Mapping[int, str], targets: Sequence[Target]) -> tuple[dict[int, str], str]:
    """The columns that were chosen, and the key of the first attribute that was chosen twice ("" where none was)."""
    keys = {target.key for target in targets}
    found: dict[int, str] = {}
    twice = ""
    for index, key in columns.items():
        if key in keys:
            twice = twice or (key if key in found.values() else "")
            found[index] = key
    return found, twice


def _labels(target: Target) -> tuple[str, ...]:
    return (target.label, target.key)


def _others(target: Target) -> tuple[str, ...]:
    own = target.rules.field.label.values if target.rules else ()
    texts = (text for _, text in (*own, *target.attribute.model.label.values))
    return (in_words(target.key), *texts)


def _bare(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
