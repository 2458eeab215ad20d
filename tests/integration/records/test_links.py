"""N:N links: related rows are those of the record alone, from either end, and a link is undone only where there is one."""

import pytest

from runtime.records import Denied, ListOptions, Missing, associate, disassociate, fetch_list, plan_entity
from runtime.records.plan import Near


def related(stage, connection, near, entity, row):
    plan = plan_entity(stage.snapshot, stage.alice, entity, ListOptions(near=near))
    return fetch_list(connection, plan, stage.alice, near=row).ids


def crew(stage, connection, boat):
    return related(stage, connection, Near("boat", "crew"), "contact", boat)


@pytest.fixture
def manned(stage, connection):
    """Alice's boats with a crew: herself on both, Bob on the second."""
    for boat, name in ((1, "alice"), (2, "alice"), (2, "bob")):
        associate(connection, stage.snapshot, stage.alice, "boat", boat, "crew", stage.contacts[name])


@pytest.mark.usefixtures("manned")
def test_related_rows_are_those_linked_with_the_record_from_either_end(stage, connection):
    alice, bob = stage.contacts["alice"], stage.contacts["bob"]
    assert crew(stage, connection, 1) == [alice]
    assert crew(stage, connection, 2) == [alice, bob]
    assert crew(stage, connection, 3) == []
    assert related(stage, connection, Near("contact", "boat_crew"), "boat", bob) == [2]
    assert related(stage, connection, Near("contact", "boat_crew"), "boat", alice) == [1, 2]


@pytest.mark.usefixtures("manned")
def test_a_link_is_undone_once_and_others_stay(stage, connection):
    alice, bob = stage.contacts["alice"], stage.contacts["bob"]
    disassociate(connection, stage.snapshot, stage.alice, "boat", 2, "crew", alice)
    assert crew(stage, connection, 1) == [alice]
    assert crew(stage, connection, 2) == [bob]
    with pytest.raises(Missing):
        disassociate(connection, stage.snapshot, stage.alice, "boat", 2, "crew", alice)


@pytest.mark.usefixtures("manned")
def test_undoing_a_link_needs_both_ends(stage, connection):
    with pytest.raises(Missing):
        disassociate(connection, stage.snapshot, stage.carol, "boat", 2, "crew", stage.contacts["carol"])
    with pytest.raises(Denied) as refused:
        disassociate(connection, stage.snapshot, stage.erin, "boat", 2, "crew", stage.contacts["bob"])
    assert refused.value.side == "append_to"
    assert crew(stage, connection, 2) == [stage.contacts["alice"], stage.contacts["bob"]]
