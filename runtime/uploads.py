"""The request as it reads uploads: each file into a spool with a limit, and no more files than any form asks for."""

from __future__ import annotations

from functools import lru_cache
from typing import IO, Any, cast
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_cookie
from werkzeug.utils import cached_property
from werkzeug.wsgi import get_input_stream

from runtime.files.spool import Spool

MOST_FILES = 50
LONGEST_KEPT = 2000
PLAIN_FORM = "application/x-www-form-urlencoded"
NOTHING: ImmutableMultiDict[str, Any] = ImmutableMultiDict()


@lru_cache(maxsize=4096)
def _cookies(header: str) -> ImmutableMultiDict[str, str]:
    """The cookies of a header; a browser sends the same with every request."""
    return cast(ImmutableMultiDict[str, str], parse_cookie(header, cls=ImmutableMultiDict))


def is_plain_form(request: Request) -> bool:
    """Whether the body is a form without files. Browsers say so in one way, which needs no reading."""
    return request.environ.get("CONTENT_TYPE") == PLAIN_FORM or request.mimetype == PLAIN_FORM


def request_class(most_bytes: int) -> type[Request]:
    """A request that keeps at most so many bytes of each file. A larger file is a fault of its field, not of the form."""

    class UploadRequest(Request):
        """A request whose files are spools."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.spools: list[Spool] = []

        @cached_property
        def cookies(self) -> ImmutableMultiDict[str, str]:
            """The cookies that the browser sent."""
            header = self.environ.get("HTTP_COOKIE", "")
            return _cookies(header) if len(header) <= LONGEST_KEPT else super().cookies

        def _load_form_data(self) -> None:
            """Read the form. For one without files, as nearly all are, no parser is made that could read every kind: that
            costs more than the reading."""
            held = self.__dict__
            if self.environ.get("CONTENT_TYPE") != PLAIN_FORM or not held.keys().isdisjoint(("form", "stream", "_cached_data")):
                super()._load_form_data()
                return
            stream = get_input_stream(self.environ, max_content_length=self.max_content_length)
            try:
                pairs = parse_qsl(stream.read().decode(), keep_blank_values=True, errors="werkzeug.url_quote")
            except ValueError:  # bytes that are no text
                pairs = []
            held["stream"], held["form"], held["files"] = stream, ImmutableMultiDict(pairs), NOTHING

        def close(self) -> None:
            """Let go of everything, also of the files of a body that could not be read to its end."""
            super().close()
            for spool in self.spools:
                spool.close()

        def _get_file_stream(
            self,
            total_content_length: int | None,
            content_type: str | None,
            filename: str | None = None,
            content_length: int | None = None,
        ) -> IO[bytes]:
            self.spools.append(Spool(most_bytes, named=bool(filename)))
            if sum(spool.named for spool in self.spools) > MOST_FILES:
                raise RequestEntityTooLarge
            return self.spools[-1]

    return UploadRequest
