"""The demo from first to last: folder, ERP, metadata, rows, people, worker, server."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from metadata.compiler import compile_snapshot
from metadata.errors import MetadataError
from metadata.files import read_folder
from metadata.model import component_id
from metadata.store import MetadataStore
from metadata.store.bodies import body_of
from runtime.address import forget_address, keep_address
from runtime.database import make_engine
from runtime.demo import erp
from runtime.demo.people import Portrait, add_people
from runtime.demo.processes import Processes
from runtime.guards import GUARDS
from runtime.identity.passwords import Cost, Passwords
from runtime.tables import create_engine_tables

STARTER = Path(__file__).resolve().parents[2] / "metadata" / "starters" / "customer-portal"
SITE = "customer-portal"
ERP = "erp"
MARK = ".demo"
PUBLISHED = "published.json"
"""What the files of the site said at the last start."""
ERP_SECONDS = 120.0
SERVER_SECONDS = 60.0
CHEAP_HASH = Cost(time=1, memory=8_192)
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """What the demo was asked for."""

    folder: Path
    port: int = 8000
    seed: str = "demo"
    tick: float = 10.0
    way: str = erp.SQL


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that answers."""

    url: str
    site_folder: Path
    mail_folder: Path
    environ: Mapping[str, str]
    people: tuple[Portrait, ...]
    processes: Processes

    @property
    def erp_command(self) -> str:
        """How the sample ERP is started by hand."""
        return erp.command(self.environ)


def settings(options: Options, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of the demo's processes: what is set stays, what is missing lives in the demo's folder."""
    folder = options.folder.resolve()
    return {
        "FOYER_DATA_DIR": str(folder),
        "FOYER_DATABASE_URL": f"sqlite:///{folder / 'foyer.db'}",
        "FOYER_ERP_URL": f"sqlite:///{folder / 'erp.db'}",
        "FOYER_PUBLIC_URL": f"http://127.0.0.1:{options.port}",
        "FOYER_MAIL_FOLDER": str(folder / "mail"),
        "FOYER_ARGON2_TIME": str(CHEAP_HASH.time),
        "FOYER_ARGON2_MEMORY": str(CHEAP_HASH.memory),
        **erp.environment(options.way, options.port),
        **environ,
        "PYTHONUNBUFFERED": "1",
    }


def site_folder(folder: Path) -> Path:
    """The folder with the site's metadata, copied from the starter once, for the admin to change."""
    target = folder / "site"
    if not target.exists():
        shutil.copytree(STARTER, target)
    return target


def publish_site(store: MetadataStore, folder: Path) -> None:
    """Release what the files of a folder say that they did not say at the last start: what was changed in the studio stays.

    Raises MetadataError where the files, or what they make of the site, are wrong.
    """
    reading = read_folder(folder)
    if reading.problems:
        raise MetadataError(reading.problems)
    store.create()
    note, kept = "The demo's site", folder.parent / PUBLISHED
    said = {str(component_id(item)): body_of(item).hash for item in reading.components}
    before = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    changed = [item for item in reading.components if before.get(name := str(component_id(item))) != said[name]]
    if not store.current_release():
        store.publish("demo", note, components=reading.components, contents=reading.contents)
    elif changed:
        store.save(changed, "demo", note, contents=reading.contents)
        drafts = store.standing().drafts
        chosen = {name: drafts[name].number for name in map(component_id, changed) if name in drafts}
        if chosen:
            store.publish_some(chosen, "demo", note)
    kept.write_text(json.dumps(said), encoding="utf-8")


def _people(environ: Mapping[str, str]) -> tuple[Portrait, ...]:
    engine = make_engine(environ["FOYER_DATABASE_URL"])
    store = MetadataStore(engine)
    snapshot = compile_snapshot(store.released().values(), store.current_release())
    create_engine_tables(engine)
    with engine.connect().execution_options(foyer_write=True) as connection, connection.begin():
        found = add_people(connection, snapshot, SITE, Passwords(CHEAP_HASH))
    engine.dispose()
    return found


def _prepare_metadata(environ: Mapping[str, str], folder: Path) -> None:
    engine = make_engine(environ["FOYER_DATABASE_URL"])
    try:
        publish_site(MetadataStore(engine, GUARDS), folder)
    finally:
        engine.dispose()


@contextmanager
def running(options: Options, say: Say) -> Iterator[Demo]:
    """The demo, running until the block ends. Raises Died where a part of it does not start, MetadataError, OSError."""
    options.folder.mkdir(parents=True, exist_ok=True)
    (options.folder / MARK).touch()
    environ = settings(options, os.environ)
    metadata = site_folder(options.folder.resolve())
    if not erp.choose_way(STARTER, metadata, options.way):
        say(f"{erp.CONNECTION} was changed; it is left as it is.")
    processes = Processes(environ, options.folder.resolve() / "logs")
    try:
        say("Starting the sample ERP ...")
        seeded = ("--seed", options.seed, "--tick", str(options.tick))
        processes.start(ERP, erp.MODULE, *erp.arguments(environ), *seeded)
        processes.wait_for_line(ERP, "Sample ERP: ready.", ERP_SECONDS)
        say("Publishing the site ...")
        _prepare_metadata(environ, metadata)
        say("Fetching the ERP's rows ...")
        processes.run("first-sync", "runtime", "sync", "run", "--initial")
        people = _people(environ)
        say("Starting the portal ...")
        processes.start("worker", "runtime", "worker")
        processes.start("portal", "runtime", "serve", "--host", "127.0.0.1", "--port", str(options.port))
        url = f"http://127.0.0.1:{options.port}"
        processes.wait_for_answer("portal", f"{url}/readyz", SERVER_SECONDS)
        keep_address(options.folder, environ["FOYER_PUBLIC_URL"])  # for commands that are run beside it
        yield Demo(url, metadata, Path(environ["FOYER_MAIL_FOLDER"]), environ, people, processes)
    finally:
        forget_address(options.folder)
        processes.stop()
