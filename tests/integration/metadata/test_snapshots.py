"""The running snapshot: newest release that compiles, swapped whole, the last good one kept."""

import threading

import pytest
import sqlalchemy as sa

from metadata.model import Site
from metadata.store import LATEST_RELEASE, MetadataStore
from runtime import snapshots
from runtime.errors import NothingPublished
from runtime.snapshots import SnapshotHolder
from support.declared import attribute, entity, snippet


def hello(snapshot):
    return snapshot.sites["main"].snippets["hello"].value.in_language("")


@pytest.fixture
def holder(store, engine):
    store.publish("ann", components=[Site(key="main"), snippet("hello", "one")])
    return SnapshotHolder(engine)


def spoil(engine, release):
    """What an older or newer program may have stored: a component that this one does not understand."""
    with engine.execution_options(foyer_write=True).begin() as connection:
        statement = 'UPDATE foyer_revision SET body = \'{"key": "hello", "colour": "red"}\' WHERE first_release = :r'
        connection.execute(sa.text(statement), {"r": release})


def test_nothing_published_is_said(store, engine):
    with pytest.raises(NothingPublished):
        SnapshotHolder(engine).current()


def test_the_same_snapshot_is_given_until_a_newer_release_is_known(store, holder):
    first = holder.current()
    store.publish("ann", components=[snippet("hello", "two")])
    assert holder.current() is first
    assert holder.current(1) is first
    second = holder.current(2)
    assert (second.release, hello(second)) == (2, "two")
    assert holder.current() is second
    assert holder.at_least(1) is second


def test_the_database_can_be_asked(store, holder):
    holder.current()
    store.publish("ann", components=[snippet("hello", "two")])
    assert hello(holder.refresh()) == "two"


def test_the_newest_release_can_be_asked_within_another_statement(store, holder, engine):
    with engine.connect() as connection:
        assert connection.execute(sa.text(f"SELECT 'x', ({LATEST_RELEASE})")).one() == ("x", 1)


def test_a_release_that_does_not_compile_leaves_the_old_one_serving(store, holder, engine):
    first = holder.current()
    store.publish("ann", components=[snippet("hello", "two")])
    spoil(engine, 2)
    assert holder.current(2) is first
    assert holder.failure.release == 2
    assert "colour" in str(holder.failure)
    store.publish("ann", components=[snippet("hello", "three")])
    assert hello(holder.current(3)) == "three"
    assert holder.failure is None


def test_a_failed_release_is_tried_once(store, holder, engine, monkeypatch):
    holder.current()
    store.publish("ann", components=[snippet("hello", "two")])
    spoil(engine, 2)
    holder.current(2)
    monkeypatch.setattr(SnapshotHolder, "_compile", lambda *_: pytest.fail("tried again"))
    holder.current(2)


def test_a_process_that_starts_on_a_bad_release_serves_the_last_good_one(store, engine, holder):
    store.publish("ann", components=[snippet("hello", "two")])
    spoil(engine, 2)
    started = SnapshotHolder(engine)
    assert hello(started.current()) == "one"
    assert started.failure.release == 2


def test_requests_are_served_while_another_thread_compiles(store, holder, monkeypatch):
    first = holder.current()
    store.publish("ann", components=[snippet("hello", "two")])
    compiling, go_on = threading.Event(), threading.Event()
    compile_slowly = snapshots.checked_snapshot

    def slow(*args):
        compiling.set()
        assert go_on.wait(60)
        return compile_slowly(*args)

    monkeypatch.setattr(snapshots, "checked_snapshot", slow)
    thread = threading.Thread(target=holder.current, args=(2,))
    thread.start()
    assert compiling.wait(60)
    assert holder.current(2) is first
    go_on.set()
    thread.join()
    assert hello(holder.current()) == "two"


def test_a_failing_publish_leaves_the_running_snapshot(store, holder, engine):
    first = holder.current()
    broken = entity("thing", attribute("to", "lookup", target="nowhere"))
    with pytest.raises(Exception, match="nowhere"):
        MetadataStore(engine).publish("bob", components=[broken])
    assert holder.refresh() is first
    assert holder.failure is None
