"""Maps of a group against a model of them: after each pull ours is the outside, after each crash as it was before or after."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import failpoints
from connectors.sql.adapter import SqlAdapter
from connectors.sql.installing import plan_tracking
from connectors.tablemap import compiled_maps
from metadata.model import AttributeMap
from support.harbour import World, boats, harbours, make_world
from support.sql_outside import HARBOURS, OUTSIDE, OUTSIDE_BOATS

pytestmark = pytest.mark.timeout(600)
SHARED = settings(suppress_health_check=list(HealthCheck), max_examples=max(15, settings.default.max_examples // 3))
GROUPED = {"change_column": "", "tracking": "triggers", "group": "papers", "delete": "delete", "batch_size": 2}
LINED = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="name", column="name"),
    AttributeMap(attribute="harbour", column="harbour", lookup_key=("code",)),
    AttributeMap(attribute="tender_of", column="tender_of", lookup_key=("number",)),
)
NUMBERS, NAMES = st.integers(1, 7), st.sampled_from("PQRS")
DEED = st.tuples(st.sampled_from(("header", "line", "drop header", "drop line")), NUMBERS, NUMBERS, NUMBERS, NAMES)
CRASH = st.tuples(st.sampled_from(sorted(failpoints.POINTS)), st.integers(1, 6), st.booleans())
STEPS = st.lists(st.one_of(st.lists(DEED, min_size=1, max_size=12), st.none(), CRASH), max_size=8)
State = tuple[list[tuple[object, ...]], list[tuple[object, ...]]]


class Crash(Exception):
    """The process ends here."""


def end() -> None:
    raise Crash


class Outside:
    """The outside's tables. Each transaction leaves lines with headers, which point at others in no circle. `world` is ours."""

    world: World

    def __init__(self, url: str) -> None:
        self.engine = sa.create_engine(url)
        OUTSIDE.create_all(self.engine)

    def transact(self, deeds: list[tuple[str, int, int, int, str]]) -> None:
        with self.engine.begin() as connection:
            for what, number, header, tender, name in deeds:
                table, key = (HARBOURS, "code") if "header" in what else (OUTSIDE_BOATS, "no")
                value: object = f"H{number}" if key == "code" else number
                connection.execute(sa.delete(table).where(table.c[key] == value))
                if not what.startswith("drop"):
                    more = {"harbour": f"H{header}", "tender_of": tender} if key == "no" else {}
                    connection.execute(sa.insert(table).values({key: value, "name": name, **more}))
            line, other = OUTSIDE_BOATS.c, OUTSIDE_BOATS.alias()
            connection.execute(sa.delete(OUTSIDE_BOATS).where(line.harbour.not_in(sa.select(HARBOURS.c.code))))
            gone = line.tender_of.not_in(sa.select(other.c.no))
            alone = sa.update(OUTSIDE_BOATS).where(sa.or_(gone, line.tender_of >= line.no))
            connection.execute(alone.values(tender_of=None))

    def state(self) -> State:
        line = OUTSIDE_BOATS.c
        with self.engine.connect() as connection:
            headers = connection.execute(sa.select(HARBOURS.c.code, HARBOURS.c.name).order_by(HARBOURS.c.code))
            lines = connection.execute(sa.select(line.no, line.name, line.harbour, line.tender_of).order_by(line.no))
            return [tuple(row) for row in headers], [tuple(row) for row in lines]


def state_of(world: World) -> State:
    header, line = (world.snapshot.entities[name].table for name in ("harbour", "boat"))
    tender = line.alias()
    lines = sa.select(line.c.number, line.c.name, header.c.code, tender.c.number)
    lines = lines.outerjoin(header, line.c.harbour == header.c.id).outerjoin(tender, line.c.tender_of == tender.c.id)
    with world.engine.connect() as connection:
        headers = connection.execute(sa.select(header.c.code, header.c.name).order_by(header.c.code))
        joined = connection.execute(lines.order_by(line.c.number))
        return [tuple(row) for row in headers], [tuple(row) for row in joined]


@pytest.fixture
def outside(sqlite_url: str, tmp_path: Path) -> Iterator[Outside]:
    (file := tmp_path / "outside.db").touch()
    outside, given = Outside(f"sqlite:///{file}"), {"url": f"sqlite:///{file}"}
    maps = boats(**GROUPED, attributes=LINED), harbours(**GROUPED, attributes=harbours().attributes[:2])
    world = make_world(sqlite_url, maps, SqlAdapter("outside", given), connector="sql", settings=given)
    plan_tracking("outside", given, compiled_maps(world.snapshot), run=True)
    world.pull()
    outside.world = world  # what Hypothesis shows of a fixture is its repr, and that of a world is long
    yield outside
    world.adapter.close()
    world.engine.dispose()
    outside.engine.dispose()


@SHARED
@given(STEPS)
def test_whatever_transactions_and_crashes_come_ours_is_a_state_that_the_outside_was_in(outside, steps):
    world = outside.world
    outside.transact([("drop header", number, 1, 1, "") for number in range(1, 8)])
    for step in (None, *steps, None):
        if isinstance(step, list):
            outside.transact(step)
            continue
        before = state_of(world)
        if step is not None:
            point, times, again = step
            failpoints.arm(point, times, end)
            try:
                world.pull()
            except Crash:
                assert state_of(world) == (outside.state() if point == "committed" else before)
            finally:
                failpoints.disarm()
            if again:
                world.adapter.close()
                world.adapter = SqlAdapter("outside", {"url": str(outside.engine.url)})
        assert {run.outcome for run in world.pull().values()} == {"done"}
        assert state_of(world) == outside.state()
        assert (world.rejects(), world.rejects("harbours")) == ([], [])
