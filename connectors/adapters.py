"""Which adapter serves which kind of connection. A new kind is a folder here and a line below."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.errors import Fatal
from connectors.files.adapter import FilesAdapter
from connectors.memory.adapter import MemoryAdapter
from connectors.odata.adapter import ODataAdapter
from connectors.protocol import Adapter
from connectors.settings import read_settings
from connectors.sql.adapter import SqlAdapter
from metadata.model import Connection

ADAPTERS: Mapping[str, Callable[[str, Mapping[str, str]], Adapter]] = {
    "sql": SqlAdapter,
    "odata": ODataAdapter,
    "files": FilesAdapter,
    "memory": MemoryAdapter,
}


def open_adapter(connection: Connection) -> Adapter:
    """The adapter of a connection; nothing outside is touched yet. Raises Fatal for wrong settings."""
    if connection.connector not in ADAPTERS:
        raise Fatal(f"connection {connection.key}: there is no connector {connection.connector}")
    return ADAPTERS[connection.connector](connection.key, read_settings(connection))
