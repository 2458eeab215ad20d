"""One request asked in both worlds, and what the two answers come to when all that is new each time is left out."""

from __future__ import annotations

import base64
import html
import io
import json
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from runtime.identity.views.answers import COOKIE_TOKEN, PROVED
from runtime.sharing.views import OPENED

OF_THE_MOMENT = frozenset({"date", "server-timing", "x-request-id", "set-cookie", "content-length"})
"""Headers that are new each time. What a cookie says is read from it; how long a body is follows from the body."""
SEE_OTHER, BROKEN = 303, 599
Pairs = tuple[tuple[str, str], ...]
_FRESH = re.compile(
    r'(name="csrf[-_]token"[^>]*?(?:value|content)=")[^"]*'
    r'|(data-csrf[^=]*=")[^"]*'
    r"|\b[0-9a-f]{32}\b"
    r"|\b[0-9a-f]{16}\b"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|\+00:00)\"[^<]*(?=</time>)"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|\+00:00)"
    r"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
    r"|(batchresponse_)[0-9a-f-]+"
)
_SIGN = re.compile(r"\b(?:[0-9a-f]{32}|[0-9a-f]{16})\b")
_DRAWN = ("csrf_token", COOKIE_TOKEN, PROVED)
"""What the cookie of a session holds that is drawn by lot, or is the time."""
_NOTED = re.compile(r"[?&]_?notice=[^&]*")


@dataclass(frozen=True, slots=True)
class Ask:
    """A request. `surface` names the kind of door; `about` what is tried there. `fields` make it a form that is sent;
    `closed` says that a rule keeps the person from it; `then` are forms that are sent one after the other to where the answer
    leads, in each world to where its own does. Of those with the same `alike`, a reason and a key, one is enough."""

    surface: str
    path: str
    query: Pairs = ()
    method: str = "GET"
    fields: Pairs = ()
    json: Any = None
    body: bytes = b""
    headers: Pairs = ()
    about: str = ""
    file: tuple[str, str, bytes] | None = None
    closed: bool = False
    then: tuple[Pairs, ...] = ()
    alike: tuple[str, str] = ("", "")

    @property
    def address(self) -> str:
        """Path and query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    @property
    def text(self) -> str:
        """All that is sent, as one text."""
        sent = [self.method, unquote(self.address), *(f"{name}={value}" for name, value in self.fields)]
        sent += [self.file[2].decode("utf-8", "replace")] if self.file else []
        return " ".join([*sent, *([str(self.json)] if self.json is not None else []), self.body.decode("utf-8", "replace")])

    def __str__(self) -> str:
        return f"{self.method} {self.address}"[:300]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it can be compared: `body` lacks what is new each time, `raw` is as people read it, `text` as it came."""

    status: int
    headers: Mapping[str, str]
    body: str
    raw: str = field(repr=False, compare=False, default="")
    mails: str = ""
    text: str = field(repr=False, compare=False, default="")
    cookies: str = ""
    """What cookies were left, as it can be read by whoever gets them."""
    signs: frozenset[str] = field(repr=False, compare=False, default=frozenset())
    """What `body` lacks because it may be drawn by lot, and may as well be worked out of what is hidden."""

    @property
    def whole(self) -> str:
        """Everything that was answered."""
        return "\n".join([*self.headers.values(), self.cookies, self.raw, self.mails])


def send(client: FlaskClient, host: str, ask: Ask, token: str = "") -> Reply:
    """The answer to a request."""
    headers: dict[str, str] = {"Host": host, **dict(ask.headers)}
    given: dict[str, Any] = {"method": ask.method, "headers": headers, "query_string": urlencode(ask.query)}
    if ask.json is not None:
        given["json"] = ask.json
    elif ask.body:
        given["data"] = ask.body
    elif ask.fields or ask.file:
        given["data"] = _form(ask, token)
    if token:
        headers["X-CSRFToken"] = token
    try:
        with client.open(ask.path, **given) as found:
            return reply(found)
    except Exception as broken:  # an answer that breaks off while it is sent
        return Reply(BROKEN, {}, type(broken).__name__)


def converse(client: FlaskClient, host: str, ask: Ask, token: str = "") -> Reply:
    """The answer to a request, or the last one where it is gone on with: each time where the one before led."""
    answer = send(client, host, ask, token)
    for fields in ask.then:
        path, _, query = answer.headers.get("Location", "").partition("?")
        if answer.status != SEE_OTHER:
            return answer
        there = Ask(ask.surface, path, tuple(parse_qsl(query)))
        send(client, host, replace(there, method="POST", fields=fields), token)
        answer = send(client, host, there)
    return answer


def reply(found: Response) -> Reply:
    """An answer, read."""
    kind = found.headers.get("Content-Type", "")
    text = _workbook(found.data) if "spreadsheetml" in kind else found.data.decode("utf-8", "replace")
    headers = {name.title(): value for name, value in found.headers if name.lower() not in OF_THE_MOMENT}
    if "Location" in headers:
        headers["Location"] = _NOTED.sub("", headers["Location"])
    body = _FRESH.sub(lambda seen: (seen[1] or seen[2] or seen[3] or "") + "#", text)
    raw, signs = html.unescape(text) if "html" in kind else text, frozenset(_SIGN.findall(text))
    return Reply(found.status_code, headers, body, raw, text=text, cookies=_cookies(found), signs=signs)


def _cookies(found: Response) -> str:
    """Names and values of the cookies of an answer; of a signed one what it says, less what is new each time."""
    told = []
    for line in found.headers.getlist("Set-Cookie"):
        name, _, value = line.partition(";")[0].partition("=")
        said = _said(value)
        told.append(
            f"{name}={json.dumps(said, sort_keys=True)}" if said is not None else f"{name}={_FRESH.sub('#', unquote(value))}"
        )
    return "\n".join(sorted(told))


def _said(value: str) -> dict[str, Any] | None:
    """What the cookie of a session says: it is signed, and anybody can read it. None where it is another cookie."""
    packed = value.startswith(".")
    payload, _, signed = value.removeprefix(".").partition(".")
    try:
        content = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        said = json.loads(zlib.decompress(content) if packed else content) if signed else None
    except (ValueError, zlib.error):
        return None
    if not isinstance(said, dict):
        return None
    kept = {key: one for key, one in said.items() if key not in _DRAWN}
    if isinstance(kept.get(OPENED), dict):  # which shared links were opened, and not in which second
        kept[OPENED] = sorted(kept[OPENED])
    return kept


def difference(near: Reply, far: Reply) -> str:
    """What differs, in short; empty where nothing does."""
    if near.status != far.status:
        return f"status {near.status} here and {far.status} where it is otherwise"
    for name in sorted({*near.headers, *far.headers}):
        if near.headers.get(name) != far.headers.get(name):
            return f"{name} {near.headers.get(name)!r} here and {far.headers.get(name)!r} where it is otherwise"[:300]
    if near.mails != far.mails:
        return f"mails: {_apart(near.mails, far.mails)}"
    if near.cookies != far.cookies:
        return f"cookies: {_apart(near.cookies, far.cookies)}"
    return "" if near.body == far.body else _apart(near.body, far.body)


def told_by_signs(found: tuple[Reply, Reply], again: tuple[Reply, Reply]) -> tuple[Reply, Reply]:
    """The answers of both worlds, asked twice, with the signs that stay the same in each and differ between the worlds."""
    near, far = (one.signs & other.signs for one, other in zip(found, again, strict=True))
    return (
        replace(found[0], body="\n".join([found[0].body, *sorted(near - far)])),
        replace(found[1], body="\n".join([found[1].body, *sorted(far - near)])),
    )


def _apart(near: str, far: str) -> str:
    both = enumerate(zip(near, far, strict=False))
    at = next((place for place, (one, other) in both if one != other), min(len(near), len(far)))
    start = max(0, at - 60)
    shown = [" ".join(text[start : at + 60].split()) for text in (near, far)]
    return f"{shown[0]!r} here and {shown[1]!r} where it is otherwise"


def _form(ask: Ask, token: str) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, value in ask.fields:
        data.setdefault(name, []).append(value)
    if token:
        data["csrf_token"] = token
    if ask.file:
        name, filename, content = ask.file
        data[name] = (io.BytesIO(content), filename)
    return data


def _workbook(content: bytes) -> str:
    """The sheets and texts of a workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            names = sorted(name for name in book.namelist() if name.startswith("xl/"))
            return "\n".join(book.read(name).decode("utf-8", "replace") for name in names)
    except zipfile.BadZipFile:
        return content.decode("utf-8", "replace")


def pairs(given: Sequence[tuple[str, Any]]) -> Pairs:
    """Names and values as texts."""
    return tuple((name, str(value)) for name, value in given)
