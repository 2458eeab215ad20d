"""The Jinja environment of a site in a language: its theme chain, its texts, and what every template may call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from metadata.snapshot import CompiledSite, Snapshot
from metadata.text import Text
from runtime.render.chain import LAYOUT, ChainLoader, ThemeChain
from runtime.render.code import CodeSharing
from runtime.render.generation import generator, resolver
from runtime.render.icons import icon
from runtime.render.locales import locale_for
from runtime.render.own_sheet import own_sheet
from runtime.render.scene import address, prefix
from runtime.render.stencils import through_holes
from runtime.render.texts import Texts, texts
from runtime.render.tokens import tokens_sheet
from runtime.render.view import SiteLanguage


class PageEnvironment(CodeSharing):
    """The second stage: templates that make HTML."""

    stage = "page"


@dataclass(frozen=True, slots=True)
class Wardrobe:
    """All that dresses the pages of one site in one language: templates, generator, texts."""

    chain: ThemeChain
    templates: PageEnvironment
    generator: Environment
    texts: Texts


def make_wardrobe(snapshot: Snapshot, site: CompiledSite, language: str, chain: ThemeChain, *, auto_reload: bool) -> Wardrobe:
    """The environments of a site in a language. Both know the names listed in `_vocabulary`.

    With `auto_reload` templates are read anew when a file changes (for theme makers), else once per snapshot.
    """
    say = texts(snapshot, site, language)
    stage_one = generator(ChainLoader(chain), auto_reload=auto_reload)
    filled = [one.block for one in site.model.blocks if one.block in chain.blocks(LAYOUT)]
    templates = PageEnvironment(
        loader=ChainLoader(chain, resolver(stage_one), filled),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=auto_reload,
    )
    vocabulary = _vocabulary(site, language, chain, say)
    vocabulary["site_languages"] = site_languages(snapshot, site)
    for environment in (templates, stage_one):
        environment.globals.update(vocabulary)
    # Macros as a global cost nothing per page; an import in a template does.
    templates.globals["ui"] = templates.get_template("macros.html").module
    return Wardrobe(chain, templates, stage_one, say)


def _vocabulary(site: CompiledSite, language: str, chain: ThemeChain, say: Texts) -> dict[str, Any]:
    """The names that every template has: see docs in themes/base/templates/layout.html."""
    default = site.model.default_language
    locale = locale_for(language)
    is_rtl = locale.text_direction == "rtl"
    sheet = tokens_sheet(site.key, chain.tokens | dict(site.model.tokens))
    own = own_sheet(site)
    bootstrap = "vendor/bootstrap/bootstrap.rtl.min.css" if is_rtl else "vendor/bootstrap/bootstrap.min.css"
    label: Callable[[Text], str] = lambda text: text.in_language(language, default)  # noqa: E731 - bound to a language
    return {
        "t": through_holes(say),
        "icon": icon,
        "icon_space": Markup('<span class="icon-space"></span>'),
        "initials": through_holes(initials),
        "label": label,
        "static": _cached(chain.asset_url),
        "url": lambda path: address(site, language, path),
        "marker": lambda name: _marked(site, language, name),
        "prefix": prefix(site, language),
        "language": language,
        "direction": "rtl" if is_rtl else "ltr",
        "site_name": label(site.model.label) or site.key,
        "stylesheets": [
            *map(chain.asset_url, (bootstrap, *chain.styles)),
            f"{site.base}{sheet.seen_url}" if site.base else sheet.url,
        ],
        "own_styles": (f"{site.base}{own.seen_url}" if site.base else own.url) if own else "",
        "theme_colours": {name: chain.tokens.get(name, "") for name in ("brand", "brand-dark")} | dict(site.model.tokens),
        "registration": site.model.registration,
        "passwords": site.settings.get("identity/passwords", "1").strip() != "0",
        "looked_through": bool(site.base),
    }


def site_languages(snapshot: Snapshot, site: CompiledSite) -> dict[str, SiteLanguage]:
    """The languages in which a site can be read, by tag, each under its own name."""
    known = snapshot.languages
    return {
        tag: SiteLanguage((known[tag].label.in_language(tag) if tag in known else "") or tag, prefix(site, tag))
        for tag in site.model.languages
    }


@lru_cache(maxsize=4096)
def initials(name: str) -> str:
    """The first letters of the first and the last word of a name."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def _marked(site: CompiledSite, language: str, name: str) -> str:
    node = site.pages.get(site.markers.get(name, ""))
    return address(site, language, node.path) if node and "{" not in node.path else ""


def _cached(make: Callable[[str], str]) -> Callable[[str], str]:
    known: dict[str, str] = {}

    def get(path: str) -> str:
        if path not in known:
            known[path] = make(path)
        return known[path]

    return get
