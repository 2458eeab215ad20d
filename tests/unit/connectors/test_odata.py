"""A service over OData: what it says of itself, what goes wrong with it, and that nobody reads its secret."""

import datetime as dt
import json
import logging
from decimal import Decimal

import pytest

from connectors.errors import Fatal, RecordRejected, Retriable
from connectors.odata import values
from connectors.odata.adapter import ODataAdapter
from connectors.odata.asking import Asking
from connectors.odata.client import Client
from connectors.odata.description import Description
from connectors.odata.settings import Settings, read
from connectors.protocol import Change
from connectors.sample_erp.odata.batch import Reply
from connectors.tablemap import compiled_map
from metadata.model import AttributeMap
from support.harbour import boats, harbours, snapshot_of
from support.odata import BOAT, HARBOUR, SECRET, odata_outside

DELTA = {"change_column": "", "delta": True}


def the_map(**more):
    return compiled_map(snapshot_of(harbours(**more)), "harbours")


def row(code, seq=1, **more):
    return {"code": code, "name": "A", "depth": 4.5, "seq": seq, **more}


@pytest.fixture
def outside(tmp_path):
    with odata_outside(tmp_path / "erp.db") as found:
        yield found


@pytest.fixture
def adapter(outside):
    found = outside.adapter(timeout="2")
    yield found
    found.close()


def drained(adapter, table_map, cursor=None):
    records, gone, more = [], [], True
    while more:
        batch = adapter.pull(table_map, cursor, 3)
        records, gone = [*records, *batch.records], [*gone, *batch.gone]
        cursor, more = batch.cursor, batch.more
    return records, gone, cursor


# Its address


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"url": ""}, "no setting url"),
        ({"url": "erp.example.com/data"}, "not an address such as"),
        ({"url": "http://erp.example.com/data"}, "must begin with https"),
        ({"token_url": "http://login.example.com/token"}, "must begin with https"),
        ({"client_secret": ""}, "client_secret is missing"),
        ({"pagging": "key"}, "no setting pagging for odata; did you mean paging"),
        ({"paging": "skip"}, "paging is link or key"),
        ({"timeout": "soon"}, "timeout is a number"),
        ({"empty_date": "1900"}, "empty_date is a date"),
        ({"ca_file": "/nowhere.pem"}, "no ca_file"),
    ],
)
def test_settings_that_cannot_work_are_fatal_and_say_what_to_do(more, words):
    given = {"url": "https://erp.example.com/data", "token_url": "https://login.example.com/t", "client_id": "portal"}
    with pytest.raises(Fatal, match=words):
        ODataAdapter("erp", {**given, "client_secret": SECRET, **more})


def test_a_secret_is_in_no_text_that_is_made_of_settings():
    given = {"url": "https://erp.example.com/data", "token_url": "https://login.example.com/t", "client_id": "portal"}
    assert SECRET not in repr(read("erp", {**given, "client_secret": SECRET}))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"table": "harbor"}, "no entity set harbor; did you mean harbour"),
        ({"change_column": "sec"}, "no property sec; did you mean seq"),
        ({"filter": (("cod", 1),)}, "no property cod; did you mean code"),
        ({"filter": (("seq", "high"),)}, "the filter on seq: 'high' is not of type Edm.Int32"),
    ],
)
def test_a_wrong_name_is_answered_with_what_may_be_meant(adapter, more, words):
    with pytest.raises(Fatal, match=words):
        adapter.pull(the_map(**more), None, 10)


# What goes wrong


def test_a_service_that_is_down_is_waited_for_and_a_cut_connection_is_tried_again(outside, adapter):
    outside.put(HARBOUR, row("H1"))
    outside.fault("down", times=1, asks="read")
    assert len(drained(adapter, the_map())[0]) == 1
    outside.fault("down")
    with pytest.raises(Retriable, match="outside does not answer: the connection was cut"):
        drained(adapter, the_map())
    nobody = ODataAdapter("erp", {"url": "http://127.0.0.1:1/data"})
    with pytest.raises(Retriable, match="erp does not answer: nobody listens"):
        nobody.pull(the_map(), None, 10)
    nobody.close()


def test_a_service_that_is_slow_is_given_up_in_time(outside):
    hasty = outside.adapter(timeout="0.2")
    outside.fault("slow", seconds=30, times=1, asks="read")
    with pytest.raises(Retriable, match="nothing came"):
        hasty.pull(the_map(), None, 10)
    hasty.close()


def test_a_busy_service_is_left_alone_by_everybody_for_as_long_as_it_asks(outside):
    now = [100.0]
    adapter = ODataAdapter("outside", outside.settings(), clock=lambda: now[0])
    outside.put(HARBOUR, row("H1"))
    outside.fault("throttle", seconds=7, times=1, asks="read")
    with pytest.raises(Retriable, match=r"busy \(429\): Too many requests") as told:
        adapter.pull(the_map(), None, 10)
    assert told.value.after == 7
    now[0] += 4
    with pytest.raises(Retriable, match="left alone for 3 s more") as told:
        adapter.find(the_map(), "code", "H1")
    assert told.value.after == 3
    now[0] += 4
    assert [found["code"] for found in adapter.find(the_map(), "code", "H1")] == ["H1"]
    adapter.close()


def test_nonsense_is_not_nothing(outside, adapter):
    outside.put(HARBOUR, row("H1"))
    drained(adapter, the_map())
    outside.fault("nonsense", asks="read")
    for ask in (lambda: adapter.pull(the_map(), None, 10), lambda: list(adapter.keys(the_map()))):
        with pytest.raises(Fatal, match="text/html that is no JSON"):
            ask()
    with pytest.raises(Retriable, match="text/html that is no JSON"):
        adapter.find(the_map(), "code", "H1")
    outside.service.faults.clear()
    outside.fault("nonsense", asks="write")
    with pytest.raises(Retriable, match="neither yes nor no"):
        adapter.push(Change(the_map(), "insert", {"code": "H2"}, {"name": "B"}), "k1")
    assert len(outside.rows(HARBOUR)) == 1


def test_a_token_that_is_taken_back_is_asked_for_anew_and_wrong_ones_are_told_without_the_secret(outside, adapter, caplog):
    caplog.set_level(logging.DEBUG)
    outside.put(HARBOUR, row("H1"))
    drained(adapter, the_map())
    outside.fault("revoke")
    assert len(drained(adapter, the_map())[0]) == 1
    stranger = outside.adapter(client_secret=f"{SECRET}x")
    with pytest.raises(Retriable, match=r"client_id and client_secret \(invalid_client\)") as told:
        stranger.pull(the_map(), None, 10)
    outside.fault("throttle", asks="token", times=1, seconds=2)
    with pytest.raises(Retriable, match="no token now") as later:
        stranger.pull(the_map(), None, 10)
    assert later.value.after == 2
    nobody = ODataAdapter("erp", {**outside.settings(), "token_url": "http://127.0.0.1:1/token"})
    with pytest.raises(Retriable) as gone:
        nobody.pull(the_map(), None, 10)
    texts = [caplog.text, *(str(fault.value) + repr(fault.value.__cause__) for fault in (told, later, gone))]
    assert not [text for text in texts if SECRET in text]
    stranger.close()
    nobody.close()


def test_links_to_other_addresses_are_not_followed(outside):
    client = Client("erp", Settings(f"{outside.address}/data/"))
    for link in ("http://elsewhere.example/data/harbour", f"{outside.address}0/data/x", f"{outside.address}/other"):
        with pytest.raises(Fatal, match="it is not followed"):
            client.get(link)
    client.close()


# Changes by delta links


def test_deltas_tell_changes_deletions_and_rows_that_leave_the_filter(outside, adapter):
    table_map = the_map(**DELTA, filter=(("name", ["A", "B"]),))
    outside.put(HARBOUR, *(row(f"H{at}") for at in range(9)), row("X", name="C"))
    records, _, cursor = drained(adapter, table_map)
    assert [record["code"] for record in records] == [f"H{at}" for at in range(9)]
    outside.remove(HARBOUR, "H3")
    outside.put(HARBOUR, row("H4", name="B"), row("H5", name="C"), *(row(f"J{at}") for at in range(6)))
    outside.put(HARBOUR, row("it's (1,2)/3"))
    outside.remove(HARBOUR, "it's (1,2)/3")
    records, gone, cursor = drained(adapter, table_map, cursor)
    assert {record["code"]: record["name"] for record in records} == {"H4": "B"} | {f"J{at}": "A" for at in range(6)}
    assert set(gone) == {("H3",), ("H5",), ("it's (1,2)/3",)}
    assert drained(adapter, table_map, cursor)[:2] == ([], [])


def test_a_delta_link_that_is_forgotten_has_all_rows_read_again_and_says_so(outside, adapter, caplog):
    outside.put(HARBOUR, row("H1"))
    _, _, cursor = drained(adapter, the_map(**DELTA))
    outside.put(HARBOUR, row("H2"))
    outside.fault("forget")
    records, _, cursor = drained(adapter, the_map(**DELTA), cursor)
    assert [record["code"] for record in records] == ["H1", "H2"]
    assert "all rows are read again" in caplog.text
    outside.put(HARBOUR, row("H3"))
    assert [record["code"] for record in drained(adapter, the_map(**DELTA), cursor)[0]] == ["H3"]


def test_a_set_whose_changes_are_not_tracked_is_fatal(outside, adapter, monkeypatch):
    outside.put(HARBOUR, row("H1"))
    monkeypatch.setattr("connectors.sample_erp.odata.reading._delta_link", lambda ask, seq: None)
    with pytest.raises(Fatal, match="does not track changes of harbour; switch it on there, or name a change_column"):
        drained(adapter, the_map(**DELTA))


def test_more_rows_of_one_change_value_than_are_remembered_are_all_seen(outside, adapter, monkeypatch):
    monkeypatch.setattr("connectors.odata.coming.TIES", 5)
    outside.put(HARBOUR, row("A", seq=0))
    _, _, cursor = drained(adapter, the_map())
    outside.put(HARBOUR, *(row(f"H{at:02}") for at in range(17)))
    records, _, cursor = drained(adapter, the_map(), cursor)
    assert [record["code"] for record in records if record["code"] != "A"] == [f"H{at:02}" for at in range(17)]
    outside.put(HARBOUR, row("Z", seq=2))
    assert "Z" in [record["code"] for record in drained(adapter, the_map(), cursor)[0]]


# Writing


def test_nobody_writes_over_a_version_that_he_has_not_met(outside, adapter):
    table_map = the_map()
    outside.put(HARBOUR, row("H1"))
    (met,) = adapter.find(table_map, "code", "H1")
    outside.put(HARBOUR, row("H1", name="Theirs"))
    with pytest.raises(Retriable, match="newer version"):
        adapter.push(Change(table_map, "update", {"code": "H1"}, {"name": "Ours"}, met=met), "k1")
    assert outside.rows(HARBOUR)[0]["name"] == "Theirs"
    (met,) = adapter.find(table_map, "code", "H1")
    adapter.push(Change(table_map, "update", {"code": "H1"}, {"name": "Ours"}, met=met), "k1")
    adapter.push(Change(table_map, "update", {"code": "H1"}, {"depth": Decimal("7.25")}), "k2")
    assert (outside.rows(HARBOUR)[0]["name"], outside.rows(HARBOUR)[0]["depth"]) == ("Ours", 7.25)


def test_a_lost_answer_leaves_the_row_and_a_second_try_says_that_it_is_there(outside, adapter):
    insert = Change(the_map(), "insert", {"code": "H1"}, {"name": "A", "depth": Decimal("4.5"), "seq": 1})
    adapter.find(the_map(), "code", "H1")
    outside.fault("lost", asks="write", times=1)
    with pytest.raises(Retriable, match="the connection was cut"):
        adapter.push(insert, "k1")
    with pytest.raises(RecordRejected, match=r"refuses the row .*UNIQUE"):
        adapter.push(insert, "k1")
    assert [found["code"] for found in adapter.find(the_map(), "code", "H1")] == ["H1"]


def test_what_the_service_refuses_is_told_in_its_words_also_of_a_change_set(outside, adapter):
    snapshot = snapshot_of(harbours(), boats())
    parent, child = compiled_map(snapshot, "harbours"), compiled_map(snapshot, "boats")
    outside.put(BOAT, {"no": 2, "name": "There"})
    children = tuple(Change(child, "insert", {"no": no}, {"name": f"Boat {no}"}) for no in (1, 2))
    letter = Change(parent, "insert", {"code": "H1"}, {"name": "Name with ' and \" and å"}, children)
    with pytest.raises(RecordRejected, match="UNIQUE"):
        adapter.push(letter, "k1")
    assert (outside.rows(HARBOUR), len(outside.rows(BOAT))) == ([], 1)
    outside.remove(BOAT, 2)
    outside.fault("refuse", times=1)
    with pytest.raises(RecordRejected, match="takes no rows today"):
        adapter.push(letter, "k1")
    outside.fault("lost", asks="write", times=1)
    with pytest.raises(Retriable):
        adapter.push(letter, "k1")
    assert (outside.rows(HARBOUR)[0]["name"], len(outside.rows(BOAT))) == ("Name with ' and \" and å", 2)


def test_a_value_that_the_outside_type_has_not_is_rejected_before_it_is_sent(adapter):
    with pytest.raises(RecordRejected, match=r"'deep' is not of type Edm\.Decimal"):
        adapter.push(Change(the_map(), "insert", {"code": "H1"}, {"depth": "deep"}), "k1")
    assert adapter.find(the_map(), "seq", "none") == []


# Rows that are pointed at


POINTING = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="name", column="name"),
    AttributeMap(attribute="harbour", column="home/code", lookup_key=("code",), direction="both"),
    AttributeMap(attribute="berth", column="home/name", direction="out"),
)


def pointing(attributes=POINTING, **more):
    return compiled_map(snapshot_of(harbours(), boats(attributes=attributes, **more)), "boats")


@pytest.mark.parametrize("more", [{}, DELTA, {"change_column": ""}], ids=["change column", "delta", "all"])
def test_what_rows_point_at_is_read_by_path_and_filtered_by_it(outside, adapter, more):
    table_map = pointing(**more, filter=(("home/name", ["Göteborg", None]),))
    outside.put(HARBOUR, row("GOT", name="Göteborg"), row("STO", name="Stockholm"))
    homes = ["GOT", "STO", None, "GOT", "GOT", None, "STO", "GOT"]
    boats_there = [{"no": no, "name": f"Boat {no}", "seq": no, "home_code": home} for no, home in enumerate(homes, 1)]
    outside.put(BOAT, *boats_there)
    records, _, cursor = drained(adapter, table_map)
    assert [(found["no"], found["home/code"]) for found in records] == [
        (no, home) for no, home in enumerate(homes, 1) if home != "STO"
    ]
    outside.put(BOAT, {**boats_there[1], "home_code": "GOT", "seq": 9})
    assert (2, "GOT") in [(found["no"], found["home/code"]) for found in drained(adapter, table_map, cursor)[0]]
    assert sorted(adapter.keys(table_map)) == [(no,) for no in (1, 2, 3, 4, 5, 6, 8)]


def test_what_a_row_points_at_is_bound_by_whichever_key_the_map_names(outside, adapter):
    outside.put(HARBOUR, row("GOT", name="Göteborg"), row("A/1", name="It's (here)"))
    outside.put(BOAT, {"no": 1, "name": "One"})

    def home():
        return outside.rows(BOAT)[0]["home_code"]

    for given, wanted in (
        ({"home/code": "GOT"}, "GOT"),
        ({"home/name": "It's (here)"}, "A/1"),
        ({"home/code": "A/1"}, "A/1"),
        ({"home/code": None}, None),
    ):
        adapter.push(Change(pointing(), "update", {"no": 1}, given), "k1")
        assert home() == wanted
    with pytest.raises(RecordRejected, match="names 0 rows"):
        adapter.push(Change(pointing(), "update", {"no": 1}, {"home/code": "NONE"}), "k2")
    adapter.push(Change(pointing(), "insert", {"no": 2}, {"name": "Two", "home/code": "GOT"}), "k3")
    ((found, *_),) = [adapter.find(pointing(), "home/code", "GOT")]
    assert (found["no"], found["home/name"]) == (2, "Göteborg")


@pytest.mark.parametrize(
    ("column", "words"), [("home/kode", "no property home/kode; did you mean home/code"), ("hom/code", "no property hom/code")]
)
def test_a_path_that_leads_nowhere_is_answered_with_what_may_be_meant(adapter, column, words):
    wrong = (*POINTING[:2], AttributeMap(attribute="harbour", column=column, lookup_key=("code",)))
    with pytest.raises(Fatal, match=words):
        adapter.pull(pointing(wrong), None, 10)


# What other services answer


def answering(outside, monkeypatch, reply, method="GET"):
    """Have the service answer the requests of a method so, once it has told what it is."""
    asked, real = [], outside.service.answer

    def answer(request):
        if request.method != method or request.path in ("/token", "/data/", "/data/$metadata"):
            return real(request)
        asked.append(request)
        return reply

    monkeypatch.setattr(outside.service, "answer", answer)
    return asked


def refusal(status, message, inner="", **more):
    error = {"code": "", "message": message, **({"innererror": {"message": inner}} if inner else {})}
    return Reply(status, json.dumps({"error": error}).encode(), **more)


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (refusal(500, "An error has occurred.", "Write failed for a row. Infolog: Group must be filled in."),
         RecordRejected, "An error has occurred. Write failed .* Group must be filled in"),
        (refusal(500, "An error has occurred."), Retriable, "cannot take it now"),
        (refusal(412, "A record with matching key values already exists."), RecordRejected, "matching key values"),
        (refusal(403, "The user lacks the privilege to create."), Fatal, "the right: The user lacks the privilege"),
        (refusal(401, "Expired."), Retriable, "refuses the connection's credentials: Expired"),
        (Reply(302, headers=(("Location", "https://elsewhere.example"),)), Fatal, "from another address"),
        (Reply(503, b"<html>", "text/html", (("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"),)), Retriable, "busy"),
        (Reply(201, b"<html>", "text/html"), Retriable, "neither yes nor no"),
    ],
)  # fmt: skip
def test_what_an_answer_to_a_write_means_is_told_apart(outside, adapter, monkeypatch, reply, kind, words):
    answering(outside, monkeypatch, reply, "POST")
    with pytest.raises(kind, match=words):
        adapter.push(Change(the_map(), "insert", {"code": "H1"}, {"name": "A"}), "k1")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"value": [], "@odata.nextLink": "https://elsewhere.example/data/harbour"}, "not below the connection's url"),
        ({"value": [{"code": "H1", "name": "A", "depth": 1}]}, "answers without the property 'seq'"),
        ({"value": "none"}, "JSON that is no OData 4"),
        ({"value": ["H1"]}, "something else than rows"),
        ([], "JSON that is no OData 4"),
    ],
)
def test_an_answer_that_is_not_what_was_asked_for_stops_the_map(outside, adapter, monkeypatch, document, words):
    answering(outside, monkeypatch, Reply(200, json.dumps(document).encode()))
    with pytest.raises(Fatal, match=words):
        drained(adapter, the_map())


def test_dataverse_says_in_its_own_words_that_it_has_not_counted_and_that_a_delta_has_expired(outside, adapter, monkeypatch):
    outside.put(HARBOUR, *(row(f"H{at}") for at in range(6)))
    assert adapter.pull(the_map(), None, 3).total == 6
    _, _, cursor = drained(adapter, the_map(**DELTA))
    with monkeypatch.context() as patched:
        document = {"@odata.count": 5000, "@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded": True, "value": []}
        asked = answering(outside, patched, Reply(200, json.dumps(document).encode()))
        assert adapter.pull(the_map(), None, 3).total is None
        assert "totalrecordcountlimitexceeded" in asked[0].headers["prefer"]
    real = outside.service.answer
    expired = refusal(400, "Version stamp associated with the client has expired (0x80044352). Perform a full sync.")
    monkeypatch.setattr(
        outside.service, "answer", lambda request: expired if "deltatoken" in request.address else real(request)
    )
    assert len(drained(adapter, the_map(**DELTA), cursor)[0]) == 6


# What other services say of themselves


LARGE = b"""<?xml version="1.0"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="Yard.Model" Alias="y" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EnumType Name="State"><Member Name="Afloat"/></EnumType>
<EntityType Name="base"><Key><PropertyRef Name="area"/><PropertyRef Name="code"/></Key>
<Property Name="area" Type="Edm.String"/><Property Name="code" Type="Edm.String"/></EntityType>
<EntityType Name="berth" BaseType="y.base"><Property Name="name" Type="y.State"/><Property Name="depth" Type="Edm.Decimal"/>
<Property Name="seq" Type="Edm.DateTimeOffset"/><NavigationProperty Name="boats" Type="Collection(y.boat)"/></EntityType>
<EntityContainer Name="C"><EntitySet Name="harbour" EntityType="Yard.Model.berth"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"""


def asking(**more):
    given = {"filter": (("name", "Afloat"),), **more}
    settings = Settings("https://yard.example/data/", query="cross-company=true", empty_date=dt.date(1900, 1, 1))
    return Asking(the_map(**given), Description("yard", LARGE).entity_set(the_map(**given)), settings)


def test_keys_of_several_parts_enumerations_and_inherited_types_are_understood():
    found = asking()
    assert found.set.key == ("area", "code")
    assert found.one({"area": "se", "code": "A/1 ö"}) == "harbour(area='se',code='A%2F1%20%C3%B6')?cross-company=true"
    assert "$filter=name%20eq%20Yard.Model.State'Afloat'" in found.rows()
    since = found.changed_after(dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC), ["se", "B"], 5)
    assert "seq%20gt%202026-01-02T03:00:00Z%20or%20(seq%20eq%202026-01-02T03:00:00Z%20and%20(area%20gt%20'se'" in since
    assert since.endswith("$orderby=seq,area,code&$top=5&cross-company=true")


def test_a_date_that_stands_for_none_is_none_and_finer_moments_than_ours_are_cut():
    record = asking().record({"code": "A", "seq": "1900-01-01T12:00:00Z", "depth": "12.3400000001", "@odata.etag": "W/1"})
    assert record == {"code": "A", "seq": None, "depth": Decimal("12.3400000001"), "@odata.etag": "W/1"}
    assert asking().record({"seq": "2026-01-02T03:04:05.1234567+01:00"})["seq"].microsecond == 123456


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"<html>", "is no XML"),
        (LARGE.replace(b'Version="4.0"', b'Version="1.0"'), "speaks OData 1.0; version 4 is needed"),
        (LARGE.replace(b"<EntitySet ", b"<Nothing "), "describes no entity sets"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + LARGE, "document type"),
    ],
)
def test_what_is_no_description_is_fatal(document, words):
    with pytest.raises(Fatal, match=words):
        Description("yard", document)


@pytest.mark.parametrize(
    ("kind", "value", "literal", "json"),
    [
        ("Edm.String", "it's", "'it''s'", '"it\'s"'),
        ("Edm.String", 7, "'7'", '"7"'),
        ("Edm.Decimal", Decimal("1234567890123456789.0123456789"), "1234567890123456789.0123456789", None),
        ("Edm.Int32", True, "1", None),
        ("Edm.Boolean", 0, "false", None),
        ("Edm.Date", dt.datetime(2026, 1, 2, 3), "2026-01-02", '"2026-01-02"'),
        ("Edm.DateTimeOffset", dt.date(2026, 1, 2), "2026-01-02T00:00:00Z", '"2026-01-02T00:00:00Z"'),
        ("Edm.Guid", "{0F8FAD5B-D9CB-469F-A165-70867728950E}", "0f8fad5b-d9cb-469f-a165-70867728950e", None),
        ("Yard.State", "Afloat", "Yard.State'Afloat'", '"Afloat"'),
        ("Edm.Int32", None, "null", "null"),
    ],
)
def test_values_keep_every_digit_on_their_way(kind, value, literal, json):
    assert values.literal(kind, value) == literal
    assert values.written(kind, value).strip('"') == (json or literal).strip('"')


def test_a_value_that_is_not_of_its_type_is_left_to_the_record():
    assert values.read("Edm.Date", "soon") == "soon"
    assert values.read("Edm.Int64", "12345678901234567") == 12345678901234567


def test_attributes_of_the_map_alone_are_read(outside, adapter):
    outside.put(HARBOUR, row("H1"))
    few = (AttributeMap(attribute="code", column="code"), AttributeMap(attribute="name", column="name"))
    ((record,), _, _) = drained(adapter, the_map(attributes=few))
    assert record == {"code": "H1", "name": "A", "seq": 1}
