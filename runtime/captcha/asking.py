"""A captcha in a request: shown in a page, judged when the form comes back.

Who has passed and has to mend something else in the form gets a ticket with it, good for one more sending, and is not asked
again.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from runtime.captcha.ports import Captcha, Make, Setup, Sources
from runtime.captcha.question import SECONDS, Question
from runtime.captcha.siteverify import HCAPTCHA, RECAPTCHA, TURNSTILE, SiteVerify
from runtime.captcha.spent import spend
from runtime.context import RequestContext
from runtime.render.texts import texts
from runtime.security import content_policy

TICKET = "_captcha_ticket"
ID = "captcha"
PROVIDER, SITE_KEY, PAGES = "captcha/provider", "captcha/site_key", "captcha/pages"
ATTEMPTS_PER_MINUTE = 30
OWN = "question"
MAKERS: Mapping[str, Make] = {
    OWN: Question,
    "turnstile": partial(SiteVerify, TURNSTILE),
    "hcaptcha": partial(SiteVerify, HCAPTCHA),
    "recaptcha": partial(SiteVerify, RECAPTCHA),
}
FAULTS = {"failed": "captcha.failed", "unanswered": "captcha.unanswered"}


@dataclass(frozen=True, slots=True)
class CaptchaView:
    """The captcha of a page. Who has passed gets a `ticket` in its place; `error` says why somebody has not."""

    template: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    ticket: str = ""
    error: str = ""
    sources: Sources = Sources()

    @property
    def passed(self) -> bool:
        """Whether nothing more is asked."""
        return not self.error

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What the answer must say so that a browser loads the captcha."""
        if not self.sources.scripts:
            return ()
        policy = content_policy(script_hosts=self.sources.scripts, frame_hosts=self.sources.frames)
        return (("Content-Security-Policy", policy),)


class Asking:
    """One captcha for one purpose, such as a form: an answer for one is none for another."""

    def __init__(self, context: RequestContext, purpose: str) -> None:
        self._context = context
        self._purpose = f"{context.site.key} {purpose}"
        self._captcha = _captcha(context, self._purpose)
        key = str(current_app.secret_key)
        self._signer = URLSafeTimedSerializer(key, salt="foyer captcha ticket")

    def challenge(self, error: str = "") -> CaptchaView:
        """A new challenge for the page."""
        found = self._captcha.challenge()
        return CaptchaView(found.template, found.values, error=error, sources=found.sources)

    def judged(self) -> CaptchaView:
        """What became of the posted form: passed, with a ticket for one more sending, or a new challenge with its error.

        Asked while no transaction is open. Raises TooManyRequests.
        """
        posted = request.form
        if self._spent(posted.get(TICKET, "")[:400]):
            return CaptchaView(ticket=self._ticket())
        address = request.remote_addr or ""
        self._context.services.throttle.admit("captcha", address, ATTEMPTS_PER_MINUTE)
        outcome = self._captcha.judge(posted, address)
        mark = self._captcha.mark(posted)
        if outcome == "passed" and (not mark or self._counts(mark)):
            return CaptchaView(ticket=self._ticket())
        context = self._context
        say = texts(context.snapshot, context.site, context.language)
        return self.challenge(say(FAULTS.get(outcome, "captcha.failed")))

    def _ticket(self) -> str:
        return str(self._signer.dumps([secrets.token_urlsafe(12), self._purpose]))

    def _spent(self, ticket: str) -> bool:
        try:
            _, purpose = self._signer.loads(ticket, max_age=SECONDS)
        except (BadSignature, ValueError, TypeError):
            return False
        return purpose == self._purpose and self._counts(ticket)

    def _counts(self, mark: str) -> bool:
        until = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=SECONDS)
        with self._context.lease.transaction() as connection:
            return spend(connection, mark, until)


def is_asked(context: RequestContext, wanted: str) -> bool:
    """Whether a form asks this person: of `anonymous` people, of `everybody`, or of nobody ("")."""
    return wanted == "everybody" or (wanted == "anonymous" and not context.signed_in)


def asking_on_page(context: RequestContext, page: str) -> Asking | None:
    """The captcha of a page of identity, None where the site setting `captcha/pages` does not name it."""
    named = context.site.settings.get(PAGES, "").replace(",", " ").split()
    return Asking(context, f"page {page}") if page in named else None


def without_error(view: CaptchaView | None) -> CaptchaView | None:
    """The captcha without its error, where something else was pressed than the button that sends."""
    return None if view is None else replace(view, error="")


def _captcha(context: RequestContext, purpose: str) -> Captcha:
    """The site's provider. One that there is none of is replaced by our own, so that a slip lets nobody through."""
    settings, config = context.site.settings, context.services.config
    name = settings.get(PROVIDER, OWN)
    make = context.services.captchas.get(name) or MAKERS.get(name, Question)
    key = str(current_app.secret_key)
    return make(Setup(settings.get(SITE_KEY, ""), config.captcha_secret, config.captcha_verify_url, key, purpose))
