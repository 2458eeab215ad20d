"""The same outside table behind every adapter: memory, files in a folder and a bucket, SQL on three databases, OData."""

import csv
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from connectors.files.adapter import FilesAdapter
from connectors.memory.adapter import MemoryAdapter, memory_world
from connectors.protocol import Adapter
from connectors.sql.adapter import SqlAdapter
from support.buckets import KEY, SECRET, open_buckets
from support.odata import HARBOUR, odata_outside
from support.rest import PAGING, harbour_resource, rest_outside

COLUMNS = ("code", "name", "depth", "seq")
WRITABLE = ["memory", "sqlite", "postgresql", "mariadb", "odata", "rest-page"]


class Outside:
    """An adapter, and a hand that changes the table behind it. `of_map` is what a map over it needs."""

    of_map: Mapping[str, Any] = {}

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter

    def put(self, *rows: Mapping[str, Any]) -> None:
        """Insert or replace rows by code."""
        raise NotImplementedError

    def remove(self, code: str) -> None:
        """Delete a row."""
        raise NotImplementedError


class InMemory(Outside):
    def __init__(self) -> None:
        super().__init__(MemoryAdapter("outside", {"name": "contract"}))
        memory_world("contract").tables = {"harbour": []}
        memory_world("contract").down = False

    def put(self, *rows: Mapping[str, Any]) -> None:
        there = memory_world("contract").tables["harbour"]
        codes = {row["code"] for row in rows}
        there[:] = [row for row in there if row["code"] not in codes] + [dict(row) for row in rows]

    def remove(self, code: str) -> None:
        there = memory_world("contract").tables["harbour"]
        there[:] = [row for row in there if row["code"] != code]


class InSql(Outside):
    def __init__(self, url: str) -> None:
        super().__init__(SqlAdapter("outside", {"url": url}))
        self._engine = sa.create_engine(url)
        self._table = sa.Table(
            "harbour",
            sa.MetaData(),
            sa.Column("code", sa.String(10), primary_key=True),
            sa.Column("name", sa.String(60)),
            sa.Column("depth", sa.Numeric(8, 2, asdecimal=False)),
            sa.Column("seq", sa.Integer),
        )
        self._table.create(self._engine)

    def put(self, *rows: Mapping[str, Any]) -> None:
        with self._engine.begin() as connection:
            for row in rows:
                connection.execute(sa.delete(self._table).where(self._table.c.code == row["code"]))
                connection.execute(sa.insert(self._table), dict(row))

    def remove(self, code: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.delete(self._table).where(self._table.c.code == code))

    @contextmanager
    def hold(self, code: str) -> Iterator[None]:
        """Write a row, and commit at the end of the block."""
        if self._engine.dialect.name == "sqlite":
            pytest.skip("SQLite locks no single rows")
        with self._engine.begin() as connection:
            connection.execute(sa.update(self._table).where(self._table.c.code == code).values(name="Theirs"))
            yield

    def close(self) -> None:
        self.adapter.close()
        self._engine.dispose()


class InOData(Outside):
    """The sample ERP's own service, with pages of four rows; a map finds its changes in one of three manners."""

    def __init__(self, file: Path, manner: str) -> None:
        self._there = ExitStack()
        self._outside = self._there.enter_context(odata_outside(file))
        self.of_map = {"change_column": "", "delta": True} if manner == "odata-delta" else {}
        super().__init__(self._outside.adapter(**({"paging": "key"} if manner == "odata-by-key" else {})))

    def put(self, *rows: Mapping[str, Any]) -> None:
        self._outside.put(HARBOUR, *rows)

    def remove(self, code: str) -> None:
        self._outside.remove(HARBOUR, code)

    def close(self) -> None:
        self.adapter.close()
        self._there.close()


class InFiles(Outside):
    """A file of rows in a folder; by kind CSV, JSON lines or a workbook."""

    of_map = {"change_column": ""}

    def __init__(self, folder: Path, kind: str, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(FilesAdapter("outside", {"format": kind, **(settings or {"folder": str(folder)})}))
        self._path = folder / f"harbour.{kind}"
        self._rows: dict[str, Mapping[str, Any]] = {}
        self._write()

    def put(self, *rows: Mapping[str, Any]) -> None:
        self._rows.update({row["code"]: row for row in rows})
        self._write()

    def remove(self, code: str) -> None:
        del self._rows[code]
        self._write()

    def _write(self) -> None:
        beside = self._path.with_suffix(".new")
        {"csv": self._as_csv, "jsonl": self._as_json_lines, "xlsx": self._as_workbook}[self._path.suffix[1:]](beside)
        os.replace(beside, self._path)

    def _as_csv(self, path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(self._rows.values())

    def _as_json_lines(self, path: Path) -> None:
        path.write_text("\n".join(json.dumps(row) for row in self._rows.values()) + "\n", encoding="utf-8")

    def _as_workbook(self, path: Path) -> None:
        book = openpyxl.Workbook()
        book.active.append(COLUMNS)
        for row in self._rows.values():
            book.active.append([row[name] for name in COLUMNS])
        book.save(path)


class InBucket(InFiles):
    """The same file in a bucket of an S3-compatible server of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        self._there = ExitStack()
        self._store = self._there.enter_context(open_buckets("outside"))
        super().__init__(folder, "csv", {"url": self._store.address("outside/in")})

    def _write(self) -> None:
        super()._write()
        self._store.put("outside", f"in/{self._path.name}", self._path.read_bytes())

    def close(self) -> None:
        self.adapter.close()
        self._there.close()


class InRest(Outside):
    """A REST service of its own, with pages of two rows."""

    def __init__(self, paging: str) -> None:
        self._there = ExitStack()
        self._service = self._there.enter_context(rest_outside())
        super().__init__(self._service.adapter(harbour_resource(paging)))

    def put(self, *rows: Mapping[str, Any]) -> None:
        self._service.rows |= {row["code"]: dict(row) for row in rows}

    def remove(self, code: str) -> None:
        del self._service.rows[code]

    def close(self) -> None:
        self.adapter.close()
        self._there.close()


def open_outside(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Outside:
    if kind == "memory":
        return InMemory()
    if kind.startswith("files"):
        folder = tmp_path / "outside"
        folder.mkdir()
        ending = kind.removeprefix("files-")
        return InBucket(folder, request.getfixturevalue("monkeypatch")) if ending == "s3" else InFiles(folder, ending)
    if kind.startswith("rest"):
        return InRest(kind.removeprefix("rest-"))
    if kind.startswith("odata"):
        return InOData(tmp_path / "erp.db", kind)
    if kind == "sqlite":
        file = tmp_path / "outside.db"
        file.touch()
        return InSql(f"sqlite:///{file}")
    url = request.getfixturevalue({"postgresql": "pg_url", "mariadb": "mariadb_url"}[kind])
    return InSql(url)


FILES = ["files-csv", "files-jsonl", "files-xlsx", "files-s3"]
REST = [f"rest-{paging}" for paging in PAGING]
EVERY = ["memory", *FILES, *REST, "sqlite", "postgresql", "mariadb", "odata", "odata-by-key", "odata-delta"]


@pytest.fixture(params=EVERY)
def outside(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Outside]:
    found = open_outside(request.param, request, tmp_path)
    yield found
    if isinstance(found, (InSql, InOData, InBucket, InRest)):
        found.close()


@pytest.fixture(params=WRITABLE)
def writable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Outside]:
    found = open_outside(request.param, request, tmp_path)
    yield found
    if isinstance(found, (InSql, InOData, InBucket, InRest)):
        found.close()


@pytest.fixture
def drain() -> Callable[..., tuple[list[Mapping[str, Any]], Any]]:
    """Pull until nothing more comes; the records and the cursor after them."""

    def pull_all(outside: Outside, table_map: Any, cursor: Any = None, limit: int = 3) -> Any:
        records: list[Mapping[str, Any]] = []
        more = True
        while more:
            batch = outside.adapter.pull(table_map, cursor, limit)
            assert len(batch.records) <= limit
            records += batch.records
            cursor, more = batch.cursor, batch.more
        return records, cursor

    return pull_all
