"""The request as it reads uploads: each file into a spool with a limit, and no more files than any form asks for."""

from __future__ import annotations

from functools import lru_cache
from typing import IO, Any, cast

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_cookie
from werkzeug.utils import cached_property

from runtime.files.spool import Spool

MOST_FILES = 50
LONGEST_KEPT = 2000


@lru_cache(maxsize=4096)
def _cookies(header: str) -> ImmutableMultiDict[str, str]:
    """The cookies of a header; a browser sends the same with every request."""
    return cast(ImmutableMultiDict[str, str], parse_cookie(header, cls=ImmutableMultiDict))


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
