"""Pages of a site found by words: by their titles and by what their makers wrote on them. From metadata alone, without SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metadata.model import Block
from metadata.searching import language_of
from metadata.snapshot import PageNode
from runtime.context import RequestContext
from runtime.pages.content import snippet_html, words_of
from runtime.pages.heads import page_title
from runtime.pages.markdown import markdown
from runtime.robots import MARKERS_OF_FAILURES
from runtime.search.words import Words, forms_of, tokens_of
from runtime.sitemap import readable_pages

IN_TITLE = 4
"""How much a word in a title counts against one in a text."""


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """What is written on a page in a language, and the words in it."""

    node: PageNode
    title: str
    text: str
    title_words: frozenset[str]
    words: frozenset[str]

    def score(self, wanted: Words, language: str, similar: bool) -> int:
        """How well all of the words are met; 0 where one of them is not."""
        total = 0
        for word in wanted.tokens:
            if forms_of(language, word, self.title_words, similar=similar):
                total += IN_TITLE
            elif forms_of(language, word, self.words, similar=similar):
                total += 1
            else:
                return 0
        return total


def find_pages(context: RequestContext, here: PageNode, words: Words, *, similar: bool = False) -> list[WrittenPage]:
    """The pages that the person may open and that have all of the words, best first; not the page that is searched on."""
    readable = readable_pages(context.snapshot, context.site, context.principal.roles)
    language = language_of(context.language)
    may_be = (page for page in written_pages(context) if page.node.page.key in readable and page.node is not here)
    scored = [(page.score(words, language, similar), page) for page in may_be]
    return [page for score, page in sorted(scored, key=lambda pair: (-pair[0], pair[1].title)) if score]


def written_pages(context: RequestContext) -> tuple[WrittenPage, ...]:
    """All pages of the site that have an address of their own, in the language of the request."""

    def make() -> tuple[WrittenPage, ...]:
        failures = {context.site.markers.get(marker, "") for marker in MARKERS_OF_FAILURES}
        nodes = (node for key, node in context.site.pages.items() if "{" not in node.path and key not in failures)
        return tuple(_written(context, node) for node in nodes)

    return context.snapshot.derive(("written pages", context.site.key, context.language), make)


def _written(context: RequestContext, node: PageNode) -> WrittenPage:
    title = page_title(context, node)
    text = " ".join(" ".join(part.split()) for part in _texts(context, node) if part)
    return WrittenPage(node, title, text, _words(f"{title} {words_of(context, node.page.label)}"), _words(text))


def _texts(context: RequestContext, node: PageNode) -> Iterator[str]:
    yield words_of(context, node.page.summary)
    yield words_of(context, node.page.description)
    for block in node.page.blocks:
        yield words_of(context, block.label)
        yield _text_of(context, block)


def _text_of(context: RequestContext, block: Block) -> str:
    match block.type:
        case "text":
            return markdown(words_of(context, block.text)).striptags()
        case "snippet":
            return snippet_html(context, block.snippet).striptags()
        case "tiles":
            return " ".join(f"{words_of(context, tile.label)} {words_of(context, tile.text)}" for tile in block.tiles)
    return ""


def _words(text: str) -> frozenset[str]:
    return frozenset(token.word for token in tokens_of(text))
