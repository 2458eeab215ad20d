"""Old addresses of a site, and addresses in another writing of a language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from metadata.model import Redirect
from metadata.snapshot import CompiledSite, Snapshot
from runtime.languages import language_tags, prefix_of


@dataclass(frozen=True, slots=True)
class Moved:
    """Where something is now, and whether for good (301) or for now (302)."""

    address: str
    code: int


def redirect_target(snapshot: Snapshot, site: CompiledSite, path: str, prefix: str) -> Moved | None:
    """Where a redirect of the site leads from this path, in the language of the request; None without one.

    A slash at the end and the case of letters do not matter. A redirect to a page or marker that is gone does nothing.
    """
    redirects = _by_source(snapshot, site)
    found = redirects.get(_plain(path)) if redirects else None
    if found is None:
        return None
    if found.url:
        return Moved(found.url, found.code)
    page = site.pages.get(found.page or site.markers.get(found.marker, ""))
    if page is None or "{" in page.path:
        return None
    return Moved(f"{prefix}{page.path}", found.code)


def language_redirect(snapshot: Snapshot, site: CompiledSite, path: str) -> Moved | None:
    """The proper address for one that begins with a language in another writing, such as /sv or /SV-se, or with the
    default language, which has no part of its own."""
    first, slash, rest = path.removeprefix("/").partition("/")
    tag = language_tags(snapshot, site).get(first.lower())
    if tag is None or (site.root is not None and first.lower() in site.root.children):
        return None
    address = f"{prefix_of(site, tag)}{slash}{rest}"
    return Moved("/" + address.lstrip("/"), 302)


def _by_source(snapshot: Snapshot, site: CompiledSite) -> Mapping[str, Redirect]:
    def collect() -> dict[str, Redirect]:
        return {_plain(redirect.source): redirect for redirect in site.redirects.values()}

    return snapshot.derive(("redirects", site.key), collect)


def _plain(path: str) -> str:
    return path.rstrip("/").lower() or "/"
