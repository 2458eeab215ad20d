"""What was sealed with a secret key of before, sealed anew with the one of now.

Hashes of recovery codes cannot be made anew without the codes: the keys that they were made with are kept beside them, sealed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from runtime.identity.tables import second_factors
from runtime.identity.vault import Vault

SEALED = ("secret", "proposed_secret")


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many second factors were sealed anew, and the contacts whose secrets no named key opens: those are as before."""

    done: int
    closed: tuple[int, ...]


def rotate(connection: Connection, secret_key: str, old: Sequence[str]) -> Rotated:
    """Seal all secrets with the secret key of now, in the caller's transaction. May be done again at any time."""
    vault, newest = Vault(secret_key, *old), Vault(secret_key)
    done, closed = 0, []
    for row in connection.execute(select(second_factors).with_for_update()).mappings().all():
        contact = row["contact_id"]
        opened = {name: vault.open(contact, row[name]) if row[name] else "" for name in (*SEALED, "code_keys")}
        if any(text is None for text in opened.values()):
            closed.append(contact)
            continue
        values = {name: newest.seal(contact, text) if text else "" for name, text in opened.items()}
        keys = dict.fromkeys([*(key.hex() for key in vault.code_keys(contact)[1:]), *str(opened["code_keys"]).split()])
        values["code_keys"] = newest.seal(contact, " ".join(keys)) if keys else ""
        connection.execute(update(second_factors).where(second_factors.c.contact_id == contact).values(values))
        done += 1
    return Rotated(done, tuple(closed))
