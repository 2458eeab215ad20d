"""Real data: the AdventureWorks sales of a folder of CSV files, as a site of its own made of metadata and table maps alone."""

import csv
import datetime as dt
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from metadata.compiler import compile_snapshot
from metadata.snapshot import Snapshot
from metadata.store import MetadataStore
from runtime.access import Person, Principal
from runtime.database import make_engine
from runtime.records.ask import parse_list_ask
from runtime.records.lists import fetch_list
from runtime.records.plan import plan_list
from support.demo import clean_environment

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(__file__).parent / "adventureworks"
DATA = Path(os.environ.get("FOYER_TEST_DATA", ROOT.parent / "shared" / "data")) / "adventureworks"
FILES = ("Store", "Person", "Customer", "Product", "SalesOrderHeader", "SalesOrderDetail")
TABLES = ("account", "contact", "customer", "item", "purchase", "purchase_line")
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no AdventureWorks at {DATA}")


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@dataclass
class Desk:
    """The site with its rows, and the folder that they came from."""

    url: str
    folder: Path
    files: Path
    engine: sa.Engine
    snapshot: Snapshot

    def foyer(self, *arguments: str) -> str:
        return foyer(self.url, self.folder, *arguments)

    def query(self, statement: str) -> list[tuple[object, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(statement))]

    def versions(self) -> dict[tuple[str, int], int]:
        return {(table, row): version for table in TABLES for row, version in self.query(f"SELECT id, version FROM {table}")}


def foyer(url: str, folder: Path, *arguments: str) -> str:
    environ = {
        **clean_environment(), "FOYER_DATABASE_URL": url, "FOYER_DATA_DIR": str(folder),
        "ADVENTUREWORKS": str(folder / "files"),
    }  # fmt: skip
    command = [sys.executable, "-m", "runtime", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    return done.stdout + done.stderr


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    files = tmp_path / "files"
    files.mkdir()
    for name in FILES:
        shutil.copyfile(DATA / f"{name}.csv", files / f"{name}.csv")
    foyer(database_url, tmp_path, "publish", str(SITE))
    foyer(database_url, tmp_path, "sync", "run", "--initial")
    engine = make_engine(database_url)
    store = MetadataStore(engine)
    yield Desk(database_url, tmp_path, files, engine, compile_snapshot(store.released().values(), store.current_release()))
    engine.dispose()


def test_everything_arrives_every_buyer_sees_his_own_and_only_what_changes_is_touched(desk):
    everything_has_arrived(desk)
    every_total_is_the_sources(desk)
    each_buyer_sees_what_the_files_give_him(desk)
    a_second_pull_touches_nothing(desk)
    a_changed_file_changes_the_changed_rows(desk)


def everything_has_arrived(desk: Desk) -> None:
    assert desk.query("SELECT count(*) FROM purchase") == [(3806,)]
    assert desk.query("SELECT count(*) FROM purchase_line") == [(60919,)]
    assert desk.query("SELECT count(*) FROM foyer_sync_reject") == [(0,)]
    assert desk.query("SELECT count(*) FROM purchase WHERE customer IS NULL OR buyer IS NULL") == [(0,)]
    assert desk.query("SELECT count(*) FROM purchase_line WHERE item IS NULL") == [(0,)]


def every_total_is_the_sources(desk: Desk) -> None:
    plan = plan_list(desk.snapshot, Principal.system("system"), "purchases")
    at = {column.path: column.index for column in plan.columns}
    everything = every_row(desk, plan, Principal.system("system"))
    found = {row[at["number"]]: (row[at["total"]], row[at["ordered"]]) for row in everything}
    assert found == {
        row["SalesOrderID"]: (Decimal(row["TotalDue"]), dt.date.fromisoformat(row["OrderDate"]))
        for row in rows(desk.files, "SalesOrderHeader")
    }
    lines = defaultdict(Decimal)
    for row in rows(desk.files, "SalesOrderDetail"):
        lines[row["SalesOrderID"]] += Decimal(row["LineTotal"])
    purchases, line = desk.snapshot.entities["purchase"].table, desk.snapshot.entities["purchase_line"].table
    statement = sa.select(purchases.c.number, line.c.amount).join(line, line.c.purchase == purchases.c.id)
    sums = defaultdict(Decimal)
    with desk.engine.connect() as connection:
        for number, amount in connection.execute(statement):
            sums[number] += amount
    assert sums == lines


def every_row(desk: Desk, plan, principal: Principal) -> Iterator[tuple[object, ...]]:
    """All rows that somebody sees, page by page."""
    place: dict[str, str] = {}
    with desk.engine.connect() as connection:
        while True:
            ask = parse_list_ask(desk.snapshot, principal, (plan.view,), place, page_size=500)
            page = fetch_list(connection, plan, principal, ask)
            yield from page.rows
            if page.next_after is None:
                return
            place = {"after": page.next_after, "page": str(page.page + 1)}


def each_buyer_sees_what_the_files_give_him(desk: Desk) -> None:
    wanted = defaultdict(set)
    for row in rows(desk.files, "SalesOrderHeader"):
        wanted[row["ContactPersonID"]].add(row["SalesOrderID"])
    assert len(wanted) == 635
    people = dict(desk.query("SELECT number, id FROM contact"))
    seen = {number: numbers_seen_by(desk, people[number]) for number in wanted}
    assert seen == wanted
    others = sorted(set(people) - set(wanted))[:20]
    assert [numbers_seen_by(desk, people[number]) for number in others] == [set()] * len(others)


def numbers_seen_by(desk: Desk, contact: int) -> set[object]:
    principal = Principal.signed_in(desk.snapshot, "reseller-desk", Person(contact), ["buyer"])
    plan = plan_list(desk.snapshot, principal, "purchases")
    at = next(column.index for column in plan.columns if column.path == "number")
    return {row[at] for row in every_row(desk, plan, principal)}


def a_second_pull_touches_nothing(desk: Desk) -> None:
    before = desk.versions()
    desk.foyer("sync", "run")
    assert desk.versions() == before
    os.utime(desk.files / "SalesOrderHeader.csv")
    desk.foyer("sync", "run")
    assert desk.versions() == before
    assert {version for (table, _), version in before.items() if table.startswith("purchase")} == {1}


def a_changed_file_changes_the_changed_rows(desk: Desk) -> None:
    before = desk.versions()
    file = desk.files / "SalesOrderHeader.csv"
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    changed = {"43659", "50000", lines[-1].partition(",")[0]}
    file.write_text("".join(
        line.replace(line.rstrip("\r\n").rpartition(",")[2], "123.4567", 1) if line.partition(",")[0] in changed else line
        for line in lines
    ), encoding="utf-8", newline="")  # fmt: skip
    desk.foyer("sync", "run")
    ids = {("purchase", row) for number, row in desk.query("SELECT number, id FROM purchase") if number in changed}
    after = desk.versions()
    assert {key for key in after if after[key] != before[key]} == ids
    assert {after[key] for key in ids} == {2}
    totals = dict(desk.query("SELECT number, total FROM purchase"))
    assert len({str(totals[number]) for number in changed if number in totals}) == 1
