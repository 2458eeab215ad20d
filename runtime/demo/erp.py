"""How the demo's portal talks to its ERP: through the ERP's database, or over OData."""

from __future__ import annotations

import shlex
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

MODULE = "connectors.sample_erp"
SQL, ODATA = "sql", "odata"
WAYS = (SQL, ODATA)
SECRET = "no-secret-of-the-demo"  # noqa: S105 - everybody may know it: it is shown with the command
CONNECTION = Path("connections") / "erp.yaml"
OVER_ODATA = Path(__file__).parent / "connections" / "odata.yaml"


def choose_way(starter: Path, folder: Path, way: str) -> bool:
    """Put the connection for this way into the site's folder; False where the file is the admin's own and is left alone."""
    file = folder / CONNECTION
    texts = {SQL: (starter / CONNECTION).read_text(encoding="utf-8"), ODATA: OVER_ODATA.read_text(encoding="utf-8")}
    there = file.read_text(encoding="utf-8") if file.exists() else ""
    if there not in texts.values():
        return False
    if there != texts[way]:
        file.write_text(texts[way], encoding="utf-8")
    return True


def environment(way: str, port: int) -> dict[str, str]:
    """What the connection, and the ERP, find in the environment. `port` is the portal's; the ERP takes the next, if it may."""
    if way == SQL:
        return {}
    address = f"http://127.0.0.1:{_free_port(port + 1)}"
    return {"FOYER_ERP_ODATA_URL": address, "FOYER_ERP_SECRET": SECRET, "SAMPLE_ERP_SECRET": SECRET}


def arguments(environ: Mapping[str, str]) -> tuple[str, ...]:
    """What the ERP is started with, on its database and with its door for machines where it has one."""
    address = environ.get("FOYER_ERP_ODATA_URL", "")
    door = ("--odata-port", address.rpartition(":")[2]) if address else ()
    return ("serve", "--database", environ["FOYER_ERP_URL"], *door)


def command(environ: Mapping[str, str]) -> str:
    """How the ERP is started by hand."""
    line = shlex.join([sys.executable, "-m", MODULE, *arguments(environ)])
    return f"SAMPLE_ERP_SECRET={environ['SAMPLE_ERP_SECRET']} {line}" if "SAMPLE_ERP_SECRET" in environ else line


def _free_port(wanted: int) -> int:
    """The port, or another one where somebody has it."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return int(probe.getsockname()[1])
    raise OSError("no port is free")
