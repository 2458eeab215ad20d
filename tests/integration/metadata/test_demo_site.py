"""A demo that is started again goes on where it stopped: with the admin's changes, and with what was changed in its files."""

import pytest

from metadata.files import read_folder, write_folder
from metadata.model import Language, Site, Snippet, component_id
from metadata.store import MetadataStore
from metadata.store.bodies import Sketch
from metadata.text import Text
from runtime.database import make_engine
from runtime.demo.program import publish_site


def snippet(key: str, words: str) -> Snippet:
    return Snippet(key=key, site="quay", value=Text.of(words))


BASE = (Language(key="en-US", label=Text.of("English")), Site(key="quay"))
HOURS, TERMS = (component_id(snippet(key, "")) for key in ("hours", "terms"))


@pytest.fixture
def store(sqlite_url):
    engine = make_engine(sqlite_url)
    yield MetadataStore(engine)
    engine.dispose()


@pytest.fixture
def start(store, tmp_path):
    """Start the demo's site with files that say what is given."""

    def start(hours: str, terms: str) -> None:
        write_folder((*BASE, snippet("hours", hours), snippet("terms", terms)), tmp_path / "site")
        publish_site(store, tmp_path / "site")

    return start


def words(store) -> tuple[str, str]:
    released = store.released()
    return tuple(released[name].value.in_language("en-US") for name in (HOURS, TERMS))


def test_what_was_published_in_the_studio_is_there_after_the_next_start(store, start):
    start("8 to 17", "Be kind")
    store.publish("Ada", components=[snippet("hours", "8 to 20")])
    start("8 to 17", "Be kind")
    assert words(store) == ("8 to 20", "Be kind")


def test_a_draft_stays_a_draft_and_a_wrong_one_keeps_no_demo_from_starting(store, start):
    start("8 to 17", "Be kind")
    store.save([snippet("terms", "Be quick")], "Ada")
    store.save([], "Ada", sketches=[Sketch(HOURS, {"key": "hours", "site": "quay", "colour": "red"})])
    start("8 to 17", "Be kind")
    assert words(store) == ("8 to 17", "Be kind")
    assert set(store.standing().drafts) == {HOURS, TERMS}


def test_what_was_changed_in_the_files_is_released_and_nothing_else(store, start):
    start("8 to 17", "Be kind")
    store.publish("Ada", components=[snippet("hours", "8 to 20")])
    start("8 to 17", "Be fair")
    assert words(store) == ("8 to 20", "Be fair")
    start("8 to 12", "Be fair")
    assert words(store) == ("8 to 12", "Be fair")
    assert not store.standing().drafts


def test_a_start_that_changes_nothing_makes_no_release(store, start, tmp_path):
    start("8 to 17", "Be kind")
    release = store.current_release()
    start("8 to 17", "Be kind")
    assert store.current_release() == release
    assert not read_folder(tmp_path / "site").problems
