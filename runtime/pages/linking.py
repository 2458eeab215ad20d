"""Lookups that lead somewhere: the record page of the row that a lookup of a read-only form points at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import escape

from metadata.snapshot import PageNode
from runtime.context import RequestContext
from runtime.pages.addresses import quoted, record_address
from runtime.pages.values import Writer
from runtime.records.details import Record
from runtime.sitemap import readable_pages


def record_pages(context: RequestContext) -> Mapping[str, PageNode]:
    """By entity, the first record page that the person may open and whose address needs no other record's key."""
    snapshot, site, roles = context.snapshot, context.site, context.principal.roles

    def find() -> dict[str, PageNode]:
        found: dict[str, PageNode] = {}
        readable = readable_pages(snapshot, site, roles)
        for key, node in site.pages.items():
            if node.record_entity and node.path.count("{") == 1 and key in readable:
                found.setdefault(node.record_entity, node)
        return found

    return snapshot.derive(("record pages", site.key, roles), find)


def key_paths(context: RequestContext, entity: str, paths: Sequence[str]) -> tuple[str, ...]:
    """For those of `paths` that are lookups with a page to lead to: the paths of the keys in that page's address."""
    found = (_page(context, entity, path) for path in paths)
    return tuple(f"{path}.{node.record_attribute}" for path, node in zip(paths, found, strict=True) if node)


def linking_writer(context: RequestContext, entity: str, path: str, write: Writer) -> Writer:
    """Writes the value of a path, as a link where it is the name of a row that was read with its key."""
    node = _page(context, entity, path)
    address = record_address(context, node) if node else None
    if node is None or address is None:
        return write
    key_path = f"{path}.{node.record_attribute}"
    before, after = escape(address.before), escape(address.after)

    def link(record: Record) -> str:
        key = record.values.get(key_path)
        if key in (None, "") or record.labels.get(path) is None:
            return write(record)
        return f'<a href="{before}{quoted(str(key))}{after}">{write(record)}</a>'

    return link


def _page(context: RequestContext, entity: str, path: str) -> PageNode | None:
    attribute = context.snapshot.resolve(entity, path)[-1]
    if attribute.type.name != "lookup" or len(attribute.targets) != 1:
        return None
    return record_pages(context).get(attribute.targets[0])
