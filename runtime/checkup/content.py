"""What people read: links inside texts, texts of pictures, translations, and content whose time is over."""

from __future__ import annotations

import re
from collections.abc import Iterator

from metadata.checks.pages import ENGINE
from metadata.model import Component, Page, Snippet, WebFile
from metadata.pseudo import is_pseudo
from metadata.schedule import Dated, disappears
from metadata.text import ANY_LANGUAGE
from metadata.told import told
from runtime.checkup.findings import Finding, Ground
from runtime.translating.places import texts_of

_LINK = re.compile(r"""(?:\]\(|href=["'])(/[^\s)"'#?]*)""")
_BARE_PICTURE = re.compile(r"!\[\s*\]\(|<img\b(?![^>]*\balt=)[^>]*>", re.IGNORECASE)
_LANGUAGE_TAG = re.compile(r"^/([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)(/.*|)$")


def links_into_nowhere(ground: Ground) -> Iterator[Finding]:
    """Links inside texts lead to pages, files and addresses that there are."""
    known = _addresses(ground)
    for component, path, text in _texts(ground):
        for link in sorted(set(_LINK.findall(text))):
            if not _is_there(ground, known, link):
                kind, key = _named(ground, component)
                message = told("The link {link} leads nowhere: the site has no such page, file or redirect.", link=link[:200])
                yield Finding("error", kind, key, path, message, told("Correct the address, or add a redirect from it."))


def pictures_without_text(ground: Ground) -> Iterator[Finding]:
    """Pictures in texts say what they show."""
    for component, path, text in _texts(ground):
        if _BARE_PICTURE.search(text):
            kind, key = _named(ground, component)
            message = told("A picture has no text for those who do not see it.")
            yield Finding("warning", kind, key, path, message, told("Write what it shows: ![text](address), or alt on img."))


def missing_translations(ground: Ground) -> Iterator[Finding]:
    """What is translated at all is there in every language of the site."""
    languages = [tag for tag in ground.site.model.languages if not is_pseudo(tag)]
    if len(languages) < 2:
        return
    for name, component in sorted(ground.own.items()):
        missing: dict[str, list[str]] = {}
        for path, text in texts_of(component):
            tags = {tag for tag, _ in text.values}
            if not tags or ANY_LANGUAGE in tags:
                continue
            for language in languages:
                if language not in tags and language.partition("-")[0] not in tags:
                    missing.setdefault(language, []).append(path)
        for language, paths in sorted(missing.items()):
            shown = ", ".join(paths[:5])
            if len(paths) > 5:
                shown = told("{places} and {count} more", places=shown, count=len(paths) - 5)
            yield Finding(
                "warning",
                name.kind,
                name.key,
                paths[0],
                told("There is no {language} for {places}.", language=language, places=shown),
                told("Add the text in that language."),
            )


def expired(ground: Ground) -> Iterator[Finding]:
    """Nothing is kept whose time is over."""
    for dated in ground.site.dated:
        last = disappears(dated, ground.site.model.time_zone)
        if last is not None and last <= ground.snapshot.at:
            message = told("It is no longer shown since {visible_until}.", visible_until=dated.visible_until)
            yield Finding(
                "warning", _kind(dated), dated.key, "visible_until", message, told("Take it out, or give it a later day.")
            )


def _kind(dated: Dated) -> str:
    return "page" if isinstance(dated, Page) else "web_file"


def _addresses(ground: Ground) -> frozenset[str]:
    pages = (node.path for node in ground.site.pages.values())
    redirects = (redirect.source for redirect in ground.site.redirects.values())
    files = (path for file in ground.site.web_files.values() if (path := _file_path(ground, file)))
    return frozenset(path.rstrip("/").lower() or "/" for path in (*pages, *redirects, *files))


def _file_path(ground: Ground, file: WebFile) -> str:
    above = ground.site.pages.get(file.parent)
    return f"{above.path.rstrip('/')}/{file.partial_url}" if above is not None else ""


def _is_there(ground: Ground, known: frozenset[str], link: str) -> bool:
    found = _LANGUAGE_TAG.match(link)
    if found and found[1].lower() in {language.lower() for language in ground.site.model.languages}:
        link = found[2] or "/"
    path = link.rstrip("/").lower() or "/"
    first = path.split("/")[1]
    if path in known or first in ENGINE or first.startswith("_"):
        return True
    return any("{" in pattern and re.fullmatch(_pattern(pattern), path) for pattern in known)


def _pattern(path: str) -> str:
    """The addresses of the records of a page."""
    return "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^}]*\})", path))


def _texts(ground: Ground) -> Iterator[tuple[Component, str, str]]:
    """The texts of pages and snippets, in every language."""
    for node in ground.site.pages.values():
        for place, block in enumerate(node.page.blocks):
            yield from ((node.page, f"blocks.{place}.text", text) for _, text in block.text.values)
    for snippet in ground.site.snippets.values():
        yield from ((snippet, "value", text) for _, text in snippet.value.values)


def _named(ground: Ground, component: Component) -> tuple[str, str]:
    return ("snippet" if isinstance(component, Snippet) else "page"), component.key


RULES = (links_into_nowhere, pictures_without_text, missing_translations, expired)
