"""Another e-mail for a contact: wanted by the person, proved by the link that was sent to it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from sqlalchemy import Connection, update

from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.forms.parse import coerce
from runtime.identity import mailed, resets
from runtime.identity.logins import find_any_login, normal_email
from runtime.identity.tables import logins
from runtime.records.errors import Invalid
from runtime.records.hooks import Listeners
from runtime.records.people import Person, change_person, find_contacts_by_email, load_person

PURPOSE = "email"


class AddressTaken(Exception):
    """Somebody else has the e-mail, or it cannot be the contact's."""


def wanted_address(snapshot: Snapshot, text: str) -> str:
    """A typed e-mail; "" for what is none."""
    found = coerce(text.strip(), snapshot.entities["contact"].attributes["email"].model)
    return str(found) if found else ""


def is_free(connection: Connection, snapshot: Snapshot, contact: int, email: str) -> bool:
    """Whether no other contact has the e-mail, and nobody else signs in with it."""
    others = [person for person in find_contacts_by_email(connection, snapshot, email) if person.contact != contact]
    login = find_any_login(connection, email)
    return not others and (login is None or login == contact)


def ask_for_address(connection: Connection, snapshot: Snapshot, contact: int, email: str, lifetime: dt.timedelta) -> str | None:
    """A token for the link that is sent to the address; None where somebody else has it.

    Also then the address waits, with a token that goes to nobody: that none waits would tell that somebody has it.
    """
    token = mailed.issue(connection, PURPOSE, contact, lifetime, email)
    return token if is_free(connection, snapshot, contact, email) else None


def waiting_address(connection: Connection, contact: int) -> str:
    """The e-mail whose link a contact has still to open; "" for none."""
    return mailed.open_subject(connection, PURPOSE, contact)


def give_up_address(connection: Connection, contact: int) -> None:
    """Stay with the e-mail that is: the link that was sent works no longer."""
    mailed.use_up(connection, PURPOSE, contact)


def take_address(connection: Connection, snapshot: Snapshot, listeners: Listeners, token: str) -> tuple[Person, str] | None:
    """Give the contact of a token its new e-mail, also for signing in. The person as it was, and the new e-mail.

    Links for a new password that were sent to the old address work no longer. None for a token unknown, used or too old.
    Raises AddressTaken, which is for the caller to roll back.
    """
    found = mailed.take(connection, PURPOSE, token)
    person = found and load_person(connection, snapshot, found.contact)
    if not found or not person or not person.active:
        return None
    if not is_free(connection, snapshot, person.contact, found.subject):
        raise AddressTaken
    actor = replace(Principal.system("portal"), contact=person.contact, account=person.account)
    try:
        change_person(connection, snapshot, person.contact, {"email": found.subject}, actor, listeners)
    except Invalid as refused:
        raise AddressTaken from refused
    wanted = normal_email(found.subject)
    connection.execute(update(logins).where(logins.c.contact_id == person.contact).values(email=wanted))
    mailed.use_up(connection, resets.PURPOSE, person.contact)
    return person, found.subject
