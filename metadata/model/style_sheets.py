"""Style sheets that makers write themselves."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.model.base import COMPONENT_KEY, prop
from metadata.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleSheet:
    """Rules in CSS for all pages of a site, after those of its theme and of its design values. Kind `style_sheet`."""

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    label: Text = prop(Text(), "Name that people read.")
    order: int = prop(0, "Place among the sheets of the site: of two rules of equal weight the one in the later sheet counts.")
    active: bool = prop(True, "Switched off, it is kept and nobody is sent it.")
    source: str = prop(help="The rules.", code=True)
