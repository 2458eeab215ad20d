"""Dresses templates of a site's theme chain as whole pages and fragments, and serves the themes' static files."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from jinja2 import Template
from markupsafe import Markup, escape

from metadata.snapshot import PageNode, Snapshot
from runtime.render.chain import BUILT_IN, ThemeChain, inside, read_chain, theme_folder
from runtime.render.environment import Wardrobe, make_wardrobe
from runtime.render.icons import sprite, used
from runtime.render.loops import Parted, part
from runtime.render.menus import current_path, menu
from runtime.render.own_sheet import own_sheet
from runtime.render.scene import Scene, address
from runtime.render.site_sheet import SiteSheet
from runtime.render.stencils import Pieces, Stencils
from runtime.render.tokens import tokens_sheet
from runtime.render.view import Frame, Menu, PageHead
from runtime.render.whole import Around, Block, Chrome, SketchedBlock, WholePage

BASE = "base"
SPRITE_MARK = "<!-- icons -->"
SEARCH = "search"
"""The site marker of the page to which the search box of all pages leads."""

Context = TypeVar("Context", bound=Scene)
Keep = Callable[[Snapshot, Hashable, Callable[[], Any]], Any]
"""Keeps on a snapshot what is made once, for as long as the snapshot lives or for a while."""


class Renderer(Generic[Context]):
    """Turns templates and values into HTML.

    `frame` gives what is around a page and differs per request; `may_open` says whether the person may open a page of
    the site (it must depend on nothing but site, roles and kind of principal, its answers are kept). `roots` are the
    folders of themes, the first one first. With `auto_reload` changed template files are read anew.
    """

    def __init__(
        self,
        frame: Callable[[Context], Frame],
        may_open: Callable[[Context, PageNode], bool],
        *,
        roots: Sequence[Path] = (BUILT_IN,),
        auto_reload: bool = False,
    ) -> None:
        self.roots = tuple(roots)
        self._frame = frame
        self._may_open = may_open
        self._auto_reload = auto_reload
        self._chain = lru_cache(maxsize=64)(lambda name: read_chain(self.roots, name))

    def page(self, context: Context, template: str | Template, **values: Any) -> str:
        """The HTML of a whole page. `template` is a name of the theme chain, or a template that `generated` made.

        The template has the names of `layout.html`'s head besides `values`. Raises TemplateNotFound, UndefinedError.
        """
        html = self._template(context, template).render(self._around(context).names() | values)
        return _as_text(html)

    def own_page(self, context: Context, template: str, frame: Frame, **values: Any) -> str:
        """The HTML of a page of the engine that keeps the base theme's look whatever the site wears."""
        snapshot, site, language = context.snapshot, context.site, context.language
        wardrobe = snapshot.derive(
            ("own wardrobe", site.key, language),
            lambda: make_wardrobe(snapshot, site, language, self._chain(BASE), auto_reload=self._auto_reload),
        )
        names = {"frame": frame, "person": context.principal, "csrf": context.csrf, **values}
        return _as_text(wardrobe.templates.get_template(template).render(names))

    def site_page(self, context: Context, template: str, head: PageHead, blocks: Sequence[Block]) -> bytes:
        """The HTML of a page of the site as it is sent: the same as `page` with `head` and, as `parts`, the blocks' HTML.

        What is around the blocks is drawn once per snapshot, roles, language and place in the menu, and then filled in.
        """
        around = self._around(context)
        names = around.names() | {"head": head}
        parts = [self._drawn(context, names, block) if block.html is None else block.html for block in blocks]
        page = WholePage(self._template(context, template), around, head, parts)
        if around.frame.messages or self._auto_reload:
            html = page.whole()
            return _with_sprite(Pieces((html,), used(html))).encoded()
        key = (template, context.site.key, context.language, page.shape)
        return _with_sprite(self.stencils(context).pieces(key, page)).encoded()

    def stencils(self, context: Context) -> Stencils:
        """The stencils of the context's snapshot."""
        return context.snapshot.derive("stencils", Stencils)

    def fragment(self, context: Context, template: str | Template, **values: Any) -> str:
        """The HTML of a part of a page, with the shapes of its icons: for htmx, and for blocks of a page."""
        html = self.block(context, template, **values)
        return f"{html}{sprite(used(html))}"

    def block(self, context: Context, template: str | Template, **values: Any) -> Markup:
        """The HTML of a part that goes into a page made by `page`, which brings the shapes of its icons.

        Besides `values` the template has `person` and `csrf`, but not what is around a page.
        """
        given = {"person": context.principal, "csrf": context.csrf, **values}
        return Markup(self._template(context, template).render(given))  # noqa: S704 - the template escapes

    def generated(self, context: Context, template: str, key: Hashable, make: Callable[[], Mapping[str, Any]]) -> Template:
        """The template that a `*.gen.html` template generates from metadata, made once per snapshot.

        `make` gives the values of the first stage and is called only when it is needed; `key` holds all on which they
        depend besides the site, the language and the template's name: such as a component's key and a role set.
        """

        def generate() -> Template:
            wardrobe = self.wardrobe(context)
            source = wardrobe.generator.get_template(template).render(make())
            return wardrobe.templates.from_string(source)

        return context.snapshot.derive(("generated", context.site.key, context.language, template, key), generate)

    def parted(
        self,
        context: Context,
        template: str,
        key: Hashable,
        make: Callable[[], Mapping[str, Any]],
        *given: str,
        keep: Keep = Snapshot.derive,
    ) -> Parted:
        """The same of a template with a loop over `rows`, parted from the loop; `given` are names that the loop knows.

        `keep` keeps it on the snapshot, where it may not be kept for ever.
        """

        def generate() -> Parted:
            wardrobe = self.wardrobe(context)
            return part(wardrobe.templates, wardrobe.generator.get_template(template).render(make()), *given)

        parted: Parted = keep(context.snapshot, ("parted", context.site.key, context.language, template, key), generate)
        return parted

    def wardrobe(self, context: Context) -> Wardrobe:
        """Templates and texts of the context's site and language."""
        snapshot, site, language = context.snapshot, context.site, context.language
        return snapshot.derive(
            ("wardrobe", site.key, language),
            lambda: make_wardrobe(snapshot, site, language, self._chain(site.model.theme), auto_reload=self._auto_reload),
        )

    def chain(self, theme: str) -> ThemeChain:
        """The chain of a theme. Raises UnknownTheme and BrokenTheme."""
        return self._chain(theme)

    def asset(self, theme: str, path: str) -> Path | None:
        """The static file behind `/_static/<theme>/<path>`, None where there is none."""
        folder = theme_folder(self.roots, theme)
        return None if folder is None else inside(folder / "static", path)

    def tokens(self, snapshot: Snapshot, site: str) -> SiteSheet | None:
        """The stylesheet of a site's tokens, for `/_static/_tokens/<name>`; None where there is no such site."""
        if site not in snapshot.sites:
            return None
        model = snapshot.sites[site].model
        return tokens_sheet(site, self._chain(model.theme).tokens | dict(model.tokens))

    def own_sheet(self, snapshot: Snapshot, site: str) -> SiteSheet | None:
        """The style sheets of a site's own, for `/_static/_own/<name>`; None where there are none."""
        if site not in snapshot.sites:
            return None
        return snapshot.derive(("own sheet", site), lambda: own_sheet(snapshot.sites[site]))

    def _template(self, context: Context, template: str | Template) -> Template:
        if not isinstance(template, str):
            return template
        if self._auto_reload:
            return self.wardrobe(context).templates.get_template(template)
        key = ("template", context.site.key, context.language, template)
        return context.snapshot.derive(key, lambda: self.wardrobe(context).templates.get_template(template))

    def _around(self, context: Context) -> Around:
        frame = self._frame(context)
        here = escape(f"{frame.path}?{frame.query}" if frame.query else frame.path)
        return Around(frame, context.principal, context.csrf, here, self._chrome(context, frame.path))

    def _drawn(self, context: Context, names: Mapping[str, Any], block: Block) -> Markup | Pieces:
        template = self._template(context, block.template)
        if block.sketch is None:
            html = template.render({**names, "view": block.view})
        else:
            sketched = SketchedBlock(template, names, block.sketch)
            key = (block.template, block.sketch.key)
            if not self._auto_reload:
                return self.stencils(context).pieces(key, sketched)
            html = sketched.whole()
        return Markup(html)  # noqa: S704 - the template escapes

    def _chrome(self, context: Context, path: str) -> Chrome:
        principal = context.principal
        standing = (context.site.key, context.language, principal.kind, principal.roles)
        main = self._menu(context, standing, context.site.model.menu)
        current = current_path(main.paths, path)

        def dress() -> Chrome:
            parts = self._template(context, "chrome.html").make_module({"menu": main, "current": current})
            footer = self._menu(context, standing, context.site.model.footer_menu)
            macros: Any = parts
            shown = macros.nav(), macros.thumb(), macros.more(), macros.footer(footer)
            return Chrome(main, current, *shown, self._search(context), _studio(context), _requests(context))

        return context.snapshot.derive(("chrome", *standing, current), dress)

    def _search(self, context: Context) -> str:
        node = context.site.pages.get(context.site.markers.get(SEARCH, ""))
        if node is None or "{" in node.path or not self._may_open(context, node):
            return ""
        return address(context.site, context.language, node.path)

    def _menu(self, context: Context, standing: tuple[Hashable, ...], key: str) -> Menu:
        return context.snapshot.derive(
            ("menu", *standing, key),
            lambda: menu(context.site, key, context.language, lambda node: self._may_open(context, node)),
        )


def _studio(context: Scene) -> str:
    opened = any(role.studio for key, role in context.site.roles.items() if key in context.principal.roles)
    return address(context.site, context.language, "/studio/") if opened else ""


def _requests(context: Scene) -> str:
    joining = context.site.model.joining
    approves = joining is not None and not context.principal.roles.isdisjoint(joining.approvers)
    return address(context.site, context.language, "/access-requests") if approves else ""


def _as_text(html: str) -> str:
    return "".join(_with_sprite(Pieces((html,), used(html))).parts)


def _with_sprite(page: Pieces) -> Pieces:
    parts = list(page.parts)
    for number in range(len(parts) - 1, -1, -1):
        if SPRITE_MARK in parts[number]:
            head, _, tail = parts[number].rpartition(SPRITE_MARK)
            parts[number : number + 1] = head, sprite(page.icons), tail
            break
    return Pieces(parts, page.icons)
