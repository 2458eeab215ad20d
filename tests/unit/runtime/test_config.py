"""Settings come from the environment, all problems are told at once, secrets are not shown."""

import dataclasses
from pathlib import Path

import pytest

from runtime.config import SETTINGS, Config, ConfigError
from runtime.secret import secret_key


def problems_of(environ):
    with pytest.raises(ConfigError) as caught:
        Config.from_environment(environ)
    return caught.value.problems


def test_without_settings_everything_is_in_the_data_folder():
    config = Config.from_environment({})
    assert config.database_url == "sqlite+pysqlite:///data/foyer.db"
    assert config.mail_folder == "data/mail"
    assert config.debug is False


def test_a_value_may_stand_in_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text("a long enough secret\n")
    assert Config.from_environment({"FOYER_SECRET_KEY_FILE": str(file)}).secret_key == "a long enough secret"


def test_a_value_and_a_file_together_are_refused(tmp_path):
    (problem,) = problems_of({"FOYER_SECRET_KEY": "x" * 20, "FOYER_SECRET_KEY_FILE": str(tmp_path / "key")})
    assert "both set" in problem


def test_all_problems_are_told_at_once():
    found = problems_of(
        {
            "FOYER_DATABASE_URL": "oracle://x",
            "FOYER_SECRET_KEY": "short",
            "FOYER_PUBLIC_URL": "portal",
            "FOYER_WORKERS": "0",
            "FOYER_DEBUG": "perhaps",
            "FOYER_SMTP_URL": "mail",
            "FOYER_LOG_LEVEL": "loud",
            "FOYER_THROTTLE_URL_FILE": "/nope",
        }
    )
    assert {text.partition(" ")[0] for text in found} == {
        "FOYER_DATABASE_URL",
        "FOYER_SECRET_KEY",
        "FOYER_PUBLIC_URL",
        "FOYER_WORKERS",
        "FOYER_DEBUG",
        "FOYER_SMTP_URL",
        "FOYER_LOG_LEVEL",
        "FOYER_THROTTLE_URL_FILE",
    }


@pytest.mark.parametrize("text", ["", "9" * 5000, "-1", "1.5", "٣", " 3"])
def test_strange_numbers_are_refused_or_unset(text):
    if text:
        assert problems_of({"FOYER_WORKERS": text})
    else:
        assert Config.from_environment({"FOYER_WORKERS": text}).workers == 1


def test_secrets_are_not_shown():
    config = Config.from_environment({"FOYER_SECRET_KEY": "very secret indeed", "FOYER_DATABASE_URL": "postgresql://a:pw@h/d"})
    assert "very secret" not in repr(config)
    assert "pw@" not in repr(config)


def test_every_setting_is_a_field_with_a_help_text_and_every_field_a_setting():
    assert {setting.field for setting in SETTINGS} == {field.name for field in dataclasses.fields(Config)}
    assert all(setting.help.endswith(".") for setting in SETTINGS)


def test_a_secret_is_made_once_and_kept_to_its_owner(tmp_path):
    folder = tmp_path / "data"
    made = secret_key("", folder)
    assert len(made) > 30
    assert secret_key("", folder) == made
    assert (folder / "secret_key").stat().st_mode & 0o077 == 0
    assert secret_key("given", Path("/proc/none")) == "given"


@pytest.mark.parametrize(
    ("wanted", "address", "refused"),
    [
        ("lax", "http://portal.example", False),
        ("strict", "http://portal.example", True),
        ("strict", "http://127.0.0.1:8000", False),
        ("STRICT", "https://portal.example", False),
        ("none", "http://127.0.0.1:8000", True),
        ("none", "https://portal.example", False),
    ],
)
def test_cookies_of_a_kind_that_needs_https_are_refused_without_it(wanted, address, refused):
    environ = {"FOYER_COOKIE_SAME_SITE": wanted, "FOYER_PUBLIC_URL": address}
    if refused:
        (problem,) = problems_of(environ)
        assert problem == (
            f"FOYER_COOKIE_SAME_SITE {wanted} needs https; give FOYER_PUBLIC_URL an address with https, or use lax"
        )
    else:
        assert Config.from_environment(environ).cookie_same_site == wanted.capitalize()


def test_cookies_of_an_unknown_kind_are_refused():
    assert problems_of({"FOYER_COOKIE_SAME_SITE": "loose"}) == ("FOYER_COOKIE_SAME_SITE must be lax, strict or none",)
