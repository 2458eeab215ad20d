"""What a pull of changes costs the databases does not grow with the number of changes."""

import contextlib
import threading

import pytest
import sqlalchemy as sa

from support.tracked import Tracked

MANY = 60


@contextlib.contextmanager
def statements():
    """What any engine is given by this thread meanwhile; one that is given several rows counts as often."""
    said, thread = [], threading.get_ident()

    def note(connection, cursor, statement, parameters, context, executemany):
        if threading.get_ident() == thread:
            said.extend([statement] * (len(parameters) if executemany else 1))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


@pytest.fixture
def tracked(postgres_shelf):
    with contextlib.ExitStack() as stack:
        ours, theirs = (stack.enter_context(postgres_shelf.database()) for _ in range(2))
        yield stack.enter_context(contextlib.closing(Tracked(theirs, "triggers", ours, batch_size=2 * MANY, revert_days=0)))


def change(tracked, numbers, name):
    tracked.run(f"UPDATE harbour SET name = '{name}' WHERE no IN ({', '.join(map(str, numbers))})")
    with statements() as said:
        run = tracked.world.pull()["harbours"]
    assert run.counts.updated == len(numbers)
    return said


def test_many_changes_cost_as_many_statements_as_one(tracked):
    tracked.add(*range(1, MANY + 1))
    tracked.install()
    tracked.pull()
    change(tracked, range(1, MANY + 1), "first")  # whatever is looked at once is known from here on
    one = change(tracked, [7], "one")
    many = change(tracked, range(1, MANY + 1), "many")
    assert len(many) == len(one), "\n".join(sorted({*many} ^ {*one}))
    assert set(tracked.pull()) == {(f"H{no}", "many") for no in range(1, MANY + 1)}
    assert {version for (version,) in tracked.world.rows("harbour", "version")} == {3, 4}


def test_few_changes_are_looked_up_and_the_table_is_not_read(tracked):
    tracked.run("INSERT INTO harbour SELECT i, 'H' || i, 'A', 1 FROM generate_series(1, 20000) i", "ANALYZE harbour")
    tracked.install()
    tracked.run("UPDATE harbour SET name = 'B' WHERE no < 20")
    found = [text for text in asked(tracked) if "foyer_change_harbours" in text and "JOIN harbour" in text]
    assert found
    with tracked.engine.connect() as connection:
        for text in found:
            plan = "\n".join(connection.scalars(sa.text(f"EXPLAIN {text}")))
            assert "Seq Scan on harbour" not in plan, plan


def asked(tracked):
    """The statements of a pull of changes, with their values in them."""
    said = []

    def note(connection, statement, *more):
        with contextlib.suppress(sa.exc.CompileError):
            said.append(str(statement.compile(connection, compile_kwargs={"literal_binds": True})))

    table_map, source = tracked.world.station().maps[0], tracked.world.adapter
    cursor = source.pull(table_map, None, 30_000).cursor
    sa.event.listen(sa.Engine, "before_execute", note)
    try:
        assert len(source.pull(table_map, cursor, 1000).records) == 19
    finally:
        sa.event.remove(sa.Engine, "before_execute", note)
    return said
