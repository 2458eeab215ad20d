"""How what Foyer installs in an outside database is called."""

from __future__ import annotations

import re

from connectors.values import digest

OURS = "foyer_"
"""What all of it begins with."""
REGISTER = "foyer_tracking"
"""Table with a row for each map whose table has triggers."""
LONGEST = 60


def changelog_name(table_map: str) -> str:
    """The table of changes of a map, and the beginning of its triggers' names."""
    return _short(f"foyer_change_{_plain(table_map)}", table_map)


def publication_name(table_map: str) -> str:
    """The publication of a map."""
    return _short(f"foyer_{_plain(table_map)}", table_map)


def slot_name(table_map: str, database: str) -> str:
    """The replication slot of a map; slots of all databases of a server share their names."""
    return _short(f"foyer_{_plain(table_map)}_{digest((database,))[:8]}", f"{database} {table_map}")


def _plain(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", key.lower())


def _short(name: str, of: str) -> str:
    """A name that every database takes; the end of a long one is a hash."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 9]}_{digest((of,))[:8]}"
