"""What Flask keeps of the request being answered, itself: each look at it through Flask's proxies costs as much as several
lines of code."""

from __future__ import annotations

from typing import Any, cast

from flask import Flask, Request, current_app, g, request, session
from flask.sessions import SessionMixin


def the_request() -> Request:
    """The request. Raises RuntimeError outside one."""
    return cast(Request, request._get_current_object())  # type: ignore[attr-defined]


def the_session() -> SessionMixin:
    """What the browser's cookie holds. Raises RuntimeError outside a request."""
    return cast(SessionMixin, session._get_current_object())  # type: ignore[attr-defined]


def the_app() -> Flask:
    """The application. Raises RuntimeError outside one."""
    return cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]


def held_by_request() -> Any:
    """What is kept for the request. Raises RuntimeError outside an application."""
    return g._get_current_object()
