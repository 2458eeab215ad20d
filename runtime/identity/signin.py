"""Signing in with e-mail and password. One answer for every failure, in the same time."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.snapshot import Snapshot
from runtime.identity.logins import LockRule, Login, clear_attempts, find_login, store_password, take_attempt
from runtime.identity.passwords import Passwords
from runtime.lease import Lease
from runtime.records.people import Person, load_person


@dataclass(frozen=True, slots=True)
class Doorman:
    """Checks e-mail and password against the logins of one database."""

    lease: Lease
    snapshot: Snapshot
    passwords: Passwords
    rule: LockRule

    def identify(self, email: str, password: str) -> Person | None:
        """The contact who signs in so, or None: unknown, wrong, locked, disabled and inactive are all alike."""
        login, admitted = self._admit(email)
        right = self.passwords.matches(login.password_hash if login else None, password)
        if login is None or not admitted or not right:
            return None
        return self._welcome(login, password)

    def _admit(self, email: str) -> tuple[Login | None, bool]:
        login = find_login(self.lease.connection, email)
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
