"""What is kept of a second factor that must be read again, encrypted, and short codes, as keyed hashes.

Both use a key made from the installation's secret for each contact: who has the database alone can neither read a secret
nor try all codes, and what was copied from one contact's row to another's is worth nothing there.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from runtime.identity.tokens import bare_code

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class Vault:
    """Seals and opens with the installation's secret key."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def seal(self, contact: int, text: str) -> str:
        """The text, encrypted."""
        return self._box(contact).encrypt(text.encode()).decode()

    def open(self, contact: int, sealed: str) -> str | None:
        """The text again; None where it was sealed for another contact, or with another secret key."""
        from cryptography.fernet import InvalidToken  # its library is loaded with the first second factor

        try:
            return self._box(contact).decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None

    def mark(self, contact: int, code: str) -> str:
        """The hash under which a code is kept; case, blanks and dashes do not matter."""
        return hmac.new(
            self._key("code", contact), bare_code(code).encode("utf-8", "surrogatepass"), hashlib.sha256
        ).hexdigest()

    def _box(self, contact: int) -> Fernet:
        from cryptography.fernet import Fernet

        return Fernet(base64.urlsafe_b64encode(self._key("secret", contact)))

    def _key(self, purpose: str, contact: int) -> bytes:
        return hmac.new(self._secret, f"foyer second factor {purpose} {contact}".encode(), hashlib.sha256).digest()
