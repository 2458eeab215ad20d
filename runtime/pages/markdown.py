"""Texts of makers: Markdown to HTML that cannot carry script."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import nh3
from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_TAGS = {
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
}
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}, "th": {"scope"}}
_SCHEMES = {"http", "https", "mailto", "tel"}


Resolve = Callable[[str], str]


def markdown(text: str, resolve: Resolve = str) -> Markup:
    """The HTML of a text. A first level heading becomes a second level one: the page has its own.

    `resolve` turns the address of a link or of an image, as written, into the one to use.
    """
    parser = _parser()
    tokens = parser.parse(text)
    for token in tokens:
        if token.tag == "h1":
            token.tag = "h2"
        for inner in token.children or ():
            for name in ("href", "src"):
                if name in inner.attrs:
                    inner.attrs[name] = resolve(str(inner.attrs[name]))
    html = parser.renderer.render(tokens, parser.options, {})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener",
        set_tag_attribute_values={"th": {"scope": "col"}},
    )
    return Markup(clean)  # noqa: S704 - this is where it becomes safe


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # loaded with the first text, not with every start

    return MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False}).enable(["table", "strikethrough"])
