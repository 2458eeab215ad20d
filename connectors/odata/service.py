"""What coming and going rows have in common: the service as it describes itself, and answers that must be rows."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from connectors.errors import Fatal, Retriable, meant
from connectors.odata import settings as reading
from connectors.odata.asking import Asking, without_root
from connectors.odata.client import Answer, Client, Nonsense, told
from connectors.odata.description import Description
from connectors.protocol import Columns
from connectors.tablemap import CompiledMap

ROWS_AT_ONCE = 5000


class Service:
    """One service. What it says of itself is read once; after a fault of shape it is read anew."""

    def __init__(self, name: str, settings: Mapping[str, str], clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.settings = reading.read(name, settings)
        self.client = Client(name, self.settings, clock)
        self._description: Description | None = None
        self._askings: dict[CompiledMap, Asking] = {}
        self._lock = threading.Lock()

    def asking(self, table_map: CompiledMap) -> Asking:
        """How the rows of a map are asked for. Raises Fatal for names that are not there."""
        with self._lock:
            if table_map not in self._askings:
                if self._description is None:
                    self._description = self._described(table_map)
                try:
                    found = self._description.entity_set(table_map)
                except Fatal:
                    self._description = None
                    raise
                self._askings[table_map] = Asking(table_map, found, self.settings)
            return self._askings[table_map]

    def columns(self, table_map: CompiledMap) -> Columns:
        """The properties of a map's entity set. Raises Fatal where there is no such set."""
        kinds = self._described(table_map).properties()[table_map.model.table]
        return {name: (kind, kind.removeprefix("Edm.")) for name, kind in kinds.items()}

    def every(self, address: str) -> Iterator[Mapping[str, Any]]:
        """All rows at an address, a page after the other."""
        following: str | None = address
        while following is not None:
            found = self.document(self.client.get(following, f"odata.maxpagesize={ROWS_AT_ONCE}"), address.partition("?")[0])
            yield from found["value"]
            link = found.get("@odata.nextLink")
            following = self.link(link) if link else None

    def link(self, link: Any) -> str:
        """A link of the service as it is kept. Raises Fatal for one that leads away."""
        kept = without_root(self.settings.root, str(link))
        self.client.within(kept)
        return kept

    def document(self, answer: Answer, what: str) -> dict[str, Any]:
        """The JSON of an answer with rows. Raises Fatal for anything else: nonsense is not nothing."""
        if answer.status != 200:
            raise self._refusal(answer, what)
        try:
            found = json.loads(answer.body, parse_float=Decimal)
        except (ValueError, RecursionError):
            raise Nonsense(f"{self.name} answers for {what} with {answer.kind or 'nothing'} that is no JSON") from None
        if not isinstance(found, dict) or not isinstance(found.get("value"), list):
            raise Nonsense(f"{self.name} answers for {what} with JSON that is no OData 4: it has no value")
        if not all(isinstance(row, dict) for row in found["value"]):
            raise Nonsense(f"{self.name} answers for {what} with something else than rows")
        return found

    def _described(self, table_map: CompiledMap) -> Description:
        """The service document first: it is small, and tells at once whether address, credentials and set are right."""
        found = self.document(self.client.get(""), "its service document")
        names = [str(item.get("name")) for item in found["value"] if isinstance(item, dict)]
        if table_map.model.table not in names:
            wanted = table_map.model.table
            raise Fatal(f"map {table_map.key}: {self.name} has no entity set {wanted}{meant(wanted, names)}")
        answer = self.client.send("GET", "$metadata", {"Accept": "application/xml"})
        if answer.status != 200:
            raise self._refusal(answer, "its $metadata")
        return Description(self.name, answer.body)

    def _refusal(self, answer: Answer, what: str) -> Fatal | Retriable:
        if answer.status >= 500:
            return Retriable(f"{self.name} cannot answer for {what} ({answer.status}){told(answer)}")
        if answer.status in (400, 404):
            self._description = None
            self._askings.clear()
        return Fatal(f"{self.name} does not answer for {what} ({answer.status}){told(answer)}")
