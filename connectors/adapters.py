"""Which adapter serves which kind of connection. A new kind is a folder here and a line below."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from connectors.errors import Fatal
from connectors.protocol import Adapter
from connectors.settings import read_settings
from metadata.model import Connection

ADAPTERS: Mapping[str, str] = {
    "sql": "connectors.sql.adapter:SqlAdapter",
    "odata": "connectors.odata.adapter:ODataAdapter",
    "rest": "connectors.rest.adapter:RestAdapter",
    "files": "connectors.files.adapter:FilesAdapter",
    "nats": "connectors.nats.broker:open_nats",
    "rabbitmq": "connectors.rabbitmq.broker:open_rabbitmq",
    "redis": "connectors.redis.broker:open_redis",
    "webhook": "connectors.webhook.inbox:open_webhook",
    "memory": "connectors.memory.adapter:MemoryAdapter",
}
"""Their classes, made of a connection's key and settings, by the kind of connection; loaded when one is opened."""


def open_adapter(connection: Connection) -> Adapter:
    """The adapter of a connection; nothing outside is touched yet. Raises Fatal for wrong settings."""
    if connection.connector not in ADAPTERS:
        raise Fatal(f"connection {connection.key}: there is no connector {connection.connector}")
    module, _, name = ADAPTERS[connection.connector].partition(":")
    declared = {"resources": connection.resources} if connection.resources else {}
    opened: Adapter = getattr(importlib.import_module(module), name)(connection.key, read_settings(connection), **declared)
    return opened
