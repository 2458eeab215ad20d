"""An outside SQL database with the world's harbours and boats, and workers as processes on it."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from metadata.snapshot import Snapshot
from support.harbour import boat_row, harbour_row

ROOT = Path(__file__).parents[2]
BOATS = 4000
OUTSIDE = sa.MetaData()
HARBOURS = sa.Table(
    "harbour",
    OUTSIDE,
    sa.Column("code", sa.String(10), primary_key=True),
    sa.Column("name", sa.String(60)),
    sa.Column("depth", sa.Float),
    sa.Column("seq", sa.Integer, index=True),
)
OUTSIDE_BOATS = sa.Table(
    "boat",
    OUTSIDE,
    sa.Column("no", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(60)),
    sa.Column("built", sa.Date),
    sa.Column("price", sa.Float),
    sa.Column("state", sa.String(1)),
    sa.Column("harbour", sa.String(10)),
    sa.Column("tender_of", sa.Integer),
    sa.Column("external_id", sa.String(60)),
    sa.Column("seq", sa.Integer, index=True),
    sa.Column("changed", sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")),
)


def filled(url: str, boats: int = BOATS) -> sa.Engine:
    """The outside's tables, with forty harbours and so many boats."""
    arguments = {"timeout": 10} if url.startswith("sqlite") else {}
    engine = sa.create_engine(url, connect_args=arguments)
    OUTSIDE.create_all(engine)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(sa.text("PRAGMA journal_mode=WAL"))
        connection.execute(sa.insert(HARBOURS), [{**harbour_row(f"H{at}"), "depth": 4.5} for at in range(40)])
        every = [boat_row(no, seq=no, harbour=f"H{no % 40}", tender_of=no % 50 + 1) for no in range(1, boats + 1)]
        connection.execute(sa.insert(OUTSIDE_BOATS), [{**row, "price": 1250.5} for row in every])
    return engine


def start(database_url: str, outside: sa.Engine, *options: str, **more: Any) -> subprocess.Popen[str]:
    """A worker as a process of its own, with the options of `support.sync_process`."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    address = outside.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "support.sync_process", database_url, address, *(options or ("15",))]
    told = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **more}
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}, text=True, **told)


def differences(engine: sa.Engine, outside: sa.Engine, snapshot: Snapshot) -> int:
    """How many boats differ on the two sides."""
    table = snapshot.entities["boat"].table
    tender = table.alias()
    harbour = snapshot.entities["harbour"].table
    ours = sa.select(table.c.number, table.c.name, table.c.built, table.c.price, harbour.c.code, tender.c.number)
    ours = ours.outerjoin(harbour, table.c.harbour == harbour.c.id).outerjoin(tender, table.c.tender_of == tender.c.id)
    names = ("no", "name", "built", "price", "harbour", "tender_of")
    theirs = sa.select(*(OUTSIDE_BOATS.c[name] for name in names))
    with outside.connect() as there, engine.connect() as here:
        return len(_hashes(there, theirs) ^ _hashes(here, ours))


def _hashes(connection: sa.Connection, rows: sa.Select[Any]) -> set[tuple[int, int]]:
    """The rows' keys with a hash of all that they have; numbers are equal however they are kept."""
    return {(row[0], hash(tuple(float(v) if isinstance(v, Decimal) else v for v in row))) for row in connection.execute(rows)}


def note_effects(outside: sa.Engine, column: str) -> None:
    """Have an outside note each update of a column of boats from now on."""
    statements = [f"CREATE TRIGGER note AFTER UPDATE OF {column} ON boat BEGIN INSERT INTO effect (no) VALUES (NEW.no); END"]
    if outside.dialect.name == "postgresql":
        body = "BEGIN INSERT INTO effect (no) VALUES (NEW.no); RETURN NULL; END"
        statements = [
            f"CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $note$ {body} $note$",
            f"CREATE TRIGGER note AFTER UPDATE OF {column} ON boat FOR EACH ROW EXECUTE FUNCTION note()",
        ]
    with outside.begin() as connection:
        for statement in ("CREATE TABLE effect (no INTEGER)", *statements):
            connection.execute(sa.text(statement))


def effects(outside: sa.Engine) -> dict[int, int]:
    """How often each boat was updated since."""
    with outside.connect() as connection:
        return {no: int(times) for no, times in connection.execute(sa.text("SELECT no, count(*) FROM effect GROUP BY no"))}
