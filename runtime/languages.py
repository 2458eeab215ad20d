"""The language part of addresses: `/sv-SE/...`; the default language of a site has none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from metadata.snapshot import CompiledSite, Snapshot

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def prefix_of(site: CompiledSite, language: str) -> str:
    """What stands before every path in a language: "" for the site's default."""
    return site.base if language == site.model.default_language else f"{site.base}/{language}"


def language_tags(snapshot: Snapshot, site: CompiledSite) -> Mapping[str, str]:
    """The languages of a site by all ways to write them in an address: in small letters, whole or their base alone."""

    def collect() -> dict[str, str]:
        tags = (site.model.default_language, *site.model.languages)
        bases = {tag.partition("-")[0].lower(): tag for tag in reversed(tags)}
        return bases | {tag.lower(): tag for tag in tags}

    return snapshot.derive(("language_tags", site.key), collect)


def prefixed_tags(snapshot: Snapshot, site: CompiledSite) -> frozenset[str]:
    """The languages of a site that have a part of their own in addresses."""
    return snapshot.derive(
        ("prefixed_tags", site.key),
        lambda: frozenset(language_tags(snapshot, site).values()) - {site.model.default_language},
    )


def split_language(path: str, tags: Iterable[str]) -> tuple[str, str]:
    """The language tag at the start of a path, "" for none, and the path without it."""
    first, slash, rest = path.removeprefix("/").partition("/")
    if first not in tags or rest.startswith("/"):  # what is left must not begin with two slashes, as another host does
        return "", path
    return first, slash + rest


class LanguagePrefix:
    """WSGI middleware: the language part moves from the path to the script name, so that routes do not see it."""

    def __init__(self, app: WSGIApplication, tags: Callable[[str], Iterable[str]]) -> None:
        self._app = app
        self._tags = tags

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the application does."""
        host = str(environ.get("HTTP_HOST", "")).partition(":")[0]
        language, path = split_language(environ.get("PATH_INFO", ""), self._tags(host))
        environ["foyer.language"] = language
        if language:
            environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/{language}"
            environ["PATH_INFO"] = path or "/"
        return self._app(environ, start_response)
