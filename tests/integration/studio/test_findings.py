"""What checks find is told to the admin in the admin's language, wherever it is shown; commands and programs get English."""

import html
import json
import re

import pytest
from click.testing import CliRunner

from metadata.model import WebRole
from metadata.store import MetadataStore
from metadata.text import Text
from runtime.cli import main
from support.studio import Maker

TELLING = [
    ("", "There is no entity 'bert'. Did you mean 'berth'?", "The view has no columns; add one at least."),
    ("/sv-SE", "Entitet 'bert' finns inte. Menade du 'berth'?", "Vyn har inga kolumner; lägg till minst en."),
]


def seen(dora: Maker, language: str, path: str) -> str:
    """All that a page says, also beside its content."""
    return html.unescape(re.sub(r"<[^>]+>", "", dora.browser.get(f"{language}/studio/{path}").text))


@pytest.mark.parametrize(("language", "unknown", "empty"), TELLING)
def test_problems_are_told_in_the_language_of_the_page_at_fields_and_on_publishing(maker, language, unknown, empty):
    dora = maker("dora")
    assert dora.send("new/view", dora.form("new/view", "key"), key="fresh").status_code == 303
    source = dora.form("source/view/fresh", "yaml")
    assert dora.send("source/view/fresh", source, yaml="key: fresh\nentity: bert\ncolumns: []\n").status_code == 303
    for path in ("edit/view/fresh", "design/view/fresh", "source/view/fresh", "publish"):
        told = seen(dora, language, path)
        assert unknown in told, path
        assert empty in told, path
    field = dora.browser.get(f"{language}/studio/edit/view/fresh").text.partition('id="f-entity-error"')[2]
    assert unknown in html.unescape(re.sub(r"<[^>]+>", "", field.partition("</span>")[0]).partition(">")[2])


def test_a_text_that_is_no_yaml_is_told_so_in_the_language_of_the_page(maker):
    dora = maker("dora")
    form = dora.form("source/view/extras", "yaml")
    data = {**dict(form.fields), "yaml": "key: [extras\n", "do": "save"}
    told = html.unescape(re.sub(r"<[^>]+>", "", dora.browser.client.post("/sv-SE/studio/source/view/extras", data=data).text))
    assert "giltig YAML" in told
    assert "is not valid YAML" not in told


def test_the_site_checker_tells_in_the_language_of_the_page_and_the_command_in_english(site, maker, tmp_path, monkeypatch):
    MetadataStore(site.engine).publish("tester", components=(WebRole(key="idle", site="marina", label=Text.of("Idle")),))
    dora = maker("dora")
    assert "No permission, no page access rule and no right of the studio is given" in seen(dora, "", "checkup")
    told = seen(dora, "/sv-SE", "checkup")
    assert "Ge den en behörighet, eller ta bort den." in told
    assert "No permission" not in told
    monkeypatch.setenv("FOYER_DATABASE_URL", site.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("FOYER_DATA_DIR", str(tmp_path))
    ran = CliRunner().invoke(main, ["checkup", "--json"])
    findings = [found for rule in json.loads(ran.output)["rules"] for found in rule["findings"]]
    assert "Give it a permission, or take it out." in {found["mend"] for found in findings}
