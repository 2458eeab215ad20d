"""What connectors read of a connection's settings is what the studio and the checks know of them."""

import re
from pathlib import Path

import pytest

import connectors
from metadata.connector_settings import CONNECTOR_SETTINGS, SECRETS, is_written_out, names_of
from metadata.model import Connection
from metadata.schema.build import schema_for
from runtime.sync import webhooks

READ = re.compile(r"""\b(?:settings|_settings|given)(?:\.get\(|\[)["'](\w+)["']""")
ROOM = Path(connectors.__file__).parent
EVENTS = ("nats", "rabbitmq", "redis", "webhook")


def read_by(kind):
    """The settings that the modules of a connector read."""
    folders = [ROOM / kind, *([ROOM / "events"] if kind in EVENTS else []), *([ROOM / "odata"] if kind == "rest" else [])]
    files = [file for folder in folders for file in folder.glob("*.py")]
    files += [Path(webhooks.__file__)] if kind == "webhook" else []
    return {name for file in files for name in READ.findall(file.read_text(encoding="utf-8"))}


def test_every_connector_has_its_settings():
    words = schema_for(Connection).fields["connector"].metadata.get("choices") or set(CONNECTOR_SETTINGS)
    assert set(CONNECTOR_SETTINGS) == set(words)


@pytest.mark.parametrize("kind", sorted(set(CONNECTOR_SETTINGS) - {"rest", "odata"}))
def test_what_a_connector_reads_is_known_and_what_is_known_is_read(kind):
    assert read_by(kind) == set(names_of(kind))


def test_rest_and_odata_refuse_what_is_not_known_and_read_nothing_else():
    assert read_by("odata") <= set(names_of("odata")) | set(names_of("rest"))
    assert set(names_of("odata")) - {"resource"} <= read_by("odata")
    assert set(names_of("rest")) >= read_by("rest") - set(names_of("odata"))


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("password", "hush", True),
        ("password", "${PASSWORD}", False),
        ("password", "a${PASSWORD}", True),
        ("password", "", False),
        ("url", "postgresql://me:hush@host/db", True),
        ("url", "postgresql://me:${HUSH}@host/db", False),
        ("url", "postgresql://me@host:5432/db", False),
        ("url", "nats://a:4222,nats://me:hush@b:4222", True),
        ("url", "https://api.example/a:b@c", False),
        ("folder", "/srv/a:b@c", False),
    ],
)
def test_a_secret_that_is_written_out_is_told_apart_from_its_name(name, value, written):
    assert is_written_out(name, value) is written


def test_what_nobody_may_read_is_a_secret():
    assert {"client_secret", "password", "secret", "secret_key", "token", "api_key"} == SECRETS
