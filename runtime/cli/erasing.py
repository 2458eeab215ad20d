"""What `foyer people erase` says: what goes, what stays and why, and what has to be done elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runtime.erasing import Erasure


def told_of_erasure(erasure: Erasure, *, done_already: bool) -> Iterator[str]:
    """The lines for people; in the past where it was done."""
    blanks, naming = erasure.blanks, erasure.naming
    yield f"contact {erasure.contact} {'is erased' if done_already else 'would be erased; nothing has been changed'}"
    yield f"emptied: {', '.join(blanks.emptied)}"
    yield f"kept of the contact, as keys and belongings: {', '.join(blanks.kept) or 'nothing'}"
    removed = ", ".join(f"{count} of {table}" for table, count in sorted(erasure.removed.items()))
    yield f"removed: {removed or 'nothing besides'}"
    yield f"lines of the audit trail without their values: {erasure.trail}; who did what and when stays"
    rows = ", ".join(f"{one.count} of {one.entity} ({one.name})" for one in naming)
    yield f"rows that stay and name the contact by its number: {rows or 'none'}"
    if erasure.comes_back:
        yield (
            f"{', '.join(erasure.comes_back)} would bring the person again with the next change outside: "
            "erase it there too, and then here once more"
        )
    if erasure.owed:
        yield f"{erasure.owed} earlier changes have not gone out and keep their values: do this again when they have"
    yield "backups have all of it until they are deleted; after restoring one, do this again by the contact's number"
    yield "texts in other rows and the metadata (authors, permission tests) are not looked through"
    if not done_already:
        yield "it cannot be undone; --apply does it"


def facts_of_erasure(erasure: Erasure, *, applied: bool) -> dict[str, Any]:
    """The same for programs."""
    return {
        "contact": erasure.contact,
        "applied": applied,
        "emptied": list(erasure.blanks.emptied),
        "kept": list(erasure.blanks.kept),
        "removed": {str(table): count for table, count in erasure.removed.items()},
        "trail": erasure.trail,
        "naming": {f"{one.entity}.{one.name}": one.count for one in erasure.naming},
        "comes_back": list(erasure.comes_back),
        "owed": erasure.owed,
    }
