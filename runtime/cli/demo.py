"""`foyer demo`: a portal and a sample ERP to look at, with people to sign in as."""

from __future__ import annotations

import dataclasses
import json
import shutil
import signal
import socket
import threading
from pathlib import Path

import click

from metadata.errors import MetadataError
from runtime.demo.erp import SQL, WAYS
from runtime.demo.processes import Died
from runtime.demo.program import ERP, MARK, Demo, Options, running

WATCH_SECONDS = 0.5
STUDIO = "/studio/"


@click.command("demo")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to answer on.")
@click.option("--reset", is_flag=True, help="Throw away what an earlier demo has left.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document once the portal answers.")
@click.option(
    "--folder",
    default=".foyer-demo",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the demo.",
)
@click.option("--seed", default="demo", show_default=True, type=click.Choice(["small", "demo"]), help="How much data.")
@click.option(
    "--tick",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0, 3600),
    help="Seconds between moves of the ERP's orders; 0 for none.",
)
@click.option("--erp", "way", default=SQL, show_default=True, type=click.Choice(WAYS), help="How the ERP is talked to.")
def command(port: int, reset: bool, as_json: bool, folder: Path, seed: str, tick: float, way: str) -> None:
    """Run a portal beside a sample ERP, until Ctrl+C."""
    _require_free(port)
    if reset and folder.exists():
        _remove(folder)
    stop = _stop_on_signals()
    try:
        with running(Options(folder, port, seed, tick, way), lambda line: click.echo(line, err=True)) as demo:
            click.echo(_document(demo) if as_json else _welcome(demo))
            _watch(demo, stop)
    except (Died, MetadataError, OSError) as error:
        raise click.ClickException(str(error)) from None


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise click.ClickException(f"Port {port} is taken. Choose another with --port.") from None


def _remove(folder: Path) -> None:
    if any(folder.iterdir()) and not (folder / MARK).exists():
        raise click.ClickException(f"{folder} is not the folder of a demo; it is left alone.")
    shutil.rmtree(folder)


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _watch(demo: Demo, stop: threading.Event) -> None:
    """Wait for the end. A portal goes on without its ERP, and so does the demo: it can be looked at how."""
    told = False
    while not stop.wait(WATCH_SECONDS):
        dead = demo.processes.dead()
        for name in dead:
            if name != ERP:
                raise Died(demo.processes.last_words(name))
        if dead and not told:
            told = True
            click.echo(f"The sample ERP has ended; new orders wait until it runs again:\n  {demo.erp_command}", err=True)


def _document(demo: Demo) -> str:
    people = [{key: value for key, value in dataclasses.asdict(person).items() if key != "part"} for person in demo.people]
    return json.dumps({"url": demo.url, "studio": f"{demo.url}{STUDIO}", "people": people}, ensure_ascii=False)


def _welcome(demo: Demo) -> str:
    width = max(len(person.email) for person in demo.people)
    cast = "\n".join(f"  {person.email:<{width}}  {person.part}" for person in demo.people if person.part)
    return (
        f"\nThe portal answers at {demo.url}\n\nSign in with the password {demo.people[0].password} as\n{cast}\n\n"
        f"The Administrator changes the portal at {demo.url}{STUDIO}\n"
        f"Mails are written to {demo.mail_folder}\nThe site's metadata is in {demo.site_folder}; after a change there, run\n"
        f"  FOYER_DATA_DIR={demo.site_folder.parent} ./foyer publish {demo.site_folder}\n\nCtrl+C stops it."
    )
