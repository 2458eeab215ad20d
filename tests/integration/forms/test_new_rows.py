"""A row of a lookup that is made on the spot."""

import dataclasses
import re

import pytest

from metadata.checks import check
from metadata.model import EntityPermission, Form, FormField, component_id
from metadata.text import Text
from support.kiln_makers import with_new_kilns
from support.pottery import POTTERY, form, hidden
from support.ruled import publish

NEW = "/_lookup/firing-new/kiln/new"


@pytest.fixture
def makers(pottery):
    publish(pottery, *with_new_kilns())
    return pottery


def make(browser, address=NEW, **typed):
    kept = hidden(browser.get(NEW).text)
    return browser.client.post(address, data={**kept, **{f"new-{key}": value for key, value in typed.items()}})


def test_a_new_row_is_made_on_a_page_beside_the_form(makers):
    browser = makers.as_("ada")
    page = browser.get("/firings/new").text
    assert re.search(rf'href="{NEW}" target="_blank"[^>]*>.*?New kiln</a>', page)
    assert "Ny ugn" in makers.as_("ada").get(f"/sv-SE{NEW}").text
    before = len(makers.rows("kiln"))
    refused = make(browser, name="")
    assert (refused.status_code, len(makers.rows("kiln"))) == (422, before)
    assert 'href="#f-new-name"' in refused.text
    made = make(browser, name="Hot <i>", closed="0", rate="5")
    assert (made.status_code, "Hot &lt;i&gt; is saved." in made.text) == (200, True)
    row = makers.rows("kiln")[-1]
    assert (row["name"], row["rate"]) == ("Hot <i>", None)


def test_a_script_gets_the_row_that_it_may_choose(makers):
    browser = makers.as_("ada")
    made = make(browser, f"{NEW}?dialog=1", name="Hot", closed="0").json
    assert made == {"row": {"value": str(makers.rows("kiln")[-1]["id"]), "label": "Hot"}, "said": ""}
    closed = make(browser, f"{NEW}?dialog=1", name="Cold", closed="1", rate="7").json
    assert (closed["row"], "cannot be chosen" in closed["said"]) == (None, True)
    dialog = browser.get(f"{NEW}?dialog=1").text
    assert "<html" not in dialog
    assert 'name="new-name"' in dialog


def test_a_form_without_a_name_is_called_as_what_it_makes(makers):
    publish(makers, *(dataclasses.replace(item, label=Text()) if isinstance(item, Form) else item for item in with_new_kilns()))
    assert re.search(r'<h2 id="new-row-title">(Kiln)</h2>', makers.as_("ada").get(f"{NEW}?dialog=1").text)


def test_nobody_makes_a_row_that_may_not(makers):
    publish(
        makers,
        EntityPermission(key="makers", entity="kiln", scope="global", roles=("potter",), privileges=("read", "append_to")),
    )
    browser = makers.as_("ada")
    assert "New kiln" not in browser.get("/firings/new").text
    assert browser.client.get(NEW).status_code == 403
    token = hidden(browser.get("/firings/new").text)["csrf_token"]
    assert browser.client.post(NEW, data={"csrf_token": token, "new-name": "X"}).status_code == 403
    assert makers.as_("dirk").client.get(NEW).status_code == 404
    assert browser.client.get("/_lookup/firing-edit/kiln/new").status_code == 404


def test_a_post_without_the_token_makes_nothing(makers):
    browser, before = makers.as_("ada"), len(makers.rows("kiln"))
    browser.get(NEW)
    answer = browser.client.post(NEW, data={"new-name": "X"})
    assert (answer.status_code >= 400, len(makers.rows("kiln"))) == (True, before)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (FormField(attribute="title", create_form="kiln-new"), "title is no lookup to one entity"),
        (FormField(attribute="potter", create_form="kiln-new"), "The form kiln-new is of kiln, and potter points at contact."),
        (FormField(attribute="kiln", create_form="kiln-nu"), "Did you mean 'kiln-new'?"),
    ],
)
def test_a_form_that_cannot_make_the_row_is_named(field, message):
    wrong = dataclasses.replace(form("firing-new", "firing", field))
    components = {component_id(item): item for item in (*POTTERY, *with_new_kilns(), wrong)}
    (problem,) = [found for found in check(components) if found.position.path.endswith("create_form")]
    assert message in problem.message
