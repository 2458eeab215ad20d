"""Who may come in and as whom is held by the exposure lock: registration with what it gives, and other providers."""

from dataclasses import replace

import pytest

from metadata.compiler import compile_snapshot
from metadata.model import Attribute, ClaimMap, Entity, IdentityProvider, Joining
from metadata.text import Text
from runtime.exposure.lock import comparison, lock_problems, signed_off
from support.marina import MARINA, SITE

ASKED = replace(SITE, registration="request", joining=Joining(roles=("skipper",), approvers=("master",)))
OPEN = replace(ASKED, registration="open")
TOWN = IdentityProvider(
    key="town", site="marina", label=Text.of("Town"), issuer="https://login.town.example", client_id="us", match="invitation"
)
BERTHING = Entity(key="account", attributes=(Attribute(key="berthing", type="text"),))
NEW = "(anonymous)  -  open  "


def joined(**given):
    return replace(ASKED, joining=replace(ASKED.joining, **given))


def compiled(*components):
    known = {(type(one), one.key) for one in components}
    snapshot = compile_snapshot((*(one for one in MARINA if (type(one), one.key) not in known), *components))
    return snapshot, snapshot.sites["marina"]


def told(before, after):
    """The lines for which a release is refused when one set of components takes the place of another."""
    snapshot, site = compiled(*after, signed_off(*compiled(*before)))
    found = [str(item) for item in comparison(snapshot, site).new]
    assert bool(found) == any(problem.severity == "error" for problem in lock_problems(snapshot))
    return found


def test_registration_is_told_with_what_it_gives_and_who_approves():
    assert told((SITE,), (ASKED,)) == [
        f"{NEW}registration  -",
        f"{NEW}registration/role:skipper  -",
        "(anonymous)  contact.full_name  create  registration  self",
        "master  -  open  registration/approval  -",
    ]


@pytest.mark.parametrize(
    ("after", "line"),
    [
        (OPEN, f"{NEW}registration/without approval  -"),
        (joined(roles=("skipper", "master")), f"{NEW}registration/role:master  -"),
        (joined(approvers=("master", "skipper")), "skipper  -  open  registration/approval  -"),
        (joined(account="domain", account_attribute="berthing"), f"{NEW}registration/account:berthing by domain  -"),
        (joined(attributes=("full_name", "phone")), "(anonymous)  contact.phone  create  registration  self"),
    ],
    ids=["nobody approves", "a role", "who approves", "an account", "an attribute"],
)
def test_registration_that_gives_more_is_told(after, line):
    assert told((ASKED, BERTHING), (after, BERTHING)) == [line]


def test_registration_that_gives_less_is_not_told_of():
    assert told((OPEN,), (replace(OPEN, registration="closed"),)) == []
    assert told((OPEN,), (replace(OPEN, joining=Joining(approvers=("master",))),)) == []


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"issuer": "https://elsewhere.example"}, f"{NEW}sign-in:openid>https://elsewhere.example  -"),
        ({"match": "email"}, f"{NEW}sign-in:openid>https://login.town.example/by e-mail  -"),
        ({"second_factor": True}, f"{NEW}sign-in:openid>https://login.town.example/no second step here  -"),
        (
            {"claims": (ClaimMap(claim="name", attribute="full_name"),)},
            "(outside)  contact.full_name  write  sign-in:openid>https://login.town.example  self",
        ),
    ],
    ids=["another", "by e-mail", "no second step", "a claim"],
)
def test_a_provider_whose_word_is_taken_for_more_is_told(given, line):
    assert told((TOWN,), (replace(TOWN, **given),)) == [line]


def test_a_new_provider_is_told_and_one_that_is_switched_off_is_not():
    assert told((), (TOWN,)) == [f"{NEW}sign-in:openid>https://login.town.example  -"]
    assert told((), (replace(TOWN, active=False),)) == []
    assert told((TOWN,), (replace(TOWN, label=Text.of("The town"), order=3),)) == []
