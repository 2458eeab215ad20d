"""A page of a site, whole: what is around its blocks, its head, and the blocks' HTML, to be drawn or to be filled in."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from jinja2 import Template
from markupsafe import Markup

from runtime.passing import passing
from runtime.render.heads import head_shape, head_texts, with_texts
from runtime.render.stencils import Get, Pieces, Values
from runtime.render.view import Frame, Menu, PageHead


class Sketch(Protocol):
    """What differs from one view of a block to the next: `values`, and the view with others in their place."""

    @property
    def key(self) -> Hashable:
        """All on which the block's HTML depends besides the values and the theme."""
        ...

    @property
    def values(self) -> Values:
        """The texts that differ."""
        ...

    def view(self, get: Get) -> object:
        """The view with what stands in their place."""
        ...


class Block(Protocol):
    """A block of a page: its HTML, or, where that is None, the template that draws its `view`."""

    @property
    def template(self) -> str:
        """A name of the theme chain."""
        ...

    @property
    def view(self) -> object:
        """What the template knows as `view`."""
        ...

    @property
    def html(self) -> Markup | None:
        """What has been drawn already."""
        ...

    @property
    def sketch(self) -> Sketch | None:
        """What of the view differs from request to request, if that is little."""
        ...


@dataclass(frozen=True, slots=True)
class SketchedBlock:
    """A block whose view differs little from request to request. `names` is what its template knows besides the view."""

    template: Template
    names: Mapping[str, Any]
    sketch: Sketch

    @property
    def values(self) -> Values:
        """Those of the sketch."""
        return self.sketch.values

    def whole(self) -> str:
        """The block, drawn."""
        return self.template.render({**self.names, "view": self.sketch.view(self.sketch.values.__getitem__)})

    def draw(self, get: Get) -> str:
        """The block, drawn of its view alone: one that asks who looks at it is no stencil."""
        return self.template.render(view=self.sketch.view(get))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A block as a page's template gets it."""

    html: Markup | Pieces


@dataclass(frozen=True, slots=True)
class Person:
    """Who looks at a page, as a stencil knows it."""

    kind: str
    roles: frozenset[str]
    name: str


@dataclass(frozen=True, slots=True)
class Chrome:
    """The parts around a page that are the same for everybody with the same roles, language and place in the menu.

    `search` is the address of the site's search page, empty where it has none or one that they may not open; `studio` that
    of the studio, empty where none of the roles opens it; `requests` that of requests for access, for those who approve them.
    """

    menu: Menu
    current: str
    nav: Markup
    thumb: Markup
    more: Markup
    footer: Markup
    search: str = ""
    studio: str = ""
    requests: str = ""


@passing
class Around:
    """What is around a page; `here` is its path and query, ready to stand in an attribute."""

    frame: Frame
    person: Any
    csrf: str
    here: Markup
    chrome: Chrome

    def names(self) -> dict[str, Any]:
        """The same by the names that templates know."""
        return {
            "frame": self.frame,
            "person": self.person,
            "csrf": self.csrf,
            "here": self.here,
            "chrome": self.chrome,
            "head": None,
        }


@passing
class WholePage:
    """A page ready to be drawn by a template of the theme."""

    template: Template
    around: Around
    head: PageHead
    parts: Sequence[Markup | Pieces]

    @property
    def shape(self) -> Hashable:
        """What decides how the page looks besides `values`, the site, the language and the template's name."""
        around = self.around
        person, frame = around.person, around.frame
        standing = (person.kind, person.roles, around.chrome.current, frame.scheme, frame.density, frame.switches)
        return standing, head_shape(self.head), len(self.parts)

    @property
    def values(self) -> Values:
        """What belongs to this request: of the person and the address by name, of the head and the parts by number."""
        around, frame = self.around, self.around.frame
        values: dict[Hashable, str | Pieces] = {
            "name": around.person.name,
            "csrf": around.csrf,
            "here": around.here,
            "path": frame.path,
            "query": frame.query,
            "account": frame.account,
            "number": frame.account_number,
            "header": frame.header,
            "footer": frame.footer,
            "logo": frame.logo,
            "header pencils": frame.header_pencils,
            "footer pencils": frame.footer_pencils,
            **{f"block {name}": html for name, html in frame.blocks.items()},
        }
        values.update(enumerate([*self.parts, *head_texts(self.head)]))
        return values

    def whole(self) -> str:
        """The page, drawn."""
        parts = [Drawn(html) for html in self.parts]
        return self.template.render(self.around.names() | {"head": self.head, "parts": parts})

    def draw(self, get: Get) -> str:
        """The page, drawn of what stands in the place of its values."""
        around, frame = self.around, self.around.frame
        outside = Around(
            Frame(
                get("path"),
                get("query"),
                get("account"),
                get("number"),
                frame.switches,
                frame.scheme,
                frame.density,
                header=get("header"),
                footer=get("footer"),
                logo=get("logo"),
                header_pencils=get("header pencils"),
                footer_pencils=get("footer pencils"),
                blocks={name: get(f"block {name}") for name in frame.blocks},
            ),
            Person(around.person.kind, around.person.roles, get("name")),
            get("csrf"),
            get("here"),
            around.chrome,
        )
        parts = len(self.parts)
        texts: Iterator[Any] = map(get, range(parts, parts + len(head_texts(self.head))))
        inside = {"head": with_texts(self.head, texts), "parts": [Drawn(get(number)) for number in range(parts)]}
        return self.template.render(outside.names() | inside)
