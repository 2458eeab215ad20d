"""Components to the text in which they are stored, and back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from metadata.model import Component, ComponentId, component_id
from metadata.schema import dump, load

GONE = ""


@dataclass(frozen=True, slots=True)
class Body:
    """A component as it is stored: its address, its JSON text, and the digest by which equal ones are known."""

    component: ComponentId
    text: str
    hash: str


def body_of(component: Component) -> Body:
    """The stored form. Properties keep their declared order, so equal components have equal texts."""
    text = orjson.dumps(dump(component), default=str)
    return Body(component_id(component), text.decode(), hashlib.blake2b(text, digest_size=16).hexdigest())


def plain(text: str) -> dict[str, Any]:
    """The plain data of a stored text; nothing for a deleted component."""
    return dict(orjson.loads(text)) if text else {}


def component_of(identity: ComponentId, text: str) -> Component:
    """The component of a stored text. Raises MetadataError where the language has changed since it was stored."""
    return load(identity.kind, plain(text))
