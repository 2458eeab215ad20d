"""Before what a stolen session must not do, a person proves anew who they are, unless they did so a short while ago.

What was about to be sent is kept on the page that asks, and goes on with the proof. A file is not: it is chosen again. Nor is
it where the proof is a new sign-in with another provider, from which people come back to the page that they were on.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Request, Response, session

from runtime.context import RequestContext
from runtime.csrf import CSRF_FIELD, bearer_token
from runtime.identity.external.logins import issuer_of, list_external, used_issuers
from runtime.identity.logins import Login
from runtime.identity.passkeys import asked_to_prove, has_passkeys, new_challenge
from runtime.identity.second_factor import MAIL, PASSKEY, factor_of
from runtime.identity.sessions import utc_now
from runtime.identity.views.answers import PROVED, count_attempt, page, say_wrong, settings
from runtime.identity.views.code import any_login, checker, mail_code, note_factor
from runtime.identity.views.offers import Offer, bound_offers
from runtime.identity.views.passkeys import proves
from runtime.identity.views.relying import passkeys_here, place
from runtime.identity.views.signin import knows_password
from runtime.security import local_path

PUBLISHING, CHECKING = "studio.submit_publish_post", "check"
"""Where a post may only ask what a release would come to, and what it says then."""
SENSITIVE = frozenset(
    {
        "identity.security_give_data",
        "identity.closing_submit",
        "sharing.make_new",
        "sharing.make_narrower",
        "studio.submit_person_post",
        "studio.submit_file_post",
        "studio.submit_join_post",
        "studio.submit_erasing_post",
        PUBLISHING,
        "studio.submit_go_back_post",
    }
)
"""Giving data or rights away: the endpoints that are posted to."""
WITH_PASSWORD = frozenset(
    {
        "identity.logins_submit",
        "identity.passkeys_submit",
        "identity.second_factor_submit",
        "identity.email_submit",
        "identity.change_submit",
    }
)
"""Changing the ways to sign in: the forms that ask for the password themselves, of whoever has one."""
PROOF, BY_DEVICE, ANOTHER, BACK = "_proof", "_passkey", "_another", "_back"
"""The fields of the page that asks: what was typed, what a device answers, the button for another code, where one came from."""
PASSWORD, CODE = "password", "code"


@dataclass(frozen=True, slots=True)
class Ways:
    """By what a person can prove who they are: what is typed ("" for nothing), whether a code is mailed, a passkey."""

    typed: str
    mailed: bool
    passkey: bool


def ask_recent_proof(context: RequestContext, asked: Request) -> Response | None:
    """None for all who may go on; the page that asks for a proof. Raises TooManyRequests.

    Who has nothing left to prove it with is asked too, and reads that a new sign-in is one.
    """
    contact = context.principal.contact
    if asked.method != "POST" or contact is None or asked.endpoint not in SENSITIVE | WITH_PASSWORD or bearer_token(asked):
        return None
    only_asks = asked.endpoint == PUBLISHING and asked.form.get("do") == CHECKING
    if _is_recent(context) or only_asks:
        return None
    login = any_login(context, contact)
    if asked.endpoint in WITH_PASSWORD and login is not None and login.password_hash:
        return None
    ways = _ways(context, contact, login)
    given, answer = asked.form.get(PROOF), asked.form.get(BY_DEVICE)
    if (given is None and answer is None) or asked.form.get(ANOTHER):
        if ways.mailed:
            mail_code(context, contact)
        return _page(context, asked, ways, "")
    count_attempt(context, "signin")
    if answer:
        proved = ways.passkey and proves(context, contact, answer) is not None
        with context.lease.transaction() as connection:
            note_factor(context, connection, contact, f"proved by {PASSKEY}" if proved else "passkey refused")
    else:
        proved = _proves(context, contact, login, ways, (given or "")[:1000])
    if not proved:
        return _page(context, asked, ways, say_wrong(context, "proof.wrong"))
    session[PROVED] = _now()
    return None


def _is_recent(context: RequestContext) -> bool:
    proved = session.get(PROVED)
    return isinstance(proved, int) and 0 <= _now() - proved <= settings(context).recent_proof_minutes * 60


def _now() -> int:
    return int(utc_now().timestamp())


def _ways(context: RequestContext, contact: int, login: Login | None) -> Ways:
    factor = factor_of(context.connection, contact)
    passkey = passkeys_here(context) and has_passkeys(context.connection, contact)
    if login is not None and login.password_hash:
        return Ways(PASSWORD, mailed=False, passkey=passkey)
    codes = factor is not None and (factor.method != PASSKEY or factor.recovery_left > 0)
    return Ways(CODE if codes else "", mailed=factor is not None and factor.method == MAIL, passkey=passkey)


def _proves(context: RequestContext, contact: int, login: Login | None, ways: Ways, given: str) -> bool:
    if ways.typed == PASSWORD:
        return login is not None and knows_password(context, login, given)
    if not ways.typed:
        return False
    with context.lease.transaction() as connection:
        found = checker(context, connection).check(contact, given)
        note_factor(context, connection, contact, f"proved by {found}" if found else "refused")
    return bool(found)


def _page(context: RequestContext, asked: Request, ways: Ways, failure: str) -> Response:
    own, back = (CSRF_FIELD, PROOF, BY_DEVICE, ANOTHER, BACK), _back(asked)
    return page(
        context,
        "identity/proof.html",
        403 if not failure else 422,
        way=ways.typed,
        mailed=ways.mailed,
        asked=_asked_of_device(context) if ways.passkey else "",
        providers=_providers(context, back),
        back=back or context.url("/"),
        held=[(name, value) for name, value in asked.form.items(multi=True) if name not in own],
        address=context.url(asked.full_path.rstrip("?")),
        again=bool(asked.files),
        failure=failure,
    )


def _asked_of_device(context: RequestContext) -> str:
    contact = context.principal.contact or 0
    with context.lease.transaction() as connection:
        challenge = new_challenge(connection, context.site.key, contact)
        return asked_to_prove(connection, place(context), contact, challenge)


def _back(asked: Request) -> str:
    """The page that the post was sent from; "" where that is not known. After a wrong answer it is still the first one."""
    came = urlsplit(asked.referrer or "")
    return local_path(asked.form.get(BACK, "") or came.path + (f"?{came.query}" if came.query else ""))


def _providers(context: RequestContext, back: str) -> tuple[Offer, ...]:
    """Those that the person signs in with, to be gone to, and to be come back from to a page."""
    own = used_issuers(list_external(context.connection, context.principal.contact or 0))
    others = frozenset(map(issuer_of, context.site.identity_providers.values())) - own
    if not own:
        return ()
    return bound_offers(context, others, proving=True, next=back)
