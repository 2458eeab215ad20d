"""Calculated attributes: shown, sorted, filtered and searched like any other, over what the person may read alone."""

import datetime as dt
from decimal import Decimal

import pytest

from metadata.checks import check
from metadata.model import (
    Attribute,
    AttributePermission,
    AttributeRight,
    Entity,
    Filter,
    ManyToMany,
    Sort,
    View,
    ViewColumn,
    component_id,
)
from runtime.records import (
    Denied,
    Invalid,
    ListAsk,
    associate,
    create,
    fetch_list,
    fetch_record,
    parse_list_ask,
    plan_list,
    update,
)
from support.cast import DECLARED, SITE, permission, stage_for

GIG = Entity(
    key="gig",
    primary_name="name",
    attributes=(
        Attribute(key="name", type="text"),
        Attribute(key="band", type="lookup", target="band", relationship="gigs"),
        Attribute(key="host", type="lookup", target="contact"),
        Attribute(key="fee", type="money"),
        Attribute(key="guests", type="integer"),
        Attribute(key="share", type="decimal"),
        Attribute(key="state", type="choice", choice="state"),
        Attribute(key="played", type="date"),
        Attribute(key="cut", type="money", formula="round(fee * share, 2)"),
        Attribute(key="title", type="text", formula="concat(band.name, ': ', name)"),
        Attribute(key="late", type="boolean", formula="played < @today and state != 'done'"),
        Attribute(key="mine", type="boolean", formula="host = @contact"),
    ),
)
BAND = Entity(
    key="band",
    primary_name="name",
    many_to_many=(ManyToMany(key="fans", target="contact"),),
    attributes=(
        Attribute(key="name", type="text"),
        Attribute(key="played", type="integer", formula="count(gigs, state = 'done')"),
        Attribute(key="earned", type="money", formula="sum(gigs, fee)"),
        Attribute(key="shared", type="money", formula="sum(gigs, cut) + 0.01"),
        Attribute(key="mean", type="decimal", scale=2, formula="avg(gigs, guests)"),
        Attribute(key="last", type="date", formula="max(gigs, played)"),
        Attribute(key="loud", type="boolean", formula="any(gigs, guests > 100)"),
        Attribute(key="fame", type="integer", formula="count(fans)"),
    ),
)
MORE = (
    GIG,
    BAND,
    permission("bands", "band", "global"),
    permission("own-gigs", "gig", "contact", via="host"),
    permission("all-gigs", "gig", "global", roles=("clerk",)),
    permission("all-bands", "band", "global", roles=("clerk",)),
    permission("people", "contact", "global", roles=("clerk",), privileges=("read",)),
    View(
        key="bands",
        entity="band",
        columns=tuple(ViewColumn(attribute=item.key) for item in BAND.attributes),
        sort=(Sort(attribute="earned", descending=True),),
    ),
    View(
        key="gigs",
        entity="gig",
        columns=tuple(ViewColumn(attribute=key) for key in ("name", "title", "cut", "late", "mine", "band.earned")),
        sort=(Sort(attribute="title"),),
    ),
    View(
        key="rich",
        entity="band",
        columns=(ViewColumn(attribute="name"),),
        filter=Filter(attribute="earned", operator="ge", value=100),
    ),
)
LEAST = Decimal("0.0001")
MOST = (2**63 - 1) * LEAST
"""The largest amount that a column keeps."""
GIGS = (
    ("quiet", "alice", "hall", "100.00", 40, "0.333333", "done", dt.date(2026, 1, 5)),
    ("quiet", "alice", "club", "50.50", 200, "0.5", "new", dt.date(2026, 2, 5)),
    ("quiet", "erin", "field", "1000.00", 51, None, "done", dt.date(2027, 1, 5)),
    ("loud", "bob", "barn", None, None, "0.1", "new", None),
)


@pytest.fixture
def stage(database_url):
    stage = stage_for(database_url, *MORE)
    with stage.transaction() as connection:
        bands = {}
        for name in ("quiet", "loud"):
            bands[name] = create(connection, stage.snapshot, stage.system, "band", {"name": name}).id
        for band, host, name, fee, guests, share, state, played in GIGS:
            values = {
                "name": name,
                "band": bands[band],
                "host": stage.contacts[host],
                "fee": fee and Decimal(fee),
                "guests": guests,
                "share": share and Decimal(share),
                "state": state,
                "played": played,
            }
            create(connection, stage.snapshot, stage.system, "gig", values)
    yield stage
    stage.engine.dispose()


@pytest.fixture
def connection(stage):
    with stage.transaction() as connection:
        yield connection


def table(connection, stage, principal, view, ask=None, **arguments):
    plan = plan_list(stage.snapshot, principal, view)
    wanted = ask or parse_list_ask(stage.snapshot, principal, (view,), arguments)
    page = fetch_list(connection, plan, principal, wanted)
    return [{column.path: row[column.index] for column in plan.columns} for row in page.rows]


def test_the_world_is_well_formed():
    declared = {component_id(item): item for item in (*DECLARED, *MORE)}
    assert [str(problem) for problem in check(declared) if problem.severity == "error" and "formula" in problem.code] == []


def test_a_rollup_is_of_the_rows_that_the_person_may_read(stage, connection):
    everything = table(connection, stage, stage.erin, "bands")
    assert everything[0] == {
        "name": "quiet",
        "played": 2,
        "earned": Decimal("1150.50"),
        "shared": Decimal("58.59"),
        "mean": Decimal("97.00"),
        "last": dt.date(2027, 1, 5),
        "loud": True,
        "fame": 0,
    }
    assert everything[1] | {"fame": 0} == {
        "name": "loud",
        "played": 0,
        "earned": Decimal(0),
        "shared": Decimal("0.01"),
        "mean": None,
        "last": None,
        "loud": False,
        "fame": 0,
    }
    own = table(connection, stage, stage.alice, "bands")
    assert (own[0]["played"], own[0]["earned"], own[0]["last"]) == (1, Decimal("150.50"), dt.date(2026, 2, 5))
    assert table(connection, stage, stage.bob, "bands")[0]["earned"] == 0
    assert {type(row[name]) for row in everything for name in ("played", "fame")} == {int}


@pytest.mark.parametrize(
    ("fees", "earned"),
    [
        ((MOST, MOST), None),
        ((-MOST, -MOST), None),
        ((-MOST, -LEAST), None),
        ((MOST, MOST, -MOST), MOST),
        ((MOST, LEAST, -LEAST, None), MOST),
        ((-MOST, LEAST), LEAST - MOST),
        ((-LEAST, -LEAST, -429_496 * LEAST, Decimal("-429496.7296")), Decimal("-429539.6794")),
        ((None, None), 0),
    ],
)
def test_a_sum_is_exact_and_empty_where_no_column_could_keep_it(stage, connection, fees, earned):
    band = create(connection, stage.snapshot, stage.system, "band", {"name": "third"}).id
    for fee in fees:
        create(connection, stage.snapshot, stage.system, "gig", {"name": "x", "band": band, "fee": fee})
    found = {row["name"]: row["earned"] for row in table(connection, stage, stage.erin, "bands")}
    assert found["third"] == earned


def test_a_rollup_over_an_n_to_n_link_counts_the_linked_rows(stage, connection):
    bands = {row["name"]: row for row in table(connection, stage, stage.erin, "bands")}
    assert bands["quiet"]["fame"] == 0
    band = fetch_record(connection, stage.snapshot, stage.system, "band", "name", "quiet", ())
    for fan in ("alice", "carol"):
        associate(connection, stage.snapshot, stage.system, "band", band.id, "fans", stage.contacts[fan])
    assert {row["name"]: row["fame"] for row in table(connection, stage, stage.erin, "bands")} == {"quiet": 2, "loud": 0}


def test_a_filter_on_a_rollup_counts_for_each_person_alone(stage, connection):
    assert [row["name"] for row in table(connection, stage, stage.alice, "rich")] == ["quiet"]
    assert table(connection, stage, stage.bob, "rich") == []


def test_values_of_one_row(stage, connection):
    found = {row["name"]: row for row in table(connection, stage, stage.erin, "gigs")}
    assert found["hall"]["cut"] == Decimal("33.33")
    assert found["club"]["cut"] == Decimal("25.25")
    assert found["field"]["cut"] is None
    assert (found["club"]["late"], found["hall"]["late"], found["barn"]["late"]) == (True, False, False)
    assert (found["field"]["mine"], found["hall"]["mine"]) == (True, False)
    assert found["hall"]["title"] == "quiet: hall"
    assert found["hall"]["band.earned"] == Decimal("1150.50")


def test_lists_are_sorted_searched_and_paged_by_them(stage, connection):
    assert [row["name"] for row in table(connection, stage, stage.erin, "gigs")] == ["barn", "club", "field", "hall"]
    cuts = [row["cut"] for row in table(connection, stage, stage.erin, "gigs", sort="-cut")]
    assert [cut for cut in cuts if cut is not None] == [Decimal("33.33"), Decimal("25.25")]
    assert [row["name"] for row in table(connection, stage, stage.erin, "gigs", q="quiet")] == ["club", "field", "hall"]
    plan = plan_list(stage.snapshot, stage.erin, "gigs")
    seen, ask = [], ListAsk("gigs", page_size=1)
    while True:
        page = fetch_list(connection, plan, stage.erin, ask)
        seen += [row[plan.column("name").index] for row in page.rows]
        if page.next_after is None:
            break
        ask = parse_list_ask(stage.snapshot, stage.erin, ("gigs",), {"after": page.next_after}, page_size=1)
    assert seen == ["barn", "club", "field", "hall"]


def test_a_record_has_them_too(stage, connection):
    found = fetch_record(connection, stage.snapshot, stage.alice, "band", "name", "quiet", ("earned", "mean"))
    assert found is not None
    assert found.values["earned"] == Decimal("150.50")


def test_nobody_writes_them(stage, connection):
    with pytest.raises(Invalid) as refused:
        create(connection, stage.snapshot, stage.erin, "gig", {"name": "x", "cut": Decimal(5)})
    assert refused.value.codes == {"cut": "unknown"}
    made = create(connection, stage.snapshot, stage.erin, "gig", {"name": "x", "fee": Decimal(10), "share": Decimal("0.5")})
    update(connection, stage.snapshot, stage.erin, "gig", made.id, 1, {"fee": Decimal(20)})
    found = fetch_record(connection, stage.snapshot, stage.erin, "gig", "id", made.id, ("cut",))
    assert found is not None
    assert found.values["cut"] == Decimal("10.00")


def test_an_attribute_permission_covers_them(database_url):
    hidden = AttributePermission(
        key="no-money",
        site=SITE,
        entity="band",
        roles=("member",),
        others=("read",),
        attributes=(AttributeRight(attribute="earned"),),
    )
    stage = stage_for(database_url, *MORE, hidden)
    with stage.transaction() as connection:
        plan = plan_list(stage.snapshot, stage.alice, "bands")
        assert plan.column("earned") is None
        assert plan.column("played") is not None
        assert [row["name"] for row in table(connection, stage, stage.alice, "rich")] == []
    stage.engine.dispose()


def test_who_may_read_no_related_row_gets_the_rollup_of_none(database_url):
    stage = stage_for(database_url, *(item for item in MORE if item.key != "own-gigs"))
    with stage.transaction() as connection:
        band = create(connection, stage.snapshot, stage.system, "band", {"name": "solo"}).id
        create(connection, stage.snapshot, stage.system, "gig", {"name": "x", "band": band, "fee": Decimal(7)})
        (row,) = table(connection, stage, stage.alice, "bands")
        assert (row["earned"], row["played"], row["loud"], row["last"]) == (0, 0, False, None)
        with pytest.raises(Denied):
            plan_list(stage.snapshot, stage.alice, "gigs")
    stage.engine.dispose()
