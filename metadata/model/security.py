"""Components that say who may do what."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.model.base import COMPONENT_KEY, PRIVILEGES, prop
from metadata.text import Text

SCOPES = ("global", "contact", "account", "self", "parent")
STUDIO_RIGHTS = (
    "data",
    "design",
    "content",
    "security",
    "sync",
    "settings",
    "publish",
    "view_as",
    "people",
    "audit",
    "exchange",
    "operate",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRole:
    """A role of portal people. Kind `web_role`."""

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    label: Text = prop(Text(), "Name that people read.")
    default: str = prop(
        "",
        "Held by everybody who is signed in, or by everybody who is not.",
        choices=("", "anonymous", "authenticated"),
    )
    preview: bool = prop(False, "Sees drafts.")
    queries: bool = prop(False, "Sees the effective queries of web templates, under the components that ask them.")
    studio: tuple[str, ...] = prop(
        (),
        "What it may work on in the studio: entities and choices (data), lists, forms and templates (design), pages, menus and "
        "texts (content), roles and permissions (security), connections and table maps (sync), the site itself (settings); "
        "whether it may release what it may work on (publish), and whether it may see the site, drafts included, as any "
        "contact or role does (view_as); look after people's sign-ins, invitations and roles (people), read the audit trail "
        "(audit), take the whole site out as files and bring files in (exchange), watch and mend synchronisation, which shows "
        "rows of every customer (operate). Nobody may enter without one of them.",
        choices=STUDIO_RIGHTS,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedAction:
    """An action of a form that may be shared by a link."""

    form: str = prop(help="Form of the entity.", ref="form")
    action: str = prop(help="Key of one of that form's actions.")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityPermission:
    """A grant of privileges on the rows of an entity that lie within a scope. Kind `entity_permission`.

    `via` is the lookup that leads to the person (scope contact: a lookup to contact) or the customer (scope account: a
    lookup to account); on the entity itself being contact or account it may be empty. Scope parent needs `parent`, a
    permission on the entity that `relationship` leads to: a lookup attribute of this entity, or a 1:N or N:N
    relationship (rows of the parent's entity that point here, or are linked with it).
    """

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    label: Text = prop(Text(), "Name that people read.")
    entity: str = prop(help="Entity.", ref="entity")
    scope: str = prop(help="Which rows.", choices=SCOPES)
    via: str = prop("", "Lookup attribute that leads to contact or account.", attribute="self")
    relationship: str = prop("", "Lookup attribute, 1:N or N:N relationship that leads to the parent's entity.")
    parent: str = prop("", "Permission that reaches the parent rows.", ref="entity_permission")
    subsidiaries: bool = prop(False, "Scope account: also rows of accounts below the person's account.")
    privileges: tuple[str, ...] = prop(help="What may be done.", choices=PRIVILEGES)
    roles: tuple[str, ...] = prop((), "Web roles that have it.", ref="web_role")
    share_read: tuple[str, ...] = prop(
        (),
        "Attributes that its holders may let others read by a link to rows within the scope; none for no links.",
        attribute="self",
    )
    share_write: tuple[str, ...] = prop(
        (), "Those of them that its holders may also let others change by such a link.", attribute="self"
    )
    share_actions: tuple[SharedAction, ...] = prop(
        (),
        "Actions of forms that its holders may let others press by such a link: those that write declared values and do "
        "nothing else, on conditions over what is in share_read.",
    )
    share_days: int = prop(14, "For how many days such a link may hold.", min=1, max=365)
    active: bool = prop(True, "An inactive permission grants nothing, and neither do its children.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeRight:
    """Rights on one attribute."""

    attribute: str = prop(help="Attribute.", attribute="self")
    read: bool = prop(False, "May be read.")
    create: bool = prop(False, "May be given on a new row.")
    update: bool = prop(False, "May be changed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributePermission:
    """What roles may do with single attributes of an entity, within their entity permissions. Kind `attribute_permission`.

    An entity without any attribute permission for any of the person's roles has all its attributes open. With some, an
    attribute may be used where one of them allows it; attributes that a permission does not list take its `others`.
    """

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    entity: str = prop(help="Entity.", ref="entity")
    roles: tuple[str, ...] = prop((), "Web roles.", ref="web_role")
    others: tuple[str, ...] = prop((), "Rights on attributes that are not listed.", choices=("read", "create", "update"))
    attributes: tuple[AttributeRight, ...] = prop((), "Attributes with rights of their own.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureLock:
    """What somebody has signed off that people reach. Kind `exposure_lock`.

    A site that has one is not released as long as its metadata make anything reachable that is not in it.
    """

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    active: bool = prop(True, "An inactive one holds nothing back.")
    lines: str = prop("", "One line for each role, attribute, action, surface and scope, as `foyer exposure` writes them.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One thing that a person may do, or may not."""

    entity: str = prop(help="Entity.", ref="entity")
    record: str = prop("", "Primary name, alternate key or id of the record; any record where missing.")
    action: str = prop("read", "What is done with it.", choices=PRIVILEGES)
    attribute: str = prop("", "Attribute with which it is done; any where missing.")
    allowed: bool = prop(True, "Whether it may be done.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionTest:
    """What a person sees and may do, and what not, by name. Kind `permission_test`.

    It is asked of the rows that are there whenever a release is made, which is refused where an answer is another one. What
    is about a person or a record that is not there is left out.
    """

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    label: Text = prop(Text(), "Why it is so, in a sentence.")
    who: str = prop(help="E-mail of the contact, `anonymous`, or `signed-in` for somebody with `roles` and no rows.")
    account: str = prop("", "Number or name of the account that the contact acts for; their own where missing.")
    roles: tuple[str, ...] = prop(
        (), "Web roles that the person is taken to have; those that were given where missing.", ref="web_role"
    )
    expects: tuple[Expectation, ...] = prop(help="What is expected, in order.")
    active: bool = prop(True, "An inactive one is not asked.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAccessRule:
    """Who may read, or edit, a page and everything below it. Kind `page_access_rule`."""

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    page: str = prop(help="Page at the top of the branch.", ref="page")
    right: str = prop("restrict_read", "What the roles may do.", choices=("restrict_read", "grant_change"))
    roles: tuple[str, ...] = prop((), "Web roles.", ref="web_role")
    scope: str = prop(
        "all",
        "Whether it counts for the web files of that page too; for what is below the pages below it always does.",
        choices=("all", "exclude_files"),
    )
    state: str = prop("", "Only for pages in this publishing state.")
    active: bool = prop(True, "An inactive rule does nothing.")
