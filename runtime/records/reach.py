"""Values at paths that start from what was entered and go on over lookups to rows that the person may read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.records.details import fetch_record
from runtime.records.proof import Reader


class Reach:
    """Finds such values on the connection that there is by then; a row is read once."""

    def __init__(self, connection: Callable[[], Reader], snapshot: Snapshot, principal: Principal) -> None:
        self._connection = connection
        self._snapshot = snapshot
        self._principal = principal
        self._known: dict[tuple[str, int, str], Any] = {}

    def value(self, entity: str, values: Mapping[str, Any], path: str) -> Any:
        """The value at a path of an entity whose own values are given; None where it is empty or may not be read."""
        head, _, rest = path.partition(".")
        held = values.get(head)
        if not rest or held is None:
            return held
        attribute = self._snapshot.entities[entity].attributes.get(head)
        target, row = held if isinstance(held, tuple) else (next(iter(attribute.targets), "") if attribute else "", held)
        if target not in self._snapshot.entities or not isinstance(row, int):
            return None
        key = (target, row, rest)
        if key not in self._known:
            self._known[key] = self._read(target, row, rest)
        return self._known[key]

    def _read(self, entity: str, row: int, path: str) -> Any:
        try:
            self._snapshot.resolve(entity, path)
        except KeyError:
            return None
        found = fetch_record(self._connection(), self._snapshot, self._principal, entity, "id", row, (path,))
        return found.values.get(path) if found is not None else None
