"""The objects that web templates know, as plain views, trimmed to what the person may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from metadata.media import media_type_of
from metadata.model import WebFile
from metadata.snapshot import PageNode
from runtime.access import access_for
from runtime.context import RequestContext
from runtime.files.sizes import size_said
from runtime.nonce import csp_nonce
from runtime.pages.addresses import page_url
from runtime.pages.content import words_of
from runtime.pages.in_place import noted_snippet
from runtime.pages.speech import formats_of
from runtime.pages.templating.asking import Asking
from runtime.pages.templating.values import DataView, Names, Sequence, fixed
from runtime.render.menus import menu
from runtime.render.view import MenuItem
from runtime.sitemap import marked_page, readable_files, readable_pages
from runtime.web_files import file_address


def objects_of(
    context: RequestContext, node: PageNode | None, keys: tuple[str, ...], path: str, query: Mapping[str, str], asking: Asking
) -> dict[str, Any]:
    """The objects by name. `node` and `keys` are those of the page, None where there is none; `query` its arguments."""

    def page(node: PageNode | None) -> DataView | None:
        return page_view(context, node, keys)

    return {
        "user": user(context),
        "page": page(node),
        "request": fixed({"path": path, "url": context.url(path), "query": fixed(query), "csp_nonce": csp_nonce}),
        "settings": fixed(context.site.settings),
        "snippets": Names(lambda name: noted_snippet(context, context.site.snippets[name].key)),
        "sitemarkers": Names(lambda name: page(marked_page(context.site, name))),
        "weblinks": Names(lambda name: links(context, name)),
        "sitemap": fixed({"root": lambda: page(context.site.root), "current": lambda: page(node)}),
        "entities": Names(lambda name: entity(context, name, asking)),
        "language": context.language,
    }


def user(context: RequestContext) -> DataView | None:
    """The person; None for somebody who has not signed in."""
    if not context.signed_in:
        return None
    person = context.principal
    roles = sorted(person.roles)
    return fixed(
        {
            "name": person.name,
            "account": context.account_name,
            "account_number": context.account_number,
            "language": context.language,
            "roles": Sequence(lambda: (list(roles), len(roles))),
        }
    )


def page_view(context: RequestContext, node: PageNode | None, keys: tuple[str, ...]) -> DataView | None:
    """A page that the person may read, with its address in the language of the request; else None."""
    readable = readable_pages(context.snapshot, context.site, context.principal.roles)
    if node is None or node.page.key not in readable:
        return None
    page = node.page

    def children() -> tuple[list[Any], int]:
        below = sorted(node.children.values(), key=lambda child: (child.page.order, child.page.key))
        views = [page_view(context, child, keys) for child in below if not child.page.hidden]
        found = [view for view in views if view is not None]
        return found, len(found)

    def files() -> tuple[list[Any], int]:
        found = readable_files(context.snapshot, context.site, context.principal.roles, page.key)
        views = [file_view(context, file) for file in found]
        return list(views), len(views)

    values: dict[str, str | Callable[[], Any]] = {
        "key": page.key,
        "label": lambda: words_of(context, page.label),
        "title": lambda: words_of(context, page.title) or words_of(context, page.label),
        "summary": lambda: words_of(context, page.summary),
        "url": lambda: page_url(context, node, keys),
        "parent": lambda: page_view(context, node.parent, keys),
        "children": lambda: Sequence(children),
        "files": lambda: Sequence(files),
    }
    return fixed(values)


def file_view(context: RequestContext, file: WebFile) -> DataView:
    """A web file, with its address in the language of the request."""
    return fixed(
        {
            "key": file.key,
            "label": words_of(context, file.label) or file.partial_url,
            "url": file_address(context, file),
            "media_type": file.media_type or media_type_of(file.partial_url),
            "size": size_said(file.content.size, str(formats_of(context).locale)),
        }
    )


def links(context: RequestContext, key: str) -> Sequence:
    """The entries of a web link set that the person may open."""
    readable = readable_pages(context.snapshot, context.site, context.principal.roles)
    found = menu(context.site, key, context.language, lambda node: node.page.key in readable)
    return entries(found.items)


def entries(items: tuple[MenuItem, ...]) -> Sequence:
    """Entries of a menu."""
    views = [fixed({"label": item.label, "url": item.url, "links": entries(item.items)}) for item in items]
    return Sequence(lambda: (list(views), len(views)))


def entity(context: RequestContext, key: str, asking: Asking) -> DataView:
    """The records of an entity by their primary names. One that may not be read is like one that is not there: KeyError."""
    if key not in context.snapshot.entities or not access_for(context.snapshot, context.principal, key, "read").allowed:
        raise KeyError(key)
    return Names(lambda name: asking.record(key, name))
