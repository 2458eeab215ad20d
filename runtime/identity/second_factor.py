"""The second step of a sign-in: codes of an authenticator app or by mail, passkeys, recovery codes. Each code is taken once.

An app's code is worked out by time (RFC 6238). The moment of the newest one that was taken is kept, and none of that moment
or an earlier one is taken again. A change of method is proposed first and counts once a code of it was given.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from types import ModuleType

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from runtime.identity.browsers import forget_browsers
from runtime.identity.logins import LockRule, clear_attempts, take_attempt
from runtime.identity.pending import drop_pending
from runtime.identity.sessions import utc_now
from runtime.identity.tables import passkeys, recovery_codes, second_factors
from runtime.identity.tokens import bare_code, new_code
from runtime.identity.vault import Vault

APP, MAIL, RECOVERY, PASSKEY = "app", "mail", "recovery", "passkey"
METHODS = (APP, MAIL)
STEP_SECONDS = 30
CLOCKS_APART = (0, -1, 1)
"""How many steps a person's clock may be off."""
DIGITS = 6
RECOVERY_CODES = 10
RECOVERY_GROUPS = 3
MAIL_CODE = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What a contact gives after the password."""

    contact: int
    method: str
    since_at: dt.datetime
    recovery_left: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A method that a contact wants and has given no code of yet; `secret` is that of an app, "" for mail."""

    method: str
    secret: str


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks codes of contacts by a site's rule. Each call is to be one transaction, committed also where it refuses."""

    connection: Connection
    vault: Vault
    rule: LockRule

    def check(self, contact: int, code: str) -> str:
        """By which way the code is right: app, mail or recovery. "" for wrong, used, too old and locked alike."""
        row = self._admitted(contact)
        if row is None or not row[0]:
            return ""
        method, sealed = row[0], row[1]
        if not _is_short(code):
            found = RECOVERY if _take_recovery(self.connection, self.vault, contact, code) else ""
        else:
            found = method if self._right(contact, method, sealed, code) else ""
        if found:
            clear_attempts(self.connection, contact, second_factors)
        return found

    def confirm(self, contact: int, code: str) -> tuple[str, ...]:
        """Turn the proposed method on with a code of it.

        Returns the recovery codes, which are kept nowhere else; none for a wrong code.
        """
        row = self._admitted(contact)
        if row is None or not row[2] or not self._right(contact, row[2], row[3], code, proposed=True):
            return ()
        change = {"method": row[2], "secret": row[3], "since_at": utc_now(), "proposed_method": "", "proposed_secret": ""}
        self.connection.execute(update(second_factors).where(second_factors.c.contact_id == contact).values(change))
        clear_attempts(self.connection, contact, second_factors)
        forget_browsers(self.connection, contact)
        return renew_recovery(self.connection, self.vault, contact)

    def _admitted(self, contact: int) -> tuple[str, str, str, str] | None:
        """The row of a contact, once the attempt is counted; None where it is locked or has none."""
        if not take_attempt(self.connection, contact, self.rule, second_factors):
            return None
        columns = second_factors.c
        statement = select(columns.method, columns.secret, columns.proposed_method, columns.proposed_secret)
        row = self.connection.execute(statement.where(columns.contact_id == contact)).first()
        return None if row is None else (row[0], row[1], row[2], row[3])

    def _right(self, contact: int, method: str, sealed: str, code: str, *, proposed: bool = False) -> bool:
        if method == MAIL:
            return _take_mailed(self.connection, self.vault, contact, code)
        secret = self.vault.open(contact, sealed)
        moment = None if secret is None else moment_of(secret, code)
        return moment is not None and _spend(self.connection, contact, moment, anew=proposed)


def factor_of(connection: Connection, contact: int) -> SecondFactor | None:
    """The second factor of a contact; None where none is turned on."""
    columns = second_factors.c
    left = select(func.count()).where(recovery_codes.c.contact_id == contact).scalar_subquery()
    where = (columns.contact_id == contact, columns.method != "")
    row = connection.execute(select(columns.method, columns.since_at, left).where(*where)).first()
    return None if row is None else SecondFactor(contact, row[0], row[1], row[2])


def has_factor(connection: Connection, contact: int) -> bool:
    """Has the contact turned a second factor on?"""
    where = (second_factors.c.contact_id == contact, second_factors.c.method != "")
    return connection.execute(select(second_factors.c.contact_id).where(*where)).first() is not None


def propose(connection: Connection, vault: Vault, contact: int, method: str) -> None:
    """Begin to set a method up; what is turned on already goes on until the new one is confirmed."""
    sealed = vault.seal(contact, _totp().random_base32()) if method == APP else ""
    values = {"proposed_method": method, "proposed_secret": sealed}
    if not connection.execute(update(second_factors).where(second_factors.c.contact_id == contact).values(values)).rowcount:
        connection.execute(insert(second_factors).values(contact_id=contact, **values))


def proposal_of(connection: Connection, vault: Vault, contact: int) -> Proposal | None:
    """What a contact is setting up, or None."""
    columns = second_factors.c
    where = (columns.contact_id == contact, columns.proposed_method != "")
    row = connection.execute(select(columns.proposed_method, columns.proposed_secret).where(*where)).first()
    if row is None:
        return None
    secret = vault.open(contact, row[1]) if row[0] == APP else ""
    return None if secret is None else Proposal(row[0], secret)


def issue_mail_code(connection: Connection, vault: Vault, contact: int) -> str:
    """A code for a mail, good once and for a short time; the one before no longer works."""
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    values = {"code_hash": vault.mark(contact, code), "code_expires_at": utc_now() + MAIL_CODE}
    connection.execute(update(second_factors).where(second_factors.c.contact_id == contact).values(values))
    return code


def renew_recovery(connection: Connection, vault: Vault, contact: int) -> tuple[str, ...]:
    """New recovery codes in place of the old ones, kept nowhere else."""
    codes = tuple(new_code(RECOVERY_GROUPS) for _ in range(RECOVERY_CODES))
    connection.execute(update(second_factors).where(second_factors.c.contact_id == contact).values(code_keys=""))
    connection.execute(delete(recovery_codes).where(recovery_codes.c.contact_id == contact))
    rows = [{"contact_id": contact, "code_hash": vault.mark(contact, code)} for code in codes]
    connection.execute(insert(recovery_codes), rows)
    return codes


def rest_on_passkeys(connection: Connection, vault: Vault, contact: int) -> tuple[str, ...]:
    """Turn the second step on for a contact who has passkeys and nothing else. Returns the recovery codes; none if it is on."""
    if has_factor(connection, contact):
        return ()
    values = {"method": PASSKEY, "secret": "", "since_at": utc_now(), "proposed_method": "", "proposed_secret": ""}
    if not connection.execute(update(second_factors).where(second_factors.c.contact_id == contact).values(values)).rowcount:
        connection.execute(insert(second_factors).values(contact_id=contact, **values))
    forget_browsers(connection, contact)
    return renew_recovery(connection, vault, contact)


def turn_off(connection: Connection, contact: int) -> bool:
    """Take a contact's second factor away, with its passkeys, recovery codes and known browsers. False where there was none."""
    had = has_factor(connection, contact)
    connection.execute(delete(passkeys).where(passkeys.c.contact_id == contact))
    connection.execute(delete(second_factors).where(second_factors.c.contact_id == contact))
    connection.execute(delete(recovery_codes).where(recovery_codes.c.contact_id == contact))
    forget_browsers(connection, contact)
    drop_pending(connection, contact)
    return had


def app_address(secret: str, who: str, issuer: str) -> str:
    """What an authenticator app reads from the picture."""
    return str(_totp().TOTP(secret).provisioning_uri(name=who, issuer_name=issuer))


def moment_of(secret: str, code: str) -> dt.datetime | None:
    """The step of which this is an app's code, by its first moment; None for a code that is not of now."""
    maker, now = _totp().TOTP(secret), int(utc_now().timestamp()) // STEP_SECONDS
    typed = bare_code(code)
    for step in (now + apart for apart in CLOCKS_APART):
        if _totp().utils.strings_equal(maker.generate_otp(step), typed):
            return dt.datetime.fromtimestamp(step * STEP_SECONDS, dt.UTC)
    return None


def _is_short(code: str) -> bool:
    typed = bare_code(code)
    return len(typed) == DIGITS and typed.isdigit()


def _spend(connection: Connection, contact: int, moment: dt.datetime, *, anew: bool) -> bool:
    """Note that the code of a moment is used. False where that one or a later one was: it is played back."""
    columns = second_factors.c
    where = [columns.contact_id == contact]
    if not anew:  # a new secret has codes of its own
        where.append(or_(columns.spent_at.is_(None), columns.spent_at < moment))
    return connection.execute(update(second_factors).where(*where).values(spent_at=moment)).rowcount > 0


def _take_mailed(connection: Connection, vault: Vault, contact: int, code: str) -> bool:
    columns = second_factors.c
    right = columns.code_hash.in_(vault.marks(contact, code))
    where = (columns.contact_id == contact, right, columns.code_expires_at > utc_now())
    return connection.execute(update(second_factors).where(*where).values(code_hash="", code_expires_at=None)).rowcount > 0


def _take_recovery(connection: Connection, vault: Vault, contact: int, code: str) -> bool:
    kept = select(second_factors.c.code_keys).where(second_factors.c.contact_id == contact)
    marks = vault.marks(contact, code, connection.execute(kept).scalar() or "")
    where = (recovery_codes.c.contact_id == contact, recovery_codes.c.code_hash.in_(marks))
    return connection.execute(delete(recovery_codes).where(*where)).rowcount > 0


def _totp() -> ModuleType:
    """The library of an app's codes, loaded with the first second factor."""
    import pyotp

    return pyotp
