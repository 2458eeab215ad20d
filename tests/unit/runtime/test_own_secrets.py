"""What metadata names of the environment is sent elsewhere: never a secret of the installation."""

import dataclasses

import pytest

from connectors.errors import Fatal
from connectors.settings import filled, read_settings
from metadata.model import Connection, IdentityProvider
from metadata.text import Text
from metadata.variables import is_own
from runtime.config import SETTINGS
from runtime.identity.external.openid import secret_of
from runtime.identity.external.proof import ProviderDown
from runtime.identity.external.saml import key_pair_of

SECRETS = [setting.variable for setting in SETTINGS if setting.secret]


def test_every_secret_setting_is_the_installations_own():
    assert len(SECRETS) > 5
    assert all(is_own(name) and is_own(f"{name}_FILE") for name in SECRETS)
    assert not any(map(is_own, ("FOYER_ERP_URL", "PG_DEPOT", "ERP_SECRET")))


@pytest.mark.parametrize("name", [*SECRETS, "FOYER_SECRET_KEY_FILE", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD"])
def test_no_connection_webhook_or_provider_is_given_a_secret_of_the_installation(name):
    held = {name: "-----BEGIN PRIVATE KEY-----a-----END PRIVATE KEY----- -----BEGIN CERTIFICATE-----b-----END CERTIFICATE-----"}
    named = f"${{{name}}}"
    provider = IdentityProvider(
        key="town", label=Text.of("Town"), issuer="https://evil.example", client_id="us", client_secret=named, key_pair=named
    )
    with pytest.raises(Fatal, match="installation alone"):
        read_settings(Connection(key="erp", connector="rest", settings=(("password", f"x{named}"),)), held)
    with pytest.raises(Fatal, match="installation alone"):
        filled(named, "webhook", held)
    with pytest.raises(ProviderDown, match="installation alone"):
        secret_of(provider, held)
    with pytest.raises(ProviderDown):
        key_pair_of(provider, held)
    other = dataclasses.replace(provider, client_secret="${TOWN_SECRET}")
    assert secret_of(other, {"TOWN_SECRET": "ours"}) == "ours"


def test_what_a_provider_needs_may_lie_in_files(tmp_path):
    secret, pair = tmp_path / "secret", tmp_path / "pair"
    secret.write_text("ours\n", encoding="utf-8")
    key, certificate = (
        "-----BEGIN PRIVATE KEY-----a-----END PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----b-----END CERTIFICATE-----",
    )
    pair.write_text(f"{key}\n{certificate}\n", encoding="utf-8")
    named = IdentityProvider(
        key="town", label=Text.of("Town"), issuer="https://town.example", client_secret="${TOWN}", key_pair="${PAIR}"
    )
    held = {"TOWN_FILE": str(secret), "PAIR_FILE": str(pair)}
    assert secret_of(named, held) == "ours"
    found = key_pair_of(named, held)
    assert found is not None
    assert (found.key, found.certificate) == (key, certificate)
    for reads in (secret_of, key_pair_of):
        with pytest.raises(ProviderDown, match="cannot be read"):
            reads(named, {"TOWN_FILE": str(tmp_path / "none"), "PAIR_FILE": str(tmp_path / "none")})
