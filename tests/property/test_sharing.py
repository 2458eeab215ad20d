"""Links: in random worlds no link, however often it is narrowed, reaches what its maker does not or what was not shared."""

import dataclasses
import datetime as dt

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from metadata.model import EntityPermission
from metadata.types import TYPES
from runtime.access import sharing
from runtime.access.sharing import Share
from runtime.identity.sessions import utc_now
from runtime.records import fetch_record
from runtime.records.errors import Refused
from runtime.records.write import create, update
from runtime.sharing.links import NotShared, Wanted, make, offered, revoke
from support.inhabited import inhabited
from support.worlds import OWN, worlds

pytestmark = pytest.mark.timeout(900)  # many worlds, on a machine that may be busy
SHARED = settings(suppress_health_check=list(HealthCheck), max_examples=12)
LATER = dt.timedelta(days=1)


def with_shares(draw, components):
    """The components, in which each permission lets some attributes be shared."""
    entities = {one.key: one for one in components if hasattr(one, "attributes") and hasattr(one, "primary_name")}
    found = []
    for one in components:
        if isinstance(one, EntityPermission) and one.entity in entities:
            plain = [item.key for item in entities[one.entity].attributes if not TYPES[item.type].labelled]
            reading = draw(st.lists(st.sampled_from(plain), unique=True)) if plain and "read" in one.privileges else []
            writing = [key for key in reading if draw(st.booleans())] if "write" in one.privileges else []
            one = dataclasses.replace(one, share_read=tuple(reading), share_write=tuple(writing))
        found.append(one)
    return tuple(found)


def some(draw, values, least=0):
    return draw(st.lists(st.sampled_from(sorted(values)), unique=True, min_size=least)) if values else []


@SHARED
@given(world=worlds(), data=st.data())
def test_a_link_reaches_no_more_than_its_maker_and_what_was_shared(engine, world, data):
    draw = data.draw
    world, components = world
    assume(world.contact)
    components = with_shares(draw, components)
    lets = [one for one in components if isinstance(one, EntityPermission) and one.share_read]
    assume(lets)
    key = draw(st.sampled_from(sorted({one.entity for one in lets if one.entity in OWN} or {lets[0].entity})))
    with inhabited(engine, world, components) as (snapshot, connection, maker):
        sharing.METADATA.create_all(connection)
        site, every = snapshot.sites["s"], tuple(snapshot.entities[key].attributes)
        plain = {name for name, one in snapshot.entities[key].attributes.items() if not one.type.labelled}
        who, above, known = maker, None, []
        for _ in range(draw(st.integers(1, 3))):
            asked = Share(key, frozenset(some(draw, plain, 1)), frozenset(some(draw, plain)))
            rows = tuple(some(draw, set(world.rows[key]), 1))
            most = offered(snapshot, site, who, key)
            if draw(st.booleans()):
                asked = Share(key, asked.reading & most.reading or most.reading, asked.writing & most.writing & asked.reading)
            visible = [row for row in rows if fetch_record(connection, snapshot, who, key, "id", row, ()) is not None]
            try:
                number, _ = make(connection, snapshot, site, who, Wanted(asked, rows, utc_now() + LATER), above)
            except NotShared:
                continue
            assert asked.reading <= most.reading, "what may not be shared was shared"
            assert set(rows) <= set(visible), "a row out of reach was shared"
            who = who.narrowed(asked, number)
            above = _link(number, who, asked, rows)
            known.append((asked, set(rows)))
        assume(known)
        for row in world.rows[key]:
            _judge(connection, snapshot, maker, who, key, row, every, known)
        for other in set(world.entities) - {key}:
            for row in world.rows[other]:
                assert fetch_record(connection, snapshot, who, other, "id", row, ()) is None
        with pytest.raises(Refused):
            create(connection, snapshot, who, key, {})
        revoke(connection, maker.contact, who.share_link)
        assert all(fetch_record(connection, snapshot, who, key, "id", row, ()) is None for row in world.rows[key])


def _judge(connection, snapshot, maker, who, key, row, every, known):
    own = fetch_record(connection, snapshot, maker, key, "id", row, every)
    seen = fetch_record(connection, snapshot, who, key, "id", row, every)
    if seen is None:
        return
    assert own is not None
    assert all(row in rows for _, rows in known)
    for name, value in seen.values.items():
        assert name in ("id", "version") or all(name in share.reading for share, _ in known)
        assert value is None or value == own.values[name]
    assert seen.can <= own.can & {"read", "write"}
    for name in every:
        try:
            update(connection, snapshot, who, key, row, seen.version, {name: seen.values.get(name)})
        except Refused:
            continue
        assert all(name in share.writing for share, _ in known)


def _link(number, who, share, rows):
    from runtime.sharing.links import Link

    now = utc_now()
    return Link(number, who.contact, "s", None, share, rows, "", 0, 0, now, now + LATER, None)
