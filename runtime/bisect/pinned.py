"""A portal that serves one snapshot to one pair of eyes: on an address of this machine alone, and read only."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING

from flask import Flask, g, request
from sqlalchemy import Engine
from werkzeug.exceptions import Forbidden
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from metadata.snapshot import CompiledSite, Snapshot
from runtime.app import create_app, make_services
from runtime.config import Config
from runtime.errors import LookingOnly
from runtime.snapshots import SnapshotHolder
from runtime.studio.viewing.eyes import SAFE, SEEN, disguised
from runtime.studio.viewing.guise import Guise

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HERE = "127.0.0.1"
QUIET = "ERROR"


class PinnedSnapshots(SnapshotHolder):
    """Gives the snapshot that it was told to, whatever is released."""

    def __init__(self, engine: Engine, pinned: Snapshot) -> None:
        super().__init__(engine)
        self.pinned = pinned

    def current(self, release: int | None = None) -> Snapshot:
        """The snapshot that is pinned."""
        return self.pinned


class PinnedPortal(AbstractContextManager["PinnedPortal"]):
    """Answers at `url`, as long as it is entered, with what a guise sees of a site in the snapshot that is shown.

    `newest` is the snapshot that fits the tables: by it people are found. Nothing can be written: neither a form is taken,
    nor does the database take anything on the connections that pages read on.
    """

    def __init__(self, config: Config, newest: Snapshot, site: CompiledSite, guise: Guise) -> None:
        services = make_services(replace(config, log_level=QUIET))
        self._snapshots = PinnedSnapshots(services.engine, newest)
        self._services = replace(services, snapshots=self._snapshots)
        self._newest = newest
        self._guise = guise
        self._hosts = site.model.hosts
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return f"http://{HERE}:{self._server.server_port if self._server else 0}"

    def show(self, snapshot: Snapshot) -> str:
        """Serve this from now on; the address."""
        self._snapshots.pinned = snapshot
        return self.url

    def __enter__(self) -> PinnedPortal:
        app = create_app(self._services.config, services=self._services)
        app.before_request(self._look)
        self._server = make_server(HERE, 0, _looking(app, self._hosts), threaded=True, request_handler=_Silent)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
        self._services.aside.shutdown()
        self._services.engine.dispose()

    def _look(self) -> None:
        if "foyer" not in g:
            return
        own = replace(g.foyer, snapshot=self._newest, principal=replace(g.foyer.principal, read_only=True))
        if request.endpoint not in SEEN:
            g.foyer = own
            raise LookingOnly
        seen = disguised(own, request, self._guise, self._snapshots.pinned)
        own.lease.release()
        g.lease, g.foyer = seen.lease, seen


class _Silent(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: the portal has its own log."""


def _looking(app: Flask, hosts: tuple[str, ...]) -> WSGIApplication:
    """The application, asked for by the host name to which the site answers, and for nothing that would change anything.

    That is refused before the application looks at it, as nothing is written here, not even who was refused.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in SAFE:
            return Forbidden()(environ, start_response)
        if hosts:
            environ["HTTP_HOST"] = hosts[0]
        return app(environ, start_response)

    return answer
