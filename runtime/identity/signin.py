"""Signing in with e-mail, or a user name where there are some, and password. One answer for every failure, in the same time."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from metadata.snapshot import Snapshot
from runtime.identity.logins import LockRule, Login, clear_attempts, find_login, login_of, store_password, take_attempt
from runtime.identity.passwords import Passwords
from runtime.lease import Lease
from runtime.records.people import Person, find_contact_by_name, load_person

AT = "@"


@dataclass(frozen=True, slots=True)
class Doorman:
    """Checks e-mail and password against the logins of one database.

    `user_name` is the attribute of contacts that may stand for the e-mail, "" for none.
    """

    lease: Lease
    snapshot: Snapshot
    passwords: Passwords
    rule: LockRule
    user_name: str = ""

    def identify(self, email: str, password: str) -> Person | None:
        """The contact who signs in so, or None: unknown, wrong, locked, disabled and inactive are all alike."""
        login, admitted = self._admit(email)
        right = self.passwords.matches(login.password_hash if login else None, password)
        if login is None or not admitted or not right:
            return None
        return self._welcome(login, password)

    def _admit(self, email: str) -> tuple[Login | None, bool]:
        login = login_named(self.lease.connection, self.snapshot, email, self.user_name)
        if login is None:
            return None, False
        with self.lease.transaction() as connection:
            return login, take_attempt(connection, login.contact, self.rule)

    def _welcome(self, login: Login, password: str) -> Person | None:
        fresh = self.passwords.hash(password) if self.passwords.outdated(login.password_hash) else ""
        with self.lease.transaction() as connection:
            clear_attempts(connection, login.contact)
            if fresh:
                store_password(connection, login.contact, fresh)
            person = load_person(connection, self.snapshot, login.contact)
        return person if person is not None and person.active else None


def login_named(connection: Connection, snapshot: Snapshot, text: str, user_name: str) -> Login | None:
    """The login of what somebody typed: an e-mail, or without an @ a user name, where there is an attribute of these.

    So nobody signs in as somebody else by having an e-mail for a user name.
    """
    if not user_name or AT in text:
        return find_login(connection, text)
    contact = find_contact_by_name(connection, snapshot, user_name, text)
    return login_of(connection, contact) if contact is not None else None
