"""What the theme is given of a list's downloads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExportLink:
    """A format to download, with the address that gives it, and the argument with which a script asks to be told of its
    beginning."""

    label: str
    url: str
    ready: str
