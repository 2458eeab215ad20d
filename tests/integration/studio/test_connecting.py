"""The settings of a connection in its editor: a field for each that its connector knows, and no secret in any draft."""

import pytest

from metadata.model import Connection, Webhook
from metadata.model.sync import Resource
from metadata.store import MetadataStore
from support.studio import Maker, data_of, open_studio, words

NAME = "connection/shop"
SHOP = Connection(
    key="shop",
    connector="rest",
    settings=(("auth", "bearer"), ("url", "https://shop.example/v2"), ("token", "${SHOP_TOKEN}")),
    resources=(Resource(key="tickets", path="tickets", row_key=("number",)),),
)
HUSH = "hush-hush-hush"


@pytest.fixture
def site(database_url, tmp_path):
    with open_studio(database_url, tmp_path, SHOP) as site:
        yield site


@pytest.fixture
def dora(site):
    return Maker.of(site, "dora")


def settings_of(site, key="shop"):
    return data_of(site, "connection", key).get("settings")


def test_each_setting_of_the_connector_has_a_field_and_what_nobody_changes_stays(site, dora):
    page = dora.get(f"edit/{NAME}")
    assert '<label for="f-settings.url">Address</label>' in page.text
    assert '<label for="f-settings.token">Token <span class="optional">' in page.text
    assert '<option value="bearer" selected>' in page.text
    assert "write ${SHOP_TOKEN}" not in page.text
    assert "write ${NAME} here, and set the environment variable NAME" in words(page)
    assert dora.edit(NAME).status_code == 303
    assert MetadataStore(site.engine).drafts() == {}


def test_a_setting_is_typed_chosen_and_emptied(site, dora):
    assert dora.edit(NAME, p__settings__per_minute="60", p__settings__auth="header").status_code == 303
    assert settings_of(site) == {
        "auth": "header",
        "url": "https://shop.example/v2",
        "token": "${SHOP_TOKEN}",
        "per_minute": "60",
    }
    dora.edit(NAME, p__settings__token="")
    assert "token" not in settings_of(site)


def test_what_is_missing_or_unknown_is_told_at_its_field(site, dora):
    dora.edit(NAME, p__settings__url="", p__settings__auth="${AUTH}")
    page = dora.get(f"edit/{NAME}")
    assert 'href="#f-settings.url"' in page.text
    assert page.text.count('id="f-settings.url-error"') == 1
    assert "needs the setting url; add it." in words(page)


def test_what_the_connector_does_not_know_stays_a_pair_and_is_told(site, dora):
    dora.edit(NAME, p__connector="sql")
    page = dora.get(f"edit/{NAME}")
    assert 'name="p.settings.0.name" value="auth"' in page.text
    assert 'name="p.settings.1.name" value="token"' in page.text
    assert "There is no setting auth for sql." in words(page)
    assert settings_of(site) == dict(SHOP.settings)
    dora.edit(NAME, p__settings__0__name="", p__settings__0__value="", p__settings__1__name="", p__settings__1__value="")
    assert settings_of(site) == {"url": "https://shop.example/v2"}


def test_a_line_for_a_setting_of_another_name_is_added(dora):
    page = dora.edit(NAME, ("do", "add:settings"), p__settings__per_minute="60")
    assert 'name="p.settings.0.name" value=""' in page.text
    assert 'id="f-settings.per_minute" name="p.settings.per_minute" value="60"' in page.text


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ({"p__settings__token": HUSH}, "token"),
        ({"p__settings__url": f"https://me:{HUSH}@shop.example"}, "url"),
    ],
)
def test_a_secret_that_is_typed_is_neither_kept_nor_shown(site, dora, typed, name):
    answer = dora.edit(NAME, **typed)
    page = dora.browser.get(answer.location)
    assert f"{name} was not kept: a secret stands in an environment variable" in page.text
    assert HUSH not in page.text
    assert name not in settings_of(site)
    assert HUSH not in dora.edit(NAME, ("do", "add:resources"), **typed).text


def test_a_secret_in_yaml_is_not_kept_either(site, dora):
    form = dora.form(f"source/{NAME}", "yaml")
    dora.send(f"source/{NAME}", form, yaml=f"connector: rest\nsettings: {{url: 'https://a.example', token: {HUSH}}}\n")
    assert settings_of(site) == {"url": "https://a.example"}


def test_the_secret_of_a_webhook_is_not_kept_either(database_url, tmp_path):
    told = Webhook(
        key="told", site="marina", entity="booking", events=("created",), roles=("chief",), address="${A}", secret="${S}"
    )
    with open_studio(database_url, tmp_path, told) as site:
        dora = Maker.of(site, "dora")
        dora.edit("webhook/told", p__secret=HUSH)
        assert "secret" not in data_of(site, "webhook", "told")


def test_a_secret_that_came_by_file_is_not_echoed(database_url, tmp_path):
    bare = Connection(key="shop", connector="rest", settings=(("url", f"https://me:{HUSH}@shop.example"),), active=False)
    with open_studio(database_url, tmp_path) as site:
        store = MetadataStore(site.engine)
        store.save([bare], author="a program")
        page = Maker.of(site, "dora").get(f"edit/{NAME}")
        assert HUSH not in page.text
        assert "url has a password in it" in words(page)
