"""Operators in the studio: they see how every map goes, steer it, and mend rows that one side would not take."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors import checkpoint as checkpoints
from connectors.home import utc_now
from connectors.lease import release_lease, take_lease
from connectors.station import lease_of
from connectors.tables import conflict
from metadata.model import AttributeMap, Connection, SyncAlert, Text
from runtime.access import Principal
from runtime.database import writing
from runtime.records.hooks import Listeners
from runtime.records.tables import AUDIT
from runtime.records.write import update
from runtime.sync.alerting import Watch
from runtime.sync.listener import keep_outbox
from support.harbour import World, boat_row, harbour_row, harbours
from support.marina_site import Marina
from support.quay import open_quay, turned, two_way_boats
from support.studio import Maker, words

Quay = tuple[Marina, World, Maker]


@pytest.fixture
def quay(database_url: str, tmp_path: Path) -> Iterator[Quay]:
    """Boats of which one is there, one has an unknown state, one a price that is none, and one waits for its harbour."""
    with open_quay(database_url, tmp_path) as (site, world):
        world.put("harbour", harbour_row("GOT"))
        world.put("boat", *(row(number) for number in (1, 5)), row(2, state="?"), row(3, price="dear"), row(4, harbour="STO"))
        turned(world)
        yield site, world, Maker.of(site, "erin")


def row(number: int, seq: int = 1, **more: object) -> dict[str, object]:
    return boat_row(number, seq, **{"berth": "A1", **more})


def post(erin: Maker, path: str, **fields: str):
    token = erin.form(path.partition("?")[0] if "?" not in path else path, "csrf_token")
    return erin.browser.client.post(
        f"/studio/{path}", data={"csrf_token": dict(token.fields)["csrf_token"], **fields}, follow_redirects=False
    )


def renamed(world: World, number: int, **values: object) -> None:
    """A change of ours that goes out."""
    ((record, version),) = [one[1:] for one in world.rows("boat", "number", "id", "version") if one[0] == number]
    with world.now() as connection:
        person, listeners = Principal.system("portal"), Listeners((keep_outbox,))
        update(connection, world.snapshot, person, "boat", record, version, values, listeners=listeners)


def test_only_who_operates_enters_and_the_overview_tells_how_each_map_goes(quay: Quay) -> None:
    site, world, erin = quay
    for name in ("carol", "bob"):
        assert Maker.of(site, name).get("sync").status_code == 403
    assert erin.get("publish").status_code == 200
    assert erin.get("kind/table_map").status_code == 403
    answer = erin.get("sync")
    said = words(answer)
    for part in (
        "boats",
        "harbours",
        "Running",
        "1 Waits for another row",
        "1 Value of another type",
        "1 Not in the value map",
        "5 rows",
    ):
        assert part in said, part
    with world.now() as connection:
        checkpoints.fail(connection, "boats", "gap: the log was cut", utc_now(), None)
    assert "Gap" in words(erin.get("sync"))
    page = words(erin.get("sync/map/boats"))
    assert "gap: the log was cut" in page
    assert "Read again" in page
    with site.counting() as before:
        erin.get("sync")
    few = len(before)
    world.put("boat", *(row(number, state="??") for number in range(10, 40)))
    turned(world)
    with site.counting() as after:
        assert "31 Not in the value map" in words(erin.get("sync"))
    assert len(after) <= few, "no row adds a statement"


def test_maps_are_called_by_their_label_in_the_language_of_who_looks(database_url: str, tmp_path: Path) -> None:
    named = replace(two_way_boats(), label=Text.of({"en": "Boats of the marina", "sv": "Marinans båtar"}))
    with open_quay(database_url, tmp_path, named) as (site, world):
        world.put("harbour", harbour_row("GOT"))
        world.put("boat", row(1), row(2, state="?"))
        turned(world)
        erin = Maker.of(site, "erin")
        for page in ("sync", "sync/map/boats", "sync/map/boats/rows", "sync/map/boats/conflicts", "sync/map/boats/plan"):
            assert "Boats of the marina" in words(erin.get(page)), page
        assert "boats" in words(erin.get("sync/map/boats")), "commands take the key"
        assert post(erin, "sync/map/boats", do="pause").status_code == 303
        assert "Boats of the marina" in words(erin.get("sync"))


def test_a_map_is_paused_resumed_run_loaded_and_read_again_and_the_trail_says_by_whom(quay: Quay) -> None:
    site, world, erin = quay
    assert post(erin, "sync/map/boats", do="pause").status_code == 303
    page = words(erin.get("sync/map/boats"))
    assert "Paused by Erin" in page
    world.put("boat", row(1, seq=2, name="Later"))
    turned(world)
    assert ("Later",) not in world.rows("boat", "name")
    assert post(erin, "sync/map/boats", do="resume").status_code == 303
    assert post(erin, "sync/map/boats", do="run").status_code == 303
    turned(world)
    assert ("Later",) in world.rows("boat", "name")
    assert "1 changed" in words(erin.get("sync/map/boats"))
    assert post(erin, "sync/map/boats", do="load").status_code == 303
    assert not world.checkpoint().loaded
    turned(world)
    assert world.checkpoint().loaded
    assert post(erin, "sync/map/boats", do="read").status_code == 303
    refused = post(erin, "sync/map/boats", do="read", column="no", low="1", high="2")
    assert refused.status_code == 422
    assert "range" in words(refused)
    assert post(erin, "sync/map/boats", do="nothing").status_code == 400
    with site.engine.connect() as connection:
        chosen = sa.select(AUDIT.c.changes).where(AUDIT.c.privilege == "operate", AUDIT.c.contact == site.people["erin"])
        done = " ".join(connection.scalars(chosen))
    for act in ("pause", "resume", "run", "load", "read"):
        assert f'"did": "{act}"' in done


def test_the_second_pass_of_a_load_belongs_to_its_progress(quay: Quay) -> None:
    _, world, erin = quay
    world.put("boat", *(row(number, tender_of=number % 20 + 100) for number in range(100, 120)))
    assert post(erin, "sync/map/boats", do="load").status_code == 303
    station = world.station()
    station.interrupted = lambda: world.checkpoint().loaded
    station.turn()
    station.close()
    for place in ("sync", "sync/map/boats"):
        page = words(erin.get(place))
        assert "0 of 25 rows · second pass: references between rows" in page
    turned(world)
    page = words(erin.get("sync/map/boats"))
    assert "second pass" not in page
    assert "First load" not in page


def test_a_refused_row_is_shown_with_its_place_mended_and_tried_again(quay: Quay) -> None:
    _, world, erin = quay
    listed = words(erin.get("sync/map/boats/rows?way=in&code=type"))
    assert "price" in listed
    assert "Not in the value map" in listed
    assert "value_map" not in listed, "classes are told in words"
    assert "STO" not in listed
    page = erin.get("sync/row?name=boats/3")
    assert 'aria-invalid="true"' in page.text
    form = erin.form_in(page, "v.price")
    assert dict(form.fields)["v.price"] == "dear"
    wrong = erin.send("sync/row", form, ("do", "replay"), v__price="cheap")
    assert wrong.status_code == 422
    assert "still not taken" in words(wrong)
    stale = erin.send("sync/row", form, ("do", "save"), v__price="1")
    assert stale.status_code == 409
    taken = erin.send(
        "sync/row", erin.form_in(erin.get("sync/row?name=boats/3"), "v.price"), ("do", "replay"), v__price="12.50"
    )
    assert taken.status_code == 303
    assert (3,) in world.rows("boat", "number")
    assert erin.get("sync/row?name=boats/3").status_code == 404
    assert Maker.of(quay[0], "bob").get("sync/row?name=boats/2").status_code == 403


def test_a_row_whose_key_is_mended_is_taken_under_it_and_refused_no_longer(quay: Quay) -> None:
    _, world, erin = quay
    form = erin.form_in(erin.get("sync/row?name=boats/3"), "v.price")
    (number,) = (name for name, value in form.fields if name.startswith("v.") and value == "3")
    answer = erin.send("sync/row", form, ("do", "replay"), **{number: "33", "v.price": "12.50"})
    assert answer.status_code == 303, words(answer)
    assert (33,) in world.rows("boat", "number")
    assert (3,) not in world.rows("boat", "number")
    assert "type" not in {item.code for item in world.rejects()}
    assert erin.get("sync/row?name=boats/3").status_code == 404


def test_a_class_of_rows_is_tried_again_or_given_up_together(quay: Quay) -> None:
    _, world, erin = quay
    path = "sync/map/boats/rows"
    world.put("boat", row(6, state="?"), row(7, state="?"))
    turned(world)
    unsure = post(erin, path, do="discard", way="in", code="value_map")
    assert unsure.status_code == 422
    assert len(world.rejects()) == 5
    assert post(erin, path, do="discard", way="in", code="value_map", sure="yes").status_code == 303
    assert sorted(item.code for item in world.rejects()) == ["lookup", "type"]
    world.put("harbour", harbour_row("STO", seq=2))
    turned(world)
    assert post(erin, path, do="retry", way="in", code="lookup").status_code == 303
    assert (4,) in world.rows("boat", "number")
    assert [item.code for item in world.rejects()] == ["type"]


def test_a_change_of_ours_that_is_refused_outside_is_found_mended_and_sent(quay: Quay) -> None:
    _, world, erin = quay
    world.outside.tables["boat"][:] = [one for one in world.outside.tables["boat"] if one["no"] != 5]
    renamed(world, 5, name="Renamed")
    turned(world)
    assert "1 row" in words(erin.get("sync"))
    page = erin.get("sync/map/boats/rows?way=out")
    name = page.text.partition("sync/row?name=")[2].partition('"')[0]
    form = erin.form_in(erin.get(f"sync/row?name={name}"), "v.name")
    assert dict(form.fields)["v.name"] == "Renamed"
    world.put("boat", row(5, seq=0))
    assert erin.send("sync/row", form, ("do", "replay"), v__name="Mended").status_code == 303
    turned(world)
    assert [one["name"] for one in world.outside.tables["boat"] if one["no"] == 5] == ["Mended"]


def test_a_conflict_shows_both_values_and_is_decided(quay: Quay) -> None:
    _, world, erin = quay
    renamed(world, 1, berth="OURS")
    world.put("boat", row(1, seq=2, berth="THEIRS"))
    turned(world)
    page = erin.get("sync/map/boats/conflicts")
    said = words(page)
    assert "Boat 1" in said
    assert "OURS" in said
    assert "THEIRS" in said
    form = erin.form_in(page, "number")
    assert erin.send("sync/map/boats/conflicts", form, ("side", "outside")).status_code == 303
    assert ("THEIRS",) in world.rows("boat", "berth")
    assert erin.send("sync/map/boats/conflicts", form, ("side", "outside")).status_code == 409
    assert "The outside's" in words(erin.get("sync/map/boats/conflicts"))


def test_numbers_to_which_both_sides_have_added_show_the_sum_and_what_it_came_from(quay: Quay) -> None:
    _, world, erin = quay
    with writing(world.engine).begin() as connection:
        about = {"map": "boats", "entity": "boat", "attribute": "name", "owed": 0, "at": utc_now()}
        ids = [row[0] for row in world.rows("boat", "id")]
        told = [("both", "112"), ("", "1120")]
        for record, (winner, total) in zip(ids, told, strict=False):
            values = {"record_id": record, "ours": "105", "theirs": "107", "base": "100", "total": total, "winner": winner}
            connection.execute(sa.insert(conflict).values(**about, **values))
    said = words(erin.get("sync/map/boats/conflicts"))
    assert "Both: 112" in said
    assert said.count("From 100") == 2
    assert "From 100 both come to 1120, which does not fit." in said


def test_a_number_to_which_both_sides_add_is_not_typed_over(database_url: str, tmp_path: Path) -> None:
    summed = AttributeMap(attribute="price", column="price", direction="both", conflict="additive")
    attributes = (*(item for item in two_way_boats().attributes if item.attribute != "price"), summed)
    boats = replace(two_way_boats(), attributes=attributes, receipt_column="external_id")
    with open_quay(database_url, tmp_path, boats) as (site, world):
        world.put("harbour", harbour_row("GOT"))
        world.put("boat", row(1))
        turned(world)
        erin = Maker.of(site, "erin")
        world.outside.tables["boat"].clear()
        renamed(world, 1, name="Renamed", price=Decimal("1300.00"))
        turned(world)
        page = erin.get("sync/map/boats/rows?way=out")
        name = page.text.partition("sync/row?name=")[2].partition('"')[0]
        shown = erin.get(f"sync/row?name={name}")
        assert "Both sides add to this number." in words(shown)
        form = erin.form_in(shown, "v.name")
        assert erin.send("sync/row", form, ("do", "save"), v__price="1").status_code == 422
        assert erin.send("sync/row", form, ("do", "save"), v__name="Mended").status_code == 200


def test_a_plan_shows_rows_before_and_after_and_writes_nothing(quay: Quay) -> None:
    _, world, erin = quay
    world.put("boat", row(1, seq=2, name="Renamed"), row(8, seq=2))
    said = words(erin.get("sync/map/boats/plan"))
    assert "Boat 1" in said
    assert "Renamed" in said
    assert ("Renamed",) not in world.rows("boat", "name")
    assert "New 1" in said.replace("  ", " ")
    world.outside.down = True
    assert "is down" in words(erin.get("sync/map/boats/plan"))


def test_a_batch_is_undone_or_what_stands_in_the_way_is_told(quay: Quay) -> None:
    _, world, erin = quay
    world.put("boat", row(1, seq=2, name="Wrong"))
    turned(world)
    form = erin.form("sync/map/boats", "batch")
    assert ("Wrong",) in world.rows("boat", "name")
    renamed(world, 1, name="Ours")
    obstacle = erin.send("sync/map/boats", form, ("do", "revert"))
    assert obstacle.status_code == 409
    assert "changed since" in words(obstacle)


def test_an_inactive_connection_is_named_and_has_no_pages(database_url: str, tmp_path: Path) -> None:
    off = Connection(key="outside", connector="memory", settings=(("name", str(tmp_path)),), active=False)
    with open_quay(database_url, tmp_path, off) as (site, _):
        erin = Maker.of(site, "erin")
        assert "Not active: harbours, boats" in words(erin.get("sync"))
        assert erin.get("sync/map/boats").status_code == 404


def test_an_alert_is_shown_and_taken_notice_of(database_url: str, tmp_path: Path) -> None:
    rule = SyncAlert(key="any", site="marina", label=Text.of("Too many"), when="errors", pause=True)
    with open_quay(database_url, tmp_path, rule) as (site, world):
        world.put("harbour", harbour_row("GOT"))
        world.put("boat", row(1, state="?"))
        turned(world)
        erin = Maker.of(site, "erin")
        assert "No alert has fired" in words(erin.get("sync/alerts"))
        Watch(site.engine, lambda: site.snapshot, "").look(utc_now())
        for path in ("sync", "sync/map/boats", "sync/alerts"):
            assert "1 error within 15 minutes" in words(erin.get(path)), path
        assert "Paused by alert any" in words(erin.get("sync/map/boats"))
        form = erin.form("sync/alerts", "alert")
        assert erin.send("sync/alerts", form).status_code == 303
        assert "Seen by Erin" in words(erin.get("sync/alerts"))
        assert erin.send("sync/alerts", form).status_code == 409
        assert Maker.of(site, "carol").get("sync/alerts").status_code == 403


def test_a_group_is_shown_paused_and_resumed_as_one(sqlite_url: str, tmp_path: Path) -> None:
    outside = Connection(key="outside", connector="sql", settings=(("url", "sqlite:///nowhere.db"),))
    grouped = {"change_column": "", "tracking": "triggers", "group": "papers"}
    with open_quay(sqlite_url, tmp_path, outside, harbours(**grouped), two_way_boats(**grouped)) as (site, world):
        erin = Maker.of(site, "erin")
        for page in ("sync", "sync/map/harbours"):
            assert "Group papers: " in words(erin.get(page))
        assert post(erin, "sync/map/boats", do="pause").status_code == 303
        assert "Group papers: harbours, boats Paused by Erin" in words(erin.get("sync/map/boats"))
        assert world.checkpoint("harbours").paused_by == world.checkpoint("boats").paused_by != ""
        assert post(erin, "sync/map/harbours", do="resume").status_code == 303
        assert (world.checkpoint("harbours").paused_at, world.checkpoint("boats").paused_at) == (None, None)
        with world.now() as connection:
            checkpoints.fail(connection, "boats", "gap: the triggers were gone", utc_now(), None)
        page = words(erin.get("sync/map/harbours"))
        assert "waits for boats, which is in the same group: gap: the triggers were gone" in page


def test_a_run_that_no_worker_would_do_says_so_and_how_one_is_started(quay: Quay) -> None:
    _, world, erin = quay
    assert post(erin, "sync/map/boats", do="run").status_code == 303
    page = erin.get("sync").text
    assert "boats is asked for, but no worker looks after" in page
    assert "Nothing is fetched or sent until one is started: foyer worker" in page
    assert "no worker looks after" in words(erin.get("sync/map/boats")).lower()
    with world.now() as connection:
        lease = take_lease(connection, lease_of(world.snapshot.table_maps["boats"].connection), 60)
    assert lease is not None
    assert post(erin, "sync/map/boats", do="run").status_code == 303
    page = erin.get("sync").text
    assert "The worker runs boats as soon as it can." in page
    assert "no worker" not in page.lower()
    with world.now() as connection:
        release_lease(connection, lease)
    assert "no worker looks after" in words(erin.get("sync")).lower()
