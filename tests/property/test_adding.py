"""Numbers to which both sides add, against a model: whatever is lost, late or cut short, each difference counts once.

What is told of a failure are the steps, the least that fail; the seed is printed with it.
"""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connectors import failpoints
from connectors.errors import Retriable
from connectors.memory.adapter import MemoryAdapter
from connectors.outbox import count_owed, release
from metadata.model import AttributeMap
from runtime.access import Principal
from runtime.records.hooks import Listeners
from runtime.records.write import update
from runtime.sync.listener import keep_outbox
from support.harbour import boat_row, boats, harbours, make_world

pytestmark = pytest.mark.timeout(900)
CHECKED = settings(suppress_health_check=list(HealthCheck), max_examples=max(60, settings.default.max_examples))
LISTENERS = Listeners((keep_outbox,))
ATTRIBUTES = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="name", column="name", direction="both"),
    AttributeMap(attribute="price", column="price", direction="both", conflict="additive"),
)
FAULTS = ("", "lost", "down", "late")
MORE = st.sampled_from((1, -1, 1, 2, 5))
STEP = st.one_of(
    st.tuples(st.just("ours"), MORE),
    st.tuples(st.just("theirs"), MORE),
    st.tuples(st.just("push"), st.sampled_from(FAULTS)),
    st.tuples(st.just("between"), st.sampled_from(FAULTS), st.sampled_from(("ours", "theirs")), MORE),
    st.tuples(st.just("pull")),
    st.tuples(st.just("arrives")),
    st.tuples(st.just("cut"), st.sampled_from(("push", "pull")), st.sampled_from(sorted(failpoints.POINTS))),
)


class Cut(Exception):
    """The process ends here."""


def end():
    raise Cut


class Line(MemoryAdapter):
    """An outside that may not answer: a write is done and its answer `lost`, or not done (`down`), or done later (`late`)."""

    def __init__(self):
        super().__init__("outside", {"name": "outside"})
        self.fault, self.between, self.under_way = "", None, []

    def push_many(self, changes):
        if self.between is not None:
            self.between, deed = None, self.between
            deed()
        fault, self.fault = self.fault, ""
        if fault == "late":
            self.under_way.append(list(changes))
        elif fault != "down":
            found = super().push_many(changes)
        return [Retriable("no answer", after=0.1)] if fault else found

    def arrive(self):
        """What was under way comes to its end, when nobody waits for it any more."""
        for changes in self.under_way:
            super().push_many(changes)
        self.under_way.clear()


class Play:
    """Two sides, and what both together have come to."""

    def __init__(self, url, change_column):
        self.line = Line()
        maps = (harbours(), boats(attributes=ATTRIBUTES, receipt_column="external_id", change_column=change_column))
        self.world = make_world(url, maps, adapter=self.line)
        self.world.put("boat", boat_row(1, price=Decimal(10)))
        self.world.pull()
        self.sum = Decimal(10)

    @property
    def here(self):
        return self.world.rows("boat", "price")[0][0]

    @property
    def row(self):
        return self.world.outside.tables["boat"][0]

    def ours(self, more):
        self.sum += more
        ((row, version, price),) = self.world.rows("boat", "id", "version", "price")
        with self.world.now() as connection:
            system, values = Principal.system("portal"), {"price": price + more}
            update(connection, self.world.snapshot, system, "boat", row, version, values, listeners=LISTENERS)

    def theirs(self, more):
        self.sum += more
        self.row.update(price=self.row["price"] + more, seq=self.row["seq"] + 1)

    def push(self, fault=""):
        self.line.fault = fault
        with self.world.now() as connection:
            release(connection, ["boats"])
        station = self.world.station()
        try:
            station.deliver()
        finally:
            station.close()
            self.line.fault = ""

    def between(self, fault, side, more):
        self.line.between = lambda: getattr(self, side)(more)
        self.push(fault)
        self.line.between = None

    def pull(self):
        self.row["seq"] += 1
        assert {run.outcome for run in self.world.pull().values()} == {"done"}
        assert self.here == self.sum

    def arrives(self):
        self.line.arrive()

    def cut(self, what, point):
        failpoints.arm(point, 1, end)
        try:
            self.push() if what == "push" else self.world.pull()
        except Cut:
            pass
        finally:
            failpoints.disarm()

    def owes(self):
        with self.world.engine.connect() as connection:
            return bool(count_owed(connection))

    def settle(self):
        for _ in range(60):
            if not self.owes():
                break
            self.push()
        self.line.arrive()
        assert not self.owes()
        assert self.row["price"] == self.sum
        self.pull()


@CHECKED
@given(st.sampled_from(("seq", "")), st.lists(STEP, max_size=16))
@example("seq", [("ours", 1), ("push", "lost"), ("theirs", 1), ("pull",), ("ours", 1)])
@example("seq", [("ours", 1), ("push", "down"), ("theirs", 1), ("pull",), ("push", "lost"), ("theirs", -1)])
@example("seq", [("ours", 5), ("push", "late"), ("push", ""), ("theirs", -5), ("arrives",), ("pull",)])
@example("", [("ours", 5), ("push", ""), ("theirs", -5), ("pull",), ("cut", "push", "applying")])
def test_both_sides_come_to_the_sum_of_all_that_was_added_on_either(tmp_path_factory, change_column, steps):
    play = Play(f"sqlite:///{tmp_path_factory.mktemp('adding') / 'ours.db'}", change_column)
    try:
        for what, *given_ in steps:
            getattr(play, what)(*given_)
        play.settle()
    finally:
        play.world.engine.dispose()
