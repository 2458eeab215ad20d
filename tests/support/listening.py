"""A server for browsers, which leave in the middle of an answer whenever they like."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ANSWER = "foyer.test.answer"


class Closing(WSGIRequestHandler):
    """Ends an answer whose reader has gone: werkzeug's own forgets to where it reads on from a connection that was reset."""

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        """Close what is left of the answer, such as an open file."""
        close = getattr((environ or {}).get(ANSWER), "close", None)
        if close is not None:
            close()


def listening(app: WSGIApplication, port: int = 0, handler: type[Closing] = Closing) -> BaseWSGIServer:
    """A server of an application, on a port of its own where none is given."""

    def kept(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        environ[ANSWER] = answer = app(environ, start)
        return answer

    return make_server("127.0.0.1", port, kept, threaded=True, request_handler=handler)
