"""The response class: headers that every answer has are put beside its own as it is sent, not one by one before that."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import Response
from werkzeug.datastructures import Headers
from werkzeug.urls import iri_to_uri

from runtime.security import dressed

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PLAIN = 200
SEE_OTHER = 303


class Answer(Response):
    """A response of the portal.

    `notes` are headers that say something of the request, known to hold nothing that a header may not; `secure` says that
    it goes over TLS; `settled` that its headers are as they are to be sent.
    """

    notes: tuple[tuple[str, str], ...] = ()
    secure: bool = False
    by_cookie: bool = False
    settled: bool = False

    def get_wsgi_response(self, environ: WSGIEnvironment) -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        """Body, status line and headers."""
        plain = self.status_code == PLAIN and self.is_sequence and not self._is_placed()
        if plain or self.settled:
            # Of such an answer nothing is left to be corrected, and its length was set with its text.
            body, status, headers = self._body(environ), self.status, list(self.headers)
        else:
            body, status, headers = super().get_wsgi_response(environ)
        return body, status, dressed(headers, self.notes, secure=self.secure, by_cookie=self.by_cookie)

    def _is_placed(self) -> bool:
        """Whether an address among the headers has to be made whole."""
        return any(name == "Content-Location" for name, _ in self.headers)

    def _body(self, environ: WSGIEnvironment) -> Iterable[bytes]:
        """The body; one that nobody waits for the end of goes as it is."""
        held = self.response
        if environ["REQUEST_METHOD"] == "HEAD" or self._on_close or not isinstance(held, list):
            return self.get_app_iter(environ)
        return held if all(type(part) is bytes for part in held) else self.get_app_iter(environ)


def see_other(address: str) -> Answer:
    """An answer that sends on to an address, there to read: what follows a form that was saved."""
    headers = Headers()
    headers.add("Location", _uri(address))
    headers.add("Content-Length", "0")
    answer = Answer(status=SEE_OTHER, headers=headers)
    answer.settled = True
    return answer


_uri = lru_cache(maxsize=4096)(iri_to_uri)
