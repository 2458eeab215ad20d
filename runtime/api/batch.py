"""Several calls in one: as JSON, or as parts of a multipart body; those of a group happen all together or not at all."""

from __future__ import annotations

import email.parser
import email.policy
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from runtime.api.bodies import loads
from runtime.api.calls import Answer, Call, Caller
from runtime.api.faults import ApiFault, bad, not_offered
from runtime.api.routes import ROOT
from runtime.api.service import refusal, respond
from runtime.passing import passing
from runtime.security import refuse_bad_text

MOST_CALLS = 100
CONTINUE = "odata.continue-on-error"
SAFE = ("GET", "HEAD")


@passing
class Part:
    """One call of a batch: its id, the group that it belongs to ("" for none), and the calls it waits for."""

    id: str
    call: Call
    group: str = ""
    after: tuple[str, ...] = ()


@passing
class Done:
    """A part with its answer."""

    part: Part
    answer: Answer


class Undone(Exception):
    """A group is undone, because one of its calls was refused."""


def batch(caller: Caller, call: Call, note: Callable[[Call, Answer], None] = lambda call, answer: None) -> Answer:
    """The answers to the calls of a batch, each told to `note` once all were made.

    Raises ApiFault where the batch itself cannot be understood.
    """
    if call.method != "POST":
        raise ApiFault(405, "MethodNotAllowed", "This resource takes POST only.", headers={"Allow": "POST"})
    kind = call.headers.get("content-type", "")
    main = kind.partition(";")[0].strip().lower()
    if main == "application/json":
        parts = _json_parts(call.body)
        done = _noted(run(caller, parts, going_on=call.prefers(CONTINUE)), note)
        return Answer(body={"responses": [_json_answer(one) for one in done]})
    if main == "multipart/mixed":
        parts = _mixed_parts(kind, call.body)
        done = _noted(run(caller, parts, going_on=call.prefers(CONTINUE), told_all=False), note)
        mark = f"batchresponse_{secrets.token_hex(8)}"
        return Answer(body=_mixed(mark, done).decode(), media_type=f"multipart/mixed; boundary={mark}")
    raise ApiFault(415, "UnsupportedMediaType", "Send a batch as application/json or multipart/mixed.")


def _noted(done: list[Done], note: Callable[[Call, Answer], None]) -> list[Done]:
    for one in done:
        note(one.part.call, one.answer)
    return done


def run(caller: Caller, parts: list[Part], *, going_on: bool, told_all: bool = True) -> list[Done]:
    """Answer the calls in order. After a refusal the rest is left undone, unless `going_on`; with `told_all` it is said so."""
    done: list[Done] = []
    known: dict[str, str] = {}
    failed: set[str] = set()
    for group, members in _groups(parts):
        stopped = bool(failed) and not going_on
        waiting = any(name in failed for part in members for name in part.after)
        if stopped or waiting:
            failed |= {part.id for part in members} | {group}
            if told_all or not stopped:
                done += [Done(part, _left("An earlier call of the batch was refused.")) for part in members]
            continue
        answers = _together(caller, members, known) if group else [_answered(caller, members[0], known)]
        done += answers
        failed |= {one.part.id for one in answers if one.answer.status >= 400}
        if group and any(one.answer.status >= 400 for one in answers):
            failed.add(group)
    return done


def _groups(parts: list[Part]) -> Iterator[tuple[str, list[Part]]]:
    """The calls one by one, those of a group together. Raises ApiFault where other calls stand between them."""
    ended: set[str] = set()
    held: list[Part] = []
    for part in parts:
        if held and held[0].group != part.group:
            yield held[0].group, held
            ended.add(held[0].group)
            held = []
        if part.group in ended:
            raise bad(f"The calls of the group {part.group[:40]} stand apart.")
        if part.group:
            held.append(part)
        else:
            yield "", [part]
    if held:
        yield held[0].group, held


def _together(caller: Caller, members: list[Part], known: dict[str, str]) -> list[Done]:
    """The answers of a group in one transaction; where one is refused, nothing was done."""
    done: list[Done] = []
    made: dict[str, str] = {}
    try:
        with caller.context.lease.transaction():
            for part in members:
                found = _answered(caller, part, known | made, made)
                done.append(found)
                if found.answer.status >= 400:
                    raise Undone
    except Undone:
        refused = done[-1]
        said = _left("Another call of the group was refused, so that nothing of it was done.")
        return [refused if part is refused.part else Done(part, said) for part in members]
    known.update(made)
    return done


def _answered(caller: Caller, part: Part, known: Mapping[str, str], made: dict[str, str] | None = None) -> Done:
    call = replace(part.call, references=dict(known))
    found = respond(caller, call) if call.path.strip("/") != "$batch" else refusal(caller, not_offered("a batch in a batch"))
    if found.file is not None:
        found = refusal(caller, not_offered("the contents of a file in a batch"))
    address = found.headers.get("OData-EntityId", "")
    if address and part.id:
        (made if made is not None else known)[part.id] = address.removeprefix(f"{caller.root}/")  # type: ignore[index]
    return Done(part, found)


def _left(why: str) -> Answer:
    return refusal(None, ApiFault(424, "FailedDependency", why))


def _json_parts(body: bytes) -> list[Part]:
    found = loads(body)
    requests = found.get("requests") if isinstance(found, dict) else None
    if not isinstance(requests, list) or not all(isinstance(item, dict) for item in requests):
        raise bad('A batch is an object such as {"requests": [...]}.')
    _few(requests)
    parts = [_json_part(item) for item in requests]
    if len({part.id for part in parts}) != len(parts):
        raise bad("Each call of a batch needs an id of its own.")
    return parts


def _json_part(item: Mapping[str, Any]) -> Part:
    name, method, url = item.get("id"), item.get("method"), item.get("url")
    headers, after, group = item.get("headers", {}), item.get("dependsOn", []), item.get("atomicityGroup", "")
    if not all(isinstance(text, str) and text for text in (name, method, url)) or not isinstance(group, str):
        raise bad("Each call of a batch has an id, a method and a url.")
    if not isinstance(headers, dict) or not isinstance(after, list):
        raise bad("headers is an object, and dependsOn a list.")
    lowered = {str(key).lower(): str(value) for key, value in headers.items()}
    if "body" in item:
        lowered.setdefault("content-type", "application/json")
    call = called(str(method), str(url), lowered, b"", item.get("body"))
    if group and call.method in SAFE:
        raise bad("A group holds calls that change something, and no others.")
    return Part(str(name), call, group, tuple(str(one) for one in after))


def _mixed_parts(kind: str, body: bytes) -> list[Part]:
    parts: list[Part] = []
    for number, message in enumerate(_messages(kind, body)):
        if message.get_content_type() == "multipart/mixed":
            inner = [_http_part(one, f"changeset {number}") for one in message.get_payload() if isinstance(one, Message)]
            if any(part.call.method in SAFE for part in inner):
                raise bad("A change set holds calls that change something, and no others.")
            parts += inner
        else:
            parts.append(_http_part(message, ""))
        _few(parts)
    return parts


def _messages(kind: str, body: bytes) -> list[Message]:
    text = f"Content-Type: {kind}\r\n\r\n".encode("latin-1", "replace") + body
    found = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(text)
    payload = found.get_payload()
    if not isinstance(payload, list):
        raise bad("The body has no parts; the boundary of the header Content-Type may be another one.")
    return [one for one in payload if isinstance(one, Message)]


def _http_part(message: Message, group: str) -> Part:
    """A part of type application/http: a request as it would go over the wire."""
    if message.get_content_type() != "application/http":
        raise bad("The parts of a batch are of the type application/http or multipart/mixed.")
    payload = message.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    head, _, body = raw.lstrip(b"\r\n").replace(b"\r\n", b"\n").partition(b"\n\n")
    line, _, rest = head.decode("utf-8", "replace").partition("\n")
    words = line.split()
    if len(words) < 2:
        raise bad("A part of the batch is no request.")
    headers = email.parser.HeaderParser(policy=email.policy.HTTP).parsestr(rest)
    lowered = {str(name).lower(): str(value) for name, value in headers.items()}
    name = str(message.get("Content-ID") or lowered.get("content-id", ""))
    return Part(name.strip("<>"), called(words[0], words[1], lowered, body.rstrip(b"\n")), group)


def called(method: str, url: str, headers: Mapping[str, str], body: bytes, data: Any = None) -> Call:
    """A call from the address that a batch names: absolute, or below the root of the service. Raises ApiFault."""
    parts = urlsplit(url)
    path = parts.path
    if parts.netloc or path.startswith("/"):
        _, found, path = path.partition(f"{ROOT}/")
        if not found and parts.path.rpartition("/")[2] != ROOT.strip("/"):
            path = parts.path.lstrip("/")
    arguments = tuple(parse_qsl(parts.query, keep_blank_values=True))
    decoded = unquote(path)
    refuse_bad_text((decoded, *(text for pair in arguments for text in pair)))
    return Call(method.upper(), decoded, arguments, headers, body, data)


def _few(found: list[Any]) -> None:
    if len(found) > MOST_CALLS:
        raise bad(f"A batch has at most {MOST_CALLS} calls.")


def _json_answer(done: Done) -> dict[str, Any]:
    found: dict[str, Any] = {"id": done.part.id, "status": done.answer.status}
    if done.part.group:
        found["atomicityGroup"] = done.part.group
    found["headers"] = _headers(done.answer)
    if done.answer.body is not None:
        found["body"] = done.answer.body
    return found


def _headers(answer: Answer) -> dict[str, str]:
    kind = {"Content-Type": answer.media_type} if answer.body is not None else {}
    return {**kind, "OData-Version": "4.0", **answer.headers}


def _mixed(mark: str, done: list[Done]) -> bytes:
    """The answers as parts; those of a change set within one of their own, or the refusal in its place."""
    pieces: list[bytes] = []
    place = 0
    while place < len(done):
        group = done[place].part.group
        members = [one for one in done[place:] if group and one.part.group == group] or [done[place]]
        place += len(members)
        refused = [one for one in members if one.answer.status >= 400 and one.answer.status != 424]
        if group and not refused:
            inner = f"changesetresponse_{secrets.token_hex(8)}"
            body = b"".join(_piece(inner, _wire(one)) for one in members) + f"--{inner}--\r\n".encode()
            pieces.append(_piece(mark, f"Content-Type: multipart/mixed; boundary={inner}\r\n\r\n".encode() + body))
        else:
            pieces.append(_piece(mark, _wire((refused or members)[0])))
    return b"".join(pieces) + f"--{mark}--\r\n".encode()


def _piece(mark: str, content: bytes) -> bytes:
    return f"--{mark}\r\n".encode() + content + b"\r\n"


def _wire(done: Done) -> bytes:
    name = f"Content-ID: {done.part.id}\r\n" if done.part.id else ""
    head = f"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n{name}\r\n"
    lines = "".join(f"{key}: {value}\r\n" for key, value in _headers(done.answer).items())
    start = f"HTTP/1.1 {done.answer.status} {PHRASES.get(done.answer.status, 'Answered')}\r\n"
    return f"{head}{start}{lines}\r\n".encode() + done.answer.encoded()


PHRASES = {200: "OK", 201: "Created", 204: "No Content", 304: "Not Modified", 400: "Bad Request", 404: "Not Found"}
