"""How many rows may point at one row: whoever writes, however the row comes to point at it, and by whatever kind of lookup."""

import pytest
import sqlalchemy as sa

from metadata.model import Attribute, Entity
from runtime.records import Invalid, create, update
from runtime.records.bulk import SqlRowStore
from support.cast import stage_for
from support.statements import counting, note_statements

NOTE = Entity(
    key="note",
    primary_name="text",
    attributes=(
        Attribute(key="text", type="text"),
        Attribute(key="boat", type="lookup", target="boat", relationship="notes", max_count=2),
        Attribute(key="about", type="lookup", targets=("account", "contact"), max_count=1),
    ),
)


@pytest.fixture
def stage(database_url):
    made = stage_for(database_url, NOTE)
    with made.transaction() as connection:
        for name in ("first", "second"):
            create(connection, made.snapshot, made.system, "boat", {"name": name})
    yield made
    made.engine.dispose()


def add(stage, **values):
    with stage.transaction() as connection:
        return create(connection, stage.snapshot, stage.system, "note", {"text": "x", **values}, undo="transaction")


def refused(write):
    with pytest.raises(Invalid) as found:
        write()
    return dict(found.value.codes)


def notes(stage):
    with stage.engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(stage.snapshot.entities["note"].table)).scalar_one()


def test_one_more_than_may_be_is_refused_and_other_rows_have_room(stage):
    add(stage, boat=1)
    add(stage, boat=1)
    assert refused(lambda: add(stage, boat=1)) == {"boat": "too_many"}
    add(stage, boat=2)
    add(stage)
    add(stage)
    add(stage)
    assert notes(stage) == 6


def test_a_row_that_is_moved_counts_where_it_comes_to_and_no_more_where_it_was(stage):
    first, second, third = add(stage, boat=1), add(stage, boat=1), add(stage, boat=2)

    def move(note, boat, version=1):
        with stage.transaction() as connection:
            return update(
                connection, stage.snapshot, stage.system, "note", note.id, version, {"boat": boat}, undo="transaction"
            )

    assert refused(lambda: move(third, 1)) == {"boat": "too_many"}
    move(first, None)
    move(third, 1)
    assert refused(lambda: move(first, 1, 2)) == {"boat": "too_many"}
    with stage.transaction() as connection:  # a change of something else asks nothing
        update(connection, stage.snapshot, stage.system, "note", second.id, 1, {"text": "y"}, undo="transaction")


def test_a_lookup_to_several_entities_counts_each_row_by_itself(stage):
    account, contact = stage.accounts["acme"], stage.contacts["alice"]
    assert account == contact, "they are told apart by their entities alone"
    add(stage, about=("account", account))
    add(stage, about=("contact", contact))
    assert refused(lambda: add(stage, about=("account", account))) == {"about": "too_many"}
    assert refused(lambda: add(stage, about=("contact", contact))) == {"about": "too_many"}


def test_what_synchronisation_brings_is_taken_as_it_comes(stage):
    with stage.transaction() as connection:
        rows = [{"text": str(number), "boat": 1} for number in range(4)]
        SqlRowStore(connection, stage.snapshot, stage.system).upsert("note", ("text",), rows)
    assert notes(stage) == 4
    assert refused(lambda: add(stage, boat=1)) == {"boat": "too_many"}


def test_counting_costs_two_statements_and_nothing_where_there_is_no_limit(stage):
    seen = []
    stage.engine.dispose()
    note_statements(stage.engine, seen)
    costs = []
    for values in ({}, {"boat": 1}):
        add(stage, **values)
        with counting(seen) as statements:
            add(stage, **values)
        costs.append(len(statements))
    assert costs[1] - costs[0] == (2 if stage.engine.dialect.name == "postgresql" else 1)
