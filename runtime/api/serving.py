"""A call of a program over HTTP, and how what goes wrong behind the door is told."""

from __future__ import annotations

from functools import lru_cache

from flask import Response, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.sansio.utils import get_current_url

from runtime.answers import Answer as Reply
from runtime.api.batch import batch
from runtime.api.calls import Answer, Call, Caller
from runtime.api.faults import SESSION, TOKEN, ApiFault
from runtime.api.programs import arrive
from runtime.api.routes import ROOT
from runtime.api.service import refusal, respond
from runtime.context import current
from runtime.csrf import CSRF_FIELD, bearer_token
from runtime.errors import FormExpired
from runtime.failures import context_of, describe, known_error, note
from runtime.pages.files import deliver
from runtime.refused import GONE, REFUSED, UNKNOWN, keep_refusal
from runtime.security import refuse_bad_text
from runtime.terms_step import require_terms
from runtime.thumbnails import NONE

WRONG_TOKEN = "This token is not known, or it is over."  # noqa: S105 no secret
CHALLENGE = {"WWW-Authenticate": "Bearer"}
MOST_HOSTS = 500
NO_TOKEN = "Send the token of your session in the header X-CSRFToken; /_api/$token gives it."  # noqa: S105 no secret


def serve(path: str = "") -> Response:
    """The answer to a call. Raises what is nobody's fault but ours."""
    context, reading, program = current(), False, 0
    token = bearer_token(request)
    if token:
        found_token = arrive(context, token)
        if found_token is None:
            keep_refusal(context, request.method, f"{ROOT}/{path}", _entity_set(path), status=UNKNOWN)
            return _response(refusal(None, ApiFault(UNKNOWN, SESSION, WRONG_TOKEN, headers=CHALLENGE)))
        context, reading, program = found_token[0], found_token[1].reading, found_token[1].id
        g.foyer = context
        require_terms(context)
    caller = Caller.of(context, _host_url(request.scheme, request.host), reading=reading, program=program)
    headers = {name.lower(): value for name, value in request.headers.items()}
    method = "GET" if request.method == "HEAD" else request.method
    body = request.get_data(cache=False) if method != "GET" else b""
    call = Call(method, path, tuple(request.args.items(multi=True)), headers, body)
    refuse_bad_text((path,))

    def note_call(made: Call, answer: Answer) -> None:
        """What was refused of a call, also of one within a batch, goes into the audit trail."""
        if answer.status in (REFUSED, GONE):
            name, asked = _entity_set(made.path), f"{ROOT}/{made.path}"
            offered = caller.offer.sets.get(name)
            entity = offered.entity.key if offered is not None else ""
            keep_refusal(context, made.method, asked, name, status=answer.status, entity=entity)

    with context.stages.measure("api"):
        try:
            found = batch(caller, call, note_call) if path.strip("/") == "$batch" else respond(caller, call)
        except ApiFault as fault:
            found = refusal(caller, fault)
    note_call(call, found)
    if found.file is not None:
        return deliver(context, found.file, NONE)
    return _response(found)


def _entity_set(path: str) -> str:
    """What the address begins with, where it names an entity set."""
    return path.split("/")[0].split("(")[0]


def told(error: Exception) -> Response:
    """What a program is told of an exception: a refusal with a code, and nothing of the inside."""
    context = context_of(error)
    failure = describe(error, g.get("request_id", ""))
    note(error, failure)
    if isinstance(error, FormExpired):
        if context is not None:
            entity_set = _entity_set(request.path.removeprefix(f"{ROOT}/"))
            keep_refusal(context, request.method, request.path, entity_set, status=UNKNOWN, argument=CSRF_FIELD)
        return _response(refusal(None, ApiFault(401, TOKEN, NO_TOKEN)))
    known = known_error(error)
    headers = {"Retry-After": str(failure.retry_after)} if failure.retry_after is not None else {}
    if isinstance(error, HTTPException):
        headers |= {name: value for name, value in error.get_headers() if name == "Allow"}
    message = f"{known.sentence} ({failure.error_id})"
    return _response(refusal(None, ApiFault(failure.status, failure.code, message, headers=headers)))


def _response(found: Answer) -> Response:
    response = Reply(found.encoded(), found.status, {"OData-Version": "4.0", **found.headers})
    if found.body is None:
        del response.headers["Content-Type"]
    else:
        response.content_type = found.media_type
    return response


_host_url = lru_cache(maxsize=MOST_HOSTS)(get_current_url)
"""The address of a host as Werkzeug writes it, letters for what is encoded."""
