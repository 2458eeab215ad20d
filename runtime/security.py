"""What keeps a page safe in a browser: response headers, and what is refused before anything is looked up."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes, urlsplit

from flask import Request

from runtime.errors import BadRequest, BadText, TooLarge

SENSORS = ("camera", "geolocation", "microphone", "payment", "usb")


def cookie_name(name: str, public_url: str) -> str:
    """The name of a cookie that somebody is signed in or known by.

    Over https a browser takes it from this very host alone, not in the clear and not from a neighbour of its domain.
    """
    return f"__Host-{name}" if public_url.startswith("https://") else name


def content_policy(
    picture_hosts: Iterable[str] = (), *, script_hosts: Iterable[str] = (), frame_hosts: Iterable[str] = ()
) -> str:
    """The Content-Security-Policy of a page; pictures, scripts with what they load, and frames may come from these hosts."""
    scripts, frames = tuple(script_hosts), tuple(frame_hosts)
    return "; ".join(
        (
            "default-src 'self'",
            " ".join(("img-src 'self' data:", *picture_hosts)),
            *(" ".join((f"{kind}-src 'self'", *scripts)) for kind in ("script", "style", "connect") if scripts),
            *((" ".join(("frame-src 'self'", *frames)),) if frames else ()),
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        )
    )


def joined_policies(one: str, other: str) -> str:
    """The policy of a page with two parts that each need theirs: what either allows beyond nothing."""
    found: dict[str, dict[str, None]] = {}
    for policy in (one, other):
        for directive in policy.split("; "):
            name, *sources = directive.split()
            found.setdefault(name, {}).update(dict.fromkeys(sources))
    return "; ".join(" ".join((name, *sources)) for name, sources in found.items())


def with_nonce(policy: str, nonce: str) -> str:
    """A policy that also allows the scripts and styles within a page that have a nonce. What it said of all kinds together is
    said of these; what it did not limit stays so."""
    said = {name: sources for name, *sources in (part.split() for part in policy.split(";") if part.strip())}
    for kind in ("script-src", "style-src"):
        for name in (kind, f"{kind}-elem"):
            known = said.get(name, said.get("default-src") if name == kind else None)
            if known is not None:
                said[name] = [*(source for source in known if source != "'none'"), f"'nonce-{nonce}'"]
    return "; ".join(" ".join((name, *sources)) for name, sources in said.items())


def permissions_policy(*granted: str) -> str:
    """The Permissions-Policy of a page: nothing of the device may be used but what is granted to its own scripts."""
    return ", ".join(f"{name}=({'self' if name in granted else ''})" for name in SENSORS)


CONTENT_SECURITY_POLICY = content_policy()
ALWAYS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", permissions_policy()),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"
PRIVATE = "private, no-store"
PLAIN = tuple((name.lower(), name, value) for name, value in (*ALWAYS, ("Cache-Control", PRIVATE)))
SECURE = (*PLAIN, ("strict-transport-security", "Strict-Transport-Security", STRICT_TRANSPORT))
ALL_PLAIN = tuple((name, value) for _, name, value in PLAIN)
ALL_SECURE = tuple((name, value) for _, name, value in SECURE)
NAMES = frozenset(key for key, _, _ in SECURE)
VARY = ("Vary", "Cookie")
_BAD_TEXT = re.compile("[\ufffd\ud800-\udfff]")
MAX_PATH = 2000
MAX_QUERY = 8000
MAX_FORM_FIELDS = 30_000
"""Enough for as many lines as a step may have, each with several inputs; what a body may hold is limited in bytes besides."""


def dressed(
    headers: list[tuple[str, str]], notes: Iterable[tuple[str, str]] = (), *, secure: bool, by_cookie: bool = False
) -> list[tuple[str, str]]:
    """The headers of an answer, as WSGI has them, with `notes` and the security headers that they do not have yet.

    `by_cookie` tells caches that the answer depends on the cookie.
    """
    present = {name.lower() for name, _ in headers}
    always = SECURE if secure else PLAIN
    if present.isdisjoint(NAMES):
        found = [*headers, *notes, *(ALL_SECURE if secure else ALL_PLAIN)]
    else:
        found = [*headers, *notes, *[(name, value) for key, name, value in always if key not in present]]
    if by_cookie and "vary" not in present:
        found.append(VARY)
    elif by_cookie:
        return [(name, _with_cookie(value)) if name.lower() == "vary" else (name, value) for name, value in found]
    return found


def _with_cookie(vary: str) -> str:
    """A Vary header that has Cookie among its names."""
    names = {name.strip().lower() for name in vary.split(",")}
    return vary if names & {"cookie", "*"} else f"{vary}, Cookie"


def screen(request: Request) -> None:
    """Refuse an address that nobody means. Raises BadText for bytes that are no text, BadRequest for one far too long."""
    if len(request.path) > MAX_PATH:
        raise BadRequest
    refuse_bad_text((request.path,))
    if not request.query_string:
        return
    query = request.query_string.decode("latin-1")
    if len(query) > MAX_QUERY:
        raise BadRequest
    if "%" in query:
        refuse_bad_bytes(query)
    refuse_bad_text(text for pair in request.args.items(multi=True) for text in pair)


def screen_form(request: Request) -> None:
    """Refuse a form with values that are no text or have no name, or far too many. Raises BadText, BadRequest, TooLarge."""
    fields = request.form
    texts = [text for pair in fields.items(multi=True) for text in pair]
    if len(texts) > 2 * MAX_FORM_FIELDS:
        raise TooLarge
    if None in fields or None in request.files:  # a part without a name
        raise BadRequest
    refuse_bad_text(texts)


def refuse_bad_bytes(query: str) -> None:
    """Raise BadText for a query string whose bytes are no UTF-8; Werkzeug would leave them percent-encoded."""
    try:
        unquote_to_bytes(query).decode("utf-8")
    except UnicodeDecodeError:
        raise BadText from None


def refuse_bad_text(texts: Iterable[str]) -> None:
    """Raise BadText for a NUL, or for what was no UTF-8."""
    text = "".join(texts)
    if "\0" in text or (not text.isascii() and _BAD_TEXT.search(text)):
        raise BadText


def local_path(text: str) -> str:
    """The address if it leads to this site, else "": no other host, no scheme, no trick with slashes or controls."""
    if not text.startswith("/") or text.startswith(("//", "/\\")) or len(text) > MAX_PATH:
        return ""
    if "\\" in text or any(ord(letter) < 33 or ord(letter) == 127 for letter in text):
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    doubled = "//" in parts.path  # once the language before it is taken off, what follows would name a host
    return "" if parts.scheme or parts.netloc or doubled else text
