"""Parts of a page that a template of the theme draws once, with holes where records differ; see `runtime/render/stencils`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

from jinja2 import Template

from runtime.context import RequestContext
from runtime.passing import passing
from runtime.render.stencils import Get, Values

Made = TypeVar("Made")


@passing
class Drawing:
    """A part to be drawn: `names` gives what its template knows, made of what `get` gives for the names of `values`."""

    template: Template
    values: Values
    names: Callable[[Get], Mapping[str, object]]

    def whole(self) -> str:
        """Its HTML."""
        return self.draw(self.values.__getitem__)

    def draw(self, get: Get) -> str:
        """The same, drawn of what stands in the place of its values."""
        return self.template.render(self.names(get))


def template_of(context: RequestContext, name: str) -> Template:
    """A template of the site's theme. It is not given the person nor anything else of a request but the drawing's names."""
    return context.renderer.wardrobe(context).templates.get_template(name)


def kept(context: RequestContext, key: Hashable, make: Callable[[], Made]) -> Made:
    """What was made for this key on the snapshot; made anew each time where changed templates are to be seen at once."""
    return make() if context.services.config.debug else context.snapshot.derive(key, make)
