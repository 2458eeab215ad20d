"""The examples of the metadata reference are a site that works: they publish without a remark, and their screens render."""

from collections.abc import Iterator

import pytest

from metadata.checks import check
from metadata.compiler import compile_snapshot
from metadata.files import read_folder
from metadata.model import KINDS, component_id
from runtime.render.chain import BUILT_IN
from runtime.render.checks import check_looks
from support.toolshed import EXAMPLE, Toolshed, opened

# What each page shows to a warden, besides that it answers.
SCREENS = {
    "/": ("free of charge", "Open each Saturday from 10", "See you, Wanda!", "On the shelf"),
    "/tools": ("DRILL-1", "Deposit in euros", "Power tool"),
    "/tools?layout=cards": ("Hammer drill", "DRILL-1"),
    "/tools?view=tools-on-the-shelf": ("LADDER-1",),
    "/tools?q=nothing-like-it": ("No tool is like that.",),
    "/tools/DRILL-1": ("Hammer drill", "20.00", "Squeaks.", "L-00001"),
    "/loans?layout=table": ("L-00001", "Hammer drill", "Borrow something", "Is back"),
    "/loans?layout=calendar": ("L-00001",),
    "/loans?layout=board": ("L-00001", "Asked for"),
    "/loans?view=loans-late&layout=table": ("L-00002", "Mona"),
    "/loans/L-00001": ("DRILL-1", "Mona", "Hand out"),
    "/loans/L-00002?history=1": ("Wanda", "Oak Lane 1", "Give these values back"),
    "/borrow": ("What and when", "Step 1"),
    "/borrow/quickly": ("Bring it to me", "Borrow on one page"),
    "/figures": ("Loans by state", "<svg", "Days on average"),
    "/find?q=hammer": ("DRILL-1", "<mark>"),
    "/summer": ("<em>sharpen</em>", "Publish"),
    "/new-tools.xml": ('<rss version="2.0">', "LADDER-1"),
    "/house-rules.txt": ("Bring it back clean",),
    "/catalogue": ("DRILL-1",),
    "/b": ("What and when",),
    "/sv-SE/tools": ("Pant i euro", "Elverktyg"),
    "/_api/tools": ("DRILL-1",),
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def toolshed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toolshed]:
    folder = tmp_path_factory.mktemp("toolshed")
    if request.param == "sqlite":
        with opened(f"sqlite:///{folder / 'test.db'}", folder) as found:
            yield found
    else:
        with request.getfixturevalue("postgres_shelf").database() as url, opened(url, folder) as found:
            yield found


def test_there_is_an_example_of_each_kind_and_no_check_remarks_on_any():
    reading = read_folder(EXAMPLE)
    components = {component_id(item): item for item in reading.components}
    assert {place.kind for place in components} == set(KINDS)
    assert [str(problem) for problem in check(components, reading.positions)] == []
    assert check_looks(compile_snapshot(reading.components), (BUILT_IN,)) == ()


@pytest.mark.parametrize("address", SCREENS)
def test_the_screens_of_the_examples_render(toolshed: Toolshed, address: str):
    answer = toolshed.signed_in("wanda").get(address, follow_redirects=True)
    assert answer.status_code == 200, answer.text[:300]
    assert [words for words in SCREENS[address] if words not in answer.text] == []
    assert "cannot be shown" not in answer.text


def test_a_member_sees_neither_the_note_nor_what_is_proposed(toolshed: Toolshed):
    mona = toolshed.signed_in("mona")
    tool = mona.get("/tools/DRILL-1")
    assert tool.status_code == 200
    assert "Squeaks." not in tool.text
    assert mona.get("/summer").status_code == 404
    assert toolshed.browser().get("/loans").status_code == 302
