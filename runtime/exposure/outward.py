"""What goes out by itself, and what gives roles by itself: webhooks that send rows away, memberships by which people act."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.model import FurtherAccounts, Webhook
from metadata.snapshot import CompiledSite, Snapshot
from runtime.exposure.standings import Who
from runtime.exposure.uses import ROWS, Use, filter_text
from runtime.jobs.webhooks import reader_of

OUTSIDE = "(outside)"
"""Whoever answers at the address of a webhook."""
MADE = "membership"


def outside(site: CompiledSite) -> Iterator[tuple[Who, tuple[Use, ...]]]:
    """Each outside system that is told of changes, with the standing in which rows are read for it, and what it is told."""
    for hook in site.webhooks.values():
        if hook.active:
            yield Who(OUTSIDE, reader_of(hook).standing), tuple(_told(hook))


def _told(hook: Webhook) -> Iterator[Use]:
    where = filter_text(hook.condition)
    for event in hook.events:
        surface = f"webhook:{event}>{hook.address}"
        if event == "deleted":
            yield Use(surface, hook.entity, "id", where=where)
            continue
        yield Use(surface, hook.entity, ROWS, where=where)
        for key in hook.attributes:
            yield Use(surface, hook.entity, key, where=where)


def membership_doors(snapshot: Snapshot, site: CompiledSite) -> Iterator[str]:
    """That people act for further accounts, and the web roles that a membership there gives them.

    Where nothing switches memberships off, or they give no roles of their own, that is told too: it is the wider way.
    """
    declared = snapshot.entities["contact"].model.further_accounts
    if declared is None:
        return
    surface = _surface(declared)
    yield surface
    if not declared.active:
        yield f"{surface}/never switched off"
    if not declared.role:
        yield f"{surface}/roles of the contact"
        return
    attribute = snapshot.entities[declared.entity].attributes[declared.role].model
    choice = snapshot.choices.get(attribute.choice)
    held = {one.value for one in choice.options} if choice is not None else set(site.roles)
    yield from (f"{surface}/role:{key}" for key, role in site.roles.items() if key in held and not role.default)


def membership_uses(snapshot: Snapshot) -> Iterator[Use]:
    """Who may make or change memberships, and with them let people act for accounts and have roles."""
    declared = snapshot.entities["contact"].model.further_accounts
    if declared is None:
        return
    surface = _surface(declared)
    if declared.relationship:
        yield Use(surface, "contact", ROWS, "append", needs=(("account", "append_to"),))
        return
    for key in filter(None, (declared.contact, declared.account, declared.role, declared.active)):
        yield Use(surface, declared.entity, key, "create")
        yield Use(surface, declared.entity, key, "write")


def _surface(declared: FurtherAccounts) -> str:
    """The surface, with where memberships lead from and to: another lookup makes other people act for other accounts."""
    if declared.relationship:
        return f"{MADE}:contact.{declared.relationship}"
    return f"{MADE}:{declared.entity}.{declared.contact}>{declared.account}"
