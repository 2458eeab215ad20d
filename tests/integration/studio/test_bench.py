"""What the studio holds of all components is what the store says of them, and never what it said before a change."""

import dataclasses

import pytest

from metadata.model import ComponentId, Site, Snippet, View, component_id
from metadata.store import MetadataStore, Sketch, checked_snapshot
from metadata.text import Text
from runtime.studio.bench import Workshop
from runtime.studio.viewing.drafts import Drafts
from support.marina import MARINA
from support.people import open_people


@pytest.fixture
def site(database_url, tmp_path):
    with open_people(database_url, tmp_path) as opened:
        yield opened


BERTHS = next(item for item in MARINA if isinstance(item, View))
BROKEN = Sketch(ComponentId("view", BERTHS.key), {"key": BERTHS.key, "entity": BERTHS.entity, "colums": []})
NEW = Snippet(key="new", value=Text.of("New"))
NEW_BROKEN = Sketch(ComponentId("view", "unfinished"), {"key": "unfinished"})


def same(workshop, store):
    bench = workshop.bench()
    assert dict(workshop.readable(bench)) == dict(store.readable())
    assert dict(workshop.released(bench)) == dict(store.released())


def test_what_the_bench_gives_of_drafts_and_of_what_is_served_is_what_the_store_gives(site):
    store, workshop = MetadataStore(site.engine), Workshop(site.engine)
    same(workshop, store)
    store.save((NEW,), "ann", sketches=(BROKEN, NEW_BROKEN))
    same(workshop, store)
    assert ComponentId("view", "unfinished") not in workshop.readable(workshop.bench())
    store.save((dataclasses.replace(NEW, value=Text.of("Newer")),), "ann", delete=[BROKEN.component])
    same(workshop, store)
    gone, served = next(found for found in store.released().items() if found[0].kind == "snippet")
    store.save((), "ann", delete=[gone])
    same(workshop, store)
    store.save((BERTHS, served), "ann", delete=[NEW_BROKEN.component])
    store.publish("ann")
    same(workshop, store)


def test_what_a_component_says_is_remembered_by_revision_and_no_longer_than_that_is_in_force(site):
    store, workshop = MetadataStore(site.engine), Workshop(site.engine)
    store.save((NEW,), "ann")
    name = next(found for found in workshop.bench().items if found.key == "new")
    bench = workshop.bench()
    assert [text for _, text in bench.said(name)] == [Text.of("New")]
    before = bench.items[name].head.id
    store.save((dataclasses.replace(NEW, value=Text.of({"en": "Newer", "sv": "Nyare"})),), "ann")
    later = workshop.bench()
    assert [text for _, text in later.said(name)] == [Text.of({"en": "Newer", "sv": "Nyare"})]
    assert before in bench.texts
    assert before not in later.texts
    assert [text for _, text in bench.said(name)] == [Text.of("New")]


def test_where_nothing_waits_the_drafts_are_what_is_served_and_are_not_compiled(site):
    store, workshop, drafts = MetadataStore(site.engine), Workshop(site.engine), Drafts()
    served = checked_snapshot(store.released().values(), store.current_release())
    assert drafts.compiled(workshop.bench(), store, served).snapshot is served
    store.save((NEW,), "ann")
    drafted = drafts.compiled(workshop.bench(), store, served).snapshot
    assert "new" in {name.key for name in drafted.components}
    store.save((), "ann", delete=[component_id(NEW)])
    assert drafts.compiled(workshop.bench(), store, served).snapshot is served


def test_a_component_of_the_only_site_is_made_one_once_and_no_longer_when_another_site_comes(site):
    store, workshop = MetadataStore(site.engine), Workshop(site.engine)
    store.save((NEW,), "ann")
    first = workshop.bench().sound[component_id(NEW)]
    assert first.site
    store.save((dataclasses.replace(NEW, key="newer"),), "ann")
    assert workshop.bench().sound[component_id(NEW)] is first
    store.save((Site(key="annex", languages=("en-US",)),), "ann")
    assert not workshop.bench().sound[component_id(NEW)].site
