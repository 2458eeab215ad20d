"""What a service says of itself: the entity sets of its service document, and their keys and types from `$metadata`."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from connectors.errors import Fatal, meant
from connectors.odata.client import Nonsense
from connectors.tablemap import CompiledMap, wanted_columns


@dataclass(frozen=True, slots=True)
class EntitySet:
    """An entity set: its name, the properties of its key, and the kind of each of its properties.

    A map may name a property of a row that is pointed at, as `navigation/property`: `kinds` has it by that name, and `links`
    the set pointed at by the name of the navigation.
    """

    name: str
    key: tuple[str, ...]
    kinds: Mapping[str, str]
    links: Mapping[str, Link] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """The entity set that a navigation property points at, empty where the description does not tell, and its key."""

    set: str
    key: tuple[str, ...]


@dataclass(slots=True)
class _Type:
    base: str = ""
    key: tuple[str, ...] = ()
    kinds: dict[str, str] = field(default_factory=dict)
    navigations: dict[str, str] = field(default_factory=dict)


class Description:
    """A `$metadata` document, read once. Raises Fatal for what is no description of OData 4."""

    def __init__(self, name: str, document: bytes) -> None:
        self._name = name
        self._types: dict[str, _Type] = {}
        self._sets: dict[str, str] = {}
        self._bindings: dict[tuple[str, str], str] = {}
        self._aliases: dict[str, str] = {}
        # Entities may be nested to fill the memory, and a description needs none.
        if b"<!DOCTYPE" in document or b"<!ENTITY" in document:
            raise Fatal(f"{name}: its $metadata has a document type, which OData has not")
        try:
            self._read(document)
        except ElementTree.ParseError as fault:
            raise Nonsense(f"{name}: its $metadata is no XML: {fault}") from None
        if not self._sets:
            raise Fatal(f"{name}: its $metadata describes no entity sets")

    def properties(self) -> dict[str, dict[str, str]]:
        """Every entity set with its properties and their kinds."""
        return {name: dict(self._whole(kind).kinds) for name, kind in self._sets.items()}

    def entity_set(self, table_map: CompiledMap) -> EntitySet:
        """The entity set of a map. Raises Fatal, with what may have been meant, for a set or property that is not there."""
        wanted = table_map.model.table
        if wanted not in self._sets:
            raise Fatal(f"map {table_map.key}: {self._name} has no entity set {wanted}{meant(wanted, self._sets)}")
        whole = self._whole(self._sets[wanted])
        kinds, links = dict(whole.kinds), dict[str, Link]()
        missing: list[str] = []
        for column in wanted_columns(table_map):
            name, _, there = column.partition("/")
            if there and name in whole.navigations:
                pointed = self._whole(whole.navigations[name])
                links[name] = Link(self._bindings.get((wanted, name), ""), pointed.key)
                kinds |= {f"{name}/{property}": kind for property, kind in pointed.kinds.items()}
            if column not in kinds:
                known = [*kinds, *(f"{navigation}/" for navigation in whole.navigations)]
                missing.append(f"{wanted} has no property {column}{meant(column, known)}")
        if missing:
            raise Fatal(f"map {table_map.key}: {'; '.join(missing)}")
        return EntitySet(wanted, whole.key or table_map.key_columns, kinds, links)

    def _whole(self, name: str) -> _Type:
        """A type with all that it has from those that it builds upon."""
        found = _Type()
        for part in self._line(name):
            found.kinds |= {column: self._kind(kind) for column, kind in part.kinds.items()}
            found.navigations |= part.navigations
            found.key = part.key or found.key
        return found

    def _line(self, name: str) -> Iterable[_Type]:
        """A type after those that it builds upon."""
        line: list[_Type] = []
        while (found := self._types.get(self._full(name))) is not None and found not in line:
            line.insert(0, found)
            name = found.base
        return line

    def _kind(self, kind: str) -> str:
        return kind if kind.startswith(("Edm.", "Collection(")) else self._full(kind)

    def _full(self, name: str) -> str:
        space, _, short = name.rpartition(".")
        return f"{self._aliases.get(space, space)}.{short}"

    def _read(self, document: bytes) -> None:
        """Large services describe thousands of types: each is let go as soon as it was read."""
        space = ""
        for event, element in ElementTree.iterparse(io.BytesIO(document), events=("start", "end")):  # noqa: S314 - see above
            tag = element.tag.rpartition("}")[2]
            if event == "start":
                if tag == "Edmx" and not element.get("Version", "").startswith("4."):
                    version = element.get("Version", "an unknown version")
                    raise Fatal(f"{self._name} speaks OData {version}; version 4 is needed")
                if tag == "Schema":
                    space = element.get("Namespace", "")
                    self._aliases[element.get("Alias", space)] = space
            elif tag == "EntityType":
                self._types[f"{space}.{element.get('Name')}"] = _type(element)
                element.clear()
            elif tag == "EntitySet":
                self._sets[element.get("Name", "")] = element.get("EntityType", "")
                for part in element:
                    path, target = part.get("Path", ""), part.get("Target", "")
                    self._bindings[element.get("Name", ""), path] = target.rpartition("/")[2]
            elif tag in ("ComplexType", "Annotations", "Action", "Function"):
                element.clear()


def _type(element: Any) -> _Type:
    found = _Type(element.get("BaseType", ""))
    for part in element.iter():
        match part.tag.rpartition("}")[2]:
            case "PropertyRef":
                found.key = (*found.key, part.get("Name", ""))
            case "Property":
                found.kinds[part.get("Name", "")] = part.get("Type", "Edm.String")
            case "NavigationProperty" if not part.get("Type", "").startswith("Collection("):
                found.navigations[part.get("Name", "")] = part.get("Type", "")
    return found
