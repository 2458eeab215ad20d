"""HTTP to a REST service: who asks in each request's headers, at the pace that was agreed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from connectors.errors import RecordRejected, Retriable
from connectors.odata.client import Answer, Client, Nonsense
from connectors.rest.pointers import at, part
from connectors.rest.settings import RestSettings

MESSAGES = ("/error/message", "/error_description", "/message", "/detail", "/title", "/errors/0/message", "/errors/0", "/error")
"""Where services tell the reason of a refusal, in the order of preference."""
REASON = 300


class RestClient(Client):
    """Asks a service, as often in a minute as the connection's per_minute says."""

    def __init__(self, name: str, settings: RestSettings, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(name, settings.http, clock)
        self._headers = settings.headers
        self._per_minute = settings.per_minute
        self._left = float(settings.per_minute)
        self._counted = clock()
        self._time = clock
        self.name = name

    def common(self) -> dict[str, str]:
        """The headers of every request. Raises Retriable where too much was asked in the last minute."""
        self._wait_turn()
        found = {name: value for name, value in super().common().items() if not name.startswith("OData")}
        return {**found, **self._headers}

    def document(self, address: str) -> tuple[Any, Answer]:
        """The JSON at an address, with its answer. Raises Fatal for anything else: nonsense is not nothing."""
        return self.read(self.get(address), address.partition("?")[0])

    def read(self, answer: Answer, what: str) -> tuple[Any, Answer]:
        """The JSON of an answer. Raises as `document` does."""
        if answer.status >= 500:
            raise Retriable(f"{self.name} cannot answer for {what} ({answer.status}){self.reason(answer)}")
        if answer.status != 200:
            raise Nonsense(f"{self.name} refuses {what} ({answer.status}){self.reason(answer)}")
        try:
            return json.loads(answer.body, parse_float=Decimal), answer
        except (ValueError, RecursionError):
            raise Nonsense(f"{self.name} answers for {what} with {answer.kind or 'nothing'} that is no JSON") from None

    def written(self, answer: Answer, message: str) -> None:
        """Raise what an answer to a write means, unless it is yes."""
        if 200 <= answer.status < 300:
            return
        reason = self.reason(answer, message)
        if answer.status >= 500:
            raise Retriable(f"{self.name} cannot take it now ({answer.status}){reason}")
        code = "row" if answer.status == 404 else "database"
        raise RecordRejected(f"{self.name} refuses the row ({answer.status}){reason}", code)

    def reason(self, answer: Answer, message: str = "") -> str:
        """What the service says of a fault, short, after a colon; empty where it says nothing that can be read."""
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError):
            return ""
        for pointer in (message, *MESSAGES) if message else MESSAGES:
            text = at(found, pointer)
            if isinstance(text, str) and text.strip():
                return f": {' '.join(text.split())[:REASON]}"
        return ""

    def _wait_turn(self) -> None:
        if not self._per_minute:
            return
        now = self._time()
        self._left = min(self._per_minute, self._left + (now - self._counted) * self._per_minute / 60)
        self._counted = now
        if self._left < 1:
            after = (1 - self._left) * 60 / self._per_minute
            raise Retriable(f"{self.name} is asked {self._per_minute} times a minute at most", after=after)
        self._left -= 1


def column(row: Mapping[str, Any], name: str) -> Any:
    """The value of a column: a member of the row, or by a path with slashes one within it. Lists and objects are JSON."""
    value = row[name] if name in row else part(row, name.split("/"))
    return json.dumps(value, default=str) if isinstance(value, (dict, list)) else value
