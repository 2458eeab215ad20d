"""Sign-ins for the demo's people: the cast with their roles, and everybody else who has an e-mail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from metadata.snapshot import Snapshot
from runtime.demo.cast import CAST, OTHERS_ROLES, PASSWORD
from runtime.identity.logins import normal_email
from runtime.identity.passwords import Passwords
from runtime.identity.sessions import utc_now
from runtime.identity.tables import contact_roles, logins
from runtime.records.people import Person, everybody

SHOWN_OTHERS = 20


@dataclass(frozen=True, slots=True)
class Portrait:
    """A person as the demo announces it."""

    name: str
    email: str
    password: str
    roles: tuple[str, ...]
    account: str
    part: str = ""


def add_people(connection: Connection, snapshot: Snapshot, site: str, passwords: Passwords) -> tuple[Portrait, ...]:
    """Give everybody a sign-in who has none; back come the cast and some of the others.

    All share one password, and for speed one hash of it: nobody here has a secret to keep.
    """
    parts = {member.email: member for member in CAST}
    known = set(connection.execute(select(logins.c.contact_id)).scalars())
    people = {person.contact: person for person in everybody(connection, snapshot) if person.email and person.active}
    roles = {key: parts[person.email].roles if person.email in parts else OTHERS_ROLES for key, person in people.items()}
    _insert(connection, [person for key, person in people.items() if key not in known], roles, site, passwords)
    shown = [person for person in people.values() if person.email in parts]
    shown.sort(key=lambda person: [member.email for member in CAST].index(person.email))
    others = [person for person in people.values() if person.email not in parts][:SHOWN_OTHERS]
    return tuple(_portrait(person, roles[person.contact]) for person in (*shown, *others))


def _insert(
    connection: Connection, people: Iterable[Person], roles: dict[int, tuple[str, ...]], site: str, passwords: Passwords
) -> None:
    password_hash = passwords.hash(PASSWORD)
    now = utc_now()
    taken: set[str] = set()
    signins: list[dict[str, Any]] = []
    granted: list[dict[str, Any]] = []
    for person in people:
        email = normal_email(person.email)
        if email in taken:
            continue
        taken.add(email)
        signins.append({"contact_id": person.contact, "email": email, "password_hash": password_hash, "changed_at": now})
        granted.extend({"contact_id": person.contact, "site": site, "role": role} for role in roles[person.contact])
    if signins:
        connection.execute(insert(logins), signins)
    if granted:
        connection.execute(insert(contact_roles), granted)


def _portrait(person: Person, roles: tuple[str, ...]) -> Portrait:
    part = next((member.part for member in CAST if member.email == person.email), "")
    return Portrait(person.name, person.email, PASSWORD, roles, person.account_name, part)
