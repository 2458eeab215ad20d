"""The response class: headers that every answer has are put beside its own as it is sent, not one by one before that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Response

from runtime.security import dressed

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PLAIN = 200


class Answer(Response):
    """A response of the portal.

    `notes` are headers that say something of the request, known to hold nothing that a header may not; `secure` says that
    it goes over TLS.
    """

    notes: tuple[tuple[str, str], ...] = ()
    secure: bool = False
    by_cookie: bool = False

    def get_wsgi_response(self, environ: WSGIEnvironment) -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        """Body, status line and headers."""
        if self.status_code == PLAIN and self.is_sequence and "Content-Location" not in self.headers:
            # Of such an answer nothing is left to be corrected, and its length was set with its text.
            body, status, headers = self.get_app_iter(environ), self.status, self.headers.to_wsgi_list()
        else:
            body, status, headers = super().get_wsgi_response(environ)
        return body, status, dressed(headers, self.notes, secure=self.secure, by_cookie=self.by_cookie)
