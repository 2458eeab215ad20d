"""Harbours behind a small REST service on a port of this machine: five ways of paging, four of saying who asks."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from connectors.rest.adapter import RestAdapter
from metadata.model import Resource, ResourceRequest

SECRET = "hush-hush-4711"
PAGE = 2
PAGING: Mapping[str, Mapping[str, Any]] = {
    "page": {"paging": "page", "parameter": "page", "size_parameter": "size"},
    "offset": {"paging": "offset", "parameter": "offset", "size_parameter": "size"},
    "cursor": {"paging": "cursor", "parameter": "cursor", "next": "/meta/cursor"},
    "next_link": {"paging": "next_link", "next": "/meta/next"},
    "link_header": {"paging": "link_header"},
}


def harbour_resource(paging: str = "page", **more: Any) -> Resource:
    """The harbours as a connection declares them."""
    given: dict[str, Any] = {
        "key": "harbour",
        "path": "harbours",
        "query": (("by", paging),),
        "rows": "/data/items",
        "row_key": ("code",),
        "page_size": PAGE,
        "changed_since": "since",
        "one": "harbours/{code}",
        "row": "/data",
        "create": ResourceRequest(path="harbours", body='{"harbour": "@row", "source": "portal"}'),
        "update": ResourceRequest(method="PATCH", path="harbours/{code}"),
        "delete": ResourceRequest(method="DELETE", path="harbours/{code}"),
        "message": "/problem/text",
        "idempotency_header": "Idempotency-Key",
    }
    return Resource(**{**given, **PAGING[paging], **more})


@dataclass
class Harbours:
    """The service's rows and what it has been asked. `wrong` are answers that it gives instead, one after the other."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str, Mapping[str, str], Any]] = field(default_factory=list)
    wrong: list[tuple[int, Mapping[str, str], bytes]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    address: str = ""

    def adapter(self, *resources: Resource, **settings: str) -> RestAdapter:
        """An adapter of its own."""
        given = {"url": f"{self.address}/v1", "auth": "bearer", "token": SECRET}
        return RestAdapter("shop", {**given, **settings}, resources or (harbour_resource(),))

    def known(self, headers: Mapping[str, str]) -> bool:
        """Whether somebody asks who may."""
        basic = base64.b64encode(f"portal:{SECRET}".encode()).decode()
        return SECRET in headers.get("x-key", "") or headers.get("authorization") in (f"Bearer {SECRET}", f"Basic {basic}")

    def page(self, query: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
        """A page of rows, with how to go on as the way of paging wants it."""
        since = int(query.get("since", 0))
        every = [row for _, row in sorted(self.rows.items()) if row["seq"] is None or row["seq"] >= since]
        size, way = int(query.get("size", PAGE)), query.get("by", "page")
        start = (int(query["page"]) - 1) * size if "page" in query else int(query.get("offset") or query.get("cursor") or 0)
        more = start + size < len(every)
        link = f"{self.address}/v1/harbours?by={way}&since={since}&cursor={start + size}"
        meta = {"cursor": str(start + size), "next": link} if more else {}
        headers = {"Link": f'<{self.address}/v1>; rel="first", <{link}>; rel="next"'} if more and way == "link_header" else {}
        return {"data": {"items": every[start : start + size]}, "meta": meta}, headers


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_any(self) -> None:
        there = self.server.harbours
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        document = json.loads(body) if body and headers.get("content-type") == "application/json" else body
        there.asked.append((self.command, self.path, headers, document))
        parts = urlsplit(self.path)
        if parts.path == "/token":
            good = f"client_secret={SECRET}".encode() in body
            self._reply(
                200 if good else 401, {"access_token": SECRET, "expires_in": 60} if good else {"error": "invalid_client"}
            )
        elif there.wrong:
            status, more, content = there.wrong.pop(0)
            self._reply(status, content, more)
        elif not there.known(headers):
            self._reply(401, {"message": "who are you?"})
        else:
            self._answer(there, unquote(parts.path.removeprefix("/v1/harbours").strip("/")), parts.query, document)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_any

    def _answer(self, there: Harbours, code: str, query: str, document: Any) -> None:
        if self.command == "POST":
            row = document["harbour"]
            if row["code"] in there.rows:
                self._reply(409, {"problem": {"text": f"{row['code']} is there already"}})
                return
            there.rows[row["code"]] = {"name": None, "depth": None, "seq": 1, **row}
            self._reply(201, {"data": row})
        elif not code:
            self._reply(200, *there.page({name: values[0] for name, values in parse_qs(query).items()}))
        elif code not in there.rows:
            self._reply(404, {"problem": {"text": "no such harbour"}})
        elif self.command == "GET":
            self._reply(200, {"data": there.rows[code]})
        elif self.command == "PATCH":
            there.rows[code] |= document
            self._reply(200, {"data": there.rows[code]})
        else:
            del there.rows[code]
            self._reply(204, b"")

    def _reply(self, status: int, document: Any, headers: Mapping[str, str] | None = None) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests are told by what they assert."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    harbours: Harbours


@contextmanager
def rest_outside() -> Iterator[Harbours]:
    """The service, until the block ends."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.harbours = Harbours(address=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.harbours
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
