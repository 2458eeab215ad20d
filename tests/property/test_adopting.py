"""Adopting: whatever tables a database has, what comes of them compiles, and nothing is dropped without a word."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.described import KINDS, OutsideColumn, OutsideLink, OutsideTable
from connectors.tablemap import compiled_map
from metadata.model import Connection, Entity, Page, Site, TableMap, View, WebLinkSet, component_id
from metadata.store import checked_snapshot
from metadata.text import Text
from runtime.adopting.adopting import adopt
from runtime.adopting.findings import LEFT_OUT
from runtime.adopting.making import Wanted

pytestmark = pytest.mark.timeout(900)  # many schemas, on a machine that may be busy
MANY = settings(suppress_health_check=list(HealthCheck), deadline=None)
ODD = (
    "id",
    "Id",
    "version",
    "select",
    "order",
    "Order By",
    "1st",
    "größe",
    "名前",
    "a__entity",
    "foyer_row",
    "account",
    "contact",
)
NAMES = st.one_of(st.sampled_from(ODD), st.text("abAB_ 1é", min_size=1, max_size=70))
WORDS = {"integer": ("INTEGER", "TINYINT(1)", "BIGINT(20) UNSIGNED"), "text": ("VARCHAR", "TEXT")}
OPTIONS = st.one_of(st.just(()), st.lists(st.text("ab ?'|", max_size=6), min_size=1, max_size=4, unique=True).map(tuple))
BESIDE = (
    Connection(key="farm", connector="sql", settings=(("url", "${FARM_URL}"),)),
    Site(key="one", menu="main"),
    Page(key="home", site="one", label=Text.of("Home"), partial_url="/"),
    Page(key="select", site="one", label=Text.of("Select"), parent="home", partial_url="select"),
    WebLinkSet(key="main", site="one"),
    Entity(key="order"),
)


@st.composite
def columns(draw, name):
    kind = draw(st.sampled_from((*KINDS, *("integer",) * 16, *("text",) * 6)))  # most columns may stand in a key
    digits = draw(st.one_of(st.none(), st.integers(1, 40)))
    return OutsideColumn(
        name=name,
        kind=kind,
        words=draw(st.sampled_from(WORDS.get(kind, (kind.upper(),)))),
        nullable=draw(st.sampled_from((True, False, False))),
        length=draw(st.one_of(st.none(), st.integers(0, 9000))) if kind == "text" else None,
        digits=digits if kind == "decimal" else None,
        scale=draw(st.integers(-2, digits)) if kind == "decimal" and digits else None,
        zoned=draw(st.booleans()),
        options=draw(OPTIONS) if kind == "text" else (),
        given=draw(st.booleans()),
        computed=draw(st.booleans()),
        comment=draw(st.sampled_from(("", "What it is"))),
    )


@st.composite
def schemas(draw):
    """Tables with keys of any columns and foreign keys in circles, to themselves, overlapping, and to nowhere."""
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    bare = []
    for name in names:
        own = [draw(columns(word)) for word in draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))]
        some = st.lists(st.sampled_from([column.name for column in own]), min_size=1, max_size=3, unique=True).map(tuple)
        primary = draw(st.one_of(st.just(()), some, some))
        bare.append(OutsideTable(name, tuple(own), primary, tuple(draw(st.lists(some, max_size=2)))))
    found = []
    for table in bare:
        links = []
        for _ in range(draw(st.integers(0, 3))):
            target = draw(st.sampled_from(bare))
            key = draw(st.sampled_from(target.keys)) if target.keys else (target.columns[0].name,)
            if len(key) <= len(table.columns):
                own = draw(st.permutations([column.name for column in table.columns]))[: len(key)]
                to = draw(st.sampled_from((target.name, target.name, target.name, "nowhere")))
                links.append(OutsideLink(tuple(own), to, key, draw(st.sampled_from(("restrict", "cascade", "clear")))))
        found.append(OutsideTable(table.name, table.columns, table.primary_key, table.unique, tuple(links), is_view=False))
    return tuple(found)


@MANY
@given(tables=schemas(), both=st.booleans(), data=st.data())
def test_what_comes_of_any_tables_compiles_and_is_complete(tables, both, data):
    before = {component_id(item): item for item in BESIDE}
    names = [table.name for table in tables]
    wanted = Wanted("farm", both, "one")
    found = adopt(tables, names, before, wanted)
    after = {**before, **{component_id(item): item for item in found.components}}
    snapshot = checked_snapshot(after.values())
    told = {(one.table, one.part) for one in found.findings if one.verdict == LEFT_OUT}
    adopted = {one.table: one for one in found.adopted}
    assert {name for name in names if name not in adopted} <= {table for table, part in told if not part}
    for table in tables:
        if table.name not in adopted:
            continue
        table_map = compiled_map(snapshot, adopted[table.name].table_map)
        mapped = {*table_map.columns, *(name for item in table_map.outward for name in item.columns)}
        assert {column.name for column in table.columns} - mapped <= {part for name, part in told if name == table.name}
        assert frozenset(table_map.key_columns) in map(frozenset, table.keys)
        written = [name for item in table_map.outward for name in item.columns]
        assert sorted(written) == sorted(set(written))
    assert set(found.changed) <= {component_id(item) for item in BESIDE}
    again = adopt(tables, names, after, wanted)
    assert again.components == ()


@MANY
@given(tables=schemas(), both=st.booleans(), data=st.data())
def test_adopting_in_two_goes_adds_and_changes_nothing_else(tables, both, data):
    before = {component_id(item): item for item in BESIDE}
    names = [table.name for table in tables]
    first = data.draw(st.lists(st.sampled_from(names), unique=True))
    wanted = Wanted("farm", both)
    once = {**before, **{component_id(item): item for item in adopt(tables, first, before, wanted).components}}
    twice = {**once, **{component_id(item): item for item in adopt(tables, names, once, wanted).components}}
    checked_snapshot(twice.values())
    for name, item in once.items():
        later = twice[name]
        if isinstance(item, Entity | TableMap):
            assert later.attributes[: len(item.attributes)] == item.attributes
        else:
            assert later == item
    assert all(isinstance(twice[name], View | Entity | TableMap) or twice[name] == item for name, item in once.items())
