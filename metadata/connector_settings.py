"""The settings that each kind of connection has: what they are, which must be there, and which are secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from metadata.variables import VARIABLE

PASSWORD_IN_ADDRESS = re.compile(r"://[^/?#@\s]*:(?P<password>[^/?#@\s]+)@")


@dataclass(frozen=True, slots=True)
class ConnectorSetting:
    """One setting. `one_of` names those of which one is enough; `choices` are the words that it may be."""

    name: str
    help: str
    required: bool = False
    secret: bool = False
    choices: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()


def _needed(name: str, help: str) -> ConnectorSetting:
    return ConnectorSetting(name, help, required=True)


def _secret(name: str, help: str) -> ConnectorSetting:
    return ConnectorSetting(name, help, secret=True)


_URL = "Root of the service; begins with https://, save on this machine."
_TOKEN = (
    ConnectorSetting("token_url", "Where a token is had by OAuth's client credentials."),
    ConnectorSetting("client_id", "Who asks for the token."),
    _secret("client_secret", "What proves who asks for the token."),
    ConnectorSetting("scope", "What the token is for."),
    ConnectorSetting("resource", "What the token is for, where the service wants a resource instead of a scope."),
)
_PATIENCE = (
    ConnectorSetting("timeout", "Seconds to wait for an answer; 30 where missing."),
    ConnectorSetting("ca_file", "File with certificates to trust, where the service's own is not signed by a known authority."),
)
_SOURCE = ConnectorSetting("source", "Name of this installation in events; /foyer/ and the connection's key where missing.")
_ENVELOPES = ("cloudevents", "cloudevents-binary", "debezium")
_EVENTS = (ConnectorSetting("envelope", "How a message is packed; cloudevents where missing.", choices=_ENVELOPES), _SOURCE)

CONNECTOR_SETTINGS: Mapping[str, tuple[ConnectorSetting, ...]] = {
    "sql": (
        _needed("url", "Address of the database, such as postgresql://user@host/name; a password in it stands in a variable."),
        ConnectorSetting("schema", "Schema of the tables, where they are not in the default one."),
    ),
    "odata": (
        _needed("url", _URL),
        *_TOKEN,
        ConnectorSetting("query", "Goes with every address of rows, such as cross-company=true."),
        ConnectorSetting(
            "paging",
            "link follows the service's next links, as where nothing is chosen; key asks for what comes after the last key.",
            choices=("link", "key"),
        ),
        ConnectorSetting("empty_date", "Date by which a service without null means none, such as 1900-01-01."),
        *_PATIENCE,
    ),
    "rest": (
        _needed("url", _URL),
        ConnectorSetting(
            "auth",
            "How the service is told who asks: not at all, by user and password, by a token, by a header with an API key, or by"
            " OAuth.",
            choices=("none", "basic", "bearer", "header", "oauth"),
        ),
        ConnectorSetting("user", "For auth basic: who asks."),
        _secret("password", "For auth basic: the password."),
        _secret("token", "For auth bearer: the token."),
        ConnectorSetting("header", "For auth header: its name, such as X-Api-Key."),
        _secret("api_key", "For auth header: the API key."),
        *_TOKEN,
        ConnectorSetting("per_minute", "Requests in a minute at most."),
        *_PATIENCE,
    ),
    "files": (
        ConnectorSetting("folder", "Folder with the files; or an address instead.", one_of=("folder", "url")),
        ConnectorSetting("url", "Address of a store, such as s3://bucket/prefix?endpoint=https://host&region=name."),
        ConnectorSetting("access_key", "For a store: who asks; found as boto3 does where missing."),
        _secret("secret_key", "For a store: what proves who asks."),
        ConnectorSetting("format", "Kind of the files; csv where missing.", choices=("csv", "jsonl", "xlsx")),
        ConnectorSetting("encoding", "Encoding of CSV files; utf-8-sig where missing."),
        ConnectorSetting("delimiter", "What separates the values of CSV files; a comma where missing."),
    ),
    "nats": (
        _needed("url", "Addresses of the servers, several with commas between; a password in it stands in a variable."),
        ConnectorSetting("stream", "Name of the stream, where the subject does not tell it."),
        ConnectorSetting("credentials", "File with credentials of NATS."),
        *_EVENTS,
    ),
    "rabbitmq": (
        _needed("url", "Address that begins with amqp:// or amqps://; a password in it stands in a variable."),
        ConnectorSetting("exchange", "Exchange that changes go to; the default one where missing."),
        *_EVENTS,
    ),
    "redis": (
        _needed("url", "Address that begins with redis:// or rediss://; a password in it stands in a variable."),
        *_EVENTS,
    ),
    "webhook": (
        ConnectorSetting(
            "secret",
            "What messages are signed with; two in the variable, with a blank between, while one takes the place of the other.",
            required=True,
            secret=True,
        ),
        ConnectorSetting("tolerance", "Seconds that a message may be old or from the future; 300 where missing."),
        ConnectorSetting("max_bytes", "Largest message, in bytes; 1000000 where missing."),
        ConnectorSetting("per_minute", "Messages that one address may send in a minute; 600 where missing."),
        ConnectorSetting("envelope", "How a message is packed; standard where missing.", choices=("standard", *_ENVELOPES)),
        _SOURCE,
    ),
    "memory": (ConnectorSetting("name", "Name of the tables in memory; the connection's key where missing."),),
}

SECRETS = frozenset(setting.name for settings in CONNECTOR_SETTINGS.values() for setting in settings if setting.secret)
"""The settings whose value nobody may read, of whatever kind of connection."""


def names_of(connector: str) -> tuple[str, ...]:
    """The names of the settings that a kind of connection has; none where there is no such kind."""
    return tuple(setting.name for setting in CONNECTOR_SETTINGS.get(connector, ()))


def is_written_out(name: str, value: str) -> bool:
    """Whether a secret itself stands in a value, instead of the ${NAME} of the variable that has it."""
    if name in SECRETS:
        return bool(value) and not VARIABLE.fullmatch(value)
    found = PASSWORD_IN_ADDRESS.search(value)
    return found is not None and not VARIABLE.search(found["password"])


def missing_in(connector: str, given: Mapping[str, str]) -> Iterator[str]:
    """The settings without which a connection cannot work and that it lacks."""
    for setting in CONNECTOR_SETTINGS.get(connector, ()):
        if (setting.required and not given.get(setting.name)) or (setting.one_of and not any(map(given.get, setting.one_of))):
            yield setting.name
