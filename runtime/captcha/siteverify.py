"""Captchas of others who speak the protocol that is called siteverify: Turnstile, hCaptcha and reCAPTCHA.

A script of theirs puts a token into the form; we send it with our secret to their address and get `{"success": true}`. Their
tokens are good once, which they see to. See developers.cloudflare.com/turnstile/get-started/server-side-validation,
docs.hcaptcha.com and developers.google.com/recaptcha/docs/verify.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from runtime.captcha.ports import Challenge, Outcome, Setup, Sources

if TYPE_CHECKING:
    from urllib3 import PoolManager

log = logging.getLogger(__name__)
TEMPLATE = "captcha/widget.html"
PATIENCE_S = 5.0
LONGEST_TOKEN = 8000
LONGEST_ANSWER = 20_000


@dataclass(frozen=True, slots=True)
class Provider:
    """One of them: its script, the class that its script looks for, the field that it fills in, its address, its sources."""

    script: str
    css_class: str
    field: str
    verify: str
    sources: Sources


TURNSTILE = Provider(
    "https://challenges.cloudflare.com/turnstile/v0/api.js",
    "cf-turnstile",
    "cf-turnstile-response",
    "https://challenges.cloudflare.com/turnstile/v0/siteverify",
    Sources(("https://challenges.cloudflare.com",), ("https://challenges.cloudflare.com",)),
)
_HCAPTCHA = ("https://hcaptcha.com", "https://*.hcaptcha.com")
HCAPTCHA = Provider(
    "https://js.hcaptcha.com/1/api.js",
    "h-captcha",
    "h-captcha-response",
    "https://api.hcaptcha.com/siteverify",
    Sources(_HCAPTCHA, _HCAPTCHA),
)
RECAPTCHA = Provider(
    "https://www.google.com/recaptcha/api.js",
    "g-recaptcha",
    "g-recaptcha-response",
    "https://www.google.com/recaptcha/api/siteverify",
    Sources(
        ("https://www.google.com/recaptcha/", "https://www.gstatic.com/recaptcha/"),
        ("https://www.google.com/recaptcha/", "https://recaptcha.google.com/recaptcha/"),
    ),
)


class SiteVerify:
    """One of them, as an installation uses it."""

    def __init__(self, provider: Provider, setup: Setup) -> None:
        self._provider = provider
        self._setup = setup

    def challenge(self) -> Challenge:
        """Their widget."""
        chosen = self._provider
        values = {"script": chosen.script, "class": chosen.css_class, "site_key": self._setup.site_key}
        return Challenge(TEMPLATE, values, chosen.sources)

    def judge(self, posted: Mapping[str, str], address: str) -> Outcome:
        """What they say of the token."""
        token = posted.get(self._provider.field, "")
        if not token or len(token) > LONGEST_TOKEN:
            return "failed"
        if not self._setup.secret:
            log.error("no FOYER_CAPTCHA_SECRET is set, so nobody passes", extra={"action": "captcha_failed"})
            return "unanswered"
        fields = {"secret": self._setup.secret, "response": token, "remoteip": address}
        answer = _asked(self._setup.verify_url or self._provider.verify, fields)
        if answer is None:
            return "unanswered"
        return "passed" if answer.get("success") is True else "failed"

    def mark(self, posted: Mapping[str, str]) -> str:
        """Nothing: they take a token once."""
        return ""


def _asked(url: str, fields: Mapping[str, str]) -> Mapping[str, object] | None:
    """What an address answers to a form, None where it gives no JSON object in time."""
    from urllib3.exceptions import HTTPError

    try:
        answer = _pool().request(
            "POST", url, fields=dict(fields), encode_multipart=False, redirect=False, preload_content=False
        )
        try:
            found = json.loads(answer.read(LONGEST_ANSWER))
        finally:
            answer.close()
    except (HTTPError, ValueError, OSError) as error:
        log.warning("the captcha could not be verified: %s", type(error).__name__, extra={"action": "captcha_failed"})
        return None
    return found if isinstance(found, dict) else None


@cache
def _pool() -> PoolManager:
    from urllib3 import PoolManager, Timeout

    return PoolManager(num_pools=4, timeout=Timeout(total=PATIENCE_S), retries=False)
