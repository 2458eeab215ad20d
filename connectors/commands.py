"""Commands: requests to an outside system that a connection allows by name, with values in their address and their body."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

from connectors.errors import Fatal, RecordRejected
from connectors.protocol import Adapter
from metadata.model import Command

DOTS = (".", "..")


class Commander(Protocol):
    """An adapter that sends commands. Raises Fatal, Retriable and RecordRejected."""

    def command(self, method: str, address: str, body: bytes, idempotency: str) -> None:
        """One request to an address below the connection's, once for each idempotency key where the outside heeds it."""
        ...


def placeholders(path: str) -> tuple[str, ...]:
    """The names in braces of a command's path, in order. Raises ValueError for braces that are no names."""
    found = [(name, form, turn) for _, name, form, turn in string.Formatter().parse(path) if name is not None]
    if any(not name.isidentifier() or form or turn for name, form, turn in found):
        raise ValueError(path)
    return tuple(dict.fromkeys(name for name, _, _ in found))


def send_command(adapter: Adapter, command: Command, values: Mapping[str, Any], idempotency: str) -> None:
    """Send a command: values that its path names go there, the others into a body of JSON.

    Raises Fatal where the adapter has no commands, RecordRejected for a value that no address can hold, and what the adapter
    raises.
    """
    sending = getattr(adapter, "command", None)
    if sending is None:
        raise Fatal("the connection's connector sends no commands")
    named = placeholders(command.path)
    given = {name: str(values.get(name) if values.get(name) is not None else "") for name in named}
    empty = [name for name, value in given.items() if not value or value in DOTS]
    if empty:
        raise RecordRejected(f"the command {command.key} has no {', '.join(empty)} for its address", "required")
    address = command.path.format(**{name: quote(value, safe="") for name, value in given.items()})
    rest = {name: value for name, value in values.items() if name not in named}
    sending(command.method, address, json.dumps(rest, ensure_ascii=False).encode() if rest else b"", idempotency)
