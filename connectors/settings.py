"""Settings of a connection, with environment variables in place of ${NAME}."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from connectors.errors import Fatal
from metadata.model import Connection

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def read_settings(connection: Connection, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The settings of a connection. A variable NAME may also be given as the file that NAME_FILE names. Raises Fatal."""
    variables = os.environ if environment is None else environment
    return {
        name: _VARIABLE.sub(lambda match: _value(connection, match[1], variables), value) for name, value in connection.settings
    }


def variables_of(connection: Connection) -> tuple[str, ...]:
    """The names of the environment variables that the settings of a connection name, each once."""
    return tuple(dict.fromkeys(name for _, value in connection.settings for name in _VARIABLE.findall(value)))


def _value(connection: Connection, name: str, variables: Mapping[str, str]) -> str:
    if name in variables:
        return variables[name]
    file = variables.get(f"{name}_FILE")
    if file is None:
        raise Fatal(f"connection {connection.key} needs the environment variable {name}, which is not set")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Fatal(f"the file that {name}_FILE names cannot be read: {error}") from None
