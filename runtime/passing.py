"""Dataclasses of which each request makes a handful."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

Made = TypeVar("Made")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def passing(cls: type[Made]) -> type[Made]:
    """A dataclass with slots that is frozen for the type checker, and not at run time.

    A frozen one sets each field through a call of its own, which is dearer than all the rest of making it.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
