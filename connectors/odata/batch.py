"""`$batch`: requests as one multipart message, together in a change set or each for itself, and what came of them. Pure."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from uuid import uuid4

from connectors.odata.client import Answer

LINE = "\r\n"


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a batch; the address is whole."""

    method: str
    address: str
    body: bytes
    headers: Mapping[str, str]


def change_set(requests: Sequence[Request]) -> tuple[str, bytes]:
    """The media type and the body of a batch with one change set, which is done wholly or not at all."""
    outer, inner = f"batch_{uuid4().hex}", f"changeset_{uuid4().hex}"
    parts = [_part(inner, number, request) for number, request in enumerate(requests, 1)]
    head = LINE.join((f"--{outer}", f"Content-Type: multipart/mixed; boundary={inner}", "", "")).encode()
    tail = LINE.join((f"--{inner}--", f"--{outer}--", "")).encode()
    return f"multipart/mixed; boundary={outer}", b"".join((head, *parts, tail))


def each(requests: Sequence[Request]) -> tuple[str, bytes]:
    """The media type and the body of a batch with requests that are done one after the other, each for itself."""
    boundary = f"batch_{uuid4().hex}"
    parts = [_part(boundary, number, request) for number, request in enumerate(requests, 1)]
    return f"multipart/mixed; boundary={boundary}", b"".join((*parts, f"--{boundary}--{LINE}".encode()))


def answers(answer: Answer) -> list[Answer]:
    """The answers to the requests, or the one that refuses a whole change set; none where the body is no such message."""
    head = f"Content-Type: {answer.headers.get('content-type', '')}{LINE}{LINE}".encode()
    message = email.message_from_bytes(head + answer.body, policy=email.policy.HTTP)
    return [found for part in _leaves(message) if (found := _answer(part)) is not None]


def _part(boundary: str, number: int, request: Request) -> bytes:
    lines = [
        f"--{boundary}",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        f"Content-ID: {number}",
        "",
        f"{request.method} {request.address} HTTP/1.1",
        *(f"{name}: {value}" for name, value in request.headers.items()),
        "",
        "",
    ]
    return LINE.join(lines).encode() + request.body + LINE.encode()


def _leaves(message: Message) -> Iterator[Message]:
    if not message.is_multipart():
        yield message
        return
    for part in message.get_payload():
        if isinstance(part, Message):
            yield from _leaves(part)


def _answer(part: Message) -> Answer | None:
    if part.get_content_type() != "application/http":
        return None
    payload = part.get_payload(decode=True)
    text = payload if isinstance(payload, bytes) else b""
    first, _, rest = text.lstrip().partition(b"\n")
    words = first.split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        return None
    inner = email.message_from_bytes(rest, policy=email.policy.HTTP)
    body = inner.get_payload(decode=True)
    return Answer(
        int(words[1]),
        {name.lower(): value for name, value in inner.items()},
        body if isinstance(body, bytes) else b"",
    )


def row(columns: Mapping[str, str]) -> bytes:
    """A JSON object from texts that are JSON already."""
    return ("{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in columns.items()) + "}").encode()
