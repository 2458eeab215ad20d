"""What is kept of a second factor that must be read again, encrypted, and short codes, as keyed hashes.

Both use a key made from the installation's secret for each contact: who has the database alone can neither read a secret
nor try all codes, and what was copied from one contact's row to another's is worth nothing there.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
from typing import TYPE_CHECKING

from runtime.identity.tokens import bare_code

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class Vault:
    """Seals with the installation's secret key; opens also with those of before, while they are named."""

    def __init__(self, secret: str, *old: str) -> None:
        self._secrets = tuple(key.encode() for key in (secret, *old))

    def seal(self, contact: int, text: str) -> str:
        """The text, encrypted with the secret key of now."""
        return self._boxes(contact)[0].encrypt(text.encode()).decode()

    def open(self, contact: int, sealed: str) -> str | None:
        """The text again; None where it was sealed for another contact, or with a secret key that is not known."""
        from cryptography.fernet import InvalidToken  # its library is loaded with the first second factor

        for box in self._boxes(contact):
            with contextlib.suppress(InvalidToken):
                return box.decrypt(sealed.encode()).decode()
        return None

    def mark(self, contact: int, code: str) -> str:
        """The hash under which a code is kept; case, blanks and dashes do not matter."""
        return _hash(self.code_keys(contact)[0], code)

    def marks(self, contact: int, code: str, sealed_keys: str = "") -> tuple[str, ...]:
        """Every hash under which the code may have been kept: by the key of now, those of before, and `sealed_keys`."""
        kept = (self.open(contact, sealed_keys) or "") if sealed_keys else ""
        return tuple(_hash(key, code) for key in (*self.code_keys(contact), *map(bytes.fromhex, kept.split())))

    def code_keys(self, contact: int) -> tuple[bytes, ...]:
        """The keys with which codes of a contact are hashed, by the secret key of now and by those of before."""
        return tuple(_key(secret, "code", contact) for secret in self._secrets)

    def _boxes(self, contact: int) -> tuple[Fernet, ...]:
        from cryptography.fernet import Fernet

        return tuple(Fernet(base64.urlsafe_b64encode(_key(secret, "secret", contact))) for secret in self._secrets)


def _key(secret: bytes, purpose: str, contact: int) -> bytes:
    return hmac.new(secret, f"foyer second factor {purpose} {contact}".encode(), hashlib.sha256).digest()


def _hash(key: bytes, code: str) -> str:
    return hmac.new(key, bare_code(code).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
