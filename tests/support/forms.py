"""A marina that lets berths: the invented domain of the form tests."""

from typing import Any

from metadata.compiler import compile_snapshot
from metadata.model import Attribute, Choice, Entity, Form, FormField, Option, Section, Site, Tab
from metadata.snapshot import Snapshot
from metadata.text import Text
from metadata.types import TYPES

SAIL = Choice(
    key="rig",
    options=(Option(value="sloop", label=Text.of({"en": "Sloop", "sv": "Slup"})), Option(value="ketch")),
)


def every_type() -> tuple[Attribute, ...]:
    """One attribute of each type of the catalogue, named after it."""
    extra: dict[str, dict[str, Any]] = {
        "choice": {"choice": "rig"},
        "choices": {"choice": "rig"},
        "lookup": {"target": "account"},
    }
    return tuple(Attribute(key=f"a_{name}", type=name, **extra.get(name, {})) for name in TYPES)


def marina(*attributes: Attribute, fields: tuple[FormField, ...] | None = None) -> Snapshot:
    """A snapshot with the entity boat of these attributes, and a form of these fields (all attributes where missing)."""
    chosen = attributes or every_type()
    shown = fields if fields is not None else tuple(FormField(attribute=item.key) for item in chosen)
    boat = Entity(key="boat", attributes=chosen, primary_name=chosen[0].key)
    form = Form(key="boat", entity="boat", tabs=(Tab(sections=(Section(fields=shown),)),))
    return compile_snapshot((Site(key="harbour"), boat, SAIL, form))
