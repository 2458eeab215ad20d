"""The symbolic walk: every (who, attribute, surface, scope) that the metadata of a site makes reachable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from metadata.snapshot import CompiledSite, Snapshot
from runtime.access import Grant, access_of
from runtime.exposure.arrivals import REGISTRATION, approving_roles, arrival_doors, asked_attributes, told_attributes
from runtime.exposure.outward import OUTSIDE, membership_doors, outside
from runtime.exposure.site_uses import site_uses
from runtime.exposure.standings import ANONYMOUS, SIGNED_IN, Who, pairs, singles
from runtime.exposure.uses import ROWS, Use
from runtime.exposure.wording import ALL, OWN, reaches_anyway, scope_text
from runtime.records.source import trace
from runtime.sitemap import openable_files, openable_pages

NONE = "-"
WHERE = " where "
Met = tuple[str, str]
"""An attribute with its entity, and how far the grant goes by which it is met."""


@dataclass(frozen=True, slots=True, order=True)
class Exposure:
    """Something that somebody can reach: an attribute (`entity.attribute`, or `entity.*` for whole rows), what may be done
    with it, on which surface, and how far. What is no attribute, such as a page, has `-` for attribute and scope.
    """

    who: str
    attribute: str
    action: str
    surface: str
    scope: str

    def __str__(self) -> str:
        return "  ".join((self.who, self.attribute, self.action, self.surface, self.scope))

    @property
    def nameless(self) -> tuple[str, str, str, str]:
        """The same without the person."""
        return (self.attribute, self.action, self.surface, self.scope)

    @property
    def widest(self) -> Exposure:
        """The same as far as it could go: all rows, under the maker's condition."""
        return replace(self, scope=f"{ALL}{WHERE}{self.scope.partition(WHERE)[2]}" if WHERE in self.scope else ALL)


def exposures(snapshot: Snapshot, site: CompiledSite) -> tuple[Exposure, ...]:
    """All exposures of a site, sorted. Of two roles together only what neither reaches alone, be it less far."""
    known: dict[str, frozenset[Exposure]] = {}
    for who in singles(snapshot, site):
        known[who.name] = frozenset(exposures_of(snapshot, site, who))
    found = set().union(*known.values())
    for both in pairs(snapshot, site):
        alone = {item.nameless for part in both.parts for item in known[part]}
        for item in exposures_of(snapshot, site, both):
            if item.nameless not in alone and item.widest.nameless not in alone:
                found.add(item)
    return tuple(sorted(found.union(_beside(snapshot, site))))


def _beside(snapshot: Snapshot, site: CompiledSite) -> Iterator[Exposure]:
    """What nobody has to ask for: what outside systems are told, what memberships give, and who may come in and as whom."""
    for surface in arrival_doors(site):
        yield Exposure(ANONYMOUS, NONE, "open", surface, NONE)
    for key in asked_attributes(site):
        yield Exposure(ANONYMOUS, f"contact.{key}", "create", REGISTRATION, OWN)
    for role in approving_roles(site):
        yield Exposure(role, NONE, "open", f"{REGISTRATION}/approval", NONE)
    for surface, key in told_attributes(site):
        yield Exposure(OUTSIDE, f"contact.{key}", "write", surface, OWN)
    for surface in membership_doors(snapshot, site):
        yield Exposure(SIGNED_IN, NONE, "open", surface, NONE)
    for who, uses in outside(site):
        yield from _exposures(_Walk(snapshot, site, who, frozenset(), own=False), uses)


def exposures_of(snapshot: Snapshot, site: CompiledSite, who: Who) -> Iterator[Exposure]:
    """What people of one standing reach."""
    walk = _Walk(snapshot, site, who, openable_pages(snapshot, site, who.standing[2]))
    for surface in sorted(walk.doors()):
        yield Exposure(who.name, NONE, "open", surface, NONE)
    yield from _exposures(walk, site_uses(snapshot, site))


def _exposures(walk: _Walk, uses: Iterable[Use]) -> Iterator[Exposure]:
    for use in uses:
        for attribute, scope in walk.met(use):
            way, _, _ = use.path.rpartition(".")
            surface = f"{use.surface}/{way}" if way else use.surface
            said = f"{scope}{WHERE}{use.where}" if use.where else scope
            yield Exposure(walk.who.name, attribute, use.action, surface, said)


@dataclass
class _Walk:
    snapshot: Snapshot
    site: CompiledSite
    who: Who
    pages: frozenset[str]
    own: bool = True
    """Whether it is about people, who have rows of their own; nothing else reaches a row by whose it is."""
    known: dict[tuple[str, str, str, str], tuple[Met, ...]] = field(default_factory=dict)

    def doors(self) -> Iterator[str]:
        """What is open or not as a whole: pages, web files, the studio's rooms, publishing states that may be set."""
        yield from (f"page:{key}" for key in self.pages)
        yield from (f"file:{key}" for key in openable_files(self.snapshot, self.site, self.who.standing[2]))
        held = self.who.standing[2]
        for role in (self.site.roles[key] for key in held & self.site.roles.keys()):
            yield from (f"studio:{right}" for right in role.studio)
            if role.queries:
                yield "queries"
        for rule in self.site.transitions:
            if held & set(rule.roles):
                yield f"transition:{rule.before}>{rule.after}"

    def met(self, use: Use) -> tuple[Met, ...]:
        """The attribute at the end of a use, once for each grant by which it is reached; nothing where it is not."""
        if use.page and use.page not in self.pages:
            return ()
        if not all(access_of(self.snapshot, self.who.standing, *need).allowed for need in use.needs):
            return ()
        key = (use.entity, use.path, use.action, use.permission)
        if key not in self.known:
            self.known[key] = tuple(dict.fromkeys(self._reached(*key)))
        return self.known[key]

    def _reached(self, entity: str, path: str, action: Any, permission: str) -> Iterator[Met]:
        standing = self.who.standing
        if permission:
            grants = access_of(self.snapshot, standing, entity, action).covering(path)
            yield from self._scopes(entity, path, tuple(grant for grant in grants if grant.permission == permission))
        elif path == ROWS:
            yield from self._scopes(entity, ROWS, access_of(self.snapshot, standing, entity, action).grants)
        elif action == "read":
            leaves = trace(self.snapshot, standing, entity, path)
            if leaves is not None:
                leaf, attribute = leaves[-1].entity.key, leaves[-1].attribute.key
                access = access_of(self.snapshot, standing, leaf, "read")
                yield from self._scopes(leaf, attribute, access.covering(attribute))
        else:
            access = access_of(self.snapshot, standing, entity, action)
            yield from self._scopes(entity, path, access.covering(path))

    def _scopes(self, entity: str, attribute: str, grants: tuple[Grant, ...]) -> Iterator[Met]:
        for grant in grants:
            if self.own or reaches_anyway(self.site, grant):
                yield f"{entity}.{attribute}", scope_text(self.site, grant)
