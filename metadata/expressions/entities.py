"""The names that an expression over an entity may use: attributes, paths over lookups, relationships, words of the request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from metadata.expressions.grammar import parse
from metadata.expressions.tree import Kind, Node
from metadata.expressions.typing import Named, typed
from metadata.model import Attribute
from metadata.snapshot import Snapshot

KINDS: dict[str, Kind] = {
    "text": "text",
    "long_text": "text",
    "email": "text",
    "phone": "text",
    "url": "text",
    "auto_number": "text",
    "choice": "text",
    "choices": "set",
    "integer": "number",
    "decimal": "number",
    "money": "number",
    "boolean": "boolean",
    "date": "date",
    "datetime": "moment",
    "lookup": "row",
}
"""The kind of the values of each attribute type; what is missing cannot be used in expressions."""

FORMULA = "@="
"""What an expression begins with where a literal or a word may stand too."""

WORDS: dict[str, Kind] = {"@today": "date", "@now": "moment", "@contact": "row", "@account": "row", "@company": "row"}


def formula_in(given: object) -> str | None:
    """The expression in a value of metadata, None where it is a literal or a word."""
    return given.removeprefix(FORMULA) if isinstance(given, str) and given.startswith(FORMULA) else None


class Directory(Protocol):
    """Where entities are looked up: the components of a check, or a snapshot."""

    def attribute(self, entity: str, path: str) -> Attribute | None:
        """The attribute at the end of a path over lookups, or None."""
        ...

    def options(self, attribute: Attribute) -> tuple[str, ...] | None:
        """The values of a choice attribute; None where its choice is not known."""
        ...

    def far_entity(self, entity: str, relationship: str) -> str | None:
        """The entity that a relationship leads to, or None."""
        ...

    def known(self, entity: str) -> Iterable[str]:
        """The attributes of an entity, to guess from."""
        ...


@dataclass(frozen=True, slots=True)
class EntityNames:
    """The names of an entity's rows."""

    directory: Directory
    entity: str

    def find(self, path: str) -> Named | None:
        """What a name stands for, or None."""
        if path.startswith("@"):
            return self._word(path)
        return self._named(self.entity, path)

    def related(self, relationship: str) -> EntityNames | None:
        """The names of the rows of a relationship, or None."""
        far = self.directory.far_entity(self.entity, relationship)
        return None if far is None else EntityNames(self.directory, far)

    def known(self) -> Iterable[str]:
        """Names to guess from."""
        return (*self.directory.known(self.entity), *WORDS)

    def _word(self, path: str) -> Named | None:
        word, _, rest = path.partition(".")
        if not rest:
            return Named(WORDS[word]) if word in WORDS else None
        return self._named("contact", rest) if word == "@contact" and "." not in rest else None

    def _named(self, entity: str, path: str) -> Named | None:
        attribute = self.directory.attribute(entity, path)
        if attribute is None or attribute.type not in KINDS or attribute.targets:
            return None
        options = self.directory.options(attribute) if attribute.choice else None
        return Named(KINDS[attribute.type], options or ())


@dataclass(frozen=True, slots=True)
class SnapshotDirectory:
    """The entities of a snapshot."""

    snapshot: Snapshot

    def attribute(self, entity: str, path: str) -> Attribute | None:
        """The attribute at the end of a path over lookups, or None."""
        try:
            return self.snapshot.resolve(entity, path)[-1].model
        except KeyError:
            return None

    def options(self, attribute: Attribute) -> tuple[str, ...] | None:
        """The values of a choice attribute."""
        choice = self.snapshot.choices.get(attribute.choice)
        return None if choice is None else tuple(option.value for option in choice.options)

    def far_entity(self, entity: str, relationship: str) -> str | None:
        """The entity that a relationship leads to, or None."""
        found = self.snapshot.entities[entity].relationships.get(relationship)
        return None if found is None else found.entity

    def known(self, entity: str) -> Iterable[str]:
        """The attributes of an entity."""
        return self.snapshot.entities[entity].attributes


def expression(snapshot: Snapshot, entity: str, text: str, *wanted: Kind) -> Node:
    """The typed tree of an expression over an entity's rows, made once per snapshot. Raises the first ExpressionError, which a
    release that was checked does not have."""

    def make() -> Node:
        found = typed(parse(text), EntityNames(SnapshotDirectory(snapshot), entity), *wanted)
        if found.node is None:
            raise found.faults[0]
        return found.node

    return snapshot.derive(("expression", entity, text, wanted), make)
