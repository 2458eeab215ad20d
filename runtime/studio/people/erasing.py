"""A person erased: a look at what goes, what stays and why, and the deed, of which there is no undoing."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, flash, request

from runtime.erasing import KEPT_FOR_ONESELF, SIGN_IN, Erasure, erase, plan_erasure
from runtime.errors import AccessDenied
from runtime.identity.standings import standings
from runtime.identity.tables import invitations, redemptions
from runtime.records.errors import Conflict, Denied, Missing
from runtime.records.joining import Reference
from runtime.refused import keep_denied
from runtime.studio.desk import Desk
from runtime.studio.people.roster import member_of, people_desk, tends

CONTACT = "contact"
OF_SIGN_IN = frozenset(table.name for table in (*SIGN_IN, invitations, redemptions))
OF_ONESELF = frozenset(table.name for table in KEPT_FOR_ONESELF)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the page tells of an erasure: labels of attributes, and numbers of rows."""

    erasure: Erasure
    emptied: tuple[str, ...]
    kept: tuple[str, ...]
    sign_in: int
    own: int
    other: int
    naming: tuple[tuple[str, Reference], ...]


def erasing(contact: int) -> Response:
    """What erasing the person would do."""
    desk = people_desk()
    return _page(desk, contact)


def submit_erasing(contact: int) -> Response:
    """Erase: 303 to what is left of the person; 422 with the reason where it is refused or was not confirmed."""
    desk = people_desk()
    context = desk.context
    member_of(desk, contact)
    if request.form.get("sure") != "yes":
        return _page(desk, contact, refused=desk.say("studio.erase_unsure"))
    try:
        with context.lease.transaction() as connection:
            if not _open(desk, contact):
                raise AccessDenied
            erase(connection, context.snapshot, context.principal, contact, listeners=context.services.listeners)
    except Denied as error:
        keep_denied(context, error)
        return _page(desk, contact, refused=desk.say("studio.erase_may_not", what=error.attribute or CONTACT))
    except (Conflict, Missing):
        return _page(desk, contact, refused=desk.say("studio.erase_changed"))
    flash(desk.say("studio.erased"), "good")
    return desk.go("people", str(contact))


def _open(desk: Desk, contact: int) -> bool:
    """Nobody erases themselves, nor who has rights in the studio that they do not hold."""
    held = standings(desk.context.connection, desk.context.site, (contact,))[contact]
    return contact != desk.context.principal.contact and tends(desk, held.roles)


def _page(desk: Desk, contact: int, *, refused: str = "") -> Response:
    member, context = member_of(desk, contact), desk.context
    return desk.page(
        "erase.html",
        title=desk.say("studio.erase"),
        status=422 if refused else 200,
        member=member,
        plan=_plan(desk, plan_erasure(context.connection, context.snapshot, contact)),
        open=_open(desk, contact),
        refused=refused,
        url=desk.url("people", str(contact), "erase"),
    )


def _plan(desk: Desk, erasure: Erasure) -> Plan:
    counts = {str(table): count for table, count in erasure.removed.items()}
    sign_in = sum(count for table, count in counts.items() if table in OF_SIGN_IN)
    own = sum(count for table, count in counts.items() if table in OF_ONESELF)
    return Plan(
        erasure,
        tuple(_attribute(desk, key) for key in erasure.blanks.emptied),
        tuple(_attribute(desk, key) for key in erasure.blanks.kept),
        sign_in,
        own,
        erasure.rows - sign_in - own,
        tuple((_label(desk, one.entity), one) for one in erasure.naming),
    )


def _label(desk: Desk, entity: str) -> str:
    label = desk.context.snapshot.entities[entity].model.label
    return label.in_language(desk.context.language, desk.context.site.model.default_language) or entity


def _attribute(desk: Desk, key: str) -> str:
    label = desk.context.snapshot.entities[CONTACT].attributes[key].model.label
    return label.in_language(desk.context.language, desk.context.site.model.default_language) or key
