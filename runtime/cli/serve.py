"""`foyer serve`: the site over HTTP."""

from __future__ import annotations

import ipaddress
import os
import socket

import click
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import MPServer

from runtime.cli.installation import open_installation
from runtime.cli.output import Report, reporting
from runtime.metrics.shared import shared_numbers
from runtime.tables import create_engine_tables

TARGET = "runtime.wsgi:make_app"
HIGHEST_PORT = 65535
IP6 = 6
STOP_SECONDS = 30
"""What a process that is told to stop may still take. One that was told while it started never hears of it."""


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, HIGHEST_PORT), help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes; the setting FOYER_WORKERS where missing.")
@click.option("--threads", type=click.IntRange(1, 256), help="Threads of each; FOYER_THREADS where missing.")
@reporting
def command(host: str, port: int, workers: int | None, threads: int | None) -> Report:
    """Serve the site until stopped. Without FOYER_PUBLIC_URL, mails name the address given here."""
    if not os.environ.get("FOYER_PUBLIC_URL_FILE"):
        os.environ.setdefault("FOYER_PUBLIC_URL", f"http://{host}:{port}")
    _require_free(host, port)
    installation = open_installation()
    create_engine_tables(installation.engine)
    installation.engine.dispose()
    config = installation.config
    click.echo(f"Foyer serves {config.public_url} (listening on {host}:{port})", err=True)
    with shared_numbers():
        make_server(host, port, workers or config.workers, threads or config.threads).serve()
    return Report()


def _require_free(host: str, port: int) -> None:
    """Raises ClickException where nobody can listen, which the server itself would tell with a trace."""
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(host).version == IP6 else socket.AF_INET
    except ValueError:
        raise click.ClickException(f"{host} is no address to listen on; write 127.0.0.1, or 0.0.0.0 for all.") from None
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise click.ClickException(f"Nothing can listen on {host}, port {port}: {error.strerror}.") from None


def make_server(host: str, port: int, workers: int, threads: int) -> MPServer:
    """The server: processes of threads around the WSGI application; a process that dies is started anew."""
    return MPServer(
        TARGET,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        factory=True,
        websockets=False,
        respawn_failed_workers=True,
        log_level=LogLevels.error,
        workers_kill_timeout=STOP_SECONDS,
    )
