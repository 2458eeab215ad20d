"""The gallery with pictures made small: in its list, on its cards and record pages, and as web files on tiles."""

import hashlib
import io
from functools import partial
from pathlib import Path
from typing import Any

from metadata.model import (
    Component,
    Content,
    Form,
    FormField,
    ListCards,
    ListComponent,
    PageAccessRule,
    Section,
    Tab,
    Tile,
    View,
    ViewColumn,
    WebFile,
)
from metadata.model.content import Block
from metadata.store import MetadataStore
from support.gallery import Gallery, make_gallery, page, picture, text

LARGE = picture(600, 300)
POSTER = picture(400, 800, "JPEG")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


def web_file(key: str, held: bytes, name: str, **more: Any) -> WebFile:
    content = Content(sha256=hashlib.sha256(held).hexdigest(), size=len(held))
    return WebFile(key=key, partial_url=name, content=content, **{"parent": "home", **more})


TILES = Block(
    type="tiles",
    tiles=(
        Tile(label=text("Poster"), url="https://elsewhere.example/", picture="poster", thumbnail=80),
        Tile(label=text("Sign"), url="https://elsewhere.example/", picture="sign"),
        Tile(label=text("Secret"), url="https://elsewhere.example/", picture="plan", thumbnail=80),
    ),
)
WEB_FILES = (
    web_file("poster", POSTER, "poster.jpg", thumbnails=(160,)),
    web_file("sign", SVG, "sign.svg"),
    web_file("plan", POSTER, "plan.jpg", thumbnails=(160,), parent="works"),
)
COMPONENTS: tuple[Component, ...] = (
    View(
        key="works",
        entity="work",
        columns=(ViewColumn(attribute="title"), ViewColumn(attribute="picture", thumbnail=64), ViewColumn(attribute="paper")),
    ),
    Form(
        key="work-read",
        entity="work",
        tabs=(Tab(sections=(Section(fields=(FormField(attribute="title"), FormField(attribute="picture", thumbnail=320))),)),),
    ),
    ListComponent(
        key="works",
        views=("works",),
        cards=ListCards(picture="picture", thumbnail=200),
        layouts=("table", "cards"),
    ),
)
SITE: tuple[Component, ...] = (
    page("home", TILES, parent="", partial_url="/"),
    PageAccessRule(key="works", page="works", roles=("artist", "visitor")),
    *WEB_FILES,
)


def make_pictured(database_url: str, folder: Path) -> Gallery:
    """The gallery with these, and nothing in it."""
    made = make_gallery(database_url, folder)
    opened = {hashlib.sha256(one).hexdigest(): partial(io.BytesIO, one) for one in (POSTER, SVG)}
    MetadataStore(made.engine).publish("ann", components=(*COMPONENTS, *SITE), contents=opened)
    return made
