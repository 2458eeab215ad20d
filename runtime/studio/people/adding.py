"""Inviting one person: as a line of a file, typed into a form. Where there is no contact with the e-mail one is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flask import Response, flash, request

from runtime.studio.desk import Desk
from runtime.studio.people.batch import LONGEST, REFUSALS, fault_of, invite_one
from runtime.studio.people.roster import label_of, people_desk, tends

TYPED = ("email", "name", "account")


def somebody() -> Response:
    """Ask who is to be invited."""
    return _page(people_desk(), dict.fromkeys(TYPED, ""))


def submit_somebody() -> Response:
    """Invite them, and lead to their page; what keeps that from being done is told, and what was typed stays."""
    desk = people_desk()
    given = {name: request.form.get(name, "").strip()[:LONGEST] for name in TYPED}
    given["roles"] = " ".join(request.form.getlist("role"))
    try:
        with desk.context.lease.transaction() as connection:
            invited = invite_one(desk, connection, given)
    except REFUSALS as error:
        return _page(desk, given, refused=desk.say(fault_of(error)))
    flash(desk.say("studio.batch_sent", count=1), "good")
    return desk.go("people", str(invited.contact))


def _roles(desk: Desk, chosen: str) -> Iterator[tuple[str, str, bool]]:
    """The roles that who asks may give: key, name, and whether it is chosen."""
    for role in sorted(desk.context.site.roles.values(), key=lambda role: role.key):
        if not role.default and tends(desk, frozenset((role.key,))):
            yield role.key, label_of(desk, role.key), role.key in chosen.split()


def _page(desk: Desk, given: Mapping[str, str], *, refused: str = "") -> Response:
    return desk.page(
        "somebody.html",
        title=desk.say("studio.people_add"),
        status=422 if refused else 200,
        given=given,
        roles=tuple(_roles(desk, given.get("roles", ""))),
        refused=refused,
    )
