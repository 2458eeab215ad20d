"""Which page or web file an address means, and which of them a set of roles may read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum

from metadata.model import PageAccessRule, WebFile
from metadata.schedule import is_due
from metadata.snapshot import CompiledSite, PageNode, Snapshot
from runtime.passing import passing

HOME = "home"
PUBLISHED = "published"
WITHOUT_FILES = "exclude_files"


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


def find_file(snapshot: Snapshot, site: CompiledSite, path: str) -> WebFile | None:
    """The web file of a path without its language part. None where there is none."""
    return _files_by_path(snapshot, site).get(path.lower()) if site.web_files else None


def file_path(site: CompiledSite, file: WebFile) -> str:
    """The address of a web file without its language part; "" below a page that has none."""
    node = site.pages.get(file.parent)
    return "" if node is None else f"{node.path.rstrip('/')}/{file.partial_url}"


def verdicts(snapshot: Snapshot, site: CompiledSite, roles: frozenset[str]) -> Mapping[str, Verdict]:
    """What each page of the site is to people with these roles, by page key; worked out once per set of roles."""

    def judge() -> dict[str, Verdict]:
        rules = _rules_by_page(site)
        previews = _previews(site, roles)
        return {
            key: Verdict.UNPUBLISHED
            if not previews and not is_published(snapshot, site, node)
            else _verdict(node, rules, roles)
            for key, node in site.pages.items()
        }

    return snapshot.derive(("verdicts", site.key, roles), judge)


def file_verdicts(snapshot: Snapshot, site: CompiledSite, roles: frozenset[str]) -> Mapping[str, Verdict]:
    """What each web file of the site is to people with these roles, by its key: what its page is, but for rules that leave
    the files of that page out; and hidden to all but previewers by a state or dates of its own."""

    def judge() -> dict[str, Verdict]:
        pages = verdicts(snapshot, site, roles)
        rules = _rules_by_page(site)
        previews = _previews(site, roles)
        found: dict[str, Verdict] = {}
        for key, file in site.web_files.items():
            node = site.pages.get(file.parent)
            there = previews or (is_visible(site, file.state) and is_due(file, site.model.time_zone, snapshot.at))
            if node is None or not there or pages[file.parent] is Verdict.UNPUBLISHED:
                found[key] = Verdict.UNPUBLISHED
            else:
                counting = [rule for rule in rules.get(file.parent, ()) if rule.scope != WITHOUT_FILES]
                found[key] = _verdict(node, {**rules, file.parent: counting}, roles)
        return found

    return snapshot.derive(("file verdicts", site.key, roles), judge)


def readable_files(snapshot: Snapshot, site: CompiledSite, roles: frozenset[str], page: str) -> tuple[WebFile, ...]:
    """The web files of a page that people with these roles may read, in order, without those that are not listed."""
    judged = file_verdicts(snapshot, site, roles)
    found = [
        file for file in site.web_files.values() if file.parent == page and not file.hidden and judged[file.key] is Verdict.OPEN
    ]
    return tuple(sorted(found, key=lambda file: (file.order, file.key)))


def readable_pages(snapshot: Snapshot, site: CompiledSite, roles: frozenset[str]) -> frozenset[str]:
    """The keys of the pages that people with these roles may read: what menus, tiles and breadcrumbs are trimmed to."""

    def trim() -> frozenset[str]:
        judged = verdicts(snapshot, site, roles)
        return frozenset(key for key, verdict in judged.items() if verdict is Verdict.OPEN)

    return snapshot.derive(("readable_pages", site.key, roles), trim)


def openable_pages(snapshot: Snapshot, site: CompiledSite, roles: frozenset[str]) -> frozenset[str]:
    """The keys of the pages that people with these roles may read at some time: what their dates say does not count."""
    rules = _rules_by_page(site)
    previews = _previews(site, roles)
    return frozenset(
        key
        for key, node in site.pages.items()
        if (previews or all(is_visible(site, above.page.state) for above in lineage(node)))
        and _verdict(node, rules, roles) is Verdict.OPEN
    )


def openable_files(snapshot: Snapshot, site: CompiledSite, roles: frozenset[str]) -> frozenset[str]:
    """The keys of the web files that people with these roles may read at some time."""
    rules, previews = _rules_by_page(site), _previews(site, roles)
    found = set()
    for key, file in site.web_files.items():
        node = site.pages.get(file.parent)
        if node is None or not (previews or all(is_visible(site, above.page.state) for above in lineage(node))):
            continue
        counting = [rule for rule in rules.get(file.parent, ()) if rule.scope != WITHOUT_FILES]
        there = previews or is_visible(site, file.state)
        if there and _verdict(node, {**rules, file.parent: counting}, roles) is Verdict.OPEN:
            found.add(key)
    return frozenset(found)


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


def _files_by_path(snapshot: Snapshot, site: CompiledSite) -> Mapping[str, WebFile]:
    def collect() -> dict[str, WebFile]:
        return {path.lower(): file for file in site.web_files.values() if (path := file_path(site, file))}

    return snapshot.derive(("web files", site.key), collect)


def _previews(site: CompiledSite, roles: frozenset[str]) -> bool:
    return any(site.roles[role].preview for role in roles & site.roles.keys())


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
