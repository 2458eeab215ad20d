"""Where files lie: in a folder, or in a bucket of an S3-compatible store. A file is told from its other states by its stamp."""

from __future__ import annotations

import hashlib
import importlib
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from connectors.errors import Fatal, Retriable

PATIENCE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one state of a file from another."""

    modified: int
    size: int
    inode: int

    @classmethod
    def of(cls, cursor: Mapping[str, Any]) -> Stamp | None:
        """The stamp that a cursor holds."""
        found = cursor.get("file")
        return cls(**found) if found else None

    def as_cursor(self) -> dict[str, Any]:
        """The stamp as a part of a cursor."""
        return {"file": asdict(self)}


class Place(Protocol):
    """Files by name. Both methods raise Retriable for what is not there now, and Fatal for what will never be."""

    def stamp(self, name: str) -> Stamp:
        """The state of a file now."""
        ...

    def open(self, name: str) -> Any:
        """A context with the file's bytes, which can be read from any place on."""
        ...

    def close(self) -> None:
        """Let go of what is held."""
        ...


class Folder:
    """A folder of this machine."""

    def __init__(self, name: str, path: str) -> None:
        self._name = name
        self._path = Path(path)

    def stamp(self, name: str) -> Stamp:
        """The state of a file now."""
        if not self._path.is_dir():
            raise Retriable(f"the folder of connection {self._name} is not there", after=2.0)
        try:
            stat = (self._path / name).stat()
        except OSError:
            raise Retriable(f"{name} is not there", after=2.0) from None
        return Stamp(stat.st_mtime_ns, stat.st_size, stat.st_ino)

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """The file's bytes."""
        try:
            with (self._path / name).open("rb") as raw:
                yield raw
        except OSError as error:
            raise Retriable(f"{name} cannot be read: {error.strerror}", after=2.0) from None

    def close(self) -> None:
        """Nothing is held."""


class Bucket:
    """Objects of a bucket, below a prefix: s3://bucket/prefix?endpoint=https://host&region=name.

    An object is copied to a temporary file when it has changed, since pulls go on in the middle of it. Credentials come as
    boto3 finds them, or from the settings `access_key` and `secret_key`.
    """

    def __init__(self, name: str, settings: Mapping[str, str]) -> None:
        parts = urlsplit(settings["url"])
        query = dict(parse_qsl(parts.query))
        unknown = query.keys() - {"endpoint", "region"}
        if parts.scheme != "s3" or not parts.hostname or parts.username or parts.password or unknown:
            raise Fatal(
                f"connection {name}: the url is no s3://bucket/prefix?endpoint=...&region=..., without a password in it"
            )
        self._name, self._bucket, self._prefix = name, parts.netloc, parts.path.strip("/")
        self._options = {
            "endpoint_url": query.get("endpoint"),
            "region_name": query.get("region") or "us-east-1",
            "aws_access_key_id": settings.get("access_key") or None,
            "aws_secret_access_key": settings.get("secret_key") or None,
        }
        self._lock = threading.Lock()
        self._made: Any = None
        self._copies: dict[str, tuple[str, IO[bytes]]] = {}

    def stamp(self, name: str) -> Stamp:
        """The state of an object now."""
        found = self._head(name)
        etag = int(hashlib.sha256(found["ETag"].encode()).hexdigest()[:12], 16)
        return Stamp(int(found["LastModified"].timestamp()), found["ContentLength"], etag)

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """The object's bytes, as a file of one's own."""
        with self._lock:
            path = self._copy(name)
        with Path(path).open("rb") as raw:
            yield raw

    def close(self) -> None:
        """Remove the copies."""
        with self._lock:
            for _, copy in self._copies.values():
                copy.close()
            self._copies.clear()

    def _copy(self, name: str) -> str:
        etag = self._head(name)["ETag"]
        known = self._copies.get(name)
        if known is None or known[0] != etag:
            copy = tempfile.NamedTemporaryFile(prefix="foyer-")  # noqa: SIM115 - kept until the object changes
            with self._told(name):
                self._client().download_fileobj(self._bucket, self._key(name), copy, ExtraArgs={})
            copy.flush()
            if known is not None:
                known[1].close()
            self._copies[name] = (etag, copy)
        return str(self._copies[name][1].name)

    def _head(self, name: str) -> Any:
        with self._told(name):
            return self._client().head_object(Bucket=self._bucket, Key=self._key(name))

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name

    def _client(self) -> Any:
        if self._made is None:
            try:
                boto3, config = importlib.import_module("boto3"), importlib.import_module("botocore.config")
            except ImportError:
                raise Fatal(f"connection {self._name}: an S3 store needs the extra s3 of Foyer") from None
            patience = config.Config(
                connect_timeout=PATIENCE_SECONDS, read_timeout=PATIENCE_SECONDS, retries={"max_attempts": 2}
            )
            self._made = boto3.session.Session().client("s3", config=patience, **self._options)
        return self._made

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """What boto3 raises, sorted by what is to be done about it."""
        errors = importlib.import_module("botocore.exceptions")
        try:
            yield
        except errors.ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if status == 404:
                raise Retriable(f"{name} is not there", after=2.0) from None
            if status in (400, 401, 403):
                raise Fatal(f"connection {self._name}: the store refuses {name} ({status}); see its keys and rights") from None
            raise Retriable(f"connection {self._name}: the store cannot give {name} now ({status})", after=2.0) from None
        except errors.NoCredentialsError:
            raise Fatal(f"connection {self._name}: there are no credentials for the store") from None
        except (errors.BotoCoreError, OSError) as error:
            raise Retriable(f"connection {self._name}: the store does not answer: {type(error).__name__}", after=2.0) from None
