"""The response class: headers that every answer has are put beside its own as it is sent, not one by one before that."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import Response
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
        plain = self.status_code == PLAIN and self.is_sequence and "Content-Location" not in self.headers
        if plain or self.settled:
            # Of such an answer nothing is left to be corrected, and its length was set with its text.
            body, status, headers = self.get_app_iter(environ), self.status, self.headers.to_wsgi_list()
        else:
            body, status, headers = super().get_wsgi_response(environ)
        return body, status, dressed(headers, self.notes, secure=self.secure, by_cookie=self.by_cookie)


def see_other(address: str) -> Answer:
    """An answer that sends on to an address, there to read: what follows a form that was saved."""
    answer = Answer(status=SEE_OTHER, headers=[("Location", _uri(address)), ("Content-Length", "0")])
    answer.settled = True
    return answer


_uri = lru_cache(maxsize=4096)(iri_to_uri)
