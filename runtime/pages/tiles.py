"""Tiles: links with a figure, left out for those who may not open the page."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.model import Tile
from metadata.snapshot import PageNode
from runtime.access import access_for
from runtime.context import RequestContext
from runtime.files.labels import at_width
from runtime.pages.addresses import page_url, quoted
from runtime.pages.content import words_of
from runtime.pages.freshness import oldest
from runtime.pages.list_places import list_of, views_of
from runtime.pages.part import BlockAsk, Head, Part
from runtime.pages.speech import formats_of, text_of
from runtime.records.lists import count_view
from runtime.records.statement import CAP
from runtime.sitemap import Verdict, file_verdicts, readable_pages
from runtime.web_files import file_address


@dataclass(frozen=True, slots=True)
class TileView:
    """A tile with its texts; `figure` is a formatted number or empty, `picture` an address or empty."""

    label: str
    text: str
    url: str
    icon: str = ""
    figure: str = ""
    primary: bool = False
    picture: str = ""


@dataclass(frozen=True, slots=True)
class TilesView:
    """The tiles that the person gets."""

    label: str
    tiles: tuple[TileView, ...]


def show_tiles(ask: BlockAsk) -> Part:
    """A block of tiles. A tile with a view costs one statement: the number of rows that the person may read."""
    context, offered = ask.context, [tile for tile in ask.block.tiles if _offered(ask, tile)]
    tiles = tuple(_view(ask, tile) for tile in offered)
    label = words_of(context, ask.block.label) or text_of(context)("tiles.label")
    counted = [context.snapshot.views[tile.view].entity for tile, shown in zip(offered, tiles, strict=True) if shown.figure]
    return Part("blocks/tiles.html", TilesView(label, tiles), Head(freshness=oldest(map(context.freshness, counted))))


def _offered(ask: BlockAsk, tile: Tile) -> bool:
    context = ask.context
    return not tile.page or tile.page in readable_pages(context.snapshot, context.site, context.principal.roles)


def _view(ask: BlockAsk, tile: Tile) -> TileView:
    context = ask.context
    node = context.site.pages.get(tile.page)
    return TileView(
        label=words_of(context, tile.label) or (words_of(context, node.page.label) if node else ""),
        text=words_of(context, tile.text),
        url=_address(ask, node, tile.view) if node else tile.url,
        icon=tile.icon or (node.page.icon if node else ""),
        figure=_figure(ask, tile.view),
        primary=tile.primary,
        picture=_picture(context, tile),
    )


def _address(ask: BlockAsk, node: PageNode, view: str) -> str:
    """The page of a tile, with the view whose rows it counts where the list there would open another."""
    url = page_url(ask.context, node, ask.keys)
    found, prefix = list_of(ask.context, node.page, view) or (None, "")
    if found is None or views_of(ask.context, found)[0] == view:
        return url
    return f"{url}?{quoted(f'{prefix}view')}={quoted(view)}"


def _picture(context: RequestContext, tile: Tile) -> str:
    """The address of a tile's picture; "" where it has none that the person may see."""
    file = context.site.web_files.get(tile.picture)
    if file is None:
        return ""
    verdict = file_verdicts(context.snapshot, context.site, context.principal.roles)[file.key]
    return at_width(file_address(context, file), tile.thumbnail) if verdict is Verdict.OPEN else ""


def _figure(ask: BlockAsk, view: str) -> str:
    context = ask.context
    model = context.snapshot.views.get(view)
    if model is None or not access_for(context.snapshot, context.principal, model.entity, "read").allowed:
        return ""
    count = count_view(context.reader, context.snapshot, context.principal, view)
    return f"{formats_of(context).number(count)}{'+' if count >= CAP else ''}"
