"""The store keeps every change, releases sets of them, and finds back to any."""

import contextlib
import dataclasses
import random
import threading

import pytest

from metadata.errors import MetadataError
from metadata.model import ComponentId, Site, component_id
from metadata.store import EditedMeanwhile, MetadataStore, NoSuchComponent, NoSuchRelease, revisions, state
from metadata.text import Text
from support.declared import attribute, entity, snippet

SITE = Site(key="main")
HELLO = ComponentId("snippet", "hello", "main")


def texts(store, release=None):
    return {name.key: item.value.in_language("") for name, item in store.released(release).items() if name.kind == "snippet"}


@pytest.fixture
def published(store):
    store.publish("ann", "first", components=[SITE, snippet("hello", "one"), snippet("bye", "so long")])
    return store


def test_nothing_is_released_at_first(store):
    assert store.current_release() == 0
    assert store.released() == {}
    assert store.drafts() == {}


def test_creating_the_tables_again_changes_nothing(published):
    published.create()
    assert published.current_release() == 1


def test_what_is_saved_is_a_draft_until_it_is_published(store):
    store.save([SITE, snippet("hello", "one")], "ann")
    assert store.released() == {}
    assert set(store.drafts()) == {component_id(SITE), HELLO}
    assert store.publish("ann").release == 1
    assert store.drafts() == {}
    assert texts(store) == {"hello": "one"}


def test_saving_what_is_already_there_makes_no_revision(published):
    assert published.save([SITE, snippet("hello", "one")], "bob") == ()
    assert len(published.history(HELLO)) == 1


def test_only_what_changed_gets_a_revision(published):
    assert published.save([snippet("hello", "two"), snippet("bye", "so long")], "bob", "nicer") == (HELLO,)
    newest, oldest = published.history(HELLO)
    assert (newest.number, newest.author, newest.note, newest.first_release) == (2, "bob", "nicer", None)
    assert (oldest.number, oldest.author, oldest.first_release) == (1, "ann", 1)


def test_publishing_nothing_new_writes_no_release(published):
    again = published.publish("bob")
    assert (again.release, again.changed) == (1, False)
    assert [release.id for release in published.releases()] == [1]


def test_a_deleted_component_is_gone_from_the_next_release_only(published):
    published.save([], "bob", delete=[HELLO])
    assert published.drafts() == {HELLO: None}
    published.publish("bob")
    assert texts(published) == {"bye": "so long"}
    assert texts(published, 1) == {"hello": "one", "bye": "so long"}
    assert published.history(HELLO)[0].deleted


def test_a_deleted_component_can_come_back(published):
    published.publish("bob", delete=[HELLO])
    published.publish("bob", components=[snippet("hello", "again")])
    assert texts(published)["hello"] == "again"
    assert [revision.number for revision in published.history(HELLO)] == [3, 2, 1]


def test_deleting_what_is_not_there_saves_nothing(published):
    with pytest.raises(NoSuchComponent):
        published.save([snippet("hello", "two")], "bob", delete=[ComponentId("snippet", "nope", "main")])
    assert published.drafts() == {}


def test_an_edit_of_an_old_revision_is_refused_and_saves_nothing(published):
    opened = published.revision_number(HELLO)
    published.save([snippet("hello", "two")], "ann", expected={HELLO: opened})
    with pytest.raises(EditedMeanwhile) as caught:
        published.save([snippet("hello", "three"), snippet("bye", "x")], "bob", expected={HELLO: opened})
    assert (caught.value.expected, caught.value.found) == (1, 2)
    assert list(published.drafts()) == [HELLO]


def test_a_release_that_does_not_fit_is_not_written_and_saves_nothing(published):
    broken = entity("thing", attribute("name"), attribute("up", "lookup", target="nowhere"))
    with pytest.raises(MetadataError, match="nowhere"):
        published.publish("bob", components=[broken, snippet("hello", "two")])
    assert published.current_release() == 1
    assert published.drafts() == {}
    assert texts(published)["hello"] == "one"


def test_drafts_that_do_not_fit_stay_drafts(published):
    published.save([entity("thing", attribute("name"), attribute("up", "lookup", target="nowhere"))], "bob")
    with pytest.raises(MetadataError):
        published.publish("bob")
    assert published.current_release() == 1
    assert len(published.drafts()) == 1


def test_rolling_back_is_a_new_release_with_the_old_contents(published):
    published.publish("bob", components=[snippet("hello", "two")])
    done = published.rollback(1, "ann", "bob was wrong")
    assert (done.release, done.changed) == (3, True)
    assert texts(published)["hello"] == "one"
    newest = published.releases()[0]
    assert (newest.based_on, newest.note) == (1, "bob was wrong")


def test_what_was_rolled_back_does_not_return_with_the_next_release(published):
    published.publish("bob", components=[snippet("hello", "two")])
    published.rollback(1, "ann")
    assert published.drafts() == {}
    published.publish("ann", components=[snippet("bye", "ciao")])
    assert texts(published) == {"hello": "one", "bye": "ciao"}


def test_drafts_outlive_a_rollback(published):
    published.publish("bob", components=[snippet("bye", "ciao")])
    published.save([snippet("hello", "draft")], "bob")
    published.rollback(1, "ann")
    assert texts(published) == {"hello": "one", "bye": "so long"}
    assert list(published.drafts()) == [HELLO]


def test_one_component_is_rolled_back_alone(published):
    published.publish("bob", components=[snippet("hello", "two"), snippet("bye", "ciao")])
    published.rollback_component(HELLO, 1, "ann")
    assert texts(published) == {"hello": "one", "bye": "ciao"}


def test_a_component_that_was_not_there_is_rolled_back_to_nothing(published):
    published.publish("bob", components=[snippet("new", "x")])
    published.rollback_component(ComponentId("snippet", "new", "main"), 1, "ann")
    assert "new" not in texts(published)


def test_unknown_releases_and_components_are_named(published):
    with pytest.raises(NoSuchRelease, match="release 7"):
        published.rollback(7, "ann")
    with pytest.raises(NoSuchRelease):
        published.released(7)
    with pytest.raises(NoSuchComponent, match="snippet main/nope"):
        published.history(ComponentId("snippet", "nope", "main"))


def test_differences_name_the_property(published):
    published.publish("bob", components=[snippet("hello", "two")], delete=[ComponentId("snippet", "bye", "main")])
    removed, changed = published.diff(1, 2)
    assert str(removed) == "removed snippet main/bye"
    assert str(changed) == 'changed snippet main/hello\n  value: "one" -> "two"'
    assert published.diff() == ()


def test_drafts_differ_from_the_release(published):
    published.save([snippet("hello", "two")], "bob")
    assert [str(item.component) for item in published.diff()] == ["snippet main/hello"]


def test_saves_at_the_same_time_all_count(published):
    def save(number):
        MetadataStore(published.engine).save([snippet(f"s{number}", "x"), snippet("hello", f"v{number}")], "ann")

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(published.drafts()) == 9
    assert [revision.number for revision in published.history(HELLO)] == list(range(9, 0, -1))


def test_everything_that_is_released_reads_back_equal(store):
    thing = entity(
        "thing",
        attribute("name", max_length=30, default="x"),
        attribute("size", "decimal", min=1, max=9.5, scale=2),
        attribute("thing", "lookup", target="thing"),
        unique=("name",),
    )
    store.publish("ann", components=[SITE, thing])
    assert MetadataStore(store.engine).released()[component_id(thing)] == thing


def test_the_revisions_in_force_of_some_components_are_those_that_reading_all_gives(published):
    """However components came to be as they are: saved, deleted, released in part, brought back by a release or alone."""
    names = [ComponentId("snippet", key, "main") for key in ("hello", "bye", "other", "never")]
    chance = random.Random(7)

    def drafts():
        return {name: published.history(name)[0].number for name in published.drafts()}

    for turn in range(40):
        name = chance.choice(names[:3])
        match chance.randrange(6):
            case 0 | 1:
                published.save([snippet(name.key, f"turn {turn}")], "ann")
            case 2:
                with contextlib.suppress(NoSuchComponent):
                    published.save((), "ann", delete=[name])
            case 3:
                published.publish_some(dict(list(drafts().items())[:1]), "ann")
            case 4:
                published.rollback(chance.randint(1, published.current_release()), "ann")
            case 5:
                with contextlib.suppress(NoSuchComponent):
                    published.rollback_component(name, chance.randint(1, published.current_release()), "ann")
        with published.engine.connect() as connection:
            heads, numbers = state.in_force(connection, names)
            whole = state.working(connection)
            last = revisions.last_numbers(connection)
        assert heads == {name: whole[name] for name in names if name in whole}
        assert numbers == {name: last[name] for name in names if name in last}


def test_what_one_store_has_read_is_not_made_again_when_a_part_is_released(published):
    published.save([snippet("hello", "two")], "ann")
    published.publish_some({HELLO: 2}, "ann")
    published.save([snippet("other", "three")], "ann")
    published.change(HELLO, lambda item: dataclasses.replace(item, value=Text.of("four")), "ann")
    standing = published.standing()
    assert all(published.known(head) for head in standing.released.values())
    assert published.known(standing.released[HELLO]).value == Text.of("four")
    assert [published.known(head) for head in standing.drafts.values()] == [None]
