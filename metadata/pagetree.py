"""Pages to a tree of addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from metadata.model import Page
from metadata.snapshot import CompiledEntity, PageNode, frozen


def _record_attribute(page: Page, entities: Mapping[str, CompiledEntity]) -> str:
    return page.record_key or entities[page.record_entity].model.primary_name or "id"


def _path(page: Page, above: str, record_attribute: str) -> str:
    if page.partial_url == "/" and not page.parent:
        return "/"
    part = f"{{{record_attribute}}}" if record_attribute else page.partial_url
    return f"{above.rstrip('/')}/{part}"


def page_tree(pages: Iterable[Page], entities: Mapping[str, CompiledEntity]) -> tuple[Mapping[str, PageNode], PageNode | None]:
    """The nodes by page key, and the root. Siblings are ordered by `order`, then key. A page below a page that is not
    there (or below itself) has no address and is left out; the checks report it."""
    below: dict[str, list[Page]] = {}
    for page in sorted(pages, key=lambda item: (item.order, item.key)):
        below.setdefault(page.parent, []).append(page)
    nodes: dict[str, PageNode] = {}

    def add(page: Page, parent: PageNode | None) -> PageNode:
        children: dict[str, PageNode] = {}
        record: dict[str, PageNode] = {}
        attribute = _record_attribute(page, entities) if page.record_entity else ""
        path = _path(page, parent.path if parent else "", attribute)
        node = PageNode(page, path, parent, children, record, page.record_entity, attribute)
        nodes[page.key] = node
        for child in below.get(page.key, ()):
            if child.record_entity and not child.partial_url:
                record[""] = add(child, node)
            else:
                children[child.partial_url.lower()] = add(child, node)
        return node

    roots = [page for page in below.get("", ()) if page.partial_url == "/"]
    root = add(roots[0], None) if roots else None
    return frozen(nodes), root
