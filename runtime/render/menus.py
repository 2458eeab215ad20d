"""Menus: web link sets, trimmed to what a role set may open and put into a language."""

from __future__ import annotations

from collections.abc import Callable

from metadata.model import WebLink
from metadata.snapshot import CompiledSite, PageNode
from runtime.render.scene import address
from runtime.render.view import Menu, MenuItem

MayOpen = Callable[[PageNode], bool]


def menu(site: CompiledSite, key: str, language: str, may_open: MayOpen) -> Menu:
    """The web link set of that key as one may see it; an empty menu where the site has none of that key."""
    links = site.menus.get(key)
    if links is None:
        return Menu()
    default = site.model.default_language
    items = _items(site, links.links, language, may_open)
    paths = frozenset(place.path for item in items for place in (item, *item.items) if place.path)
    return Menu(links.label.in_language(language, default), items, paths)


def _items(site: CompiledSite, links: tuple[WebLink, ...], language: str, may_open: MayOpen) -> tuple[MenuItem, ...]:
    found = (_item(site, link, language, may_open) for link in links)
    return tuple(item for item in found if item is not None)


def _item(site: CompiledSite, link: WebLink, language: str, may_open: MayOpen) -> MenuItem | None:
    below = _items(site, link.links, language, may_open)
    default = site.model.default_language
    label = link.label.in_language(language, default)
    if not link.page:
        # A heading without an address is worth showing only for what stands under it.
        if not link.url and not below:
            return None
        return MenuItem(label, link.url, "", link.icon, link.new_window, below)
    node = site.pages.get(link.page)
    if node is None or "{" in node.path or not (link.always or may_open(node)):
        return None
    return MenuItem(
        label=label or node.page.label.in_language(language, default),
        url=address(site, language, node.path),
        path=node.path,
        icon=link.icon or node.page.icon,
        new_window=link.new_window,
        items=below,
    )


def current_path(paths: frozenset[str], path: str) -> str:
    """The address in the menu under which a page stands: the longest that begins it; "" where there is none."""
    while path not in paths:
        path = path.rpartition("/")[0]
        if path in ("", "/"):
            return ""
    return path
