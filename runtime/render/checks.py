"""What metadata says of looks and cannot be shown: an unknown theme, token, icon, template or text of the engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from metadata.errors import MetadataError, Position, Problem
from metadata.model import Block, WebLink
from metadata.snapshot import CompiledSite, Snapshot
from metadata.told import joined, told
from runtime.render.chain import LAYOUT, BrokenTheme, ChainLoader, ThemeChain, UnknownTheme, read_chain, theme_names
from runtime.render.icons import shapes
from runtime.render.texts import OVERRIDE, SOURCE_LANGUAGE, catalogue
from runtime.render.tokens import check_tokens


def check_looks(snapshot: Snapshot, roots: Sequence[Path]) -> tuple[Problem, ...]:
    """The problems of every site of a snapshot, given the folders of themes, in the order of their components."""
    of_sites = (problem for site in snapshot.sites.values() for problem in _site(site, roots))
    return tuple(sorted({*of_sites, *_unknown(_form_icons(snapshot))}))


def require_themes(snapshot: Snapshot, roots: Sequence[Path]) -> None:
    """Raises MetadataError where a site wears a theme that is not in these folders: none of its pages could be drawn."""
    missing = [problem for site in snapshot.sites.values() for problem in _theme(site, roots)]
    if missing:
        raise MetadataError(missing)


def _theme(site: CompiledSite, roots: Sequence[Path]) -> Iterator[Problem]:
    try:
        read_chain(roots, site.model.theme)
    except (UnknownTheme, BrokenTheme) as reason:
        meant = _meant(site.model.theme, theme_names(roots))
        yield Problem(Position(path="theme"), f"site {site.key}", "theme", joined((reason.args[0], meant), ""))


def _site(site: CompiledSite, roots: Sequence[Path]) -> Iterator[Problem]:
    yield from _icons(site)
    yield from _texts(site)
    wrong = tuple(_theme(site, roots))
    if wrong:
        yield from wrong
        return
    chain = read_chain(roots, site.model.theme)
    yield from check_tokens(site.model.tokens, chain.tokens, f"site {site.key}")
    yield from _templates(site, chain)


def _templates(site: CompiledSite, chain: ThemeChain) -> Iterator[Problem]:
    blocks = chain.blocks(LAYOUT)
    for number, one in enumerate(site.model.blocks):
        if one.block not in blocks:
            reason = told(
                "the layout of the theme {chain} has no block {block}{hint}",
                chain=chain.name,
                block=one.block,
                hint=_meant(one.block, blocks),
            )
            yield Problem(Position(path=f"blocks.{number}.block"), f"site {site.key}", "layout-block", reason)
    known = ChainLoader(chain).list_templates()
    for key, chosen in site.page_templates.items():
        if chosen.template and chosen.template not in known:
            reason = told(
                "the theme {chain} has no template {template}{hint}",
                chain=chain.name,
                template=chosen.template,
                hint=_meant(chosen.template, known),
            )
            yield Problem(Position(path="template"), f"page_template {site.key}/{key}", "template", reason)


def _texts(site: CompiledSite) -> Iterator[Problem]:
    known = catalogue(SOURCE_LANGUAGE)
    for key in site.snippets:
        text = key.removeprefix(OVERRIDE)
        if key.startswith(OVERRIDE) and text not in known:
            reason = told("the engine has no text {text}{hint}", text=text, hint=_meant(text, known))
            yield Problem(Position(path="key"), f"snippet {site.key}/{key}", "text", reason)


def _icons(site: CompiledSite) -> Iterator[Problem]:
    return _unknown(_named_icons(site))


def _unknown(named: Iterable[tuple[str, str, str]]) -> Iterator[Problem]:
    for component, path, name in named:
        if name and name not in shapes():
            reason = told("there is no icon {name}{hint}", name=name, hint=_meant(name, shapes()))
            yield Problem(Position(path=path), component, "icon", reason, "warning")


def _named_icons(site: CompiledSite) -> Iterator[tuple[str, str, str]]:
    for key, node in site.pages.items():
        component = f"page {site.key}/{key}"
        yield component, "icon", node.page.icon
        for number, block in enumerate(node.page.blocks):
            yield from ((component, f"blocks.{number}.{path}", name) for path, name in _tile_icons(block))
    for key, links in site.menus.items():
        component = f"web_link_set {site.key}/{key}"
        yield from ((component, path, name) for path, name in _link_icons(links.links, "links"))


def _form_icons(snapshot: Snapshot) -> Iterator[tuple[str, str, str]]:
    for key, form in snapshot.forms.items():
        yield from ((f"form {key}", f"actions.{number}.icon", action.icon) for number, action in enumerate(form.actions))


def _tile_icons(block: Block) -> Iterator[tuple[str, str]]:
    return ((f"tiles.{number}.icon", tile.icon) for number, tile in enumerate(block.tiles))


def _link_icons(links: tuple[WebLink, ...], path: str) -> Iterator[tuple[str, str]]:
    for number, link in enumerate(links):
        place = f"{path}.{number}"
        yield f"{place}.icon", link.icon
        yield from _link_icons(link.links, f"{place}.links")


def _meant(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), n=1)
    return told("; did you mean {close}?", close=close[0]) if close else ""
