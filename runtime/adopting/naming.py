"""Names of ours for names outside: legal, and each once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from metadata.system import RESERVED_KEYS

LONGEST = 50
"""Characters of a name, so that names made of two still fit."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_POINTING = re.compile(r"(?<=[a-z0-9])_(id|fk)$")


def plain(name: str) -> str:
    """A name in small letters, digits and underscores; empty where it has none of these."""
    split = _HUMP.sub("_", name)
    folded = unicodedata.normalize("NFKD", split).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", folded.lower()).strip("_")


def words(name: str) -> str:
    """A name as people read it."""
    return " ".join(re.sub(r"[\W_]+", " ", _HUMP.sub(" ", name)).split()).capitalize() or "Table"


def free(name: str, taken: Collection[str], dash: str = "_") -> str:
    """The name, with a number where it is taken."""
    wanted = name = name[:LONGEST].rstrip("_-")
    number = 1
    while wanted in taken:
        number += 1
        wanted = f"{name}{dash}{number}"
    return wanted


def entity_key(name: str, connection: str, taken: Collection[str]) -> str:
    """The entity for a table. One that is called like an entity there is already has its connection before its name."""
    key = plain(name.rpartition(".")[2]) or "table"
    if not key[0].isalpha() or key.startswith("foyer_"):
        key = f"t_{key}"
    if key[:LONGEST] in taken:
        above = plain(connection)
        key = f"{above}_{key}" if above[:1].isalpha() else f"t_{above}_{key}"
    return free(key, taken)


def attribute_key(name: str, entity: str, taken: Collection[str]) -> str:
    """The attribute for a column. One that is called like what the engine keeps has the entity before its name."""
    key = plain(name) or "column"
    if not key[0].isalpha():
        key = f"a_{key}"
    if key in RESERVED_KEYS:
        key = f"{entity}_{key}"
    return free(key, {*taken, *RESERVED_KEYS})


def lookup_key(columns: tuple[str, ...], target: str, entity: str, taken: Collection[str]) -> str:
    """The lookup for a foreign key: its one column without the `_id` at its end, or the entity that it points at."""
    key = _POINTING.sub("", plain(columns[0])) if len(columns) == 1 else target
    return attribute_key(key or target, entity, taken)
