"""`foyer serve` names the address it listens on in mails, unless it is told another one."""

import os

import pytest
from click.testing import CliRunner

from runtime.cli import serve
from support.portal import SECRET
from support.ports import free_port


class Idle:
    """A server that ends at once."""

    def serve(self) -> None:
        """Nothing to do."""


@pytest.mark.parametrize(
    ("given", "announced"),
    [
        ({}, "http://127.0.0.1:{port}"),
        ({"FOYER_PUBLIC_URL": "https://portal.example"}, "https://portal.example"),
        ({"FOYER_PUBLIC_URL_FILE": "address"}, "https://filed.example"),
    ],
)
def test_the_public_address_may_be_given_in_a_file(tmp_path, monkeypatch, given, announced):
    monkeypatch.setattr(serve, "make_server", lambda *values: Idle())
    monkeypatch.chdir(tmp_path)
    (tmp_path / "address").write_text("https://filed.example\n")
    clean = {name: None for name in os.environ if name.startswith("FOYER_")} | {"FOYER_PUBLIC_URL": None}
    environ = {**clean, "FOYER_DATA_DIR": str(tmp_path), "FOYER_SECRET_KEY": SECRET, **given}
    port = free_port()
    done = CliRunner().invoke(serve.command, ["--port", str(port)], env=environ)
    assert done.exit_code == 0, done.output
    assert f"Foyer serves {announced.format(port=port)} " in done.output
