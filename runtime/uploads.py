"""The request as it reads uploads: each file into a spool with a limit, and no more files than any form asks for."""

from __future__ import annotations

from typing import IO

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from runtime.files.spool import Spool

MOST_FILES = 50


def request_class(most_bytes: int) -> type[Request]:
    """A request that keeps at most so many bytes of each file. A larger file is a fault of its field, not of the form."""

    class UploadRequest(Request):
        """A request whose files are spools."""

        files_begun = 0

        def _get_file_stream(
            self,
            total_content_length: int | None,
            content_type: str | None,
            filename: str | None = None,
            content_length: int | None = None,
        ) -> IO[bytes]:
            if filename:
                self.files_begun += 1
            if self.files_begun > MOST_FILES:
                raise RequestEntityTooLarge
            return Spool(most_bytes)

    return UploadRequest
