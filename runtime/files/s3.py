"""Contents in an S3-compatible store: s3://bucket/prefix?endpoint=https://host&region=name.

Credentials come as boto3 finds them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or the machine's role. boto3
is the extra `s3`, loaded at first use.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, urlsplit

from runtime.files.store import CHUNK, ContentLost, StoreFailed

PATIENCE_S = 10


class S3Store:
    """Contents as objects of a bucket, below a prefix."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query))
        self._bucket = parts.netloc
        self._prefix = parts.path.strip("/")
        self._endpoint = query.get("endpoint")
        self._region = query.get("region")
        self._lock = threading.Lock()
        self._made: Any = None

    def put(self, key: str, content: BinaryIO) -> None:
        """Store an object; large ones go up in parts, and are there whole or not at all."""
        content.seek(0)
        with _told("put"):
            # boto3 closes what it is given, and the caller still needs it.
            self._client.upload_fileobj(_Unclosed(content), self._bucket, self._name(key))

    def read(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        """The bytes of a part, in pieces."""
        if stop <= start:
            return iter(())
        with _told("read"):
            found = self._client.get_object(Bucket=self._bucket, Key=self._name(key), Range=f"bytes={start}-{stop - 1}")
        return _pieces(found["Body"])

    def remove(self, key: str) -> None:
        """Delete an object."""
        with _told("remove"):
            self._client.delete_object(Bucket=self._bucket, Key=self._name(key))

    @property
    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = self._connect()
            return self._made

    def _connect(self) -> Any:
        try:
            boto3, config = importlib.import_module("boto3"), importlib.import_module("botocore.config")
        except ImportError as error:
            raise StoreFailed("an S3 store needs the extra s3 of Foyer") from error
        options = config.Config(connect_timeout=PATIENCE_S, read_timeout=PATIENCE_S, retries={"max_attempts": 3})
        session = boto3.session.Session()
        return session.client("s3", endpoint_url=self._endpoint, region_name=self._region or "us-east-1", config=options)

    def _name(self, key: str) -> str:
        return f"{self._prefix}/{key}" if self._prefix else key


class _Unclosed:
    def __init__(self, content: BinaryIO) -> None:
        self._content = content

    def read(self, size: int = -1) -> bytes:
        return self._content.read(size)


@contextmanager
def _told(deed: str) -> Iterator[None]:
    """Turn whatever the client raises into the store's own errors: it has a hundred kinds, made at run time."""
    try:
        yield
    except StoreFailed:
        raise
    except Exception as error:
        code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
        if code in ("NoSuchKey", "404"):
            raise ContentLost(code) from error
        raise StoreFailed(f"S3 {deed}: {type(error).__name__} {code}".strip()) from error


def _pieces(body: Any) -> Iterator[bytes]:
    with closing(body):
        yield from body.iter_chunks(CHUNK)
