"""A call and its answer, apart from HTTP, so that several can come in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

import orjson

from metadata.snapshot import CompiledSite, Snapshot
from runtime.access import Principal
from runtime.api.model import Offer, offer_of
from runtime.api.routes import ROOT
from runtime.context import RequestContext
from runtime.files.labels import FileLabel
from runtime.passing import passing
from runtime.records.hooks import Listeners
from runtime.records.proof import Reader

JSON = "application/json;odata.metadata=minimal;charset=utf-8"
TEXT = "text/plain;charset=utf-8"
ORIGIN = "api"


@passing
class Call:
    """What is asked: a method, a decoded path below the root, arguments, headers by their names in small letters, a body.

    In a batch the body may be `data`, already read, and `references` are the addresses of rows that it made, by their ids.
    """

    method: str
    path: str
    arguments: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    data: Any = None
    references: Mapping[str, str] = field(default_factory=dict)

    def prefers(self, what: str) -> bool:
        """Whether the header Prefer asks for something, such as return=representation."""
        wanted = (part.strip().lower() for part in self.headers.get("prefer", "").split(","))
        return what in wanted

    def versions(self, header: str) -> frozenset[int] | None:
        """The versions that if-match or if-none-match names, none for `*`; None where the header is missing.

        Raises ApiFault for a tag that is none of ours.
        """
        text = self.headers.get(header, "").strip()
        if not text:
            return None
        if text == "*":
            return frozenset()
        found = [_version(part.strip()) for part in text.split(",")]
        return frozenset(version for version in found if version is not None) or frozenset({-1})


@passing
class Answer:
    """What is answered. A body is text of the media type, or what orjson makes JSON of; None is no body.

    Instead of a body it may be a `file`, which is sent from where files are.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = JSON
    file: FileLabel | None = None

    def encoded(self) -> bytes:
        """The body in bytes."""
        if self.body is None:
            return b""
        return self.body.encode() if isinstance(self.body, str) else orjson.dumps(self.body)


@passing
class Caller:
    """Who calls, and where: the request's context with what the site offers. `root` is the address of the service.

    One who is only `reading` has a token that changes nothing. `program` is the number of the token, 0 for a session.
    """

    context: RequestContext
    principal: Principal
    offer: Offer
    root: str
    reading: bool = False
    program: int = 0

    @classmethod
    def of(cls, context: RequestContext, host_url: str, *, reading: bool = False, program: int = 0) -> Caller:
        """The caller of a request; its writes are noted as those of a program."""
        principal = replace(context.principal, origin=ORIGIN)
        root = f"{host_url.rstrip('/')}{context.url(ROOT)}"
        return cls(context, principal, offer_of(context.snapshot, context.site), root, reading, program)

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot of the request."""
        return self.context.snapshot

    @property
    def site(self) -> CompiledSite:
        """The site of the request."""
        return self.context.site

    @property
    def reader(self) -> Reader:
        """What is read on; inside a transaction its connection."""
        return self.context.reader

    @property
    def listeners(self) -> Listeners:
        """Who is told of changes."""
        return self.context.listeners


def tag(version: int) -> str:
    """The entity tag of a version."""
    return f'W/"{version}"'


def _version(text: str) -> int | None:
    bare = text.removeprefix("W/").strip('"')
    return int(bare) if bare.isascii() and bare.isdecimal() and len(bare) < 19 else None
