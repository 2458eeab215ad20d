"""How texts are compared with patterns: on each database in its soonest way, and after all that costs less."""

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from runtime.records.likeness import cheap_first, escaped, like

rows = sa.table("harbour", sa.column("name", sa.String()), sa.column("berths", sa.Integer()))


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        (postgresql.dialect(), "lower(harbour.name) LIKE lower(%(sought)s) ESCAPE '!'"),
        (sqlite.dialect(), "harbour.name LIKE ? ESCAPE '!'"),
    ],
)
def test_no_row_folds_a_pattern(dialect, text):
    wanted = like(rows.c.name, sa.bindparam("sought", type_=sa.Text()))
    assert str(wanted.compile(dialect=dialect)).replace("::VARCHAR", "") == text


def test_patterns_are_asked_after_all_else_in_the_order_given():
    one, two = (like(rows.c.name, sa.literal(text)) for text in ("a%", "b%"))
    few, many = rows.c.berths > 3, rows.c.berths < 9
    within = sa.or_(rows.c.berths == 1, one)
    assert cheap_first([one, few, within, two, many]) == [few, many, one, within, two]


def test_signs_of_patterns_are_letters_once_escaped():
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        for text, pattern, same in (
            ("100%", "100%", True),
            ("1000", "100%", False),
            ("a_b!", "A_B!", True),
            ("acb!", "a_b!", False),
        ):
            asked = sa.select(like(sa.literal(text), sa.literal(escaped(pattern))))
            assert bool(connection.execute(asked).scalar()) is same
    engine.dispose()
