"""Local logins: who may sign in with which e-mail and password, and the lock after too many wrong ones."""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import dataclass

from sqlalchemy import Connection, Table, and_, case, delete, insert, null, or_, select, update

from runtime.identity.browsers import forget_browsers
from runtime.identity.passwords import LONGEST, Passwords
from runtime.identity.pending import drop_pending
from runtime.identity.sessions import revoke_all, utc_now
from runtime.identity.tables import external_logins, logins, passkeys

LONGEST_EMAIL = 320
TOO_LONG = "password.too_long"
DIFFERS = "password.differ"


class LoginTaken(Exception):
    """Another contact signs in with this e-mail already."""


@dataclass(frozen=True, slots=True)
class Login:
    """A contact's way to sign in."""

    contact: int
    email: str
    password_hash: str


@dataclass(frozen=True, slots=True)
class LockRule:
    """After how many wrong passwords a login locks, and for how long."""

    attempts: int
    duration: dt.timedelta


def normal_email(text: str) -> str:
    """The e-mail as it is compared: without blanks around it, composed, in small letters."""
    return unicodedata.normalize("NFKC", text.strip()).casefold()[:LONGEST_EMAIL]


def find_login(connection: Connection, email: str) -> Login | None:
    """The login of an e-mail, unless it is disabled."""
    return _one(connection, logins.c.email == normal_email(email))


def find_any_login(connection: Connection, email: str) -> int | None:
    """The contact who signs in with an e-mail, also one that is barred."""
    found: int | None = connection.execute(select(logins.c.contact_id).where(logins.c.email == normal_email(email))).scalar()
    return found


def login_of(connection: Connection, contact: int) -> Login | None:
    """The login of a contact, unless it is disabled."""
    return _one(connection, logins.c.contact_id == contact)


def _one(connection: Connection, where: object) -> Login | None:
    statement = select(logins).where(where, logins.c.disabled.is_(False))  # type: ignore[arg-type]
    row = connection.execute(statement).first()
    return None if row is None else Login(row.contact_id, row.email, row.password_hash)


def take_attempt(connection: Connection, contact: int, rule: LockRule, counted: Table = logins) -> bool:
    """Count an attempt before its password or code is looked at, so that many at once cannot slip past the lock.

    False when the row of `counted` is locked. The last attempt of the rule locks at once; `clear_attempts` undoes that when the
    password turns out right. A lock that has ended starts the count anew.
    """
    now = utc_now()
    row = counted.c
    ended = and_(row.locked_until.is_not(None), row.locked_until <= now)
    count = case((ended, 1), else_=row.failed + 1)
    lock = case((count >= rule.attempts, now + rule.duration), else_=null())
    free = or_(row.locked_until.is_(None), row.locked_until <= now)
    change = update(counted).where(row.contact_id == contact, free).values(failed=count, locked_until=lock)
    return connection.execute(change).rowcount > 0


def clear_attempts(connection: Connection, contact: int, counted: Table = logins) -> None:
    """The password or code was right: forget the wrong ones."""
    connection.execute(update(counted).where(counted.c.contact_id == contact).values(failed=0, locked_until=None))


def store_password(connection: Connection, contact: int, password_hash: str) -> None:
    """Keep a new hash of an unchanged password, made at today's cost."""
    connection.execute(update(logins).where(logins.c.contact_id == contact).values(password_hash=password_hash))


def set_password(connection: Connection, contact: int, email: str, password_hash: str) -> None:
    """Give a contact a password: new, or in place of the old one. Ends the contact's sessions and lifts a lock.

    Whoever stood before the second step with the old password starts again, and no browser is known any more.

    Raises LoginTaken when another contact signs in with the e-mail.
    """
    wanted = normal_email(email)
    holder = find_any_login(connection, email)
    if holder is not None and holder != contact:
        raise LoginTaken
    values = {"email": wanted, "password_hash": password_hash, "failed": 0, "locked_until": None, "changed_at": utc_now()}
    changed = connection.execute(update(logins).where(logins.c.contact_id == contact).values(values)).rowcount
    if not changed:
        connection.execute(insert(logins).values(contact_id=contact, disabled=False, **values))
    drop_pending(connection, contact)
    forget_browsers(connection, contact)
    revoke_all(connection, contact)


def set_disabled(connection: Connection, contact: int, *, disabled: bool) -> bool:
    """Bar a contact from signing in, or let it in again. Ends its sessions. False where it has no login."""
    found = 0
    for ways in (logins, external_logins):
        found += connection.execute(update(ways).where(ways.c.contact_id == contact).values(disabled=disabled)).rowcount
    if disabled:
        revoke_all(connection, contact)
    return found > 0


def remove_login(connection: Connection, contact: int) -> None:
    """Take a contact's sign-in away; it can be invited again."""
    for ways in (logins, external_logins, passkeys):
        connection.execute(delete(ways).where(ways.c.contact_id == contact))
    revoke_all(connection, contact)


def password_problem(password: str, repeated: str, email: str, shortest: int) -> str:
    """What is wrong with a chosen password, as the key of a text; "" when it will do."""
    if len(password) < shortest:
        return "password.too_short"
    if len(password) > LONGEST:
        return TOO_LONG
    if normal_email(password) == normal_email(email):
        return "password.is_email"
    if password != repeated:
        return DIFFERS
    return ""


def create_login(connection: Connection, passwords: Passwords, contact: int, email: str, password: str) -> None:
    """Give a contact a sign-in at once, for set-up and tests. Raises LoginTaken."""
    set_password(connection, contact, email, passwords.hash(password))
