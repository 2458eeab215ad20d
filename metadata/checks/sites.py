"""Rules on sites, menus, tiles and redirects."""

from __future__ import annotations

import re
from collections.abc import Iterator

from metadata.checks.charts import lists_of
from metadata.checks.lists import views_of
from metadata.checks.world import World
from metadata.checks.zones import is_time_zone, no_time_zone
from metadata.errors import Problem
from metadata.model import Component, Language, Page, Redirect, Site, Tile, WebLink, WebLinkSet, WebRole
from metadata.schema.faults import shown
from metadata.told import told

THEME = re.compile(r"[a-z0-9][a-z0-9_-]{0,58}")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:]+\]")
ADDRESS = re.compile(r"(https?://|mailto:|tel:|/(?!/))[^\s<>\"\\]*", re.IGNORECASE)


def themes(world: World) -> Iterator[Problem]:
    """The theme is the name of a folder."""
    for site in world.all(Site):
        if not THEME.fullmatch(site.theme):
            message = told("{theme} cannot be a theme: use small letters, digits, - and _.", theme=shown(site.theme))
            yield world.problem(site, "theme", "theme", message)


def time_zones(world: World) -> Iterator[Problem]:
    """The time zone is one that there is."""
    for site in world.all(Site):
        if not is_time_zone(site.time_zone):
            yield world.problem(site, "time_zone", "time-zone", no_time_zone(site.time_zone))


def hosts(world: World) -> Iterator[Problem]:
    """A host leads to one site, and one site at most answers to all others."""
    taken: dict[str, str] = {}
    for site in world.all(Site):
        for index, host in enumerate(site.hosts or ("",)):
            if host and not HOST.fullmatch(host):
                message = told(
                    "{host} is no host name; write it in small letters, without scheme, port or path.", host=shown(host)
                )
                yield world.problem(site, f"hosts.{index}", "host", message)
            elif taken.setdefault(host, site.key) != site.key:
                what = told("answers to {host}", host=host) if host else told("answers to all other hosts")
                message = told("The site {site} {what} already; name other hosts.", site=taken[host], what=what)
                yield world.problem(site, "hosts", "host", message)


def languages(world: World) -> Iterator[Problem]:
    """A site offers its default language, and fallbacks of languages come to an end."""
    for site in world.all(Site):
        if site.default_language not in site.languages:
            message = told(
                "The default language {language} is not among the languages; add it there.",
                language=site.default_language,
            )
            yield world.problem(site, "default_language", "default-language", message)
    fallback = {language.key: language.fallback for language in world.all(Language)}
    for language in world.all(Language):
        seen, tag = set[str](), language.key
        while tag and tag not in seen:
            seen.add(tag)
            tag = fallback.get(tag, "")
        if tag == language.key:
            message = told("The fallback leads back to the language itself; leave it out.")
            yield world.problem(language, "fallback", "cycle", message)


def default_roles(world: World) -> Iterator[Problem]:
    """A site has one role at most for everybody who is signed in, and one for everybody who is not."""
    taken: dict[tuple[str, str], str] = {}
    for role in sorted(world.all(WebRole), key=lambda role: (role.site, role.key)):
        if role.default and taken.setdefault((role.site, role.default), role.key) != role.key:
            message = told(
                "The role {role} is the default for {who} already; keep one.",
                role=taken[role.site, role.default],
                who=role.default,
            )
            yield world.problem(role, "default", "default-role", message)


def links(world: World) -> Iterator[Problem]:
    """An entry of a menu leads somewhere, and menus have two levels."""
    for menu in world.all(WebLinkSet):
        for index, link in enumerate(menu.links):
            path = f"links.{index}"
            yield from link_problems(world, menu, path, link)
            for inner_index, inner in enumerate(link.links):
                yield from link_problems(world, menu, f"{path}.links.{inner_index}", inner)
                if inner.links:
                    message = told("Menus have two levels; move these entries up.")
                    yield world.problem(menu, f"{path}.links.{inner_index}.links", "menu-depth", message)


def link_problems(world: World, menu: WebLinkSet, path: str, link: WebLink) -> Iterator[Problem]:
    """What is wrong with one entry."""
    if link.page and link.url:
        yield world.problem(menu, path, "link", told("The entry has a page and a url; keep one."))
    elif not link.page and not link.url and not (link.links and link.label):
        yield world.problem(menu, path, "link", told("The entry leads nowhere; give it a page or a url."))
    elif link.url and not link.page and not link.label:
        yield world.problem(menu, path, "link", told("The entry has no text; give it a label."))


def tiles(world: World) -> Iterator[Problem]:
    """A tile leads to one place, and where that is a list, to the rows that it counts."""
    for page in world.all(Page):
        for index, block in enumerate(page.blocks):
            for number, tile in enumerate(block.tiles):
                path = f"blocks.{index}.tiles.{number}"
                if bool(tile.page) == bool(tile.url):
                    yield world.problem(page, path, "link", told("A tile needs either a page or a url."))
                fault = fault_in_view(world, page, tile)
                if fault:
                    yield world.warning(page, f"{path}.view", "tile-link", fault)


def fault_in_view(world: World, page: Page, tile: Tile) -> str:
    """Why the rows that a tile counts are not those of the lists to which it leads."""
    target = world.find("page", tile.page, page.site) if tile.page else None
    if not isinstance(target, Page) or world.find("view", tile.view) is None:
        return ""
    keys = [view.key for item in lists_of(world, target) for view in views_of(world, item)]
    if not keys or tile.view in keys:
        return ""
    return told(
        "The tile counts the rows of {view}, which no list of the page {page} shows; take one of {views}, or add the view to"
        " the list.",
        view=tile.view,
        page=target.key,
        views=", ".join(keys),
    )


def redirects(world: World) -> Iterator[Problem]:
    """A redirect has one target, and an old address leads to one place."""
    taken: dict[tuple[str, str], str] = {}
    for redirect in sorted(world.all(Redirect), key=lambda item: (item.site, item.key)):
        if sum(map(bool, (redirect.page, redirect.marker, redirect.url))) != 1:
            message = told("A redirect needs exactly one of page, marker and url.")
            yield world.problem(redirect, "page", "redirect", message)
        source = (redirect.site, redirect.source.rstrip("/").lower())
        if taken.setdefault(source, redirect.key) != redirect.key:
            message = told("The redirect {redirect} has the same source; remove one.", redirect=taken[source])
            yield world.problem(redirect, "source", "redirect", message)


def addresses(world: World) -> Iterator[Problem]:
    """An address is one that a browser may be sent to."""
    for leaf in world.leaves:
        if leaf.path.rpartition(".")[2] == "url" and isinstance(leaf.value, str):
            yield from address_problems(world, leaf.component, leaf.path, leaf.value)


def address_problems(world: World, component: Component, path: str, url: str) -> Iterator[Problem]:
    """What is wrong with one address."""
    if not ADDRESS.fullmatch(url):
        message = told("{url} is no address; begin it with https://, http://, mailto:, tel: or a single /.", url=shown(url))
        yield world.problem(component, path, "url", message)


def studio_roles(world: World) -> Iterator[Problem]:
    """What opens the studio is given to people one by one, never to everybody."""
    for role in world.all(WebRole):
        if role.studio and role.default:
            message = told(
                "The role {role} is held by everybody who is {who}, so it may not open the studio;"
                " give the rights to a role that people are granted.",
                role=role.key,
                who=role.default,
            )
            yield world.problem(role, "studio", "studio-for-everybody", message)


RULES = (themes, time_zones, hosts, languages, default_roles, studio_roles, links, tiles, redirects, addresses)
