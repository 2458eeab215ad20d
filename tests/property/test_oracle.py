"""Synchronisation against a model of it: maps drawn by chance, rows that come, change and go outside, pulls that are cut short.

What is told of a failure is the map and the steps, the least that fail; the seed is printed with it. FOYER_TEST_ORACLE says
how many maps with their steps are drawn.
"""

import os

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connectors import failpoints
from metadata.model import AttributeMap
from support.harbour import STATES, boat_row, boats, harbour_row, harbours, make_world

DRAWN = int(os.environ.get("FOYER_TEST_ORACLE", "0")) or max(25, settings.default.max_examples)
pytestmark = pytest.mark.timeout(600 + 2 * DRAWN)
CHECKED = settings(suppress_health_check=list(HealthCheck), max_examples=DRAWN)
LONG, HARBOURS = "A name of twenty-five let.", ("GOT", "STO")
MAPPED = {
    "price": AttributeMap(attribute="price", column="price"),
    "state": AttributeMap(attribute="state", column="state", values=STATES),
    "harbour": AttributeMap(attribute="harbour", column="harbour", lookup_key=("code",)),
}
CODES = {"A": "afloat", "L": "ashore"}
ROW = st.fixed_dictionaries(
    {
        "name": st.sampled_from(("Ask", "Embla", LONG)),
        "price": st.sampled_from((1, 2, "dear", None)),
        "state": st.sampled_from(("A", "L", "?", None)),
        "harbour": st.sampled_from((*HARBOURS, "NONE", None)),
        "kind": st.sampled_from("xy"),
    }
)
STEP = st.one_of(
    st.tuples(st.just("put"), st.integers(1, 6), ROW),
    st.tuples(st.just("drop"), st.integers(1, 6)),
    st.tuples(st.just("pull")),
    st.tuples(st.just("cut"), st.sampled_from(sorted(failpoints.POINTS)), st.integers(1, 5)),
)
MAP = st.fixed_dictionaries(
    {
        "mapped": st.sets(st.sampled_from(sorted(MAPPED))),
        "filtered": st.booleans(),
        "leaving": st.sampled_from(("keep", "delete", "deactivate")),
        "too_long": st.sampled_from(("reject", "truncate")),
        "change_column": st.sampled_from(("seq", "")),
        "batch_size": st.integers(1, 4),
    }
)


class Cut(Exception):
    """The process ends here."""


def end():
    raise Cut


class Model:
    """What ours must be after a pull: of each row the last that could be taken, and what became of those that have left."""

    def __init__(self, drawn):
        self.drawn, self.ours, self.refused = drawn, {}, set()

    def pulled(self, outside):
        there = {no: row for no, row in outside.items() if row["kind"] == "x" or not self.drawn["filtered"]}
        self.refused = {no for no, row in there.items() if self.taken(row) is None}
        for no, row in there.items():
            if no not in self.refused:
                self.ours[no] = (*self.taken(row), True)
        for no in self.ours.keys() - there.keys():
            if self.drawn["leaving"] == "deactivate":
                self.ours[no] = (*self.ours[no][:-1], False)
        if self.drawn["leaving"] == "delete":
            self.ours = {no: values for no, values in self.ours.items() if no in there}

    def taken(self, row):
        """The values of a row as they are stored, None where it cannot be taken."""
        name, mapped = row["name"], self.drawn["mapped"]
        if len(name) > 20 and self.drawn["too_long"] == "reject":
            return None
        if "price" in mapped and row["price"] == "dear":
            return None
        if "state" in mapped and row["state"] == "?":
            return None
        if "harbour" in mapped and row["harbour"] == "NONE":
            return None
        price = row["price"] if "price" in mapped else None
        state = CODES.get(row["state"]) if "state" in mapped else None
        return name[:20], price, state, row["harbour"] if "harbour" in mapped else None


def ours_of(world):
    boat, harbour = (world.snapshot.entities[name].table for name in ("boat", "harbour"))
    asked = sa.select(boat.c.number, boat.c.name, boat.c.price, boat.c.state, harbour.c.code, boat.c.active)
    with world.engine.connect() as connection:
        found = connection.execute(asked.outerjoin(harbour, boat.c.harbour == harbour.c.id)).all()
    assert len({row[0] for row in found}) == len(found)
    return {row[0]: tuple(row[1:]) for row in found}


def versions_of(world):
    return sorted(world.rows("boat", "id", "number", "version"))


def map_of(drawn):
    names = AttributeMap(attribute="number", column="no"), AttributeMap(attribute="name", column="name")
    more = {"inactive": (("active", False),)} if drawn["leaving"] == "deactivate" else {}
    return boats(
        attributes=(*names, *(MAPPED[name] for name in sorted(drawn["mapped"]))),
        filter=(("kind", ["x"]),) if drawn["filtered"] else (),
        delete=drawn["leaving"],
        too_long=drawn["too_long"],
        change_column=drawn["change_column"],
        batch_size=drawn["batch_size"],
        **more,
    )


PLAIN = {"mapped": {"state"}, "filtered": True, "leaving": "deactivate", "too_long": "reject", "change_column": "seq"}
BOAT = {"name": "Ask", "price": 1, "state": "A", "harbour": "GOT", "kind": "x"}


@CHECKED
@given(MAP, st.lists(STEP, max_size=14))
@example(
    {**PLAIN, "batch_size": 1},
    [
        ("put", 1, BOAT),
        ("pull",),
        ("put", 1, {**BOAT, "kind": "y"}),
        ("cut", "commit", 1),
        ("put", 1, {**BOAT, "name": "Embla"}),
    ],
)
def test_ours_is_what_the_model_says_whatever_happens_outside_and_however_often_it_is_cut_short(tmp_path_factory, drawn, steps):
    world = make_world(f"sqlite:///{tmp_path_factory.mktemp('oracle') / 'ours.db'}", (harbours(), map_of(drawn)))
    world.put("harbour", *(harbour_row(code) for code in HARBOURS))
    model, outside = Model(drawn), {}
    try:
        for at, (what, *given_) in enumerate([*steps, ("pull",)], 2):
            if what == "put":
                no, row = given_
                outside[no] = row
                world.put("boat", boat_row(no, seq=at, **row))
            elif what == "drop":
                outside.pop(given_[0], None)
                there = world.outside.tables["boat"]
                there[:] = [row for row in there if row["no"] != given_[0]]
            else:
                if what == "cut":
                    failpoints.arm(*given_, end)
                    try:
                        world.pull()
                    except Cut:
                        pass
                    finally:
                        failpoints.disarm()
                for _ in range(2):  # after a load the next pull looks for what went meanwhile
                    assert {run.outcome for run in world.pull().values()} == {"done"}
                model.pulled(outside)
                assert ours_of(world) == model.ours
                assert {int(reject.key) for reject in world.rejects()} == model.refused
                before = versions_of(world)
                world.pull()
                assert versions_of(world) == before
    finally:
        world.engine.dispose()
