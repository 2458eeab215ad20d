"""How pages look: view models in, HTML out.

`Renderer` dresses a template of the site's theme chain, `Formats` turns values into text of a language and time zone,
`texts` holds everything that the engine itself says. Nothing in here asks the database.
"""

from __future__ import annotations

from runtime.render.formats import Formats, formats_for
from runtime.render.renderer import Renderer
from runtime.render.scene import Scene
from runtime.render.texts import Texts, texts
from runtime.render.view import Action, Crumb, Frame, Menu, MenuItem, Message, PageHead, State

__all__ = [
    "Action",
    "Crumb",
    "Formats",
    "Frame",
    "Menu",
    "MenuItem",
    "Message",
    "PageHead",
    "Renderer",
    "Scene",
    "State",
    "Texts",
    "formats_for",
    "texts",
]
