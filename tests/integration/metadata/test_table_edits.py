"""Whatever is edited, the tables follow: after each release there is nothing left to plan, and rows stay."""

import uuid
from dataclasses import replace

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.migrate import apply, create_ahead, create_register, plan
from metadata.store import checked_snapshot
from runtime.database import make_engine
from support.declared import attribute, entity

KEYS = ("alpha", "beta", "gamma")
ENTITIES = ("thing", "other", "contact")
ADDITIVE_TYPES = ("text", "long_text", "integer", "decimal", "money", "boolean", "date", "datetime", "lookup", "unique_id")


@st.composite
def attributes(draw, key, types):
    kind = draw(st.sampled_from(types))
    if kind == "lookup":
        return attribute(key, kind, target=draw(st.sampled_from(ENTITIES)))
    if kind == "money":
        return attribute(key, kind, currency="SEK")
    return attribute(key, kind)


@st.composite
def states(draw, types=ADDITIVE_TYPES):
    """A few entities with some of a few attributes, keys and links."""
    made = []
    for name in ENTITIES:
        chosen = draw(st.lists(st.sampled_from(KEYS), unique=True))
        own = [draw(attributes(key, types)) for key in chosen]
        unique = [item.key for item in own if item.type in ("text", "integer") and draw(st.booleans())]
        links = {"links": "account"} if draw(st.booleans()) else {}
        made.append(entity(name, attribute("label"), *own, unique=tuple(unique), links=links))
    return made


@st.composite
def growing(draw):
    """Three states, each with more entities, or more attributes, keys and links, than the one before."""
    last = draw(states())
    first = [replace(item, attributes=item.attributes[:1], keys=(), many_to_many=()) for item in last]
    some = [draw(st.sampled_from(pair)) for pair in zip(first, last, strict=True)]
    return [[item for item in first if draw(st.booleans())], some, last]


def bring(engine, state, *, told):
    snapshot = checked_snapshot(state)
    with engine.execution_options(foyer_write=True, foyer_schema=True).begin() as connection:
        steps = plan(connection, snapshot, drop=told)
        apply(connection, steps, allow_destructive=told)
    with engine.connect() as connection:
        left = plan(connection, snapshot)
    return steps, left, snapshot


def in_own_tables(database_url):
    """An engine on tables of its own: a schema on PostgreSQL, a file on SQLite."""
    url = sa.make_url(database_url)
    if url.get_backend_name() == "sqlite":
        engine = make_engine(f"{database_url}.{uuid.uuid4().hex}")
    else:
        engine = make_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text("DROP SCHEMA public CASCADE"))
            connection.execute(sa.text("CREATE SCHEMA public"))
    with engine.execution_options(foyer_write=True).begin() as connection:
        create_register(connection)
    return engine


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(sequence=growing())
def test_additive_edits_need_no_telling_and_leave_nothing_to_plan(database_url, sequence):
    engine = in_own_tables(database_url)
    try:
        for state in sequence:
            steps, left, snapshot = bring(engine, state, told=False)
            assert not steps.destructive
            assert left.lines == ()
            with engine.execution_options(foyer_write=True).begin() as connection:
                connection.execute(sa.insert(snapshot.tables.tables["account"]).values(name="row"))
        with engine.connect() as connection:
            assert connection.execute(sa.text("SELECT count(*) FROM account")).scalar_one() == len(sequence)
    finally:
        engine.dispose()


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(sequence=st.lists(states(), min_size=2, max_size=4))
def test_any_edits_once_told_leave_nothing_to_plan(database_url, sequence):
    engine = in_own_tables(database_url)
    try:
        for state in sequence:
            _, left, snapshot = bring(engine, state, told=True)
            assert left.lines == ()
            inspector = sa.inspect(engine)
            for item in state:
                there = {column["name"] for column in inspector.get_columns(item.key)}
                assert there == {column.name for column in snapshot.tables.tables[item.key].columns}
            with engine.execution_options(foyer_write=True).begin() as connection:
                for item in state:
                    connection.execute(sa.insert(snapshot.tables.tables[item.key]).values(label="row"))
    finally:
        engine.dispose()


def test_a_great_many_tables_are_made_at_once(database_url):
    engine = in_own_tables(database_url)
    try:
        many = [entity(f"e{n}", attribute("label"), attribute("up", "lookup", target=f"e{n // 2}")) for n in range(400)]
        snapshot = checked_snapshot(many)
        with engine.execution_options(foyer_write=True, foyer_schema=True).begin() as connection:
            apply(connection, create_ahead(engine, plan(connection, snapshot)))
        with engine.connect() as connection:
            assert plan(connection, snapshot).lines == ()
            assert len(sa.inspect(connection).get_table_names()) == 404
    finally:
        engine.dispose()
