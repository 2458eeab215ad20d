"""What was changed of a record, on its page: by whom, from what to what, for those who may see it, and the way back."""

import dataclasses

import pytest

from metadata.model import AttributePermission, AttributeRight, EntityPermission, RecordHistory
from runtime.access import Principal
from runtime.records.audit import record_act
from runtime.records.write import update
from support.pottery import CAST, form, hidden, make_pottery
from support.ruled import FIELDS, publish
from support.statements import counting, note_statements

HISTORY = RecordHistory(page_size=2, restore=True)
SEES = EntityPermission(key="sees", entity="firing", scope="contact", via="potter", roles=("potter",), privileges=("history",))
PAGE = "/firings/F-0001"


@pytest.fixture
def pottery(database_url, tmp_path):
    made = make_pottery(database_url, tmp_path)
    publish(made, dataclasses.replace(form("firing-read", "firing", *FIELDS), history=HISTORY), SEES)
    ada = made.as_("ada")
    new = ada.get("/firings/new")
    kiln = made.ids["Big Bertha"]
    sent = ada.client.post("/firings/new", data={**hidden(new.text), "title": "Bowls", "kiln": str(kiln), "peak": "1000"})
    assert sent.status_code == 303
    yield made
    made.engine.dispose()


def change(pottery, who="ada", **values):
    """Changes the firing as a form does, by the person's own right."""
    row = pottery.rows("firing")[0]
    account = pottery.ids[CAST[who][1]]
    roles = frozenset(CAST[who][2])
    person = Principal("contact", "pottery", pottery.ids[who], account, roles=roles, origin="portal")
    with pottery.engine.begin() as connection:
        update(connection, pottery.snapshot, person, "firing", row["id"], row["version"], values)


def test_who_may_sees_each_change_with_who_made_it_and_pages_back(pottery):
    change(pottery, title="Plates", kiln=pottery.ids["Little Bert"])
    change(pottery, note="<b>hot</b>")
    ada = pottery.as_("ada")
    assert f'href="{PAGE}?history=1"' in ada.get(PAGE).text
    newest = ada.get(f"{PAGE}?history=1").text
    assert "What was changed of F-0001" in newest
    assert "&lt;b&gt;hot&lt;/b&gt;" in newest
    assert newest.index("hot") < newest.index("Plates")
    assert all(
        words in newest for words in ("<del>Bowls</del>", "<ins>Plates</ins>", "Big Bertha", "Little Bert", "<b>Ada</b>")
    )
    assert "Made" not in newest
    older = ada.get(newest.split('btn btn-secondary" href="')[1].split('"')[0].replace("&amp;", "&")).text
    assert "Made" in older
    assert "Plates" not in older


def test_acts_about_a_row_are_no_changes_of_it(pottery):
    row = pottery.rows("firing")[0]
    with pottery.engine.begin() as connection:
        for act, facts in (("sign_in", {"device": "Firefox · Linux"}), ("action", {"did": ["mail"]}), ("erased", {"rows": 7})):
            record_act(connection, Principal.system("admin"), act, "firing", row["id"], facts)
    shown = pottery.as_("ada").get(f"{PAGE}?history=1")
    assert (shown.status_code, "Firefox" in shown.text, "Made" in shown.text) == (200, False, True)


def test_it_is_for_those_whose_permission_says_so_and_of_rows_and_attributes_that_they_may_read(pottery):
    change(pottery, who="ben", note="secret", title="Plates")
    ben = pottery.as_("ben")
    assert "?history=1" not in ben.get(PAGE).text
    assert ben.get(f"{PAGE}?history=1").status_code == 404
    assert pottery.as_("cleo").get(f"{PAGE}?history=1").status_code == 404
    shown = pottery.as_("ada").get(f"{PAGE}?history=1").text
    assert "Somebody" in shown, "Ada may not read Ben"
    assert "Ben" not in shown
    assert "secret" in shown
    blind = AttributePermission(
        key="approval",
        entity="firing",
        roles=("potter",),
        others=("read", "create", "update"),
        attributes=(AttributeRight(attribute="note"),),
    )
    publish(pottery, blind)
    shown = pottery.as_("ada").get(f"{PAGE}?history=1").text
    assert "secret" not in shown
    assert "Plates" in shown


def test_earlier_values_return_after_a_question_by_the_persons_own_right(pottery):
    change(pottery, title="Plates", kiln=pottery.ids["Little Bert"])
    change(pottery, title="Cups", note="hot")
    ada = pottery.as_("ada")
    older = ada.get(f"{PAGE}?history=1").text.split("btn-quiet btn-s")[1].split('href="')[1].split('"')[0]
    question = ada.get(older).text
    assert all(words in question for words in ("<del>Cups</del>", "<ins>Plates</ins>", "<ins>No value</ins>"))
    assert pottery.rows("firing")[0]["title"] == "Cups"
    done = ada.client.post(older, data=hidden(question))
    assert (done.status_code, done.location) == (303, PAGE)
    row = pottery.rows("firing")[0]
    assert (row["title"], row["note"], row["kiln"], row["version"]) == ("Plates", None, pottery.ids["Little Bert"], 4)
    assert "<ins>Plates</ins>" in ada.get(f"{PAGE}?history=1").text, "going back is a change like any other"
    assert ada.client.post(older, data=hidden(question)).status_code == 409
    assert ada.client.post(older, data={"block": "0", "version": "4"}).status_code >= 400
    assert ada.get(f"{PAGE}?restore=999999").status_code == 404
    assert ada.get(f"{PAGE}?restore=x").status_code == 400


def test_a_row_shows_nothing_of_another_one_that_had_its_number(pottery):
    change(pottery, title="Plates")
    with pottery.engine.begin() as connection:
        record_act(connection, Principal.system("system"), "delete", "firing", pottery.rows("firing")[0]["id"], {})
    shown = pottery.as_("ada").get(f"{PAGE}?history=1").text
    assert "<ins>Plates</ins>" not in shown
    assert "Nothing has been changed yet." in shown


def test_its_statements_do_not_grow_with_the_changes(pottery):
    statements = []
    note_statements(pottery.engine, statements)
    ada = pottery.as_("ada")

    def cost():
        ada.get(f"{PAGE}?history=1")
        with counting(statements) as seen:
            assert ada.get(f"{PAGE}?history=1").status_code == 200
        return len(seen)

    change(pottery, kiln=pottery.ids["Little Bert"])
    few = cost()
    for number in range(4):
        change(pottery, kiln=pottery.ids["Big Bertha" if number % 2 else "Little Bert"], title=f"T{number}")
    assert cost() == few
