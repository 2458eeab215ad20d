"""What nobody reaches: pages, lists and forms that no web role can use."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.model import Block, Form
from metadata.told import told
from runtime.access.grants import access_of
from runtime.checkup.findings import Finding, Ground
from runtime.failures import MARKERS
from runtime.sitemap import openable_pages


def pages_nobody_opens(ground: Ground) -> Iterator[Finding]:
    """Every page can be opened by somebody."""
    opened = frozenset[str]().union(*(openable_pages(ground.snapshot, ground.site, who.standing[2]) for who in ground.people))
    for key in sorted(ground.site.pages.keys() - opened):
        state = ground.site.pages[key].page.state
        mend = (
            told("Publish it, or take it out.")
            if state == "draft"
            else told("Give a page access rule above it a web role that people hold.")
        )
        yield Finding(
            "warning", "page", key, "", told("Nobody can open this page: no one web role passes all that restrict it."), mend
        )


def lists_without_permission(ground: Ground) -> Iterator[Finding]:
    """Somebody may read the rows of every list."""
    for key, found in sorted(ground.site.lists.items()):
        entities = {ground.snapshot.views[view].entity for view in found.views}
        for entity in sorted(entities):
            if not any(access_of(ground.snapshot, who.standing, entity, "read").allowed for who in ground.people):
                message = told("No web role may read {entity}, so the list is empty for everybody.", entity=entity)
                yield Finding(
                    "error",
                    "list",
                    key,
                    "views",
                    message,
                    told("Give a web role an entity permission with read on {entity}.", entity=entity),
                )


def forms_nobody_fills(ground: Ground) -> Iterator[Finding]:
    """Of every form on a page, somebody may write each field that is not locked."""
    for key, node in sorted(ground.site.pages.items()):
        for place, block in enumerate(node.page.blocks):
            if block.type in ("form", "profile") and block.form in ground.snapshot.forms:
                yield from _unfilled(ground, key, place, block)


def _unfilled(ground: Ground, page: str, place: int, block: Block) -> Iterator[Finding]:
    form = ground.snapshot.forms[block.form]
    if block.type == "form" and block.mode == "read":
        return
    privilege = "create" if block.mode == "insert" and block.type == "form" else "write"
    held = [access_of(ground.snapshot, who.standing, form.entity, privilege) for who in ground.people]  # type: ignore[arg-type]
    path = f"blocks.{place}"
    if not any(access.allowed for access in held):
        message = told(
            "No web role holds {privilege} on {entity}, so nobody can send the form {form}.",
            privilege=privilege,
            entity=form.entity,
            form=form.key,
        )
        yield Finding(
            "error",
            "page",
            page,
            path,
            message,
            told("Give a web role an entity permission with {privilege}.", privilege=privilege),
        )
        return
    written = frozenset[str]().union(*(access.attributes for access in held if access.allowed))
    for attribute in sorted(_asked(form) - written):
        message = told(
            "Nobody may {privilege} {entity}.{attribute}, which the form {form} asks for.",
            privilege=privilege,
            entity=form.entity,
            attribute=attribute,
            form=form.key,
        )
        yield Finding(
            "warning", "form", form.key, attribute, message, told("Open it by an attribute permission, or lock the field.")
        )


def _asked(form: Form) -> frozenset[str]:
    """The attributes that the fields of a form write."""
    return frozenset(
        field.attribute
        for tab in form.tabs
        for section in tab.sections
        for field in section.fields
        if field.attribute and not field.read_only and "." not in field.attribute
    )


def permissions_below_inactive_ones(ground: Ground) -> Iterator[Finding]:
    """No permission stands below one that is switched off, and so gives nothing."""
    known = ground.site.permissions
    for key, permission in sorted(known.items()):
        above, seen = permission, {key}
        while permission.active and above.scope == "parent" and above.parent in known and above.parent not in seen:
            above = known[above.parent]
            seen.add(above.key)
            if not above.active:
                message = told("It gives nothing, for the permission {parent} above it is switched off.", parent=above.key)
                mend = told("Switch {parent} on, switch this one off, or give it another parent.", parent=above.key)
                yield Finding("warning", "entity_permission", key, "parent", message, mend)
                break


def markers_of_hidden_pages(ground: Ground) -> Iterator[Finding]:
    """The page of every site marker is one that somebody opens; that of a failure, one that strangers open too."""
    opened = [openable_pages(ground.snapshot, ground.site, who.standing[2]) for who in ground.people]
    strangers = openable_pages(ground.snapshot, ground.site, ground.people[0].standing[2])
    for marker, page in sorted(ground.site.markers.items()):
        failing = marker in MARKERS.values()
        if page in strangers or (not failing and any(page in pages for pages in opened)):
            continue
        message = (
            told("People who are not signed in cannot open its page {page}, so they get the page of the theme.", page=page)
            if failing
            else told("Nobody can open its page {page}.", page=page)
        )
        mend = told("Publish the page, give its page access rule a web role, or name another page.")
        yield Finding("warning", "site_marker", marker, "page", message, mend)


RULES = (
    pages_nobody_opens,
    lists_without_permission,
    forms_nobody_fills,
    permissions_below_inactive_ones,
    markers_of_hidden_pages,
)
