"""Who looks while rows come never sees a line without its header, nor half of what one transaction changed in a table.

FOYER_TEST_POLLS says how often somebody looks.
"""

import os
import random

import pytest
import sqlalchemy as sa

from metadata.model import AttributeMap
from support.harbour import boat_row, boats, eventually, harbour_row, harbours
from support.scene import LINES, TRACKED
from support.sql_outside import HARBOURS, OUTSIDE_BOATS

POLLS = int(os.environ.get("FOYER_TEST_POLLS", "150"))
NEWEST = 50
"""How many of the newest orders are looked at: all of them would be more with every look."""
NAMED = (AttributeMap(attribute="number", column="no"), AttributeMap(attribute="name", column="name"))


@pytest.mark.timeout(180 + POLLS)
def test_no_line_is_seen_without_its_header(scene):
    there = scene(harbours(**TRACKED), boats(**TRACKED))
    table, header = there.snapshot.entities["boat"].table, there.snapshot.entities["harbour"].table
    lines = sa.select(table.c.number, header.c.code).select_from(table.outerjoin(header, table.c.harbour == header.c.id))
    newest = lines.order_by(table.c.number.desc()).limit(NEWEST * LINES)

    def order(connection, turn):
        """A header with its lines; the lines are written first."""
        rows = [boat_row(1000 * turn + at, harbour=f"N{turn}") for at in range(LINES)]
        connection.execute(sa.insert(OUTSIDE_BOATS), [{**row, "price": 1.5} for row in rows])
        connection.execute(sa.insert(HARBOURS), [{**harbour_row(f"N{turn}"), "depth": 1.5}])

    assert eventually(lambda: len(there.ours(lines)) == 2 * LINES)
    there.change(order)
    for _ in range(POLLS):
        seen = there.ours(newest)
        assert [number for number, code in seen if code is None or (number > 1000 and code != f"N{number // 1000}")] == []
    there.rest()
    every = there.theirs(sa.select(sa.func.count()).select_from(OUTSIDE_BOATS))[0][0]
    assert eventually(lambda: len(there.ours(lines)) == every, 60)
    assert every > 2 * LINES


@pytest.mark.timeout(180 + POLLS)
def test_what_one_transaction_changes_in_a_table_is_seen_at_once(scene):
    there = scene(boats(**TRACKED, attributes=NAMED))
    table = there.snapshot.entities["boat"].table
    names = sa.select(table.c.name).order_by(table.c.number)
    chance = random.Random(7)

    def rename(connection, turn):
        """All boats get one name, in some order."""
        numbers = list(range(1, 2 * LINES + 1))
        chance.shuffle(numbers)
        for no in numbers:
            connection.execute(sa.update(OUTSIDE_BOATS).where(OUTSIDE_BOATS.c.no == no).values(name=f"T{turn}"))

    assert eventually(lambda: len(there.ours(names)) == 2 * LINES)
    there.change(rename)
    assert eventually(lambda: there.ours(names)[0][0].startswith("T"))
    seen = set()

    def looked():
        for _ in range(POLLS):
            found = set(there.ours(names))
            assert len(found) == 1, found
            seen.update(found)
        return len(seen) > 1

    assert eventually(looked, 60)
    there.rest()
    assert eventually(lambda: there.ours(names) == there.theirs(sa.select(OUTSIDE_BOATS.c.name)))
