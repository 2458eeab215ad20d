"""Components to the text in which they are stored, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from metadata.errors import MetadataError
from metadata.model import Component, ComponentId, component_id
from metadata.schema import dump, load

GONE = ""


@dataclass(frozen=True, slots=True)
class Body:
    """A component as it is stored: its address, its JSON text, and the digest by which equal ones are known."""

    component: ComponentId
    text: str
    hash: str


@dataclass(frozen=True, slots=True)
class Sketch:
    """Plain data that shall become a component, under its address, and that may be wrong still."""

    component: ComponentId
    data: Mapping[str, Any]


def body_of(component: Component) -> Body:
    """The stored form. Properties keep their declared order, so equal components have equal texts."""
    return _body(component_id(component), dump(component))


def body_of_sketch(sketch: Sketch) -> Body:
    """The stored form of the component where the data make it, else of the data as they are."""
    try:
        made = body_of(load(sketch.component.kind, sketch.data))
    except MetadataError:
        return _body(sketch.component, sketch.data)
    return made if made.component == sketch.component else _body(sketch.component, sketch.data)


def plain(text: str) -> dict[str, Any]:
    """The plain data of a stored text; nothing for a deleted component."""
    return dict(orjson.loads(text)) if text else {}


def component_of(identity: ComponentId, text: str) -> Component:
    """The component of a stored text. Raises MetadataError where the language has changed since it was stored."""
    return load(identity.kind, plain(text))


def _body(component: ComponentId, data: Mapping[str, Any]) -> Body:
    text = orjson.dumps(data, default=str)
    return Body(component, text.decode(), hashlib.blake2b(text, digest_size=16).hexdigest())
