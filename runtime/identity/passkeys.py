"""Passkeys: keys that a person's device keeps and that answer a challenge of this site alone (W3C Web Authentication, level 2).

A challenge is good once and for a short time. Of a passkey the public half is kept: who has the database can sign in with none.
Raises NotProved where an answer does not hold; its messages are for the log.
"""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from runtime.identity.sessions import LONGEST_TOKEN, utc_now
from runtime.identity.tables import passkeys, tokens
from runtime.identity.tokens import digest, new_token

PURPOSE = "passkey"
ANYBODY = 0
"""Whose challenge it is before anybody has said who he is."""
LIFETIME = dt.timedelta(minutes=5)
MOST_PASSKEYS = 20
LONGEST_NAME = 100
MOST_BYTES = 32 * 1024
LOOPBACK = ("127.0.0.1", "::1")
"""The numbers that a browser also knows as localhost."""


class NotProved(Exception):
    """The answer of a device does not hold; the message is for the log."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its owner sees it in a list."""

    id: int
    name: str
    created_at: dt.datetime
    used_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """What a passkey is bound to: the address of the site as browsers know it, and its name for people."""

    origin: str
    name: str

    @property
    def host(self) -> str:
        """The relying party of the standard: the host alone."""
        return urlsplit(self.origin).hostname or ""

    @property
    def is_named(self) -> bool:
        """Whether the host is a name. At a number browsers neither make passkeys nor use any (Web Authentication, 5.1.3)."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return True
        return False


def passkeys_work() -> bool:
    """Whether the library of the extra `webauthn` is installed."""
    return find_spec("webauthn") is not None


def new_challenge(connection: Connection, site: str, contact: int) -> str:
    """A challenge for a contact, or for ANYBODY; it is kept as a hash alone."""
    now, challenge = utc_now(), new_token()
    connection.execute(
        insert(tokens).values(
            token_hash=_hash(site, challenge), purpose=PURPOSE, contact_id=contact, created_at=now, expires_at=now + LIFETIME
        )
    )
    return challenge


def asked_to_make(connection: Connection, place: Place, contact: int, handle: str, who: str, challenge: str) -> str:
    """What a browser is asked for a new passkey, as JSON. `handle` stands for the contact on the device and tells nothing."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    held = connection.scalars(select(passkeys.c.credential).where(passkeys.c.contact_id == contact))
    options = generate_registration_options(
        rp_id=place.host,
        rp_name=place.name,
        user_id=handle.encode()[:64],
        user_name=who,
        challenge=challenge.encode(),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=_bytes(one)) for one in held],
    )
    return str(options_to_json(options))


def asked_to_prove(connection: Connection, place: Place, contact: int, challenge: str) -> str:
    """What a browser is asked that is to prove who it is, as JSON: a passkey of the contact's, or of ANYBODY's with a PIN."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

    held = connection.scalars(select(passkeys.c.credential).where(passkeys.c.contact_id == contact))
    alone = contact == ANYBODY
    options = generate_authentication_options(
        rp_id=place.host,
        challenge=challenge.encode(),
        allow_credentials=[] if alone else [PublicKeyCredentialDescriptor(id=_bytes(one)) for one in held],
        user_verification=UserVerificationRequirement.REQUIRED if alone else UserVerificationRequirement.PREFERRED,
    )
    return str(options_to_json(options))


def add_passkey(connection: Connection, site: str, place: Place, contact: int, name: str, answer: str) -> None:
    """Keep the passkey that a device has made in answer to a challenge for the contact. Raises NotProved."""
    from webauthn import verify_registration_response
    from webauthn.helpers.exceptions import WebAuthnException

    challenge = _take_challenge(connection, site, contact, answer)
    try:
        made = verify_registration_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=place.host, expected_origin=place.origin
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise NotProved(f"a new passkey: {error}") from error
    if connection.execute(select(func.count()).where(passkeys.c.contact_id == contact)).scalar_one() >= MOST_PASSKEYS:
        raise NotProved("there are too many")
    credential = _text(made.credential_id)
    values = {"credential_hash": digest(credential), "credential": credential, "public_key": _text(made.credential_public_key)}
    try:
        with connection.begin_nested():
            connection.execute(
                insert(passkeys).values(
                    contact_id=contact, name=name[:LONGEST_NAME], sign_count=made.sign_count, created_at=utc_now(), **values
                )
            )
    except IntegrityError:
        raise NotProved("the passkey is known already") from None


def prove(connection: Connection, site: str, place: Place, contact: int, answer: str) -> int:
    """The contact whose passkey has answered a challenge for the contact, or for ANYBODY. Raises NotProved.

    Of ANYBODY the device must have asked for a PIN, a finger or a face: it stands for the password too.
    """
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    challenge = _take_challenge(connection, site, contact, answer)
    columns = passkeys.c
    found = connection.execute(select(passkeys).where(columns.credential_hash == digest(_credential_of(answer)))).first()
    if found is None or contact not in (ANYBODY, found.contact_id):
        raise NotProved("the passkey is not known")
    try:
        proved = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=_bytes(found.public_key),
            credential_current_sign_count=found.sign_count,
            require_user_verification=contact == ANYBODY,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise NotProved(f"passkey {found.id}: {error}") from error
    change = update(passkeys).where(columns.id == found.id, columns.sign_count == found.sign_count)
    if not connection.execute(change.values(sign_count=proved.new_sign_count, used_at=utc_now())).rowcount:
        raise NotProved(f"passkey {found.id}: it was used twice at once")
    return int(found.contact_id)


def list_passkeys(connection: Connection, contact: int) -> tuple[Passkey, ...]:
    """The passkeys of a contact, the oldest first."""
    columns = passkeys.c
    statement = select(columns.id, columns.name, columns.created_at, columns.used_at)
    rows = connection.execute(statement.where(columns.contact_id == contact).order_by(columns.id))
    return tuple(Passkey(*row) for row in rows)


def has_passkeys(connection: Connection, contact: int) -> bool:
    """Whether a contact has a passkey."""
    return connection.execute(select(passkeys.c.id).where(passkeys.c.contact_id == contact).limit(1)).first() is not None


def rename_passkey(connection: Connection, contact: int, number: int, name: str) -> bool:
    """Give one of a contact's another name; False where there is none of this number."""
    which = (passkeys.c.contact_id == contact, passkeys.c.id == number)
    return connection.execute(update(passkeys).where(*which).values(name=name[:LONGEST_NAME])).rowcount > 0


def remove_passkey(connection: Connection, contact: int, number: int) -> bool:
    """Take one of them from a contact; False where there is none of this number."""
    which = (passkeys.c.contact_id == contact, passkeys.c.id == number)
    return connection.execute(delete(passkeys).where(*which)).rowcount > 0


def _take_challenge(connection: Connection, site: str, contact: int, answer: str) -> bytes:
    """The challenge that an answer is to, used up by it. Raises NotProved where it was none of ours for this contact."""
    if len(answer) > MOST_BYTES:
        raise NotProved("the answer is too long")
    try:
        said = json.loads(_bytes(json.loads(answer)["response"]["clientDataJSON"]))
        challenge = _bytes(said["challenge"])
        text = challenge.decode("ascii")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise NotProved("the answer cannot be read") from error
    where: tuple[ColumnElement[bool], ...] = (
        tokens.c.token_hash == _hash(site, text),
        tokens.c.purpose == PURPOSE,
        tokens.c.contact_id == contact,
        tokens.c.used_at.is_(None),
        tokens.c.expires_at > utc_now(),
    )
    if not connection.execute(update(tokens).where(*where).values(used_at=utc_now())).rowcount:
        raise NotProved("the challenge is used, too old, or not ours")
    return challenge


def _credential_of(answer: str) -> str:
    found = json.loads(answer).get("rawId")
    if not isinstance(found, str):
        raise NotProved("the answer names no passkey")
    return found.rstrip("=")


def _hash(site: str, challenge: str) -> str:
    return digest(f"{PURPOSE} {site} {challenge[:LONGEST_TOKEN]}")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
