"""Requests in the other languages of a site: what is worked out, kept or put in order anew for each of them.

What a template says differs from language to language, and so does what was kept of a page. Rows and rights do not: so each
page is asked for once more with a row of one's own and one of another, and each kind of option of a list with one value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from runtime.canary.asking import Ask
from runtime.canary.ground import Ground
from runtime.canary.of_pages import list_asks, page_asks
from runtime.canary.of_programs import feed_asks

LANGUAGES = "languages"


def language_asks(ground: Ground) -> Iterator[Ask]:
    """What the other languages of a site can show otherwise, in each of them."""
    asks = [*_pages(ground), *_kinds(ground)]
    for language in dict.fromkeys(ground.site.model.languages):
        if language != ground.site.model.default_language:
            yield from (_in(language, ask) for ask in asks)


def _in(language: str, ask: Ask) -> Ask:
    reason, key = ask.alike
    alike = (reason, f"{language} {key}") if key else ask.alike
    about = f"{ask.about}, in {language}" if ask.about else f"in {language}"
    return replace(ask, surface=LANGUAGES, path=f"/{language}{ask.path}", about=about, alike=alike)


def _pages(ground: Ground) -> Iterator[Ask]:
    """Of each page the first address and the last but one: behind it is the one of a row that is not there."""
    pages = (ask for ask in page_asks(ground) if ask.about.startswith("page "))
    for _, group in groupby(pages, key=lambda ask: ask.about):
        found = list(group)
        yield from dict.fromkeys((found[0], found[-2] if len(found) > 1 else found[0]))


def _kinds(ground: Ground) -> Iterator[Ask]:
    """Of each list, search and feed one request for each set of options that it takes."""
    known: set[tuple[str, str, frozenset[str]]] = set()
    for ask in (*list_asks(ground), *feed_asks(ground)):
        kind = (ask.path, ask.about, frozenset(name for name, _ in ask.query))
        if kind not in known:
            known.add(kind)
            yield ask
