"""An S3-compatible store of this machine, in memory: what the engine asks of one, each request signed with the right key.

It stands where a server of a cloud would. Signatures are worked out as AWS describes version 4 of them, and not by boto3, which
makes them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote, unquote

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

KEY, SECRET = "tester", "secret-of-the-bucket"
REGION = "us-east-1"
_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>[^,]+), SignedHeaders=(?P<names>[^,]+), Signature=(?P<signature>\w+)"
)


@dataclass(frozen=True, slots=True)
class Held:
    """An object."""

    content: bytes
    at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC).replace(microsecond=0))

    @property
    def headers(self) -> dict[str, str]:
        """What every answer about it says."""
        etag = hashlib.md5(self.content, usedforsecurity=False).hexdigest()
        return {"ETag": f'"{etag}"', "Last-Modified": format_datetime(self.at, usegmt=True), "Accept-Ranges": "bytes"}


@dataclass(slots=True)
class Buckets:
    """The store: objects by bucket and name, and uploads in parts that are not whole yet."""

    held: dict[str, dict[str, Held]] = field(default_factory=dict)
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    url: str = ""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        answer = self._answer(request) if _is_signed(request) else _refused(403, "SignatureDoesNotMatch")
        return answer(environ, start_response)

    def address(self, rest: str) -> str:
        """The address of a bucket and prefix, as settings name it."""
        return f"s3://{rest}?endpoint={self.url}&region={REGION}"

    def put(self, bucket: str, name: str, content: bytes) -> None:
        """Put an object there."""
        self.held.setdefault(bucket, {})[name] = Held(content)

    def _answer(self, request: Request) -> Response:
        bucket, _, name = unquote(request.path).lstrip("/").partition("/")
        if bucket not in self.held:
            return _refused(404, "NoSuchBucket")
        objects, upload = self.held[bucket], request.args.get("uploadId", "")
        match request.method:
            case "POST" if "uploads" in request.args:
                upload = uuid.uuid4().hex
                self.parts[upload] = {}
                return _xml(f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>")
            case "PUT" if upload:
                self.parts[upload][int(request.args["partNumber"])] = request.data
                return Response(headers=Held(request.data).headers)
            case "POST" if upload:
                parts = self.parts.pop(upload)
                objects[name] = Held(b"".join(parts[number] for number in sorted(parts)))
                return _xml("<CompleteMultipartUploadResult><ETag>whole</ETag></CompleteMultipartUploadResult>")
            case "PUT":
                objects[name] = Held(request.data)
                return Response(headers=objects[name].headers)
            case "DELETE":
                objects.pop(name, None)
                return Response(status=204)
        return _given(objects[name], request) if name in objects else _refused(404, "NoSuchKey")


@contextmanager
def open_buckets(*names: str) -> Iterator[Buckets]:
    """A store with these buckets, empty, on a port of its own."""
    store = Buckets({name: {} for name in names})
    server = make_server("127.0.0.1", 0, store, threaded=True)
    store.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _given(found: Held, request: Request) -> Response:
    asked = request.range.range_for_length(len(found.content)) if request.range else None
    start, stop = asked or (0, len(found.content))
    answer = Response(found.content[start:stop], headers=found.headers, mimetype="application/octet-stream")
    if asked:
        answer.status_code = 206
        answer.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(found.content)}"
    return answer


def _is_signed(request: Request) -> bool:
    """Whether the request is signed with the key, over its content too."""
    found = _SIGNED.fullmatch(request.headers.get("Authorization", ""))
    digest = request.headers.get("X-Amz-Content-Sha256", "")
    if found is None or found["key"] != KEY or hashlib.sha256(request.data).hexdigest() != digest:
        return False
    signature = _signature(request, found, digest)
    return hmac.compare_digest(signature, found["signature"])


def _signature(request: Request, found: re.Match[str], digest: str) -> str:
    names = found["names"].split(";")
    path = quote(unquote(request.environ["REQUEST_URI"].partition("?")[0]), safe="/-_.~")
    query = "&".join(sorted(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in request.args.items()))
    headers = "".join(f"{name}:{' '.join(request.headers[name].split())}\n" for name in names)
    canonical = "\n".join((request.method, path, query, headers, found["names"], digest))
    moment = request.headers["X-Amz-Date"]
    text = "\n".join(("AWS4-HMAC-SHA256", moment, found["scope"], hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{SECRET}".encode()
    for part in found["scope"].split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _refused(status: int, code: str) -> Response:
    return _xml(f"<Error><Code>{code}</Code><Message>{code}</Message></Error>", status)


def _xml(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>{text}', status, headers, mimetype="application/xml")
