"""All uses of a site: pages, and the doors beside them."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.expressions.entities import KINDS, expression
from metadata.expressions.tree import names
from metadata.model.base import PRIVILEGES, Privilege
from metadata.snapshot import CompiledSite, Snapshot
from runtime.api.model import offer_of
from runtime.exposure.form_uses import lookup_uses
from runtime.exposure.outward import membership_uses
from runtime.exposure.page_uses import feed_uses, page_uses, template_uses
from runtime.exposure.uses import ROWS, Use, on_page

RIGHTS = "rights"
"""What permissions give wherever it may be met: a right that no page uses yet is one that the next page has."""
LINKED: tuple[Privilege, ...] = ("delete", "append", "append_to")


def site_uses(snapshot: Snapshot, site: CompiledSite) -> tuple[Use, ...]:
    """Every use, each once; made once per snapshot."""
    return snapshot.derive(("uses", site.key), lambda: tuple(dict.fromkeys(_all(snapshot, site))))


def _all(snapshot: Snapshot, site: CompiledSite) -> Iterator[Use]:
    yield from _rights(snapshot)
    for key, node in site.pages.items():
        yield from on_page(page_uses(snapshot, site, node), key)
    blocks = (one.web_template for one in site.model.blocks)
    for key in dict.fromkeys((site.model.header, site.model.footer, *blocks)):
        if key:
            yield from template_uses(snapshot, site, key)
    for model in site.lists.values():
        if model.feed:
            yield from feed_uses(snapshot, model)
    for form in snapshot.forms.values():
        yield from lookup_uses(snapshot, form)
    yield from _api(snapshot, site)
    yield from _shares(snapshot, site)
    yield from membership_uses(snapshot)


def _shares(snapshot: Snapshot, site: CompiledSite) -> Iterator[Use]:
    """What people may let whomever they like read, change and press, by a link."""
    for permission in site.permissions.values():
        surface = f"share:{permission.key}/{permission.share_days} days"
        for key in permission.share_read:
            yield Use(surface, permission.entity, key, permission=permission.key)
        for key in permission.share_write:
            yield Use(surface, permission.entity, key, "write", permission=permission.key)
        for shared in permission.share_actions:
            form = snapshot.forms.get(shared.form)
            for action in form.actions if form is not None and form.entity == permission.entity else ():
                for value in action.values if action.key == shared.action else ():
                    pressed = f"{surface}/press:{shared.form}/{shared.action}"
                    yield Use(pressed, permission.entity, value.attribute, "write", permission=permission.key)


def _rights(snapshot: Snapshot) -> Iterator[Use]:
    for entity in snapshot.entities.values():
        for key, attribute in entity.attributes.items():
            yield Use(RIGHTS, entity.key, key)
            if not attribute.system and not attribute.calculated:
                yield Use(RIGHTS, entity.key, key, "create")
                yield Use(RIGHTS, entity.key, key, "write")
            if attribute.calculated:
                yield from _worked_out(snapshot, entity.key, key)
        for action in PRIVILEGES:
            yield Use(RIGHTS, entity.key, ROWS, action)


def _worked_out(snapshot: Snapshot, entity: str, key: str) -> Iterator[Use]:
    """A formula tells its outcome to whoever may read it, and with it of the attributes that it is made of."""
    model = snapshot.entities[entity].attributes[key].model
    node = expression(snapshot, entity, model.formula, KINDS[model.type])
    for name in sorted(found.path for found in names(node)):
        if not name.startswith("@") and "." not in name:
            yield Use(f"formula:{name}", entity, key)


def _api(snapshot: Snapshot, site: CompiledSite) -> Iterator[Use]:
    for one in offer_of(snapshot, site).sets.values():
        surface = f"api:{one.name}"
        for item in one.properties.values():
            yield Use(surface, one.entity.key, item.attribute.key)
            if not item.attribute.system and not item.attribute.calculated:
                yield Use(surface, one.entity.key, item.attribute.key, "create")
                yield Use(surface, one.entity.key, item.attribute.key, "write")
        for action in LINKED:
            yield Use(surface, one.entity.key, ROWS, action)
        for way in one.navigations.values():
            yield Use(f"{surface}/{way.name}", way.entity, ROWS, needs=((one.entity.key, "read"),))
