"""What search engines are told of a site: /robots.txt, /sitemap.xml, and what the head of a public page says to them.

Only pages that everybody may read are spoken of, and of those only the ones whose address names no record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape, quoteattr

from flask import Response, make_response

from metadata.model import Block
from metadata.model.base import Privilege
from metadata.snapshot import CompiledSite, PageNode, Snapshot
from runtime.access import Principal, access_for
from runtime.context import RequestContext, current
from runtime.render.scene import address
from runtime.render.view import SearchHead
from runtime.sitemap import readable_pages

FOR_A_WHILE = "public, max-age=3600"
PRIVILEGES: Mapping[str, Privilege] = {"read": "read", "insert": "create", "edit": "write"}
MARKERS_OF_FAILURES = ("not_found", "access_denied")
LINKS = "http://www.w3.org/1999/xhtml"
MAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"


def serve_robots() -> Response:
    """The site's robots.txt: what its metadata says, else that all may be read; then where the site map is."""
    context = current()
    said = context.site.model.robots.strip() or "User-agent: *\nDisallow:"
    return _text(f"{said}\n\nSitemap: {origin_of(context)}{context.prefix}/sitemap.xml\n", "text/plain")


def serve_sitemap() -> Response:
    """The site map: every public page in every language of the site, each with its other languages."""
    context = current()
    snapshot, site, origin = context.snapshot, context.site, origin_of(context)
    entries = snapshot.derive(("site map", site.key, origin), lambda: "".join(_entries(snapshot, site, origin)))
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{MAPS}" xmlns:xhtml="{LINKS}">\n'
    return _text(f"{head}{entries}</urlset>\n", "application/xml")


def search_head(context: RequestContext, node: PageNode, description: str) -> SearchHead | None:
    """What the head of a page says to search engines; None for somebody who is signed in, which they never are."""
    if context.signed_in:
        return None
    origin = origin_of(context)
    if node.page.key not in public_pages(context.snapshot, context.site):
        return SearchHead(description, indexed=False)
    return SearchHead(
        description,
        canonical=f"{origin}{address(context.site, context.language, node.path)}",
        alternates=tuple(alternates(context.site, node, origin).items()),
    )


def public_pages(snapshot: Snapshot, site: CompiledSite) -> frozenset[str]:
    """The keys of the pages that may be found by searching: everybody may read them, and each has one address."""

    def find() -> frozenset[str]:
        nobody = Principal.anonymous(snapshot, site.key)
        failures = {site.markers.get(marker, "") for marker in MARKERS_OF_FAILURES}
        readable = readable_pages(snapshot, site, nobody.roles) - failures
        return frozenset(key for key in readable if _is_public(snapshot, nobody, site.pages[key]))

    return snapshot.derive(("public pages", site.key), find)


def _is_public(snapshot: Snapshot, nobody: Principal, node: PageNode) -> bool:
    """Whether a page that may be read is to be found, and shows more than that one may not see what is on it."""
    page = node.page
    if not page.indexed or "{" in node.path:
        return False
    return not page.blocks or any(_shows(snapshot, nobody, block) for block in page.blocks)


def _shows(snapshot: Snapshot, nobody: Principal, block: Block) -> bool:
    if block.type == "profile":
        return False
    if block.type == "multistep_form":
        multi = snapshot.sites[nobody.site].multistep_forms[block.multistep_form]
        return multi.anonymous and access_for(snapshot, nobody, multi.entity, "create").allowed
    if block.type == "list" and block.list:
        entities = {snapshot.views[view].entity for view in snapshot.sites[nobody.site].lists[block.list].views}
        return any(access_for(snapshot, nobody, entity, "read").allowed for entity in entities)
    if block.type == "charts":
        views = {snapshot.sites[nobody.site].charts[key].view for key in block.charts}
        return any(access_for(snapshot, nobody, snapshot.views[view].entity, "read").allowed for view in views)
    if block.type == "form" and block.form in snapshot.forms:
        return access_for(snapshot, nobody, snapshot.forms[block.form].entity, PRIVILEGES[block.mode]).allowed
    return True


def alternates(site: CompiledSite, node: PageNode, origin: str) -> Mapping[str, str]:
    """The addresses of a page by the tag of their language."""
    tags = dict.fromkeys((site.model.default_language, *site.model.languages))
    return {tag: f"{origin}{address(site, tag, node.path)}" for tag in tags}


def origin_of(context: RequestContext) -> str:
    """Scheme and host by which a site is known: its first host, else the one that the installation is reached at."""
    public = context.services.config.public_url.rstrip("/")
    hosts = context.site.model.hosts
    return f"{public.partition('://')[0]}://{hosts[0]}" if hosts else public


def _entries(snapshot: Snapshot, site: CompiledSite, origin: str) -> Iterator[str]:
    for key in sorted(public_pages(snapshot, site), key=lambda key: site.pages[key].path):
        places = alternates(site, site.pages[key], origin)
        others = "".join(
            f'<xhtml:link rel="alternate" hreflang={quoteattr(tag)} href={quoteattr(url)}/>' for tag, url in places.items()
        )
        for url in places.values():
            yield f"<url><loc>{escape(url)}</loc>{others if len(places) > 1 else ''}</url>\n"


def _text(text: str, media_type: str) -> Response:
    return make_response(text, {"Content-Type": f"{media_type}; charset=utf-8", "Cache-Control": FOR_A_WHILE})
