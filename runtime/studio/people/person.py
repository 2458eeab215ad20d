"""One person's page: how they stand, what they may do, and everything that can be done about their signing in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Response

from runtime.errors import PageNotFound
from runtime.identity.external.logins import ExternalLogin, list_external
from runtime.identity.invitations import Issued, lacks_of, list_invitations
from runtime.identity.sessions import SessionEntry, list_sessions
from runtime.identity.settings import roles_with_second_factor
from runtime.identity.standings import Standing, standings
from runtime.records.people import Person, load_person
from runtime.records.roster import Member
from runtime.studio.desk import Desk
from runtime.studio.people.readiness import Step, readiness
from runtime.studio.people.roster import Mark, label_of, marks_of, member_of, people_desk, tends


@dataclass(frozen=True, slots=True)
class Role:
    """A web role in the list of those that can be given. `open` tells whether who asks may give or take it."""

    key: str
    label: str
    held: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that the page of a person tells."""

    member: Member
    person: Person
    standing: Standing
    marks: tuple[Mark, ...]
    steps: tuple[Step, ...]
    roles: tuple[Role, ...]
    invitations: tuple[Issued, ...]
    sessions: tuple[SessionEntry, ...]
    external: tuple[ExternalLogin, ...]
    invitable: bool
    open: bool
    own: bool


def show_person(contact: int) -> Response:
    """The page of a person."""
    desk = people_desk()
    return person_page(desk, contact)


def person_page(desk: Desk, contact: int, *, refused: str = "", status: int = 200) -> Response:
    """The page, with what was refused. Raises PageNotFound."""
    sheet = sheet_of(desk, contact)
    return desk.page(
        "person.html",
        title=sheet.member.name or sheet.member.email or desk.say("studio.people_unnamed"),
        status=status,
        sheet=sheet,
        refused=refused,
        url=desk.url("people", str(contact)),
    )


def sheet_of(desk: Desk, contact: int) -> Sheet:
    """What is known of a person within reach. Raises PageNotFound."""
    context, member = desk.context, member_of(desk, contact)
    connection, site = context.connection, context.site
    person = load_person(connection, context.snapshot, contact)
    if person is None:
        raise PageNotFound
    standing = standings(connection, site, (contact,))[contact]
    needing = roles_with_second_factor(context.snapshot, site)
    return Sheet(
        member,
        person,
        standing,
        tuple(marks_of(desk, member, standing, needing)),
        readiness(desk, person, standing),
        tuple(_roles(desk, standing)),
        list_invitations(connection, contact, site.key),
        list_sessions(connection, contact, site.key, context.session_id),
        list_external(connection, contact),
        not lacks_of(connection, context.snapshot, site, person),
        tends(desk, standing.roles),
        contact == context.principal.contact,
    )


def _roles(desk: Desk, standing: Standing) -> Iterator[Role]:
    site = desk.context.site
    found = [role for role in site.roles.values() if not role.default]
    for role in sorted(found, key=lambda role: (role.key not in standing.roles, role.key)):
        yield Role(role.key, label_of(desk, role.key), role.key in standing.roles, tends(desk, frozenset((role.key,))))
