"""Who may work on what: the rights that web roles grant in the studio, over kinds of components and sites."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.model import KINDS, ComponentId
from runtime.access import Principal
from runtime.context import RequestContext
from runtime.errors import AccessDenied, SignInNeeded

PUBLISH = "publish"
VIEW_AS = "view_as"
PEOPLE = "people"
AUDIT = "audit"
EXCHANGE = "exchange"
OPERATE = "operate"
OTHERS = "settings"
ADOPTING = ("connection", "table_map", "entity", "choice", "view", "form")
OF_PAGES = ("list", "page", "web_link_set")
SCREENS = ("view", "form", *OF_PAGES)
"""What comes of tables that are adopted, and what comes of them besides where the site gets pages for them; and
what is made of an entity to begin with."""
RIGHT_OF_KIND = {
    kind: right
    for right, kinds in {
        "data": ("language", "choice", "entity"),
        "design": ("view", "list", "chart", "form", "multistep_form", "search", "web_template", "style_sheet", "page_template"),
        "content": ("page", "web_file", "site_marker", "snippet", "web_link_set", "redirect"),
        "security": (
            "web_role",
            "entity_permission",
            "attribute_permission",
            "page_access_rule",
            "exposure_lock",
            "permission_test",
            "identity_provider",
        ),
        "sync": ("connection", "table_map", "webhook", "sync_alert"),
        "settings": ("site", "api_entity", "site_setting", "publishing_state", "transition_rule"),
    }.items()
    for kind in kinds
}
"""A kind that is not named here belongs to the settings."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a person may do in the studio: rights on kinds, in one site and in the installation that it stands on."""

    site: str
    rights: frozenset[str]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that may be worked on."""
        return tuple(kind for kind in KINDS if right_of(kind) in self.rights)

    @property
    def publishes(self) -> bool:
        """May what is within reach be released?"""
        return PUBLISH in self.rights

    @property
    def views_as(self) -> bool:
        """May the site be looked at through the eyes of any contact or role?"""
        return VIEW_AS in self.rights

    @property
    def bisects(self) -> bool:
        """May earlier releases be looked at? They may have granted more than is granted now; who publishes could bring them
        back anyway."""
        return self.views_as and self.publishes

    def has(self, right: str) -> bool:
        """Is this one of the rights?"""
        return right in self.rights

    @property
    def checks(self) -> bool:
        """May the site's health be read? By whoever may work on any of its components."""
        return bool(self.kinds)

    @property
    def operates(self) -> bool:
        """May synchronisation be watched and mended?"""
        return OPERATE in self.rights

    def covers(self, component: ComponentId) -> bool:
        """May this component be worked on? Those of another site may not."""
        if right_of(component.kind) not in self.rights:
            return False
        site = component.key if component.kind == "site" else component.site
        return site in ("", self.site)


def right_of(kind: str) -> str:
    """The right that a kind needs."""
    return RIGHT_OF_KIND.get(kind, OTHERS)


def reach_of(context: RequestContext) -> Reach:
    """What the person of a request may do. Raises SignInNeeded for nobody, AccessDenied for somebody without any right."""
    if not context.signed_in:
        raise SignInNeeded
    roles = [context.site.roles[key] for key in context.principal.roles]
    reach = Reach(context.site.key, frozenset(right for role in roles for right in role.studio))
    if not reach.kinds and not reach.rights & {PEOPLE, AUDIT, OPERATE}:
        raise AccessDenied
    return reach


def author_of(principal: Principal) -> str:
    """How a person is named in the history."""
    return f"{principal.name or 'contact'} ({principal.contact})"
