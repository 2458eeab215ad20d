"""Edits of one line in metadata: those that let somebody reach more, told from the rules alone, and those that do not."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, replace

from metadata.compiler import assign_site
from metadata.model import (
    AttributePermission,
    AttributeRight,
    Block,
    ClaimMap,
    Entity,
    EntityPermission,
    Form,
    FurtherAccounts,
    IdentityProvider,
    Joining,
    ListComponent,
    ManyToMany,
    Page,
    PageAccessRule,
    RowAction,
    Site,
    View,
    ViewColumn,
    Webhook,
    WebRole,
    component_id,
)
from metadata.model.base import PRIVILEGES
from metadata.system import complete
from metadata.text import Text

ORDERED = frozenset(
    {"columns", "fields", "sections", "tabs", "roles", "privileges", "sort", "actions", "filters", "links", "keys"}
)
"""Properties in which the order of the parts says nothing about who reaches what."""


@dataclass(frozen=True)
class Edit:
    """Metadata before and after one line was changed."""

    what: str
    before: tuple
    after: tuple


class Facts:
    """What the rules say of some components, read off them one by one."""

    def __init__(self, components):
        self.components = complete(assign_site(components))
        self.entities = {item.key: item for item in self.of(Entity)}
        self.roles = [role.key for role in self.of(WebRole) if role.default != "anonymous"]
        self.everybody = [role.key for role in self.of(WebRole) if role.default == "authenticated"]
        self.permissions = {item.key: item for item in self.of(EntityPermission)}
        self.pages = {item.key: item for item in self.of(Page)}
        self.views = {item.key: item for item in self.of(View)}

    def of(self, model):
        return [item for item in self.components if isinstance(item, model)]

    def swapped(self, old, new):
        return tuple(new if component_id(item) == component_id(old) else item for item in self.components)

    def lineage(self, permission):
        chain = [permission]
        while chain[-1].scope == "parent":
            chain.append(self.permissions[chain[-1].parent])
        return chain

    def counts(self, permission, role):
        return all(link.active and role in link.roles for link in self.lineage(permission))

    def held(self, role, entity, privilege, but=""):
        """The permissions that give a role a privilege."""
        return [
            item
            for item in self.permissions.values()
            if item.key != but
            and item.entity == entity
            and privilege in item.privileges
            and any(self.counts(item, one) for one in (role, *self.everybody))
        ]

    def free(self, role, entity, privilege, but=""):
        """Nobody has given the role anything there."""
        return not self.held(role, entity, privilege, but)

    def narrow(self, role, entity, privilege, but=""):
        """The role does not reach all rows."""
        return all(item.scope != "global" for item in self.held(role, entity, privilege, but))

    def opened(self, page, role):
        """Whether a role opens a page: none of the restrictions on the way up leaves it out."""
        while page is not None:
            rules = [rule for rule in self.of(PageAccessRule) if rule.page == page.key and rule.active]
            if page.state != "published" or (rules and not any({role, *self.everybody} & set(rule.roles) for rule in rules)):
                return False
            page = self.pages.get(page.parent)
        return True

    def reads(self, role, entity, key):
        applying = [item for item in self.of(AttributePermission) if item.entity == entity and role in item.roles]
        rights = [
            right.read if (right := next((r for r in item.attributes if r.attribute == key), None)) else "read" in item.others
            for item in applying
        ]
        return bool(self.held(role, entity, "read")) and (not applying or any(rights))

    def showing(self, lists):
        """The roles before which some page with one of these lists opens."""
        pages = [page for page in self.pages.values() if any(block.list in lists for block in page.blocks)]
        return [role for role in self.roles if any(self.opened(page, role) for page in pages)]


def widenings(components) -> Iterator[Edit]:
    """Every edit here lets somebody reach what nobody had signed off."""
    facts = Facts(components)
    for make in (_permissions, _new_permissions, _attributes, _pages, _views, _forms, _roles, _outward, _arrivals, _classes):
        for what, before, after in make(facts):
            yield Edit(what, before, after)


def _permissions(facts):
    base = facts.components
    for item in facts.permissions.values():
        for role in facts.roles:
            above = facts.lineage(item)[1:]
            fresh = [p for p in item.privileges if facts.free(role, item.entity, p)]
            if role not in item.roles and fresh and all(role in link.roles and link.active for link in above):
                yield f"role {role} on {item.key}", base, facts.swapped(item, replace(item, roles=(*item.roles, role)))
        counting = [role for role in item.roles if role in facts.roles and facts.counts(item, role)]
        for privilege in PRIVILEGES:
            if privilege not in item.privileges and any(facts.free(role, item.entity, privilege) for role in counting):
                yield (
                    f"{privilege} on {item.key}",
                    base,
                    facts.swapped(item, replace(item, privileges=(*item.privileges, privilege))),
                )
        if any(facts.narrow(role, item.entity, p) for role in counting for p in item.privileges):
            wide = replace(item, scope="global", via="", parent="", relationship="", subsidiaries=False)
            yield f"{item.key} global", base, facts.swapped(item, wide)
            if item.scope == "account" and not item.subsidiaries:
                yield f"{item.key} with subsidiaries", base, facts.swapped(item, replace(item, subsidiaries=True))
            lookups = [a.key for a in facts.entities[item.entity].attributes if a.target == item.scope] if item.via else []
            for other in lookups:
                if other != item.via:
                    yield f"{item.key} via {other}", base, facts.swapped(item, replace(item, via=other))
        if any(facts.free(role, item.entity, p, but=item.key) for role in counting for p in item.privileges):
            yield f"{item.key} made active", facts.swapped(item, replace(item, active=False)), base


def _new_permissions(facts):
    for entity in facts.entities:
        for role in facts.roles:
            for privilege in PRIVILEGES:
                if facts.free(role, entity, privilege):
                    added = EntityPermission(
                        key=f"x-{entity}", site="", entity=entity, scope="global", privileges=(privilege,), roles=(role,)
                    )
                    added = replace(added, site=next(iter(facts.permissions.values())).site)
                    yield f"new: {role} {privilege} {entity}", facts.components, (*facts.components, added)


def _attributes(facts):
    site = next(iter(facts.permissions.values())).site
    for entity in facts.entities.values():
        for attribute in entity.attributes:
            for role in facts.roles:
                if attribute.formula or not facts.reads(role, entity.key, attribute.key):
                    continue
                if any(item.entity == entity.key and role in item.roles for item in facts.of(AttributePermission)):
                    continue
                shut = AttributePermission(
                    key="shut",
                    site=site,
                    entity=entity.key,
                    roles=(role,),
                    others=("read", "create", "update"),
                    attributes=(AttributeRight(attribute=attribute.key),),
                )
                opened = replace(shut, attributes=(AttributeRight(attribute=attribute.key, read=True),))
                yield f"{role} reads {entity.key}.{attribute.key}", (*facts.components, shut), (*facts.components, opened)


LOOSER = (
    ("internal", ""),
    ("internal", "public"),
    ("confidential", "internal"),
    ("confidential", "personal"),
    ("personal", "confidential"),
    ("personal", ""),
)
"""Classes of which the second promises less, or something else, of values than the first."""


def _classes(facts):
    for entity in facts.entities.values():
        for attribute in (item for item in entity.attributes if not item.formula):
            for before, after in LOOSER:
                was, now = (_with_class(entity, attribute.key, classed) for classed in (before, after))
                what = f"{entity.key}.{attribute.key} {after or 'unclassed'} instead of {before}"
                yield what, facts.swapped(entity, was), facts.swapped(entity, now)


def _with_class(entity, key, classed):
    attributes = (replace(one, classification=classed) if one.key == key else one for one in entity.attributes)
    return replace(entity, attributes=tuple(attributes))


def _pages(facts):
    base = facts.components
    for page in (item for item in facts.pages.values() if item.state == "published"):
        yield f"{page.key} published", facts.swapped(page, replace(page, state="draft")), base
    for rule in facts.of(PageAccessRule):
        shut_out = [role for role in facts.roles if not facts.opened(facts.pages[rule.page], role)]
        above = facts.pages.get(facts.pages[rule.page].parent)
        for role in shut_out:
            if rule.active and (above is None or facts.opened(above, role)):
                yield f"{rule.page} for {role}", base, facts.swapped(rule, replace(rule, roles=(*rule.roles, role)))
        if shut_out and (above is None or any(facts.opened(above, role) for role in shut_out)):
            yield f"{rule.key} inactive", base, facts.swapped(rule, replace(rule, active=False))
    for page in facts.pages.values():
        for model in facts.of(ListComponent):
            entity = facts.views[model.views[0]].entity
            readers = [role for role in facts.roles if facts.held(role, entity, "read") and facts.opened(page, role)]
            if readers and not any(block.list == model.key for block in page.blocks):
                block = Block(type="list", list=model.key)
                yield f"{model.key} on {page.key}", base, facts.swapped(page, replace(page, blocks=(*page.blocks, block)))


def _views(facts):
    base = facts.components
    for model in facts.of(ListComponent):
        views = [facts.views[key] for key in model.views]
        entity = facts.entities[views[0].entity]
        near = facts.showing({model.key})
        readers = [role for role in near if facts.held(role, entity.key, "read")]
        if not readers:
            continue
        for view in views:
            for attribute in entity.attributes:
                columns = {path for column in view.columns for path in (column.attribute, column.second)}
                if attribute.key not in columns and any(facts.reads(role, entity.key, attribute.key) for role in readers):
                    added = (*view.columns, ViewColumn(attribute=attribute.key))
                    yield f"{attribute.key} in {view.key}", base, facts.swapped(view, replace(view, columns=added))
            if view.filter is not None:
                yield f"{view.key} without filter", base, facts.swapped(view, replace(view, filter=None))
        for name in ("export", "feed"):
            if not getattr(model, name):
                yield f"{name} of {model.key}", base, facts.swapped(model, replace(model, **{name: True}))
        if any(facts.held(role, entity.key, "delete") for role in near) and all(a.type != "delete" for a in model.actions):
            actions = (*model.actions, RowAction(type="delete"))
            yield f"delete in {model.key}", base, facts.swapped(model, replace(model, actions=actions))


def _forms(facts):
    base = facts.components
    for page in facts.pages.values():
        for block in page.blocks:
            form = next((item for item in facts.of(Form) if item.key == block.form), None)
            if form is None or block.type != "form" or block.mode != "read" or not form.tabs or not form.tabs[0].sections:
                continue
            there = {date for _, date in form.progress.dates} if form.progress else set()
            there |= {a.currency for a in facts.entities[form.entity].attributes}
            there |= {f.attribute for tab in form.tabs for s in tab.sections for f in s.fields} | {
                f.attribute for f in form.summary
            }
            section = next((s for s in form.tabs[0].sections if s.fields), None)
            for attribute in facts.entities[form.entity].attributes if section else ():
                readers = [r for r in facts.roles if facts.reads(r, form.entity, attribute.key) and facts.opened(page, r)]
                if attribute.key in there or attribute.key == form.status or not readers:
                    continue
                fields = (*section.fields, replace(section.fields[0], attribute=attribute.key, view="", label=Text()))
                sections = tuple(replace(s, fields=fields) if s is section else s for s in form.tabs[0].sections)
                tabs = (replace(form.tabs[0], sections=sections), *form.tabs[1:])
                yield f"{attribute.key} in {form.key}", base, facts.swapped(form, replace(form, tabs=tabs))


def _roles(facts):
    for role in facts.of(WebRole):
        for right in ("data", "security", "publish"):
            if right not in role.studio:
                studio = (*role.studio, right)
                yield f"{role.key} in the studio", facts.components, facts.swapped(role, replace(role, studio=studio))
        if not role.queries:
            yield f"{role.key} sees queries", facts.components, facts.swapped(role, replace(role, queries=True))
        if not role.default and any(role.key in item.roles for item in facts.permissions.values()):
            everybody = replace(role, default="authenticated")
            yield f"{role.key} for everybody", facts.components, facts.swapped(role, everybody)


def _outward(facts):
    """What a webhook sends away, and what memberships give."""
    site = next(iter(facts.permissions.values())).site
    for entity in facts.entities.values():
        tellers = [role for role in facts.roles if any(p.scope == "global" for p in facts.held(role, entity.key, "read"))]
        for role in tellers:
            plain = {"site": site, "entity": entity.key, "roles": (role,), "secret": "${SECRET}"}
            hook = Webhook(key="told", address="https://a.example", **plain)
            yield f"{entity.key} is told in the name of {role}", facts.components, (*facts.components, hook)
            elsewhere = replace(hook, address="https://b.example")
            yield f"{entity.key} is told to another", (*facts.components, hook), (*facts.components, elsewhere)
            for attribute in entity.attributes:
                more = replace(hook, attributes=(attribute.key,))
                if facts.reads(role, entity.key, attribute.key):
                    yield f"{entity.key}.{attribute.key} is told", (*facts.components, hook), (*facts.components, more)
    contact = facts.entities["contact"]
    linked = replace(contact, many_to_many=(*contact.many_to_many, ManyToMany(key="further", target="account")))
    acting = replace(linked, further_accounts=FurtherAccounts(relationship="further"))
    yield "people act for further accounts", facts.swapped(contact, linked), facts.swapped(contact, acting)


def _arrivals(facts):
    """Who may come in, and what that gives: by registration, or by the word of another provider."""
    (site,) = facts.of(Site)
    asked = replace(site, registration="request", joining=Joining(approvers=tuple(facts.roles[:1])))
    given = [(role, replace(asked.joining, roles=(role,))) for role in facts.roles]
    ways = [("people ask for access", site, asked), ("people register", asked, replace(asked, registration="open"))]
    ways += [(f"registration gives {role}", asked, replace(asked, joining=joining)) for role, joining in given]
    ways += [
        (f"{role} approves", asked, replace(asked, joining=replace(asked.joining, approvers=(role,))))
        for role in facts.roles[1:]
    ]
    by_code = replace(asked.joining, account="code", account_attribute="number")
    ways.append(("registration gives an account", asked, replace(asked, joining=by_code)))
    for what, before, after in ways:
        yield what, facts.swapped(site, before), facts.swapped(site, after)
    plain = IdentityProvider(key="town", site=site.key, label=Text.of("Town"), issuer="https://town.example", client_id="us")
    yield "a provider's word is taken", facts.components, (*facts.components, plain)
    for name, value in (("match", "email"), ("second_factor", True), ("issuer", "https://other.example")):
        more = replace(plain, **{name: value})
        yield f"a provider's {name}", (*facts.components, plain), (*facts.components, more)
    told = replace(plain, claims=(ClaimMap(claim="name", attribute="full_name"),))
    yield "a provider writes", (*facts.components, plain), (*facts.components, told)


def harmless(components) -> Iterator[Edit]:
    """Every edit here changes a text or an order, and nothing that anybody reaches."""
    facts = Facts(components)
    for item in facts.components:
        if isinstance(item, Entity):
            continue
        for what, changed in _changed(item, component_id(item).kind):
            yield Edit(f"{item.key}: {what}", facts.components, facts.swapped(item, changed))


def _changed(part, path):
    for field in dataclasses.fields(part):
        value, name = getattr(part, field.name), f"{path}.{field.name}"
        if isinstance(value, Text):
            yield name, replace(part, **{field.name: Text.of("Other words")})
        elif field.name == "page_size":
            yield name, replace(part, **{field.name: value + 1})
        elif field.name == "hidden" and path == "page":
            yield name, replace(part, **{field.name: not value})
        elif isinstance(value, tuple):
            if field.name in ORDERED and len(value) > 1:
                yield f"{name} turned", replace(part, **{field.name: value[::-1]})
            for index, inner in enumerate(value):
                if dataclasses.is_dataclass(inner):
                    for what, changed in _changed(inner, f"{name}.{index}"):
                        yield what, replace(part, **{field.name: (*value[:index], changed, *value[index + 1 :])})
        elif dataclasses.is_dataclass(value) and value is not None:
            for what, changed in _changed(value, name):
                yield what, replace(part, **{field.name: changed})
