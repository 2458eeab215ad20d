"""The service on a port of this machine, with the faults that are on, and an address to switch them: `/faults`."""

import dataclasses
import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from connectors.sample_erp.odata.batch import Reply
from connectors.sample_erp.odata.faults import Fault
from connectors.sample_erp.odata.model import refusal
from connectors.sample_erp.odata.service import Asked, Service

FAULTS = "/faults"
LARGEST = 64 * 1024 * 1024
IDLE_SECONDS = 60
ZIPPED_FROM = 4096
PAGE_FOR_PEOPLE = b"<!doctype html><title>Maintenance</title><p>We will be back soon."


class _Handler(BaseHTTPRequestHandler):
    """Carries a request to the service and its answer back, unless a fault comes between."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1
    server: "_Server"

    def handle_any(self) -> None:
        """Any request."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST:
            self._reply(Reply(413))
            return
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body, headers.get("host", ""))
        if asked.path == FAULTS:
            self._reply(_switched(self.server.service, asked))
            return
        fault = self.server.service.faults.meet(asked.sort)
        if fault is None:
            self._reply(self.server.service.answer(asked))
        else:
            self._go_wrong(fault, asked)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = handle_any

    def _go_wrong(self, fault: Fault, asked: Asked) -> None:
        match fault.kind:
            case "slow":
                self.server.stop.wait(fault.seconds)
                self._reply(self.server.service.answer(asked))
            case "lost":
                self.server.service.answer(asked)
                self._cut()
            case "throttle":
                text = json.dumps(refusal("Too many requests.", "0x80072322")).encode()
                self._reply(Reply(429, text, headers=(("Retry-After", f"{fault.seconds:g}"),)))
            case "nonsense":
                self._reply(Reply(200, PAGE_FOR_PEOPLE, "text/html"))
            case "refuse":
                self._reply(Reply(400, json.dumps(refusal("The ERP takes no rows today.")).encode()))
            case _:
                self._cut()

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _reply(self, reply: Reply) -> None:
        try:
            self.send_response(reply.status)
            self.send_header("OData-Version", "4.0")
            for name, value in reply.headers:
                self.send_header(name, value)
            body = reply.body
            if len(body) > ZIPPED_FROM and "gzip" in self.headers.get("Accept-Encoding", ""):
                body = gzip.compress(body, 1)
                self.send_header("Content-Encoding", "gzip")
            if reply.status != 204:
                self.send_header("Content-Type", reply.kind)
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if reply.status != 204 else b"")
            self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # who asked has gone; nobody is to be told

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a log of every request helps nobody."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, service: Service) -> None:
        self.service = service
        self.stop = threading.Event()
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that was cut is no news."""


@contextmanager
def serving(service: Service, port: int = 0) -> Iterator[str]:
    """The service on a port, any free one where it is 0, until the block ends; the address without path. Raises OSError."""
    server = _Server(port, service)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="odata", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.stop.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _switched(service: Service, asked: Asked) -> Reply:
    """Switch faults: POST one, DELETE all of them, GET those that are on."""
    try:
        if asked.method == "POST":
            service.faults.set(Fault(**json.loads(asked.body)))
        elif asked.method == "DELETE":
            service.faults.clear()
    except (ValueError, TypeError) as fault:
        return Reply(400, json.dumps(refusal(str(fault))).encode())
    listed = [dataclasses.asdict(fault) for fault in service.faults.listed()]
    return Reply(200, json.dumps({"faults": listed, "at": int(time.time())}).encode())
