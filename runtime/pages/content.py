"""Blocks that show what makers wrote: texts and snippets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from metadata.pseudo import is_pseudo
from metadata.text import Text
from runtime.context import RequestContext
from runtime.pages.addresses import page_url
from runtime.pages.markdown import markdown
from runtime.pages.part import BlockAsk, Part
from runtime.render.scene import address


@dataclass(frozen=True, slots=True)
class ContentView:
    """A text as HTML, with a heading or none."""

    html: Markup
    heading: str = ""


def show_text(ask: BlockAsk) -> Part:
    """A text block, written in Markdown."""
    context = ask.context
    key = ("text", context.site.key, ask.node.page.key, ask.index, context.language)
    html = context.snapshot.derive(key, lambda: markdown(words_of(context, ask.block.text), partial(local_address, context)))
    return Part("blocks/text.html", ContentView(html, words_of(context, ask.block.label)))


def show_snippet(ask: BlockAsk) -> Part:
    """A snippet in the page's language, or in the nearest that it has."""
    html = snippet_html(ask.context, ask.block.snippet)
    return Part("blocks/snippet.html", ContentView(html, words_of(ask.context, ask.block.label)))


def snippet_html(context: RequestContext, key: str) -> Markup:
    """The HTML of a snippet; empty where the site has none of that key."""
    snippet = context.site.snippets.get(key)
    if snippet is None:
        return Markup()

    def make() -> Markup:
        value = words_of(context, snippet.value)
        if snippet.format == "markdown":
            return markdown(value, partial(local_address, context))
        return Markup("<p>{}</p>").format(value)

    return context.snapshot.derive(("snippet", context.site.key, key, context.language), make)


def local_address(context: RequestContext, written: str) -> str:
    """The address that a text means: `marker:<name>` and `page:<key>` are pages wherever they stand, a path such as /terms
    is one in the language of the page, everything else is as it is."""
    kind, colon, name = written.partition(":")
    if colon and kind in ("marker", "page"):
        node = context.site.pages.get(context.site.markers.get(name, "") if kind == "marker" else name)
        return page_url(context, node) if node else "/"
    is_page = written.startswith("/") and not written.startswith(("//", "/_"))
    return address(context.site, context.language, written) if is_page else written


def words_of(context: RequestContext, text: Text) -> str:
    """A text in the language of the request: its own, else along the fallbacks of the language, else the site's default."""
    known = dict(text.values)
    tag = context.language
    seen: set[str] = set()
    while tag and not is_pseudo(tag) and tag not in seen:
        for wanted in (tag, tag.partition("-")[0]):
            if wanted in known:
                return known[wanted]
        seen.add(tag)
        language = context.snapshot.languages.get(tag)
        tag = language.fallback if language else ""
    return text.in_language(context.language, context.site.model.default_language)
