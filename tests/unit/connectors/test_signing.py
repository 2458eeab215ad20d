"""Signatures of webhooks: the example that others test with, and everything that is a little different."""

import pytest

from connectors.webhook.signing import Unsigned, secrets_of, sign, verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
MOMENT = 1614265330
HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": str(MOMENT),
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def verified(now=MOMENT, body=BODY, secret=SECRET, **headers):
    changed = {**HEADERS, **{f"webhook-{name}": value for name, value in headers.items()}}
    return verify(secrets_of(secret), changed, body, now)


def test_the_published_example_is_taken():
    assert verified() == HEADERS["webhook-id"]


@pytest.mark.parametrize("now", [MOMENT - 300, MOMENT + 300])
def test_clocks_may_differ_a_little(now):
    assert verified(now)


def test_of_several_secrets_and_signatures_one_pair_is_enough():
    other = "v1,AAAA v2,BBBB"
    assert verified(secret=f"another-secret-of-mine {SECRET}", signature=f"{other} {HEADERS['webhook-signature']}")


@pytest.mark.parametrize(
    "change",
    [
        {"now": MOMENT + 301},
        {"now": MOMENT - 301},
        {"body": BODY + b" "},
        {"secret": "another-secret-of-mine"},
        {"id": "msg_other"},
        {"id": ""},
        {"timestamp": str(MOMENT + 1)},
        {"timestamp": "now"},
        {"timestamp": "\u0661"},
        {"signature": ""},
        {"signature": HEADERS["webhook-signature"].replace("v1", "v2")},
        {"signature": "é"},
    ],
)
def test_everything_else_is_refused(change):
    with pytest.raises(Unsigned):
        verified(**change)


@pytest.mark.parametrize("text", ["", "short", "whsec_!!!!", "whsec_c2hvcnQ="])
def test_a_secret_that_is_none_is_told(text):
    with pytest.raises(ValueError, match="secret"):
        secrets_of(text)


def test_a_signature_is_bound_to_its_moment():
    (secret,) = secrets_of(SECRET)
    assert sign(secret, "a", 1, b"") != sign(secret, "a", 2, b"")
