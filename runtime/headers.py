"""What a site's settings add to the headers of its pages: hosts that contents come from, a policy to try, who may frame.

Without settings the strict policy of `runtime.security` stands. Pages where people sign in, the studio and answers to programs
never have another.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response

from runtime.security import CONTENT_SECURITY_POLICY, joined_policies, with_nonce

POLICY, TRIED, FRAMING = "Content-Security-Policy", "Content-Security-Policy-Report-Only", "X-Frame-Options"
SOURCES, REPORT_ONLY, FRAMES = "headers/content_sources", "headers/report_only", "headers/frame_ancestors"
NAMES = frozenset({SOURCES, REPORT_ONLY, FRAMES})


def dress_page(response: Response, settings: Mapping[str, str]) -> None:
    """Add what the site's settings say to the headers of a page, which may have a policy of its own."""
    if settings.keys().isdisjoint(NAMES) or response.mimetype != "text/html":
        return
    headers = response.headers
    if added := settings.get(SOURCES):
        headers[POLICY] = with_sources(headers.get(POLICY, CONTENT_SECURITY_POLICY), added)
    if frames := settings.get(FRAMES):
        policy = headers.get(POLICY, CONTENT_SECURITY_POLICY)
        headers[POLICY] = policy.replace("frame-ancestors 'none'", f"frame-ancestors {' '.join(frames.split())}")
        headers[FRAMING] = "SAMEORIGIN"  # a browser that knows frame-ancestors does not look at it
    if tried := settings.get(REPORT_ONLY):
        headers[TRIED] = tried


def let_run(response: Response, nonce: str) -> None:
    """Let the scripts and styles within a page run that have the nonce of its request, also in the policy that is tried."""
    if not nonce or response.mimetype != "text/html":
        return
    headers = response.headers
    headers[POLICY] = with_nonce(headers.get(POLICY, CONTENT_SECURITY_POLICY), nonce)
    if TRIED in headers:
        headers[TRIED] = with_nonce(headers[TRIED], nonce)


def with_sources(policy: str, added: str) -> str:
    """A policy that allows more sources. What it said of all kinds together is said of each kind that gets some of its own."""
    said = {part.split()[0] for part in policy.split("; ")}
    parts = []
    for directive in filter(None, (part.split() for part in added.split(";"))):
        name, *sources = directive
        parts.append(" ".join((name, *(("'self'",) if name not in said else ()), *sources)))
    return joined_policies(policy, "; ".join(parts)) if parts else policy
