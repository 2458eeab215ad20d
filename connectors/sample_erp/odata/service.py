"""What the ERP answers to a request, whoever carries it: tokens, rows, changes, batches. Knows no sockets."""

import json
import re
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sqlalchemy import Connection, Engine, MetaData, Table

from connectors.sample_erp.database import reader
from connectors.sample_erp.odata import batch, reading, writing
from connectors.sample_erp.odata.batch import Part, Reply
from connectors.sample_erp.odata.faults import Faults
from connectors.sample_erp.odata.model import (
    Wrong,
    description,
    etag,
    refusal,
    row_shown,
    service_document,
    tables_of,
)
from connectors.sample_erp.odata.reading import Ask

ROOT = "/data/"
TOKEN = "/token"  # noqa: S105 - an address
TOKEN_SECONDS = 3600
_ENTITY = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\((.*)\))?")
_PAGE = re.compile(r"odata\.maxpagesize=(\d+)")


@dataclass(frozen=True)
class Asked:
    """A request: its address from the host on, its headers in lower case, and where it was sent to."""

    method: str
    address: str
    headers: Mapping[str, str]
    body: bytes
    host: str

    @property
    def path(self) -> str:
        """The address without its options."""
        return unquote(urlsplit(self.address).path)

    @property
    def options(self) -> dict[str, str]:
        """The options of the address."""
        return dict(parse_qsl(urlsplit(self.address).query, keep_blank_values=True))

    @property
    def sort(self) -> str:
        """What a fault may concern: token, write or read."""
        if self.path == TOKEN:
            return "token"
        return "read" if self.method == "GET" else "write"


@dataclass
class Service:
    """The ERP's tables over OData. Without `clients`, secrets by their names, nobody is asked who he is."""

    engine: Engine
    metadata: MetaData
    clients: Mapping[str, str] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    largest: int = reading.PAGE
    _tokens: dict[str, tuple[float, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, asked: Asked) -> Reply:
        """The answer, which may be that something is wrong with the request."""
        try:
            if asked.path == TOKEN:
                return self._token(asked)
            self._authorise(asked)
            return self._answered(asked)
        except Wrong as wrong:
            return _refused(wrong)

    def _answered(self, asked: Asked) -> Reply:
        if not asked.path.startswith(ROOT) and asked.path + "/" != ROOT:
            raise Wrong(404, "There is nothing here; the service is at /data/.")
        name = asked.path.removeprefix(ROOT)
        tables, root = tables_of(self.metadata), f"http://{asked.host}{ROOT}"
        if asked.method == "GET" and name in ("", ROOT.rstrip("/")):
            return _json(service_document(root, tables))
        if asked.method == "GET" and name == "$metadata":
            return Reply(200, description(tables).encode(), "application/xml")
        if asked.method == "POST" and name == "$batch":
            return self._batch(asked)
        if asked.method == "GET":
            with reader(self.engine).connect() as conn:
                return self._read(conn, asked, root)
        with self.engine.begin() as conn:
            return self._write(conn, asked.method, name, asked.headers, asked.body)

    # Rows

    def _read(self, conn: Connection, asked: Asked, root: str) -> Reply:
        table, key = self._addressed(asked.path.removeprefix(ROOT))
        prefer = asked.headers.get("prefer", "")
        if key is not None:
            row = reading.one(conn, table, key)
            return _json(row_shown(table, row, Ask(root, table, asked.options).columns), etag(row))
        page = _PAGE.search(prefer)
        size = min(self.largest, max(1, int(page[1]))) if page else self.largest
        ask = Ask(root, table, asked.options, size, "odata.track-changes" in prefer, self.faults.epoch)
        return _json(reading.rows(conn, ask))

    def _write(self, conn: Connection, method: str, name: str, headers: Mapping[str, str], body: bytes) -> Reply:
        table, key = self._addressed(name)
        match = headers.get("if-match", "")
        if method == "POST" and key is None:
            found = writing.add(conn, table, _document(body))
            return Reply(201, json.dumps(found).encode(), headers=(("ETag", str(found["@odata.etag"])),))
        if method == "PATCH" and key is not None:
            writing.change(conn, table, key, _document(body), match)
            return Reply(204)
        if method == "DELETE" and key is not None:
            writing.remove(conn, table, key, match)
            return Reply(204)
        raise Wrong(405, f"{method} is not for this address.")

    def _addressed(self, name: str) -> tuple[Table, str | None]:
        match = _ENTITY.fullmatch(name)
        tables = tables_of(self.metadata)
        if match is None or match[1] not in tables:
            raise Wrong(404, f"Resource not found for the segment '{name[:60]}'.")
        return tables[match[1]], match[2]

    # Batches

    def _batch(self, asked: Asked) -> Reply:
        found = batch.read(asked.headers.get("content-type", ""), asked.body)
        return batch.written([self._together(part) if isinstance(part, list) else self._alone(part, asked) for part in found])

    def _alone(self, part: Part, asked: Asked) -> Reply:
        try:
            address = urlsplit(part.address)
            path = f"{address.path}?{address.query}" if address.query else address.path
            path = path if path.startswith("/") else ROOT + path
            return self._answered(Asked(part.method, path, _lower(part), part.body, asked.host))
        except Wrong as wrong:
            return _refused(wrong)

    def _together(self, parts: list[Part]) -> list[tuple[str, Reply]] | Reply:
        """A change set: one transaction, and one answer where any of it is refused."""
        try:
            with self.engine.begin() as conn:
                return [(part.number, self._write(conn, part.method, _name(part), _lower(part), part.body)) for part in parts]
        except Wrong as wrong:
            return _refused(wrong)

    # Who asks

    def _token(self, asked: Asked) -> Reply:
        given = dict(parse_qsl(asked.body.decode("utf-8", "replace")))
        secret = self.clients.get(given.get("client_id", ""))
        if asked.method != "POST" or given.get("grant_type") != "client_credentials":
            return _json({"error": "unsupported_grant_type"}, status=400)
        if secret is None or not secrets.compare_digest(secret.encode(), given.get("client_secret", "").encode()):
            return _json({"error": "invalid_client", "error_description": "Nobody has this name and secret."}, status=401)
        made = secrets.token_urlsafe(24)
        with self._lock:
            self._tokens = {name: until for name, until in self._tokens.items() if until[0] > time.monotonic()}
            self._tokens[made] = (time.monotonic() + TOKEN_SECONDS, self.faults.revoked)
        return _json({"access_token": made, "token_type": "Bearer", "expires_in": TOKEN_SECONDS})

    def _authorise(self, asked: Asked) -> None:
        if not self.clients:
            return
        word, _, given = asked.headers.get("authorization", "").partition(" ")
        with self._lock:
            until, revoked = self._tokens.get(given, (0.0, -1))
        if word != "Bearer" or until <= time.monotonic() or revoked != self.faults.revoked:
            raise Wrong(401, "A token is needed.", {"WWW-Authenticate": "Bearer"})


def _name(part: Part) -> str:
    path = unquote(urlsplit(part.address).path)
    return path.rpartition(ROOT)[2] if ROOT in path else path.lstrip("/")


def _lower(part: Part) -> dict[str, str]:
    return {name.lower(): str(value) for name, value in part.headers.items()}


def _document(body: bytes) -> Any:
    try:
        return json.loads(body, parse_float=Decimal)
    except ValueError:
        raise Wrong(400, "The body is no JSON.") from None


def _json(document: Mapping[str, Any], version: str = "", status: int = 200) -> Reply:
    headers = (("ETag", version),) if version else ()
    return Reply(status, json.dumps(document).encode(), headers=headers)


def _refused(wrong: Wrong) -> Reply:
    return Reply(wrong.status, json.dumps(refusal(wrong.message)).encode(), headers=tuple(wrong.headers.items()))
