"""What goes wrong inside the studio is told in its own frame, and to those alone whom a web role lets in."""

import pytest

from metadata.model import View, ViewColumn
from runtime.studio.bench import Workshop
from runtime.studio.places import STEP
from support.studio import Maker, data_of, open_studio, words

FRAME = 'class="studio'


@pytest.mark.parametrize("path", ["nothing/here", "edit/view/gone", "edit/nokind/x", "people/999999"])
def test_what_is_not_there_is_told_in_the_frame_of_the_studio(maker, path):
    page = maker("dora").get(path)
    assert page.status_code == 404
    assert FRAME in page.text
    assert "There is no such page in the studio" in page.text


def test_what_a_web_role_does_not_open_is_told_in_the_frame_too(maker):
    page = maker("carol").get("edit/entity/berth")
    assert page.status_code == 403
    assert FRAME in page.text
    assert "does not open this part of the studio" in page.text


def test_somebody_without_the_studio_is_told_on_the_portal(maker):
    page = maker("alice").get("edit/entity/berth")
    assert page.status_code == 403
    assert FRAME not in page.text


def test_a_failure_is_told_with_its_number_and_on_the_portal_where_the_studio_itself_fails(maker, monkeypatch):
    dora = maker("dora")
    dora.get("")
    with monkeypatch.context() as broken:
        broken.setattr("runtime.studio.looking.uses_of", lambda *_: 1 / 0)
        page = dora.get("uses/entity/berth")
        assert page.status_code == 500
        assert FRAME in page.text
        assert "Error " in page.text
    monkeypatch.setattr(Workshop, "bench", lambda self: 1 / 0)
    page = dora.get("uses/entity/berth")
    assert page.status_code == 500
    assert FRAME not in page.text
    assert "Error " in page.text


def test_where_something_is_used_is_said_in_words(maker):
    page = maker("dora").get("uses/entity/berth")
    assert STEP.join(("Attributes", "berth", "Target")) in words(page)
    assert "attributes.3.target" not in words(page)


def test_a_problem_is_listed_with_its_place_in_words(database_url, tmp_path):
    odd = View(key="odd", entity="berth", columns=(ViewColumn(attribute="number"),))
    with open_studio(database_url, tmp_path, odd) as site:
        dora = Maker.of(site, "dora")
        dora.edit("view/odd", p__columns__0__attribute="gone")
        assert data_of(site, "view", "odd")["columns"] == [{"attribute": "gone"}]
        for act in ("edit", "design", "source"):
            assert STEP.join(("Columns", "gone", "Attribute")) in words(dora.get(f"{act}/view/odd")), act
