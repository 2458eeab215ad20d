"""The rows that cells of lookups name, found for many rows of a file at once, under the person's permissions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from sqlalchemy import Connection

from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.forms.faults import unparsable
from runtime.forms.finding import view_of
from runtime.forms.rules import Rules
from runtime.records.called import rows_called
from runtime.records.errors import Denied

LONGEST_NAME = 300


class Naming:
    """Finds rows by what they are called; a name is looked up once."""

    def __init__(self, snapshot: Snapshot, principal: Principal) -> None:
        self._snapshot = snapshot
        self._principal = principal
        self._known: dict[tuple[str, str], list[str]] = {}

    def look_up(self, connection: Connection, wanted: Mapping[str, tuple[Rules, Iterable[str]]]) -> None:
        """Find the rows that the lookups in `wanted`, by attribute, are to point at."""
        for key, (rules, texts) in wanted.items():
            names = [name for name in dict.fromkeys(texts) if (key, name) not in self._known and len(name) <= LONGEST_NAME]
            for name in names:
                self._known[key, name] = []
            for entity in rules.attribute.targets:
                with suppress(Denied):
                    view = view_of(self._snapshot, rules, entity)
                    found = rows_called(connection, self._snapshot, self._principal, entity, names, view=view)
                    for name, ids in found.items():
                        many = bool(rules.attribute.model.targets)
                        self._known[key, name] += [f"{entity}:{row}" if many else str(row) for row in sorted(ids)]

    def posted(self, key: str, name: str) -> str:
        """What a form posts for the row that a cell names. Raises Unparsable where there is none, or more than one."""
        found = self._known.get((key, name), [])
        if len(found) == 1:
            return found[0]
        raise unparsable("import.several_rows" if found else "import.no_row", name=name[:LONGEST_NAME])
