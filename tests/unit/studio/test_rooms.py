"""What the first page of the studio has loaded beside the pages that follow."""

import sys

import pytest
from flask import Response

from runtime.loading import Later
from runtime.studio.rooms import Rooms


@pytest.fixture
def rooms(tmp_path, monkeypatch):
    for name in ("room_of_one", "room_of_two"):
        (tmp_path / f"{name}.py").write_text("def show():\n    return 'shown'\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield Rooms((Later("room_of_one:show"), Later("room_of_two:show")))
    for name in ("room_of_one", "room_of_two"):
        sys.modules.pop(name, None)


def test_the_first_page_that_is_answered_has_all_others_loaded(rooms):
    assert not rooms.wait()
    assert "room_of_two" not in sys.modules
    answer = Response("home")
    assert rooms.load_the_others(answer) is answer
    assert rooms.wait()
    assert {"room_of_one", "room_of_two"} <= sys.modules.keys()


def test_who_is_refused_has_nothing_loaded(rooms):
    for status in (303, 403, 404):
        rooms.load_the_others(Response(status=status))
    assert not rooms.wait()
    assert "room_of_one" not in sys.modules


def test_it_is_loaded_once(rooms):
    rooms.load_the_others(Response("home"))
    rooms.wait()
    del sys.modules["room_of_one"]
    rooms.load_the_others(Response("again"))
    rooms.wait()
    assert "room_of_one" not in sys.modules
