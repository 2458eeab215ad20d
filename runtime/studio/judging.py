"""A page of an earlier release judged by what it answers: the very address that a window shows, asked for by the server itself.

It passes all that a browser's request passes: who asks, the right to look, the audit trail, a connection that is read only.
"""

from __future__ import annotations

import contextvars
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, Literal
from urllib.parse import unquote_to_bytes

from flask import Flask, request
from werkzeug.test import run_wsgi_app

from metadata.errors import MetadataError
from metadata.store import NoSuchRelease
from runtime.bisect.halving import Verdict
from runtime.studio.desk import Desk

Sort = Literal["shows", "lacks", "status"]
SORTS: tuple[Sort, ...] = ("shows", "lacks", "status")
LONGEST = 200
"""Letters of a text that is looked for."""
LARGEST = 5_000_000
"""Bytes of a page that are read."""
UNSEEN = frozenset({"script", "style", "template", "svg", "head"})
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
BANNER = "looked-through"
"""The class of what says whose eyes are looked through, which no page has of itself."""
NOT_PASSED = ("CONTENT_", "HTTP_HX_", "HTTP_IF_", "HTTP_ORIGIN", "HTTP_RANGE", "HTTP_ACCEPT_ENCODING")


@dataclass(frozen=True, slots=True)
class Check:
    """What must be so of a good page: it shows a text, lacks it, or answers with a status."""

    sort: Sort
    value: str

    def holds(self, status: int, html: str) -> bool:
        """Whether it is so."""
        if self.sort == "status":
            return self.value == str(status)
        return (_folded(self.value) in shown_text(html)) == (self.sort == "shows")


def check_of(sort: str, value: str) -> Check | None:
    """The check that was declared; None for none, or for one that cannot be."""
    value = value.strip()
    found = next((known for known in SORTS if known == sort), None)
    if found is None or not value or len(value) > LONGEST:
        return None
    if found == "status" and not (value.isascii() and value.isdigit() and len(value) == 3):
        return None
    return Check(found, value)


def judge(app: Flask, desk: Desk, address: str, release: int, check: Check) -> Verdict:
    """What a check says of an address of a release; `skip` for a release that cannot be shown any more."""
    services = desk.context.services
    try:
        services.drafts.earlier(release, desk.context.snapshot.release, services.workshop.store)
    except (MetadataError, NoSuchRelease):
        return "skip"
    environ = _environ(request.environ, address)
    desk.prove()
    # In a context of its own: what is kept for this request is not that one's.
    answer, status, _ = contextvars.Context().run(run_wsgi_app, app.wsgi_app, environ, True)
    return "good" if check.holds(int(status.partition(" ")[0]), _read(answer)) else "bad"


def shown_text(html: str) -> str:
    """The words that a page shows, in small letters with one space between them."""
    reader = _Shown()
    reader.feed(html)
    reader.close()
    return _folded(" ".join(reader.found))


class _Shown(HTMLParser):
    """Keeps the texts outside of what is not seen."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._left: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where something begins that is not seen."""
        if tag in VOID:
            return
        if self._left or tag in UNSEEN or BANNER in (dict(attrs).get("class") or "").split():
            self._left.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note where it ends; what was never closed ends with it."""
        if tag in self._left:
            while self._left.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Keep what is seen."""
        if not self._left:
            self.found.append(data)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _environ(own: dict[str, Any], address: str) -> dict[str, Any]:
    """The request for an address that comes from whoever made this one."""
    path, _, query = address.partition("?")
    kept = {
        name: value
        for name, value in own.items()
        if (name.isupper() and not name.startswith(NOT_PASSED)) or name.startswith("wsgi.")
    }
    told = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": unquote_to_bytes(path).decode("latin-1")}
    told["QUERY_STRING"] = query.encode().decode("latin-1")
    return {**kept, **told, "wsgi.input": _Nothing(), "REQUEST_URI": address, "RAW_URI": address}


class _Nothing:
    """A request without a body."""

    def read(self, size: int = -1) -> bytes:
        """Nothing."""
        return b""

    readline = read


def _read(answer: Iterable[bytes]) -> str:
    taken, size = [], 0
    for piece in answer:
        taken.append(piece)
        size += len(piece)
        if size > LARGEST:
            break
    return b"".join(taken).decode("utf-8", "replace")
