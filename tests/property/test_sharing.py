"""Links: in random worlds no link, however often it is narrowed, reaches what its maker does not or what was not shared."""

import dataclasses
import datetime as dt

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from metadata.model import EntityPermission, Form, RecordAction, SetValue, SharedAction
from metadata.types import TYPES
from runtime.access import access_for, sharing
from runtime.access.sharing import Share, shared_names
from runtime.identity.sessions import utc_now
from runtime.records import fetch_record
from runtime.records.errors import Refused
from runtime.records.sharing import sets_of
from runtime.records.write import create, update
from runtime.sharing.links import NotShared, Wanted, make, offered, revoke
from support.inhabited import inhabited
from support.worlds import OWN, worlds

pytestmark = pytest.mark.timeout(900)  # many worlds, on a machine that may be busy
SHARED = settings(suppress_health_check=list(HealthCheck), max_examples=12)
LATER = dt.timedelta(days=1)
ACTIONS = ("a", "b")


def with_shares(draw, components):
    """The components, in which each permission lets some attributes be shared, and some actions of a form of its entity."""
    entities = {one.key: one for one in components if hasattr(one, "attributes") and hasattr(one, "primary_name")}
    found = []
    for one in components:
        if isinstance(one, EntityPermission) and one.entity in entities:
            plain = [item.key for item in entities[one.entity].attributes if not TYPES[item.type].labelled]
            reading = draw(st.lists(st.sampled_from(plain), unique=True)) if plain and "read" in one.privileges else []
            writing = [key for key in reading if draw(st.booleans())] if "write" in one.privileges else []
            form = f"f-{one.entity}"
            pressing = tuple(SharedAction(form=form, action=key) for key in ACTIONS if draw(st.booleans())) if reading else ()
            one = dataclasses.replace(one, share_read=tuple(reading), share_write=tuple(writing), share_actions=pressing)
        found.append(one)
    return (*found, *(_form(draw, one) for one in entities.values()))


def _form(draw, entity):
    plain = {item.key for item in entity.attributes if not TYPES[item.type].labelled}
    actions = (RecordAction(key=key, values=tuple(SetValue(attribute=one) for one in some(draw, plain, 1))) for key in ACTIONS)
    return Form(key=f"f-{entity.key}", entity=entity.key, actions=tuple(actions))


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
            names = [f"f-{key}/{name}" for name in ACTIONS]
            asked = Share(key, frozenset(some(draw, plain, 1)), frozenset(some(draw, plain)), frozenset(some(draw, names)))
            rows = tuple(some(draw, set(world.rows[key]), 1))
            most = offered(snapshot, site, who, key)
            if draw(st.booleans()):
                reading = asked.reading & most.reading or most.reading
                asked = Share(key, reading, asked.writing & most.writing & reading, asked.pressing & most.pressing)
            visible = [row for row in rows if fetch_record(connection, snapshot, who, key, "id", row, ()) is not None]
            try:
                number, _ = make(connection, snapshot, site, who, Wanted(asked, rows, utc_now() + LATER), above)
            except NotShared:
                continue
            assert asked.reading <= most.reading, "what may not be shared was shared"
            assert asked.pressing <= most.pressing, "what may not be pressed was shared"
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
    for action in snapshot.forms[f"f-{key}"].actions:
        _judge_pressing(connection, snapshot, (maker, who), f"f-{key}/{action.key}", action, row, (own, known))


def _judge_pressing(connection, snapshot, people, name, action, row, held):
    """What is pressed writes what the action sets and nothing else, where every link above lets it and its maker could."""
    (maker, who), (own, known) = people, held
    key, sets = own.entity, sets_of(action)
    if not all(name in share.pressing for share, _ in known):
        with pytest.raises(ValueError, match=name):
            who.while_pressed(name, sets)
        return
    pressed = who.while_pressed(name, sets)
    version = fetch_record(connection, snapshot, pressed, key, "id", row, ()).version
    for other in sorted(snapshot.entities[key].attributes.keys() - sets):
        with pytest.raises(Refused):
            update(connection, snapshot, pressed, key, row, version, {other: None})
    try:
        update(connection, snapshot, pressed, key, row, version, {one: own.values.get(one) for one in sets})
    except Refused:
        return
    assert "write" in own.can
    assert sets <= access_for(snapshot, maker, key, "write").attributes
    letting = [one for one in snapshot.sites["s"].permissions.values() if one.entity == key and one.roles]
    assert any(name in shared_names(one) for one in letting)


def _link(number, who, share, rows):
    from runtime.sharing.links import Link

    now = utc_now()
    return Link(number, who.contact, "s", None, share, rows, "", 0, 0, now, now + LATER, None)
