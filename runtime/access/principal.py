"""Who acts: anonymous, a signed-in contact, or the system itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from metadata.snapshot import Snapshot
from runtime.access.sharing import BIND, Share

Standing = tuple[str, str, frozenset[str]] | tuple[str, str, frozenset[str], Share]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts in this request or batch. There is no default one.

    `roles` are web role keys of the site with the default roles included; `contact`, `account` and `company` are row ids.
    A `read_only` one is somebody whom another person looks through: every write is refused. `acting` is the account where it
    is another one than the contact's own: what is begun for one account is not gone on with for another. One with a `share` is
    whoever has opened a link of a contact's: it has what that contact has, narrowed to the rows and attributes of the link.

    Make one through `anonymous`, `signed_in` or `system`.
    """

    kind: Literal["anonymous", "contact", "system"]
    site: str = ""
    contact: int | None = None
    account: int | None = None
    company: int | None = None
    roles: frozenset[str] = frozenset()
    name: str = ""
    language: str = ""
    time_zone: str = "UTC"
    origin: str = "portal"
    read_only: bool = False
    acting: int | None = None
    share: Share | None = None
    share_link: int | None = None

    @classmethod
    def system(cls, origin: str) -> Principal:
        """The principal with every right: for sync, set-up and the command line, never for a request from outside."""
        return cls("system", origin=origin)

    @classmethod
    def anonymous(cls, snapshot: Snapshot, site: str, *, language: str = "") -> Principal:
        """Somebody who is not signed in: holds the site's anonymous-default role and nothing else, and lives by its clock."""
        roles = default_roles(snapshot, site, "anonymous")
        return cls("anonymous", site, roles=roles, language=language, time_zone=snapshot.sites[site].model.time_zone)

    @classmethod
    def signed_in(cls, snapshot: Snapshot, site: str, person: Person, granted: Iterable[str]) -> Principal:
        """A contact with the roles granted to it and the authenticated-default one; role names unknown here are dropped.

        So is a role that has become that of everybody who is not signed in: nobody can be given it, and who had it before
        goes without while it is. Where the contact has chosen no time zone it has that of the site.
        """
        known = frozenset(granted) & grantable_roles(snapshot, site)
        roles = known | default_roles(snapshot, site, "authenticated")
        return cls(
            "contact",
            site,
            person.contact,
            person.account,
            person.company,
            roles,
            person.name,
            person.language,
            person.time_zone or snapshot.sites[site].model.time_zone,
            acting=person.acting,
        )

    @property
    def standing(self) -> Standing:
        """All of the principal that the text of a statement may depend on."""
        if self.share is not None:
            return (self.kind, self.site, self.roles, self.share)
        return (self.kind, self.site, self.roles)

    @property
    def binds(self) -> Mapping[str, int | None]:
        """The values that predicates and filters refer to."""
        person = {"p_contact": self.contact, "p_account": self.account, "p_company": self.company}
        return person if self.share is None else {**person, BIND: self.share_link}

    def narrowed(self, share: Share, link: int) -> Principal:
        """What is left of this contact to whoever opens a link; of a link already, what both leave."""
        if self.kind != "contact":
            raise ValueError("only a contact shares")
        within = share if self.share is None else share.within(self.share)
        return replace(self, share=within, share_link=link, origin="share")

    def while_pressed(self, action: str, sets: frozenset[str]) -> Principal:
        """Whoever has opened a link, while an action is pressed that sets these attributes. Raises ValueError for one that the
        link does not let be pressed."""
        if self.share is None:
            raise ValueError(action)
        return replace(self, share=self.share.while_pressed(action, sets))

    @property
    def maker(self) -> Principal:
        """Of whoever has opened a link the contact who made it, with all that they have: for what the site's maker declared,
        never for what was sent."""
        return replace(self, share=None, share_link=None)


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a signed-in contact, from its row; `account` is the one that it acts for."""

    contact: int
    account: int | None = None
    company: int | None = None
    name: str = ""
    language: str = ""
    time_zone: str = ""
    acting: int | None = None


def default_roles(snapshot: Snapshot, site: str, default: str) -> frozenset[str]:
    """The roles of a site that everybody has who is `anonymous`, or who is `authenticated`."""
    return frozenset(key for key, role in snapshot.sites[site].roles.items() if role.default == default)


def grantable_roles(snapshot: Snapshot, site: str) -> frozenset[str]:
    """The roles of a site that a person may be given: those that nobody has without."""
    return frozenset(key for key, role in snapshot.sites[site].roles.items() if not role.default)
