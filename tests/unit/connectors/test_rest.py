"""REST services: who asks, at what pace, what is sent, what a wrong answer means, and what is refused before anything runs."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from connectors.errors import Fatal, RecordRejected, Retriable
from connectors.protocol import Change
from connectors.tablemap import compiled_map
from metadata.checks import check
from metadata.model import AttributeMap, Connection, ResourceRequest, component_id
from support.harbour import BOAT, HARBOUR, STATE, harbours, snapshot_of
from support.rest import SECRET, harbour_resource, rest_outside

MAP = compiled_map(snapshot_of(harbours()), "harbours")
PEOPLE = b"<!doctype html><title>Maintenance</title>"


@pytest.fixture
def service():
    with rest_outside() as there:
        there.rows = {"H1": row("H1"), "H2": row("H2", seq=2), "H3": row("H3", seq=3)}
        yield there


def row(code, seq=1, name="A"):
    return {"code": code, "name": name, "depth": 4.5, "seq": seq}


def change(operation, code="H9", **values):
    return Change(MAP, operation, {"code": code}, values)


def sweep(adapter, cursor=None, table_map=MAP):
    records, more = [], True
    while more:
        batch = adapter.pull(table_map, cursor, 10)
        records += batch.records
        cursor, more = batch.cursor, batch.more
    return [record["code"] for record in records], cursor


@pytest.mark.parametrize(
    "settings",
    [
        {"auth": "bearer", "token": SECRET},
        {"auth": "basic", "user": "portal", "password": SECRET, "token": ""},
        {"auth": "header", "header": "X-Key", "api_key": SECRET, "token": ""},
        {"auth": "oauth", "client_id": "portal", "client_secret": SECRET, "token": ""},
    ],
)
def test_each_way_to_say_who_asks_is_taken(service, settings):
    if settings["auth"] == "oauth":
        settings = {**settings, "token_url": f"{service.address}/token"}
    assert sweep(service.adapter(**settings))[0] == ["H1", "H2", "H3"]


def test_wrong_credentials_wait_for_somebody_and_are_in_no_message(service):
    adapter = service.adapter(token="wrong-4711")
    with pytest.raises(Retriable, match="refuses the connection's credentials") as refused:
        adapter.pull(MAP, None, 10)
    assert refused.value.after >= 60
    assert "4711" not in str(refused.value)


def test_what_changes_during_a_sweep_is_read_by_the_next(service):
    adapter = service.adapter()
    first = adapter.pull(MAP, None, 2)
    service.rows["H1"] = row("H1", seq=10, name="B")
    rest, cursor = sweep(adapter, first.cursor)
    assert rest == ["H3"]
    again, cursor = sweep(adapter, cursor)
    assert again == ["H1"]
    assert sweep(adapter, cursor)[0] == []
    assert "since=3" in service.asked[-1][1]


def test_a_service_that_is_busy_is_left_alone_for_so_long_as_it_asks(service):
    now = [0.0]
    adapter = service.adapter()
    adapter._client._clock = lambda: now[0]
    service.wrong.append((429, {"Retry-After": "30"}, b""))
    with pytest.raises(Retriable) as busy:
        adapter.pull(MAP, None, 10)
    assert busy.value.after == 30
    asked = len(service.asked)
    with pytest.raises(Retriable, match="left alone for 30 s more"):
        adapter.pull(MAP, None, 10)
    assert len(service.asked) == asked
    now[0] = 31.0
    assert adapter.pull(MAP, None, 10).records


def test_the_pace_that_was_agreed_is_kept(service):
    adapter = service.adapter(per_minute="2")
    adapter.find(MAP, "code", "H1")
    adapter.find(MAP, "code", "H1")
    with pytest.raises(Retriable, match="2 times a minute") as fast:
        adapter.find(MAP, "code", "H1")
    assert 0 < fast.value.after <= 30
    assert len(service.asked) == 2


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        ((200, {}, PEOPLE), Fatal, "no JSON"),
        ((200, {}, b'{"data": {"items": {"a": 1}}}'), Fatal, "no list of rows in /data/items"),
        ((200, {}, b'{"data": {}}'), Fatal, "no list of rows"),
        ((404, {}, b'{"detail": "no such list"}'), Fatal, r"refuses harbours \(404\): no such list"),
        ((500, {}, b""), Retriable, "cannot answer"),
        ((302, {"Location": "https://elsewhere.example.com/"}, b""), Fatal, "answers from another address"),
    ],
)
def test_a_wrong_answer_is_never_zero_rows(service, answer, kind, told):
    service.wrong.append(answer)
    with pytest.raises(kind, match=told):
        service.adapter().pull(MAP, None, 10)


def test_a_link_that_leads_away_is_not_followed(service):
    away = b'{"data": {"items": []}, "meta": {"next": "https://elsewhere.example.com/v1/harbours"}}'
    service.wrong.append((200, {}, away))
    with pytest.raises(Fatal, match="not below the connection's url"):
        service.adapter(harbour_resource("next_link")).pull(MAP, None, 10)


def test_a_write_goes_out_in_its_template_with_its_key_and_its_path(service):
    adapter = service.adapter()
    adapter.push(change("insert", "H/9 é", name="New", seq=9), "k-1")
    adapter.push(change("update", "H/9 é", name="Newer"), "k-2")
    posted, patched = service.asked
    assert posted[3] == {"harbour": {"code": "H/9 é", "name": "New", "seq": 9}, "source": "portal"}
    assert posted[2]["idempotency-key"] == "k-1"
    assert (patched[0], patched[1], patched[3]) == ("PATCH", "/v1/harbours/H%2F9%20%C3%A9", {"name": "Newer"})


def test_values_are_sent_as_json_has_them_and_no_decimal_is_rounded(service):
    ours = {"name": uuid.UUID(int=7), "depth": Decimal("4.50"), "seq": Decimal("0.1234567890123456789")}
    service.adapter().push(change("update", "H1", built=dt.date(2024, 2, 29), area=Decimal("3.00"), **ours), "k")
    assert service.asked[-1][3] == {
        "name": "00000000-0000-0000-0000-000000000007", "depth": 4.5, "seq": "0.1234567890123456789",
        "built": "2024-02-29", "area": 3,
    }  # fmt: skip


def test_a_refusal_tells_the_services_own_reason(service):
    with pytest.raises(RecordRejected, match="H1 is there already"):
        service.adapter().push(change("insert", "H1", name="A"), "k")
    service.wrong.append((422, {}, b'{"errors": [{"message": "too deep"}]}'))
    with pytest.raises(RecordRejected, match="too deep"):
        service.adapter().push(change("update", "H1", depth=99), "k")


@pytest.mark.parametrize("answer", [(503, {}, b""), (500, {}, PEOPLE)])
def test_a_write_that_is_not_taken_now_waits(service, answer):
    service.wrong.append(answer)
    with pytest.raises(Retriable):
        service.adapter().push(change("update", "H1", name="B"), "k")


def test_a_value_that_no_address_can_hold_is_refused(service):
    with pytest.raises(RecordRejected, match="no code for the address"):
        service.adapter().push(change("delete", ".."), "k")
    assert service.asked == []


def test_a_record_whose_children_went_before_an_answer_was_lost_is_sent_again_whole(service):
    parent = Change(MAP, "insert", {"code": "P"}, {"name": "P"}, (change("insert", "C", name="C"),))
    adapter = service.adapter()
    adapter.push(change("insert", "C", name="C"), "first-1")
    adapter.push(parent, "first")
    assert {"P", "C"} <= service.rows.keys()


def test_a_column_within_a_column_is_read_and_written(service):
    service.rows = {"H1": {**row("H1"), "berths": {"guest": 4, "all": [1, 2]}}}
    attributes = (AttributeMap(attribute="code", column="code"), AttributeMap(attribute="name", column="berths/all"),
                  AttributeMap(attribute="depth", column="berths/guest", direction="both"))  # fmt: skip
    table_map = compiled_map(snapshot_of(harbours(attributes=attributes)), "harbours")
    adapter = service.adapter()
    (record,) = adapter.pull(table_map, None, 10).records
    assert (record["berths/guest"], record["berths/all"]) == (4, "[1, 2]")
    adapter.push(Change(table_map, "update", {"code": "H1"}, {"berths/guest": 5}), "k")
    assert service.asked[-1][3] == {"berths": {"guest": 5}}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"auth": "baerer"}, "did you mean bearer"),
        ({"auth": "basic", "user": "u"}, "auth basic needs user, password; password is missing"),
        ({"tokn": "x"}, "no setting tokn for rest; did you mean token"),
        ({"url": "http://shop.example.com"}, "must begin with https://"),
        ({"per_minute": "many"}, "whole number of requests"),
        ({"token": "a\nb"}, "signs that no header can have"),
    ],
)
def test_settings_that_cannot_work_are_refused(service, settings, told):
    with pytest.raises(Fatal, match=told):
        service.adapter(**settings)


def resource(**more):
    return {"resources": (harbour_resource(**more),), "connector": "rest"}


@pytest.mark.parametrize(
    ("connection", "of_map", "path", "told"),
    [
        ({**resource(), "connector": "sql"}, {}, "resources", "are for connector rest"),
        ({"connector": "rest"}, {}, "resources", "Declare the resources"),
        (resource(parameter=""), {}, "resources.0.parameter", "asks by a parameter"),
        (resource(paging="cursor", next=""), {}, "resources.0.next", "needs next"),
        (resource(rows="data.items"), {}, "resources.0.rows", "is no JSON pointer"),
        (resource(path="https://elsewhere.example.com/x"), {}, "resources.0.path", "below the connection's url"),
        (resource(one="harbours/{cod}"), {}, "resources.0.one", "did you mean 'code'"),
        (resource(create=ResourceRequest(path="harbours", body="{@row}")), {}, "resources.0.create.body", "is no JSON"),
        (resource(changed_since=""), {}, "change_column", "give it changed_since"),
        (resource(), {"table": "harbours"}, "table", "declares no resource 'harbours'"),
        ({**resource(), "settings": (("token", "written out"),)}, {}, "settings.token", "is a secret"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused_with_its_place(connection, of_map, path, told):
    components = (HARBOUR, BOAT, STATE, Connection(key="outside", **connection), harbours(**of_map))
    found = check({component_id(item): item for item in components})
    assert any(item.position.path == path and told.lower() in item.message.lower() for item in found), found


def test_a_declaration_in_order_is_taken():
    there = Connection(key="outside", settings=(("url", "https://harbours.example"),), **resource())
    components = (HARBOUR, BOAT, STATE, there, harbours())
    found = check({component_id(item): item for item in components})
    assert [str(item) for item in found if item.severity == "error"] == []
