"""Passwords: hashed with argon2id, checked in the same time whether the person is known or not."""

from __future__ import annotations

import secrets
import threading
from base64 import b64encode
from dataclasses import dataclass

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

LONGEST = 128


@dataclass(frozen=True, slots=True)
class Cost:
    """What one hash costs: rounds, memory in KiB, lanes."""

    time: int = 2
    memory: int = 19_456
    lanes: int = 1


class Passwords:
    """Hashes and checks passwords at a cost. Only a few at a time, so that sign-ins cannot take all memory."""

    def __init__(self, cost: Cost | None = None, at_once: int = 4) -> None:
        chosen = cost or Cost()
        self._hasher = PasswordHasher(time_cost=chosen.time, memory_cost=chosen.memory, parallelism=chosen.lanes, type=Type.ID)
        self._slots = threading.BoundedSemaphore(at_once)
        self._nobody = _of_nobody(self._hasher)

    def hash(self, password: str) -> str:
        """The hash to store."""
        with self._slots:
            return self._hasher.hash(encoded(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Is this the password? None (nobody known) takes as long as a wrong password."""
        with self._slots:
            try:
                self._hasher.verify(stored or self._nobody, encoded(password))
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None

    def outdated(self, stored: str) -> bool:
        """Was it hashed at another cost than today's?"""
        try:
            return self._hasher.check_needs_rehash(stored)
        except InvalidHashError:
            return True


def encoded(password: str) -> bytes:
    """The bytes that are hashed; lone surrogates of a hostile form do not end in an error."""
    return password.encode("utf-8", "surrogatepass")


def _of_nobody(hasher: PasswordHasher) -> str:
    """A hash at the hasher's cost that no password has: drawn, since making one would delay every start."""
    salt, digest = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len))
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${cost}${salt}${digest}"
