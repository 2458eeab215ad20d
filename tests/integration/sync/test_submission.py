"""Asking the outside before a new record counts: yes, no, no answer, nonsense; never twice, never lost."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from metadata.model import AttributeMap, WriteThrough
from runtime.access import Principal
from runtime.database import writing
from runtime.forms import drafts
from runtime.forms.drafts import Draft, Owner
from runtime.forms.ports import Accepted, Queued, Refusal
from runtime.forms.submit import Work, send
from runtime.sync.pool import Adapters
from runtime.sync.submission import OutsideSubmission
from runtime.tables import create_engine_tables
from support.harbour import boat_row, boats, eventually, harbour_row, harbours

CHILD = WriteThrough(key_column="external_id", parent_column="parent_id")


def through(**more):
    given = {
        "key_column": "external_id",
        "status_column": "answer",
        "accepted": ("yes",),
        "refused": ("no",),
        "message_column": "why",
        "field_column": "field",
        "timeout": 0.3,
        "children": ("tenders",),
    }
    return WriteThrough(**{**given, **more})


def the_maps(**more):
    ordering = boats(
        filter=(("answer", "yes"),),
        write_through=through(**more),
        attributes=(
            AttributeMap(attribute="number", column="no"),
            AttributeMap(attribute="name", column="name", direction="both"),
            AttributeMap(attribute="price", column="price"),
            AttributeMap(attribute="harbour", column="harbour", lookup_key=("code",), direction="both"),
        ),
    )
    tenders = boats(
        key="tenders",
        table="tender",
        write_through=CHILD,
        attributes=(
            AttributeMap(attribute="number", column="no"),
            AttributeMap(attribute="name", column="name", direction="both"),
            AttributeMap(attribute="tender_of", column="boat_no", lookup_key=("number",)),
        ),
    )
    return harbours(), ordering, tenders


class Shipyard(threading.Thread):
    """Answers what is put down in the outside's tables, as told."""

    def __init__(self, world, decide):
        super().__init__(daemon=True)
        self.world, self.decide, self.over = world, decide, threading.Event()

    def run(self):
        while not self.over.wait(0.01):
            with self.world.outside.lock:
                for row in self.world.outside.tables["boat"]:
                    if row.get("external_id") and not row.get("answer"):
                        self.decide(self.world.outside.tables, row)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


def accept(tables, row, **more):
    row.update({"no": 500 + len(tables["boat"]), "price": "10.00", "seq": 50, "answer": "yes", **more})
    for at, child in enumerate(tables["tender"]):
        if child["parent_id"] == row["external_id"]:
            child.update({"no": 900 + at, "boat_no": row["no"], "seq": 51})


@pytest.fixture
def world(world_of):
    return make(world_of)


def make(world_of, **more):
    world = world_of(*the_maps(**more))
    create_engine_tables(world.engine)
    world.outside.tables["tender"] = []
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", {**boat_row(1), "answer": "yes"})
    world.pull()
    return world


def submit(world, key="k1", children=2):
    """A new boat with tenders is sent; the answer."""
    table = world.snapshot.entities["boat"].table
    harbour = world.rows("harbour", "id")[0][0]
    port = OutsideSubmission(Adapters())

    def write(connection):
        added = sa.insert(table).returning(table.c.id)
        boat = connection.execute(added, {"name": "Ours", "harbour": harbour, "version": 1}).scalar_one()
        for at in range(children):
            connection.execute(added, {"name": f"Tender {at}", "tender_of": boat, "version": 1})
        return boat

    assert port.concerns(world.snapshot, "boat")
    draft = Draft("d" * 32, Owner(1, "site", "form"), "", "", key, world.home.now(), world.home.now())
    with world.now() as connection:
        draft = replace(drafts.begin(connection, draft), attempt=key)
        connection.execute(sa.update(drafts.drafts).values(finished_at=None, record_id=None))
    work = Work(world.snapshot, Principal.system("portal"), "boat", write)
    sent = send(world.now, port, work, draft)
    if isinstance(sent, Refusal):
        return sent
    assert world.rows("boat", "id")[-1 - children] == (sent.record,)
    return sent.queued or Accepted()


def names(world):
    return sorted(name for (name,) in world.rows("boat", "name"))


def test_an_accepted_record_has_the_outside_values_of_it_and_its_children(world):
    with Shipyard(world, accept):
        assert submit(world) == Accepted()
    numbers = dict(world.rows("boat", "name", "number"))
    assert numbers["Ours"] == 502
    assert {numbers["Tender 0"], numbers["Tender 1"]} == {900, 901}
    world.pull()
    assert names(world) == ["Boat 1", "Ours", "Tender 0", "Tender 1"]


def test_a_refusal_names_the_attribute_and_leaves_nothing(world):
    def refuse(tables, row):
        row.update({"answer": "no", "why": "The harbour is full.", "field": "harbour"})

    with Shipyard(world, refuse):
        assert submit(world) == Refusal("The harbour is full.", "harbour")
    assert names(world) == ["Boat 1"]


def test_a_silent_outside_leaves_the_record_queued_and_the_answer_comes_later(world):
    assert submit(world) == Queued()
    assert names(world) == ["Boat 1", "Ours", "Tender 0", "Tender 1"]
    with world.outside.lock:
        accept(world.outside.tables, next(row for row in world.outside.tables["boat"] if row.get("external_id")))
    world.pull()
    deliver(world)
    world.pull()
    assert names(world) == ["Boat 1", "Ours", "Tender 0", "Tender 1"]
    assert dict(world.rows("boat", "name", "number"))["Ours"] == 502
    assert [row["name"] for row in world.outside.tables["boat"]] == ["Boat 1", "Ours"]


def test_an_outside_that_is_down_queues_and_the_worker_sends_it_once(world):
    world.outside.down = True
    assert submit(world) == Queued()
    world.outside.down = False
    with Shipyard(world, accept):
        deliver(world)
    assert dict(world.rows("boat", "name", "number"))["Ours"] == 502
    assert [row["name"] for row in world.outside.tables["tender"]] == ["Tender 0", "Tender 1"]


def test_where_the_map_says_refuse_a_silent_outside_is_a_refusal_that_says_so(world_of):
    world = make(world_of, fallback="refuse")
    outcome = submit(world)
    assert isinstance(outcome, Refusal)
    assert outcome.text == "form.outside_down"


def test_a_refusal_is_no_last_word_while_an_earlier_try_may_still_arrive(world_of):
    world = make(world_of, fallback="refuse")
    world.outside.down = True
    assert submit(world) == Refusal("", unanswered=True, text="form.outside_down")
    world.outside.down = False
    world.outside.unique.add(("boat", "name"))
    world.put("boat", {**boat_row(2), "name": "Ours"})
    end = sa.text("SELECT expires_at FROM foyer_sync_intent")
    with world.engine.connect() as connection:
        before = connection.execute(end).scalars().all()
    for _ in range(2):
        assert submit(world) == Refusal("", unanswered=True, text="form.outside_uncertain")
        with world.engine.connect() as connection:
            assert connection.execute(end).scalars().all() == before
    with world.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_intent SET expires_at = 1"))
    assert submit(world) == Refusal("", text="form.outside_refused")
    with world.engine.connect() as connection:
        assert connection.execute(end).all() == []
    assert names(world) == ["Boat 1"]


def test_asking_again_under_the_same_key_makes_nothing_twice(world):
    world.outside.down = True
    submit(world)
    world.outside.down = False
    with world.now() as connection:
        connection.execute(sa.text("DELETE FROM foyer_outbox"))
        connection.execute(sa.text("DELETE FROM foyer_sync_link"))
        connection.execute(sa.delete(world.snapshot.entities["boat"].table).where(sa.text("name <> 'Boat 1'")))
    with Shipyard(world, accept):
        assert submit(world) == Accepted()
        with world.now() as connection:
            connection.execute(sa.delete(world.snapshot.entities["boat"].table).where(sa.text("name <> 'Boat 1'")))
        assert submit(world) == Accepted()
    assert [row["name"] for row in world.outside.tables["boat"]] == ["Boat 1", "Ours"]


def test_a_pull_that_was_quicker_than_the_answer_leaves_one_record(world):
    with Shipyard(world, accept):
        submit(world, children=0)
    with world.now() as connection:
        connection.execute(sa.delete(world.snapshot.entities["boat"].table).where(sa.text("name = 'Ours'")))
    world.put("boat", {**world.outside.tables["boat"][-1], "seq": 90})
    world.pull()
    assert submit(world, children=0) == Accepted()
    assert names(world) == ["Boat 1", "Ours"]


@pytest.mark.parametrize("nonsense", [{"answer": "perhaps"}, {"price": "a lot"}, {"no": "x"}])
def test_nonsense_is_queued_with_a_reason_for_operators(world, nonsense):
    with Shipyard(world, lambda tables, row: accept(tables, row, **nonsense)):
        assert submit(world) == Queued()
    with world.engine.connect() as connection:
        (reason,) = connection.execute(sa.text("SELECT reason FROM foyer_outbox")).scalars()
    assert any(word in reason for word in ("perhaps", "a lot", "'x'"))
    assert "Ours" in names(world)


def test_whether_a_key_is_known_outside_can_be_asked_unless_it_is_down(world):
    port = OutsideSubmission(Adapters())
    submit(world, key="k1")
    assert port.knows(world.snapshot, "boat", "k1") is True
    assert port.knows(world.snapshot, "boat", "k2") is False
    world.outside.down = True
    assert port.knows(world.snapshot, "boat", "k1") is None


def refused_after_the_queue(world, **more):
    """A boat that was queued while the outside was down, which the outside refuses once it is up."""
    world.outside.down = True
    assert submit(world) == Queued()
    world.outside.down = False

    def refuse(tables, row):
        row.update({"answer": "no", "why": "The harbour is full.", **more})

    with Shipyard(world, refuse):
        deliver(world)


def deliver(world):
    """Run the worker's rounds until nothing waits to be sent any more."""
    waiting = sa.text("SELECT count(*) FROM foyer_outbox WHERE state = 'waiting'")

    def settled():
        station.deliver()
        with world.engine.connect() as connection:
            return connection.execute(waiting).scalar_one() == 0

    station = world.station()
    try:
        assert eventually(settled)
    finally:
        station.close()


def ours(world, *attributes):
    return next(row[1:] for row in world.rows("boat", "name", *attributes) if row[0] == "Ours")


def test_a_queued_record_that_is_refused_later_tells_why_and_is_not_sent_again(world_of):
    world = make(world_of, message_attribute="berth")
    refused_after_the_queue(world, price="10.00")
    assert ours(world, "berth", "price") == ("The harbour is full.", Decimal("10.00"))
    deliver(world)
    assert [row["name"] for row in world.outside.tables["boat"]] == ["Boat 1", "Ours"]
    with world.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT state, attempts FROM foyer_outbox")).all() == [("parked", 2)]


def test_what_the_outside_leaves_empty_or_writes_badly_does_not_touch_a_refused_record(world_of):
    world = make(world_of, message_attribute="berth")
    world.outside.down = True
    submit(world)
    table = world.snapshot.entities["boat"].table
    with world.now() as connection:
        connection.execute(sa.update(table).where(table.c.name == "Ours").values(number=77))
    world.outside.down = False
    refuse = {"answer": "no", "why": "The harbour is full.", "no": None, "price": "a lot", "harbour": "NOWHERE"}
    with Shipyard(world, lambda tables, row: row.update(refuse)):
        deliver(world)
    harbour = world.rows("harbour", "id")[0][0]
    assert ours(world, "number", "berth", "price", "harbour") == (77, "The harbour is full.", None, harbour)


def test_values_that_cannot_be_stored_leave_the_reason_of_the_refusal(world_of):
    world = make(world_of, message_attribute="berth")
    refused_after_the_queue(world, no=1)
    assert ours(world, "number", "berth") == (None, "The harbour is full.")


def test_a_refused_record_that_is_mended_outside_is_taken_and_its_reason_is_cleared(world_of):
    world = make(world_of, message_attribute="berth")
    refused_after_the_queue(world)
    with world.outside.lock:
        accept(world.outside.tables, world.outside.tables["boat"][-1])
    world.pull()
    assert ours(world, "number", "berth") == (502, None)
    assert names(world) == ["Boat 1", "Ours", "Tender 0", "Tender 1"]
    with world.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT state FROM foyer_outbox")).scalars().all() == ["delivered"]


def test_a_pull_that_brings_the_refused_row_leaves_its_reason(world_of):
    harbour_map, boat_map, tender_map = the_maps(message_attribute="berth")
    world = world_of(harbour_map, replace(boat_map, filter=()), tender_map)
    create_engine_tables(world.engine)
    world.outside.tables["tender"] = []
    world.put("harbour", harbour_row("GOT"))
    world.pull()
    refused_after_the_queue(world, no=7, seq=60)
    world.pull()
    assert ours(world, "number", "berth") == (7, "The harbour is full.")
    assert names(world) == ["Ours", "Tender 0", "Tender 1"]
    with world.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT state FROM foyer_outbox")).scalars().all() == ["parked"]


def test_others_write_while_the_outside_is_asked(world):
    written = threading.Event()

    def decide(tables, row):
        with writing(world.engine).begin() as connection:
            connection.execute(sa.update(world.snapshot.entities["harbour"].table).values(name="Meanwhile"))
        written.set()
        accept(tables, row)

    with Shipyard(world, decide):
        assert submit(world) == Accepted()
    assert written.is_set()
    assert world.rows("harbour", "name") == [("Meanwhile",)]


def test_a_pull_while_the_outside_is_asked_does_not_make_the_record_a_second_time(world):
    def decide(tables, row):
        accept(tables, row)
        world.outside.lock.release()
        try:
            world.pull()
        finally:
            world.outside.lock.acquire()

    with Shipyard(world, decide):
        assert submit(world, children=0) == Accepted()
    assert names(world) == ["Boat 1", "Ours"]
    assert [reject.code for reject in world.rejects()] in ([], ["in_flight"])
    with world.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_reject SET retry_at = last_at"))
    world.pull()
    assert (names(world), world.rejects()) == (["Boat 1", "Ours"], [])


def test_what_is_kept_of_a_record_is_what_was_sent(world):
    """A value that is another one each time the record is written, such as the moment of an order."""
    moments = iter(range(1, 10))
    name = "Boat of"
    with Shipyard(world, accept):
        table = world.snapshot.entities["boat"].table

        def write(connection):
            values = {"name": f"{name} {next(moments)}", "version": 1}
            return connection.execute(sa.insert(table).values(values).returning(table.c.id)).scalar_one()

        work = Work(world.snapshot, Principal.system("portal"), "boat", write)
        send(world.now, OutsideSubmission(Adapters()), work, None)
    assert world.outside.tables["boat"][-1]["name"] == "Boat of 1"
    assert names(world) == ["Boat 1", "Boat of 1"]


def test_a_draft_that_is_sent_twice_at_once_makes_one_record(world):
    with Shipyard(world, accept), ThreadPoolExecutor(2) as pool:
        table = world.snapshot.entities["boat"].table
        now = world.home.now()
        with world.now() as connection:
            draft = drafts.begin(connection, Draft("e" * 32, Owner(1, "site", "form"), "", "", "k9", now, now))

        def write(connection):
            return connection.execute(sa.insert(table).values(name="Ours", version=1).returning(table.c.id)).scalar_one()

        work = Work(world.snapshot, Principal.system("portal"), "boat", write)
        sent = list(pool.map(lambda _: send(world.now, OutsideSubmission(Adapters()), work, draft), range(2)))
    assert len({one.record for one in sent}) == 1
    assert sorted(one.again for one in sent) == [False, True]
    assert names(world) == ["Boat 1", "Ours"]
    assert [row["name"] for row in world.outside.tables["boat"]] == ["Boat 1", "Ours"]
