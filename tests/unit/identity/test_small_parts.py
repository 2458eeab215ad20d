"""The small parts of identity: codes, passwords, settings, addresses, e-mails."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import TooManyRequests
from runtime.identity.logins import normal_email, password_problem
from runtime.identity.passwords import Cost, Passwords
from runtime.identity.sessions import device_name
from runtime.identity.settings import IdentitySettings, parse_settings
from runtime.identity.throttle import Throttle
from runtime.identity.tokens import code_digest, new_code, new_token
from runtime.languages import split_language
from runtime.security import local_path

CHEAP = Passwords(Cost(1, 64, 1))


def test_tokens_and_codes_do_not_repeat():
    assert len({new_token() for _ in range(500)} | {new_code() for _ in range(500)}) == 1000


def test_a_code_is_the_same_however_it_is_typed():
    code = new_code()
    assert code_digest(code) == code_digest(f" {code.lower().replace('-', ' ')} ")
    assert code_digest(code) != code_digest(new_code())


@given(st.text(max_size=40))
def test_any_password_matches_its_own_hash_only(password):
    stored = CHEAP.hash(password)
    assert CHEAP.matches(stored, password)
    assert not CHEAP.matches(stored, password + "x")


def test_nobody_has_no_password():
    assert not CHEAP.matches(None, "nobody has this password")


@pytest.mark.parametrize("stored", ["", "plain", "$argon2id$broken", "\0"])
def test_a_broken_hash_matches_nothing(stored):
    assert not CHEAP.matches(stored, "plain")
    assert CHEAP.outdated(stored)


def test_a_hash_made_at_another_cost_is_outdated():
    assert Passwords(Cost(2, 128, 1)).outdated(CHEAP.hash("a password"))
    assert not CHEAP.outdated(CHEAP.hash("a password"))


@pytest.mark.parametrize("value", ["0", "-5", "1e3", "many", "", "٣", "9" * 30, "5.5"])
def test_a_setting_that_is_no_sound_number_keeps_its_default(value):
    assert parse_settings({"identity/lockout_attempts": value}) == IdentitySettings()


def test_a_setting_of_the_site_counts():
    assert parse_settings({"identity/lockout_attempts": " 7 ", "other": "1"}).lockout_attempts == 7


def test_emails_compare_without_case_blanks_and_width():
    assert normal_email(" Ann@Example.ORG ") == normal_email("\uff41nn@example.org") == "ann@example.org"


@pytest.mark.parametrize(
    ("password", "repeat", "problem"),
    [
        ("short", "short", "password.too_short"),
        ("x" * 129, "x" * 129, "password.too_long"),
        ("ANN@example.org", "ANN@example.org", "password.is_email"),
        ("long enough", "long enouhg", "password.differ"),
        ("long enough", "long enough", ""),
    ],
)
def test_what_is_wrong_with_a_password_is_told(password, repeat, problem):
    assert password_problem(password, repeat, "ann@example.org", 8) == problem


@given(st.text(max_size=30))
def test_a_local_path_has_no_other_host(text):
    path = local_path(text)
    assert path == "" or (path.startswith("/") and not path.startswith("//") and "\\" not in path)


@given(st.text(max_size=20), st.sampled_from(["//", "/\\", "\\/", "https://", "/\t/", "\n//", "///"]))
def test_an_address_elsewhere_is_never_local(text, start):
    assert local_path(start + text) == ""


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/sv-SE/news", ("sv-SE", "/news")),
        ("/sv-SE", ("sv-SE", "")),
        ("/sv-SEx/news", ("", "/sv-SEx/news")),
        ("/", ("", "/")),
        ("//sv-SE/x", ("", "//sv-SE/x")),
    ],
)
def test_the_language_is_the_first_part_of_a_path(path, found):
    assert split_language(path, {"sv-SE"}) == found


def test_attempts_are_counted_per_purpose_and_address():
    throttle = Throttle()
    for _ in range(3):
        throttle.admit("signin", "1.2.3.4", 3)
    with pytest.raises(TooManyRequests):
        throttle.admit("signin", "1.2.3.4", 3)
    throttle.admit("signin", "1.2.3.5", 3)
    throttle.admit("forgot", "1.2.3.4", 3)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126 Safari/537 Edg/126", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604", "Safari · iOS"),
        ("curl/8", ""),
        ("<script>Firefox", "Firefox"),
    ],
)
def test_a_device_has_a_short_name(agent, name):
    assert device_name(agent) == name
