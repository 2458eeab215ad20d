"""Which page an address means, and which pages a set of roles may read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum

from metadata.model import PageAccessRule
from metadata.schedule import is_due
from metadata.snapshot import CompiledSite, PageNode, Snapshot
from runtime.passing import passing

HOME = "home"
PUBLISHED = "published"


class Verdict(Enum):
    """What a page is to somebody."""

    OPEN = "open"
    RESTRICTED = "restricted"
    UNPUBLISHED = "unpublished"


@passing
class FoundPage:
    """A page and the parts of its address that name records, in order."""

    node: PageNode
    record_keys: tuple[str, ...]


def find_page(site: CompiledSite, path: str) -> FoundPage | None:
    """The page of a path without its language part; a slash at the end does not matter. None where there is none."""
    node = site.root
    keys: list[str] = []
    trimmed = path.strip("/") if path in ("", "/") else path.removeprefix("/").removesuffix("/")
    for part in trimmed.split("/") if trimmed else ():
        if node is None or not part:
            return None
        child = node.children.get(part.lower())
        if child is None:
            child = node.record
            keys.append(part)
        node = child
    return None if node is None else FoundPage(node, tuple(keys))


def verdicts(snapshot: Snapshot, site: CompiledSite, roles: frozenset[str]) -> Mapping[str, Verdict]:
    """What each page of the site is to people with these roles, by page key; worked out once per set of roles."""

    def judge() -> dict[str, Verdict]:
        rules = _rules_by_page(site)
        previews = any(site.roles[role].preview for role in roles & site.roles.keys())
        return {
            key: Verdict.UNPUBLISHED
            if not previews and not is_published(snapshot, site, node)
            else _verdict(node, rules, roles)
            for key, node in site.pages.items()
        }

    return snapshot.derive(("verdicts", site.key, roles), judge)


def readable_pages(snapshot: Snapshot, site: CompiledSite, roles: frozenset[str]) -> frozenset[str]:
    """The keys of the pages that people with these roles may read: what menus, tiles and breadcrumbs are trimmed to."""

    def trim() -> frozenset[str]:
        judged = verdicts(snapshot, site, roles)
        return frozenset(key for key, verdict in judged.items() if verdict is Verdict.OPEN)

    return snapshot.derive(("readable_pages", site.key, roles), trim)


def is_published(snapshot: Snapshot, site: CompiledSite, node: PageNode) -> bool:
    """Whether a page and all above it are in a state that visitors see, and within their dates."""
    zone = site.model.time_zone
    return all(is_visible(site, above.page.state) and is_due(above.page, zone, snapshot.at) for above in lineage(node))


def is_visible(site: CompiledSite, state: str) -> bool:
    """Whether visitors see pages in a publishing state."""
    declared = site.states.get(state)
    return state == PUBLISHED if declared is None else declared.visible


def marked_page(site: CompiledSite, marker: str) -> PageNode | None:
    """The page that a site marker stands for."""
    return site.pages.get(site.markers.get(marker, ""))


def lineage(node: PageNode) -> Iterator[PageNode]:
    """A page, the page above it, and so on to the root."""
    above: PageNode | None = node
    while above is not None:
        yield above
        above = above.parent


def _rules_by_page(site: CompiledSite) -> dict[str, list[PageAccessRule]]:
    rules: dict[str, list[PageAccessRule]] = {}
    for rule in site.access_rules:
        if rule.active:
            rules.setdefault(rule.page, []).append(rule)
    return rules


def _verdict(node: PageNode, rules: Mapping[str, list[PageAccessRule]], roles: frozenset[str]) -> Verdict:
    """A rule holds for its page and all below, in the publishing state that it names. Who may change may also read; of
    the restrictions on the way up each must be met."""
    on_the_way = [
        [rule for rule in rules.get(above.page.key, ()) if rule.state in ("", node.page.state)] for above in lineage(node)
    ]
    if any(rule.right == "grant_change" and roles & set(rule.roles) for found in on_the_way for rule in found):
        return Verdict.OPEN
    for found in on_the_way:
        restrictions = [rule for rule in found if rule.right == "restrict_read"]
        if restrictions and not any(roles & set(rule.roles) for rule in restrictions):
            return Verdict.RESTRICTED
    return Verdict.OPEN
