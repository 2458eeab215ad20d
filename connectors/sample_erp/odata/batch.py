"""`$batch` as a multipart message: the requests in it, and the answers to them."""

import email
import email.policy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from uuid import uuid4

from connectors.sample_erp.odata.model import Wrong

LINE = "\r\n"


@dataclass(frozen=True)
class Reply:
    """An answer, to a request of its own or within a batch."""

    status: int
    body: bytes = b""
    kind: str = "application/json;odata.metadata=minimal"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Part:
    """One request of a batch."""

    method: str
    address: str
    headers: Message
    body: bytes
    number: str


def read(kind: str, body: bytes) -> list[list[Part] | Part]:
    """What a batch asks for, in its order: requests, and lists of requests that belong together. Raises Wrong."""
    message = email.message_from_bytes(f"Content-Type: {kind}{LINE}{LINE}".encode() + body, policy=email.policy.HTTP)
    if not message.is_multipart():
        raise Wrong(400, "A batch is a multipart/mixed message.")
    return [list(_parts(part)) if part.is_multipart() else _part(part) for part in _within(message)]


def _within(message: Message) -> Iterator[Message]:
    for part in message.get_payload():
        if isinstance(part, Message):
            yield part


def _parts(message: Message) -> Iterator[Part]:
    for part in _within(message):
        yield _part(part)


def _part(part: Message) -> Part:
    payload = part.get_payload(decode=True)
    first, _, rest = (payload if isinstance(payload, bytes) else b"").lstrip().partition(b"\n")
    words = first.decode("utf-8", "replace").split()
    if part.get_content_type() != "application/http" or len(words) != 3:
        raise Wrong(400, "A part of the batch is no HTTP request.")
    inner = email.message_from_bytes(rest, policy=email.policy.HTTP)
    body = inner.get_payload(decode=True)
    return Part(words[0], words[1], inner, body if isinstance(body, bytes) else b"", str(part.get("Content-ID", "")))


def written(answers: Sequence[list[tuple[str, Reply]] | Reply]) -> Reply:
    """The answer to a batch."""
    outer = f"batchresponse_{uuid4().hex}"
    body = b"".join(_outer(outer, answer) for answer in answers) + f"--{outer}--{LINE}".encode()
    return Reply(200, body, f"multipart/mixed; boundary={outer}")


def _outer(boundary: str, answer: list[tuple[str, Reply]] | Reply) -> bytes:
    if isinstance(answer, Reply):
        return f"--{boundary}{LINE}".encode() + _one("", answer)
    inner = f"changesetresponse_{uuid4().hex}"
    head = f"--{boundary}{LINE}Content-Type: multipart/mixed; boundary={inner}{LINE}{LINE}".encode()
    parts = b"".join(f"--{inner}{LINE}".encode() + _one(number, reply) for number, reply in answer)
    return head + parts + f"--{inner}--{LINE}".encode()


def _one(number: str, reply: Reply) -> bytes:
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    lines += [f"Content-ID: {number}"] if number else []
    lines += ["", f"HTTP/1.1 {reply.status} Status", f"Content-Type: {reply.kind}", "OData-Version: 4.0"]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    return LINE.join([*lines, "", ""]).encode() + reply.body + LINE.encode()
