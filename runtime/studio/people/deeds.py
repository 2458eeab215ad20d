"""What is done about a person's signing in: each in one transaction with its line in the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, flash, request
from sqlalchemy import Connection

from runtime.errors import AccessDenied, BadRequest
from runtime.identity.external.logins import LastLogin
from runtime.identity.invitations import ContactNotReady, revoke_invitations
from runtime.identity.logins import clear_attempts, set_disabled
from runtime.identity.roles import UnknownRoles, grant_roles, require_roles, revoke_roles
from runtime.identity.second_factor import turn_off
from runtime.identity.sessions import revoke, revoke_all
from runtime.identity.standings import Standing, standings
from runtime.identity.tables import second_factors
from runtime.identity.telling import FACTOR_OFF, LOGIN_REMOVED, tell
from runtime.identity.views.offers import remove_login
from runtime.records.audit import record_act
from runtime.records.people import Person, load_person
from runtime.studio.desk import Desk
from runtime.studio.people.inviting import send_invitation
from runtime.studio.people.person import person_page
from runtime.studio.people.roster import member_of, people_desk, tends


@dataclass(frozen=True, slots=True)
class Case:
    """One deed: at whose desk, about whom, within which transaction."""

    desk: Desk
    person: Person
    standing: Standing
    connection: Connection

    @property
    def contact(self) -> int:
        """The contact's id."""
        return self.person.contact

    @property
    def site(self) -> str:
        """The key of the site."""
        return self.desk.context.site.key

    def note(self, act: str, **facts: object) -> None:
        """Write the deed into the audit trail."""
        record_act(self.connection, self.desk.context.principal, act, "contact", self.contact, facts)


class Refusal(Exception):
    """It is not done; carries the key of a text."""


def submit_person(contact: int) -> Response:
    """Do what the button says: 303 to the page of the person, 422 with the reason."""
    desk = people_desk()
    deed = DEEDS.get(request.form.get("do", ""))
    if deed is None:
        raise BadRequest
    member_of(desk, contact)
    try:
        with desk.context.lease.transaction() as connection:
            person = load_person(connection, desk.context.snapshot, contact)
            standing = standings(connection, desk.context.site, (contact,))[contact]
            if person is None or not tends(desk, standing.roles):
                raise AccessDenied
            said = deed(Case(desk, person, standing, connection))
    except Refusal as refusal:
        return person_page(desk, contact, refused=desk.say(str(refusal)), status=422)
    except (UnknownRoles, ContactNotReady):
        return person_page(desk, contact, refused=desk.say("studio.people_not_ready"), status=422)
    if deed in TOLD:
        tell(desk.context, contact, TOLD[deed])
    flash(desk.say(said), "good")
    return desk.go("people", str(contact))


def set_roles(case: Case) -> str:
    """Exactly the chosen roles, of those that who asks may give."""
    site = case.desk.context.site
    wanted = frozenset(request.form.getlist("role"))
    require_roles(site, wanted)
    given, taken = wanted - case.standing.roles, case.standing.roles - wanted
    if not tends(case.desk, given | taken):
        raise AccessDenied
    grant_roles(case.connection, case.contact, case.site, given)
    revoke_roles(case.connection, case.contact, case.site, taken)
    if given or taken:
        case.note("roles", given=sorted(given), taken=sorted(taken))
    return "studio.people_saved"


def send(case: Case) -> str:
    """A new invitation, in place of one that still works. It gives no roles: those are given on this page."""
    if case.standing.signs_in:
        raise Refusal("studio.people_signs_in")
    send_invitation(case.desk.context, case.person, ())
    return "studio.people_sent"


def withdraw(case: Case) -> str:
    """The invitation of a number no longer works."""
    if revoke_invitations(case.connection, case.contact, case.site, _number("invitation")):
        case.note("revoke")
    return "studio.people_withdrawn"


def end_session(case: Case) -> str:
    """One session ends, or all of them."""
    if request.form.get("session") == "all":
        revoke_all(case.connection, case.contact)
    else:
        revoke(case.connection, case.contact, _number("session"))
    case.note("sign_out")
    return "studio.people_ended"


def lock(case: Case) -> str:
    """The person may no longer sign in, and is signed out."""
    if case.contact == case.desk.context.principal.contact:
        raise Refusal("studio.people_not_oneself")
    if not set_disabled(case.connection, case.contact, disabled=True):
        raise Refusal("studio.people_no_login")
    revoke_invitations(case.connection, case.contact, case.site)
    case.note("lock")
    return "studio.people_now_locked"


def unlock(case: Case) -> str:
    """The person may sign in again, at once where wrong passwords or codes had locked them out."""
    set_disabled(case.connection, case.contact, disabled=False)
    clear_attempts(case.connection, case.contact)
    clear_attempts(case.connection, case.contact, second_factors)
    case.note("unlock")
    return "studio.people_unlocked"


def reset_factor(case: Case) -> str:
    """The second factor is taken away, as where a phone is lost, and all sessions end."""
    had = turn_off(case.connection, case.contact)
    revoke_all(case.connection, case.contact)
    case.note("second_factor", second_factor="reset" if had else "reset, where there was none")
    return "studio.people_factor_reset"


def unlink(case: Case) -> str:
    """A sign-in with a provider is taken from the person, unless it is the last way in."""
    try:
        if remove_login(case.desk.context, case.connection, case.contact, _number("login")):
            case.note("unlink")
    except LastLogin:
        raise Refusal("studio.people_last_login") from None
    return "studio.people_unlinked"


def _number(name: str) -> int:
    text = request.form.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadRequest
    return int(text)


TOLD = {reset_factor: FACTOR_OFF, unlink: LOGIN_REMOVED}
"""Of what a person is told by mail."""
DEEDS: dict[str, Callable[[Case], str]] = {
    "roles": set_roles,
    "invite": send,
    "withdraw": withdraw,
    "end": end_session,
    "lock": lock,
    "unlock": unlock,
    "factor": reset_factor,
    "unlink": unlink,
}
