"""The pieces of which every kind of component is made."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

ENTITY_KEY = r"^[a-z][a-z0-9_]{0,58}$"
OPTIONAL_KEY = r"^([a-z][a-z0-9_]{0,58})?$"
COMPONENT_KEY = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,118}$"

NARROWEST, WIDEST = 16, 1600
"""Widths that small pictures may have, in pixels."""


@dataclass(frozen=True, slots=True, order=True)
class ComponentId:
    """The address of a component: its kind, its key, and the site that owns it ("" for the installation)."""

    kind: str
    key: str
    site: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.site}/{self.key}" if self.site else f"{self.kind} {self.key}"


def prop(default: Any = dataclasses.MISSING, help: str = "", **rules: Any) -> Any:
    """A declared property of a component or of one of its parts.

    `help` is the sentence shown in editors and in the reference. Rules, all optional, read by the schema:
    `ref` (kind of the component that the value names), `pattern`, `choices` (allowed words), `min`, `max`, `long`
    (a text kept in a file beside the component), `code` (a text of several lines that a program reads), `content` (bytes kept
    in a file likewise), `attribute` (value is an attribute path on the entity named here: "self" for the entity of the
    component, or of the view that it shows; "part" for an attribute of the one that the part of it names), `secret` (the value
    is never written out: the `pattern` takes the name of an environment variable alone), `like` (an example of what the
    pattern takes), `named` (the value only names the component to people: two that differ in it alone do the same).
    """
    shown = not rules.get("named", False)  # what a component does is told apart by its repr
    if default is dataclasses.MISSING:
        return dataclasses.field(repr=shown, metadata={"help": help, **rules})
    return dataclasses.field(default=default, repr=shown, metadata={"help": help, **rules})


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A condition on rows, or a group of them: exactly one of `all`, `any`, `attribute` is given.

    `value` may be a scalar, a list (for `in`, `not_in`, `between`) or a word of the request: `@contact`, `@account`,
    `@company`, `@today`, `@now`, `@today-30d` (days), `@contact.<attribute>`. A literal leading `@` is written `@@`.
    """

    all: tuple[Filter, ...] = prop((), "Every one of these must hold.")
    any: tuple[Filter, ...] = prop((), "At least one of these must hold.")
    attribute: str = prop("", "Attribute, or path over lookups such as customer.name.", attribute="self")
    operator: str = prop(
        "eq",
        "How the attribute is compared.",
        choices=(
            "eq",
            "ne",
            "lt",
            "le",
            "gt",
            "ge",
            "in",
            "not_in",
            "between",
            "contains",
            "starts_with",
            "ends_with",
            "empty",
            "not_empty",
        ),
    )
    value: Any = prop(None, "What it is compared with.")

    @property
    def paths(self) -> tuple[str, ...]:
        """The attributes that it and all within it compare."""
        own = (self.attribute,) if self.attribute else ()
        return (*own, *(path for part in (*self.all, *self.any) for path in part.paths))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """One attribute by which rows are ordered."""

    attribute: str = prop(help="Attribute, or path over lookups.", attribute="self")
    descending: bool = prop(False, "Largest first.")


Privilege = Literal["read", "write", "create", "delete", "append", "append_to", "history"]
PRIVILEGES: tuple[Privilege, ...] = ("read", "write", "create", "delete", "append", "append_to", "history")
