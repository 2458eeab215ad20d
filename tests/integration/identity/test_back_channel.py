"""A provider that speaks OpenID Connect ends sessions here by itself, with a token that holds, and with no other."""

import time
import uuid
from urllib.parse import urlsplit

import pytest
import requests
import sqlalchemy as sa

pytest.importorskip("authlib", reason="needs the extra oidc")
mock = pytest.importorskip("oidc_provider_mock")

from joserfc import jwt  # noqa: E402 - after the libraries it may lack
from joserfc.jwk import OctKey, RSAKey  # noqa: E402

from metadata.model import IdentityProvider, SiteSetting  # noqa: E402
from runtime.housekeeping import tidy  # noqa: E402
from runtime.identity.external import openid  # noqa: E402
from runtime.identity.sessions import utc_now  # noqa: E402
from runtime.identity.tables import logout_tokens  # noqa: E402
from runtime.records.tables import AUDIT  # noqa: E402
from support.portal import CAST, text  # noqa: E402

# What the provider that is run here warns of in itself.
pytestmark = [pytest.mark.filterwarnings(f"ignore:{start}") for start in ("get_jwt_config", "authlib.jose", "The httpx")]
CAROL = CAST["carol"][0]
EVENT = "http://schemas.openid.net/event/backchannel-logout"
ENDED = "/signin/with/guild/ended"
STRANGE = RSAKey.generate_key(2048, {"kid": "strange"})


class Guild:
    """A provider that runs beside us, whose key is known here, so that it can tell what it likes."""

    def __init__(self, address, key):
        self.address, self.key = address, RSAKey.import_key(key)

    def claims(self, **other):
        now = int(time.time())
        made = {"iss": self.address, "aud": "portal", "iat": now, "exp": now + 120, "jti": uuid.uuid4().hex}
        made |= {"events": {EVENT: {}}, **other}
        return {name: value for name, value in made.items() if value is not None}

    def token(self, key=None, alg="RS256", **other):
        key = key or self.key
        return jwt.encode({"alg": alg, "kid": key.kid, "typ": "logout+jwt"}, self.claims(**other), key, algorithms=[alg])

    def member(self, subject, **claims):
        told = {"email": CAROL, "email_verified": True, **claims}
        requests.put(f"{self.address}/users/{subject}", json=told, timeout=60).raise_for_status()


@pytest.fixture(scope="module")
def guild():
    stores, made = [], mock._app.Storage
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mock._app, "Storage", lambda: stores.append(made()) or stores[-1])
        with mock.run_server_in_thread() as server:
            yield Guild(f"http://localhost:{server.server_port}", stores[0].jwk.as_dict(is_private=True))


@pytest.fixture
def site(portal, guild, monkeypatch):
    monkeypatch.setenv("GUILD_SECRET", "the secret of the guild")
    monkeypatch.setattr(openid, "PATIENCE_S", 60.0)  # the provider shares the processor with all other tests
    names = {"key": "guild", "label": text("the guild"), "issuer": guild.address, "client_id": "portal"}
    portal.publish(IdentityProvider(**names, client_secret="${GUILD_SECRET}", match="email", sign_out=True))
    return portal


def arrived(site, guild, subject="carol-1", sid=None):
    """A browser in which Carol has come from the guild, in the session that it calls so."""
    guild.member(subject, **({"sid": sid} if sid else {}))
    browser = site.browser()
    away = browser.get("/signin/with/guild")
    answer = requests.post(away.location, data={"sub": subject}, allow_redirects=False, timeout=60)
    back = urlsplit(answer.headers["Location"])
    assert browser.get(f"{back.path}?{back.query}").status_code == 303
    assert browser.who() == "Carol"
    return browser


def tell(site, token):
    """What the guild is answered, which has no cookie and no token of a form."""
    answer = site.browser().client.post(ENDED, data={"logout_token": token})
    assert (answer.headers["Cache-Control"], "Set-Cookie" in answer.headers) == ("no-store", False)
    return answer.status_code


def test_the_session_that_is_named_ends_or_all_of_a_person_and_none_that_began_here(site, guild):
    first, second, third = (arrived(site, guild, sid=f"s-{number}") for number in range(3))
    by_password = site.signed_in("carol")
    assert tell(site, guild.token(sub="carol-1", sid="s-0")) == 200
    assert [one.who() for one in (first, second, third)] == ["nobody", "Carol", "Carol"]
    assert tell(site, guild.token(sid="s-1")) == 200, "a session may be named alone"
    assert [one.who() for one in (second, third)] == ["nobody", "Carol"]
    assert tell(site, guild.token(sub="somebody-else", sid="s-2")) == 200, "who is not known is no fault of the guild"
    assert third.who() == "Carol"
    fourth = arrived(site, guild)
    assert tell(site, guild.token(sub="carol-1")) == 200
    assert [one.who() for one in (third, fourth, by_password)] == ["nobody", "nobody", "Carol"]
    noted = site.rows(sa.select(AUDIT.c.changes).where(AUDIT.c.privilege == "external_login"))
    assert sum("signed out by guild" in row.changes for row in noted) == 4


def test_a_token_counts_once_and_is_forgotten_when_it_holds_no_longer(site, guild):
    arrived(site, guild, sid="s-1")
    token = guild.token(sub="carol-1")
    assert tell(site, token) == 200
    again = arrived(site, guild, sid="s-1")
    assert (tell(site, token), again.who()) == (400, "Carol")
    assert tidy(site.engine, utc_now())["foyer_logout_token"] == 0
    site.change(logout_tokens, sa.true(), expires_at=utc_now())
    assert tidy(site.engine, utc_now())["foyer_logout_token"] == 1


def test_a_token_ends_nothing_that_is(site, guild):
    browser, now = arrived(site, guild, sid="s-1"), int(time.time())
    whole = {"sub": "carol-1", "sid": "s-1"}
    secret = OctKey.import_key("the secret of the guild" * 2, {"kid": guild.key.kid})
    for name, token in {
        "of another key": guild.token(STRANGE, **whole),
        "signed with the shared secret": guild.token(secret, "HS256", **whole),
        "of another issuer": guild.token(iss="https://elsewhere.example", **whole),
        "for another site": guild.token(aud="another", **whole),
        "too old": guild.token(exp=now - 300, **whole),
        "without an end": guild.token(exp=None, **whole),
        "to hold for ever": guild.token(exp=now + 10**9, **whole),
        "of tomorrow": guild.token(iat=now + 86_000, exp=now + 86_400, **whole),
        "without its moment": guild.token(iat=None, **whole),
        "without a name of its own": guild.token(jti=None, **whole),
        "a token for signing in": guild.token(nonce="n-1", **whole),
        "about something else": guild.token(events={"http://schemas.openid.net/event/other": {}}, **whole),
        "about nothing": guild.token(events=None, **whole),
        "about a word": guild.token(events=EVENT, **whole),
        "about nobody": guild.token(),
        "about a number": guild.token(sub=7),
        "no token": "x.y.z",
        "nothing": "",
    }.items():
        assert (tell(site, token), browser.who()) == (400, "Carol"), name
    assert tell(site, guild.token(**whole)) == 200
    assert browser.who() == "nobody"


def test_who_does_not_hold_is_asked_to_wait_and_who_does_is_not(site, guild):
    site.publish(SiteSetting(key="identity/attempts_per_minute", value="3"))
    codes = [site.browser().client.post(ENDED, data={"logout_token": "x"}).status_code for _ in range(5)]
    assert codes == [400, 400, 400, 429, 429]
    assert tell(site, guild.token(sub="carol-1")) == 200


def test_there_is_no_such_address_where_the_provider_is_not_to_sign_people_out(site, guild):
    names = {"key": "guild", "label": text("the guild"), "issuer": guild.address, "client_id": "portal"}
    site.publish(IdentityProvider(**names, client_secret="${GUILD_SECRET}", match="email"))
    assert site.browser().client.post(ENDED, data={"logout_token": guild.token(sub="x")}).status_code == 404
