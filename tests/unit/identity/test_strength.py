"""How hard a password is to guess, and that judging one never takes long."""

import time

import pytest

from runtime.identity.strength import strength

OWN = ("Ann Weaver", "ann@harbour.example", "Harbour", "portal.harbour.example")


@pytest.mark.parametrize(
    ("password", "least", "most"),
    [
        ("password1234", 0, 2),  # common and stolen ones
        ("qwertyuiop12", 0, 2),
        ("P@ssw0rd!P@ssw0rd!", 0, 2),
        ("aaaaaaaaaaaaaaaa", 0, 1),
        ("harbour-weaver-2024", 0, 0),  # of the person and the site
        ("Ann@Harbour12", 0, 0),
        ("harbours are blue on sundays", 3, 4),
        ("correct horse battery", 3, 4),
        ("\udc80" * 14, 0, 1),
        ("", 0, 0),
    ],
)
def test_what_is_common_or_of_the_person_is_easy_to_guess(password, least, most):
    assert least <= strength(password, OWN) <= most


@pytest.mark.parametrize(
    "sign", ["4@8({[<369!1|70$5+7%2", "a1", "@4$0!1|", "1990", "password", "\U0001f389", "4@8369!1|70$5+72"]
)
def test_no_password_takes_long_to_judge(sign):
    began = time.process_time()
    strength((sign * 128)[:128], OWN)
    assert time.process_time() - began < 1
