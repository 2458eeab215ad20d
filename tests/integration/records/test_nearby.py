"""Rows around a point are those that a ruler on the globe finds, nearest first: across poles and the date line too."""

import random
from decimal import Decimal
from itertools import pairwise

import pytest
import sqlalchemy as sa

from metadata.compiler import compile_snapshot
from metadata.model import Attribute, Entity, View, ViewColumn
from runtime.access import Principal
from runtime.database import make_engine
from runtime.records.ask import ListAsk
from runtime.records.lists import fetch_list
from runtime.records.nearby import Around, Point, bound_around, distance
from runtime.records.plan import plan_list

LIGHTHOUSE = Entity(
    key="lighthouse",
    primary_name="name",
    attributes=(
        Attribute(key="name", type="text"),
        Attribute(key="north", type="decimal"),
        Attribute(key="east", type="decimal", scale=4),
    ),
)
VIEW = View(key="all", entity="lighthouse", columns=(ViewColumn(attribute="name"),))
AROUND = Around("north", "east")
CENTRES = [(59.33, 18.07), (0, 0), (89.5, 10), (-90, 0), (12, 179.9), (-33, -179.95), (60, 180), (45, -180)]


def scattered(rng):
    """Points all over, and many near the centres."""
    for north, east in CENTRES:
        yield from ((north, east), (-north, east), (min(90, north + 0.4), east))
        for _ in range(25):
            here = max(-90, min(90, north + rng.uniform(-3, 3)))
            yield here, (east + rng.uniform(-6, 6) + 180) % 360 - 180
    for _ in range(100):
        yield rng.uniform(-90, 90), rng.uniform(-180, 180)


@pytest.fixture
def found(database_url):
    """Asks for the rows around a point: their ids in order; and every point by id."""
    snapshot = compile_snapshot((LIGHTHOUSE, VIEW))
    engine = make_engine(database_url)
    rng = random.Random(20)
    rows = [(round(north, 6), round(east, 4)) for north, east in scattered(rng)]
    points = {number: Point(*row) for number, row in enumerate(rows, 1)}
    table = snapshot.entities["lighthouse"].table
    with engine.begin() as connection:
        table.create(connection)
        given = [{"id": n, "version": 1, "north": Decimal(str(a)), "east": Decimal(str(b))} for n, (a, b) in enumerate(rows, 1)]
        connection.execute(sa.insert(table), [*given, {"id": 9999, "version": 1, "north": None, "east": Decimal(1)}])
    principal = Principal.system("tests")
    plan = plan_list(snapshot, principal, "all")

    def ask(connection, point, within, unit="km"):
        asked = ListAsk("all", 5000, narrowings=(AROUND,), bound=bound_around(point, within, unit))
        page = fetch_list(connection, plan, principal, asked)
        assert page.total == len(page.ids)
        return page.ids

    with engine.connect() as connection:
        yield lambda *given: ask(connection, *given), points
    engine.dispose()


def test_they_are_those_that_a_ruler_finds_in_its_order(found):
    ask, points = found
    for north, east in CENTRES:
        centre = Point(north, east)
        for within in (1, 50, 300, 4000, 20015, 30000):
            far = {number: distance(centre, point, "km") for number, point in points.items()}
            ids = ask(centre, within)
            expected = {number for number, length in far.items() if length <= within}
            unsure = {number for number, length in far.items() if abs(length - within) < 0.01}
            assert set(ids) - unsure == expected - unsure
            lengths = [far[number] for number in ids]
            assert all(one <= other + 0.01 for one, other in pairwise(lengths))


def test_miles_are_longer_than_kilometres(found):
    ask, _ = found
    centre = Point(59.33, 18.07)
    near, further = ask(centre, 250), ask(centre, 250, "miles")
    assert set(near) < set(further)
    assert round(distance(Point(59.33, 18.07), Point(57.71, 11.97), "km")) == 397
    assert round(distance(Point(59.33, 18.07), Point(57.71, 11.97), "miles")) == 247


@pytest.mark.parametrize(("north", "east"), [(90.1, 0), (-91, 0), (0, 180.5), (float("nan"), 0), (0, float("inf"))])
def test_a_point_is_on_the_earth(north, east):
    with pytest.raises(ValueError, match="Earth"):
        Point(north, east)
