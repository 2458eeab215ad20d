"""What goes wrong inside the studio is told in the studio's own frame, with the way back to its components."""

from __future__ import annotations

from flask import Response

from runtime.context import RequestContext
from runtime.errors import RequestError
from runtime.failures import MOMENT, Failure, sentence_for
from runtime.studio.desk import open_desk


def failure_page(context: RequestContext, failure: Failure) -> Response | None:
    """The page; None for somebody whom no web role lets into the studio, and who is told on the portal."""
    try:
        desk = open_desk()
    except RequestError:
        return None
    title = {403: "state.denied", 404: "state.not_found"}.get(failure.status, "error.title")
    return desk.page(
        "failure.html",
        title=desk.say("state.failed" if failure.status >= 500 else title),
        status=failure.status,
        failure=failure,
        sentence=sentence_for(context, failure),
        moment=failure.moment.strftime(MOMENT),
    )
