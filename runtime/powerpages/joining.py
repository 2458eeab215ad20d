"""An export taken into a site that is there: what is here stays as it is, and nobody here gets anything by it.

Web roles, rules, permissions and templates of the export have names of their own, so that nothing of it counts for a role of
this site and no page of this site shows a text of it. Pages are held against those at the same address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from metadata.model import Component, ComponentId, Page, PageAccessRule, Site, WebFile, WebRole, component_id
from runtime.dualwrite.source import APPROXIMATED, BY_HAND
from runtime.powerpages.report import Making

OWN_NAMES = (
    "page",
    "web_role",
    "page_access_rule",
    "entity_permission",
    "attribute_permission",
    "web_template",
    "page_template",
)
"""Kinds of which nothing of the export takes the name of something that is here."""
STAYS = "there is one of this name already, which stays as it is"
PAGE_STAYS = "there is a page at this address already, which stays; the copy of this one, if it can be said, is a web template"
RULE_OF_OTHER = "its page is one of this site, which stays as it is"
UNHELD = "nobody holds it here; say who does, or that everybody signed in or every stranger does"
HIDDEN = "what is above it there hides it, and here does not; it is a draft until somebody says who may see it"
SITE_STAYS = "the site is there already and stays as it is; languages are added to it"


@dataclass(frozen=True, slots=True)
class Joining:
    """What is here of a site and its installation, and which of it an earlier export brought."""

    site: str
    there: Mapping[ComponentId, Component]
    brought: frozenset[ComponentId] = frozenset()

    @property
    def reserved(self) -> set[tuple[str, str]]:
        """Kinds and keys, in small letters, that nothing of the export gets."""
        found = (name for name in self.there if name.kind in OWN_NAMES and name.site == self.site)
        return {(name.kind, name.key.lower()) for name in found if name.kind == "page" or name not in self.brought}

    def page_keys(self, making: Making) -> dict[str, str]:
        """By the ids of the export's pages, the keys of the pages at the same addresses here."""
        here = {_address(page): page.key for page in self.there.values() if isinstance(page, Page) and page.site == self.site}
        same: dict[str, str] = {}
        found: dict[str, str] = {}
        for name, page in making.made.items():
            if isinstance(page, Page):
                key = here.get(_address(replace(page, parent=same.get(page.parent, page.parent))))
                if key is not None:
                    same[page.key] = found[making.origin[name].id] = key
        return found

    def settle(self, making: Making) -> None:
        """Take out what is here, give the roles to nobody, and hide what only a page that stays would have hidden."""
        self._hide(making)
        for name, component in list(making.made.items()):
            if isinstance(component, PageAccessRule) and self._stays(component.page):
                _leave(making, name, RULE_OF_OTHER)
            elif isinstance(component, Site):
                self._add_languages(making, name, component)
            elif name in self.there:
                brought = name in self.brought and name.kind != "page"
                _leave(making, name, PAGE_STAYS if name.kind == "page" else STAYS, APPROXIMATED if brought else BY_HAND)
            elif isinstance(component, WebRole) and component.default:
                making.made[name] = replace(component, default="")
                _approximate(making, name, UNHELD)

    def _stays(self, page: str) -> bool:
        return ComponentId("page", page, self.site) in self.there

    def _hide(self, making: Making) -> None:
        """Pages and files below one that stays here, of which the export's own is hidden or restricted."""
        pages = {name.key: item for name, item in making.made.items() if isinstance(item, Page)}
        rules = (item for item in making.made.values() if isinstance(item, PageAccessRule))
        closed = {rule.page for rule in rules if rule.right == "restrict_read"}
        for key, page in pages.items():  # from the root down, as they were made
            if page.state != "published" or (page.parent in closed and self._stays(page.parent)):
                closed.add(key)
        for name, item in list(making.made.items()):
            if (
                isinstance(item, Page | WebFile)
                and item.parent in closed
                and self._stays(item.parent)
                and name not in self.there
            ):
                making.made[name] = replace(item, state="draft")
                _approximate(making, name, HIDDEN)

    def _add_languages(self, making: Making, name: ComponentId, made: Site) -> None:
        here = self.there.get(name)
        if not isinstance(here, Site):
            return
        more = tuple(tag for tag in made.languages if tag not in {*here.languages, here.default_language})
        if more:
            languages = here.languages or (here.default_language,)
            making.made[name] = replace(here, languages=(*languages, *more))
            _approximate(making, name, SITE_STAYS)
        else:
            _leave(making, name, SITE_STAYS, APPROXIMATED)


def _address(page: Page) -> tuple[str, str]:
    return (page.parent, page.partial_url.strip("/").lower() if page.parent else "")


def _leave(making: Making, name: ComponentId, why: str, verdict: str = BY_HAND) -> None:
    """Take a component out of what is made, and tell why."""
    del making.made[name]
    _tell(making, name, why, verdict, "")


def _approximate(making: Making, name: ComponentId, why: str) -> None:
    _tell(making, name, why, APPROXIMATED, str(name))


def _tell(making: Making, name: ComponentId, why: str, verdict: str, made: str) -> None:
    """Say of every record that became a component what is so instead."""
    making.outcomes[:] = [
        replace(found, verdict=verdict, made=made, reason="; ".join(filter(None, (found.reason, why))))
        if found.made == str(name)
        else found
        for found in making.outcomes
    ]


def brought_names(there: Mapping[ComponentId, Component], brought: frozenset[ComponentId]) -> frozenset[ComponentId]:
    """Which of what is here was brought, whether or not the store leaves out the name of the only site."""
    loose = {(name.kind, name.key) for name in brought}
    return frozenset(component_id(item) for name, item in there.items() if (name.kind, name.key) in loose)
