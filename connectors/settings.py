"""Settings of a connection, with environment variables in place of ${NAME}."""

from __future__ import annotations

import os
from collections.abc import Mapping

from connectors.errors import Fatal
from metadata.model import Connection
from metadata.variables import VARIABLE, is_own, named_in, value_of


def read_settings(connection: Connection, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The settings of a connection. A variable NAME may also be given as the file that NAME_FILE names. Raises Fatal."""
    variables = os.environ if environment is None else environment
    return {name: filled(value, f"connection {connection.key}", variables) for name, value in connection.settings}


def filled(text: str, owner: str, environment: Mapping[str, str] | None = None) -> str:
    """A text with variables in place of ${NAME}; `owner` is who needs them, for the message. Raises Fatal."""
    variables = os.environ if environment is None else environment
    return VARIABLE.sub(lambda match: _value(owner, match[1], variables), text)


def variables_of(connection: Connection) -> tuple[str, ...]:
    """The names of the environment variables that the settings of a connection name, each once."""
    return tuple(dict.fromkeys(name for _, value in connection.settings for name in named_in(value)))


def _value(owner: str, name: str, variables: Mapping[str, str]) -> str:
    if is_own(name):
        raise Fatal(f"{owner} names the environment variable {name}, which is for the installation alone")
    try:
        found = value_of(name, variables)
    except (OSError, UnicodeDecodeError) as error:
        raise Fatal(f"the file that {name}_FILE names cannot be read: {error}") from None
    if found is None:
        raise Fatal(f"{owner} needs the environment variable {name}, which is not set")
    return found
