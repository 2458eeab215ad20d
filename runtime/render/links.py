"""Values that can be followed or that have lines. Only safe addresses become links; all else is shown as text."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from markupsafe import escape

_EMAIL = re.compile(r"[^\s@<>\"'?&]+@[^\s@<>\"'?&]+")
_NOT_DIALLED = re.compile(r"[^0-9+*#]")
_SCHEMES = frozenset({"http", "https"})


def email_html(value: str) -> str:
    """An address of a mailbox, as a link that writes to it; where room is short it breaks behind its @."""
    shown = str(escape(value))
    if not _EMAIL.fullmatch(value):
        return shown
    return f'<a href="mailto:{quote(value, safe="@+")}">{shown.replace("@", "@<wbr>")}</a>'


def phone_html(value: str) -> str:
    """A phone number, as a link that dials it."""
    shown = escape(value)
    dialled = _NOT_DIALLED.sub("", value)
    return f'<a class="nowrap" href="tel:{escape(dialled)}">{shown}</a>' if len(dialled) > 2 else str(shown)


def url_html(value: str) -> str:
    """A web address, as a link shown without its scheme; other schemes than http and https are shown as text."""
    try:
        parts = urlsplit(value)
    except ValueError:
        return str(escape(value))
    if parts.scheme.lower() not in _SCHEMES or not parts.netloc:
        return str(escape(value))
    shown = value.split("://", 1)[1].removesuffix("/")
    return f'<a href="{escape(value)}" rel="noopener noreferrer">{escape(shown)}</a>'


def lines_html(value: str) -> str:
    """A long text with its line breaks."""
    return str(escape(value)).replace("\r\n", "\n").replace("\n", "<br>")
