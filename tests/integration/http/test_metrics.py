"""The numbers of the synchronisation over HTTP: for whoever has the token, and for nobody where there is none."""

import pytest

from metadata.model import AttributeMap, Connection, TableMap
from support.portal import components, make_portal

TOKEN = "a token of sixteen letters"
PEOPLE = TableMap(
    key="people",
    connection="outside",
    entity="contact",
    table="person",
    integration_key=("email",),
    attributes=(AttributeMap(attribute="email", column="mail"),),
)
EXTRA = (Connection(key="outside", connector="memory"), PEOPLE)


@pytest.fixture
def watched(database_url, tmp_path):
    made = make_portal(database_url, tmp_path, (*components(), *EXTRA), FOYER_METRICS_TOKEN=TOKEN)
    yield made
    made.engine.dispose()


def ask(portal, token=None):
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    return portal.browser().client.get("/metrics", headers=headers)


def test_whoever_has_the_token_reads_the_numbers(watched):
    answer = ask(watched, TOKEN)
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert 'foyer_sync_state{map="people",state="never"} 1\n' in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], "é" * 16])
def test_anybody_else_finds_nothing(watched, token):
    assert ask(watched, token.encode().decode("latin-1") if token else token).status_code == 404


@pytest.mark.parametrize("token", [None, "", "None"])
def test_without_a_token_there_is_no_such_address(local_portal, token):
    assert ask(local_portal, token).status_code == 404
