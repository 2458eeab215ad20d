"""The initial load: parents first, circles by a second pass, from the last chunk after a crash."""

import pytest

from connectors.initial import plan_load
from connectors.tablemap import compiled_maps
from metadata.model import AttributeMap
from support.harbour import boat_row, boats, harbour_row, harbours, snapshot_of


def test_maps_are_loaded_parents_first_whatever_their_order():
    steps = plan_load(compiled_maps(snapshot_of(boats(), harbours())))
    assert [step.table_map.key for step in steps] == ["harbours", "boats"]
    assert [step.later for step in steps] == [(), ("tender_of",)]


def test_a_map_that_only_adds_is_loaded_after_the_one_that_makes_the_rows():
    key = AttributeMap(attribute="number", column="no")
    berths = boats(key="berths", attributes=(key, AttributeMap(attribute="berth", column="berth")))
    steps = plan_load(compiled_maps(snapshot_of(berths, boats(), harbours())))
    assert [step.table_map.key for step in steps] == ["harbours", "boats", "berths"]


@pytest.mark.parametrize("change_column", ["seq", ""])
@pytest.mark.parametrize("batch_size", [1, 7, 5000])
def test_references_to_the_own_table_and_in_a_circle_are_all_set(world_of, batch_size, change_column):
    world = world_of(harbours(), boats(batch_size=batch_size, change_column=change_column))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", *(boat_row(no, tender_of=no % 20 + 1) for no in range(1, 21)))
    world.pull()
    numbers = dict(world.rows("boat", "id", "number"))
    found = {number: numbers[tender] for number, tender in world.rows("boat", "number", "tender_of")}
    assert found == {no: no % 20 + 1 for no in range(1, 21)}
    assert world.rejects() == []


def test_a_load_goes_on_at_the_last_chunk(world_of, monkeypatch):
    world = world_of(harbours(), boats(batch_size=3, change_column=""))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", *(boat_row(no) for no in range(1, 121)))
    real, pulled = world.adapter.pull, []

    def stops_after_eight(table_map, cursor, limit):
        pulled.append(cursor)
        if table_map.key == "boats" and len(pulled) > 9:
            raise KeyboardInterrupt
        return real(table_map, cursor, limit)

    with monkeypatch.context() as broken:
        broken.setattr(world.adapter, "pull", stops_after_eight)
        with pytest.raises(KeyboardInterrupt):
            world.pull()
    done = len(world.rows("boat", "id"))
    assert 60 <= done < 120
    run = world.pull()["boats"]
    assert len(world.rows("boat", "id")) == 120
    assert run.counts.taken <= 120
    assert world.checkpoint().rows_done == 120
