"""Templates that makers write themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metadata.model.base import COMPONENT_KEY, prop
from metadata.text import Text

MEDIA_TYPES = ("text/html", "text/xml", "application/xml", "application/rss+xml", "application/atom+xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateParameter:
    """A value that a web template is given where it is used."""

    key: str = prop(help="Name in the template.", pattern=r"^[a-z][a-z0-9_]{0,40}$")
    type: str = prop("text", "What it may be.", choices=("text", "integer", "decimal", "boolean"))
    label: Text = prop(Text(), "Name that people read.")
    default: Any = prop(None, "Its value where none is given.")
    required: bool = prop(False, "Must be given where the template is used on a page or included.")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebTemplate:
    """A template in sandboxed Jinja: for parts of pages, whole pages, the header and the footer. Kind `web_template`."""

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    label: Text = prop(Text(), "Name that people read.")
    media_type: str = prop("text/html", "What the answer is, where the template is a whole page.", choices=MEDIA_TYPES)
    bare: bool = prop(False, "As a page it stands alone, without what is around other pages.")
    parameters: tuple[TemplateParameter, ...] = prop((), "Values that it is given.")
    source: str = prop(help="The template.", code=True)
