"""The ERP's door for machines, asked as a stranger would ask it: with nothing but HTTP's words."""

import json
import socket
import threading
from datetime import datetime
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from connectors.sample_erp import program
from connectors.sample_erp.intake import take_waiting
from connectors.sample_erp.odata.server import serving
from connectors.sample_erp.odata.service import Asked, Service
from connectors.sample_erp.program import main
from connectors.sample_erp.schema import TABLES, customer, product, sales_order, sales_order_line

NOW = datetime(2026, 3, 11, 10, 30)


class Stranger:
    """Somebody who asks."""

    def __init__(self, erp, **more):
        self.service = Service(erp.engine, TABLES, **more)

    def ask(self, address, method="GET", body=b"", **headers):
        address = address if address.startswith("http") else "/data/" + address
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.service.answer(Asked(method, address.removeprefix("http://erp"), given, raw, "erp"))

    def get(self, address, **headers):
        answer = self.ask(address, **headers)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def all(self, address, page=7):
        """Every row, and what stood at the end of the last page."""
        rows, found = [], self.get(address, prefer=f"odata.maxpagesize={page}")
        while True:
            assert len(found["value"]) <= page
            rows += found["value"]
            if "@odata.nextLink" not in found:
                return rows, found
            found = self.get(found["@odata.nextLink"], prefer=f"odata.maxpagesize={page}")


@pytest.fixture
def stranger(erp):
    return Stranger(erp)


def test_it_describes_its_tables_and_no_inner_ones(stranger):
    named = {item["name"] for item in stranger.get("")["value"]}
    described = ElementTree.fromstring(stranger.ask("$metadata").body)
    edm = "{http://docs.oasis-open.org/odata/ns/edm}"
    assert {item.get("Name") for item in described.iter(f"{edm}EntitySet")} == named
    assert "sales_order" in named
    assert named.isdisjoint({"change_counter", "number_series", "deleted_row"})
    kinds = {item.get("Name"): item.get("Type") for item in described.iter(f"{edm}Property")}
    assert (kinds["total"], kinds["confirmed_date"], kinds["active"]) == ("Edm.Decimal", "Edm.Date", "Edm.Boolean")


def test_rows_come_in_pages_in_any_order_with_what_was_asked_for(erp_anywhere):
    stranger = Stranger(erp_anywhere)
    numbers = sorted(row["number"] for row in erp_anywhere.rows(product))
    rows, _ = stranger.all("product?$select=number&$orderby=number")
    assert [row["number"] for row in rows] == numbers
    assert set(rows[0]) == {"@odata.etag", "number"}
    for order in ("category,number", "category desc,number", "list_price", "active,list_price desc"):
        assert sorted(row["number"] for row in stranger.all(f"product?$orderby={quote(order)}")[0]) == numbers
    assert len(stranger.all("product?$top=10")[0]) == 10
    assert stranger.get("product?$count=true&$top=1")["@odata.count"] == len(numbers)
    ours = stranger.all("customer?$expand=parent($select=name)&$filter=parent/number%20eq%20'C-1001'")[0]
    assert {row["parent"]["name"] for row in ours} == {erp_anywhere.one(customer, number="C-1001")["name"]}
    theirs = {row["number"] for row in stranger.all("customer?$filter=parent/name%20eq%20null")[0]}
    assert theirs == {row["number"] for row in erp_anywhere.rows(customer) if row["parent_number"] is None}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("number eq 'CH-1001'", lambda row: row["number"] == "CH-1001"),
        ("list_price gt 20.5 and not (active eq false)", lambda row: row["list_price"] > 20.5 and row["active"]),
        ("category ne null and (unit eq 'x' or list_price le 9)", lambda row: row["category"] and row["list_price"] <= 9),
        ("name eq 'it''s (not) there'", lambda row: False),
    ],
)
def test_filters_say_what_they_mean(stranger, erp, text, matches):
    found = {row["number"] for row in stranger.all(f"product?$filter={quote(text)}")[0]}
    assert found == {row["number"] for row in erp.rows(product) if matches(row)}


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("produkt", 404, "produkt"),
        ("product?$select=nme", 400, "nme"),
        ("product?$search=price", 400, "$search is not supported"),
        ("product?$expand=price", 400, "price"),
        ("price?$expand=product($select=nme)", 400, "nme"),
        ("price?$expand=product($top=1)", 400, "$expand cannot be read"),
        ("product?$filter=number eq CH", 400, "Edm.String"),
        ("product?$filter=list_price eq 'x'", 400, "Edm.Decimal"),
        ("product?$filter=number is 'x'", 400, "not a comparison"),
        ("product?$filter=(number eq 'x'", 400, "not closed"),
        ("product?$filter=number eq 'x", 400, "cannot be read"),
        ("product?$filter=number", 400, "middle of a comparison"),
        ("product?$orderby=number up", 400, "number up"),
        ("product?$top=many", 400, "$top is a number"),
        ("product?$skiptoken=!", 400, "token"),
        ("product('nowhere')", 404, "nowhere"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_its_reason(stranger, address, status, words):
    answer = stranger.ask(quote(address, safe="?$=&()'"))
    assert answer.status == status
    assert words in json.loads(answer.body)["error"]["message"]


def test_deltas_tell_every_change_once_and_what_is_gone(erp_anywhere):
    stranger = Stranger(erp_anywhere)
    rows, end = stranger.all("product?$select=number,name", 25)
    tracked = stranger.get("product?$select=number,name", prefer="odata.track-changes")
    assert len(rows) == len(tracked["value"])
    assert "@odata.deltaLink" not in end
    assert stranger.all(tracked["@odata.deltaLink"])[0] == []
    for at in range(9):
        added = {"number": f"NEW-{at}", "name": "New", "active": True}
        assert stranger.ask("product", "POST", added).status == 201
    assert stranger.ask("product('NEW-3')", "DELETE").status == 204
    assert stranger.ask("product('NEW-4')", "PATCH", {"name": "Newer"}).status == 204
    changed, end = stranger.all(tracked["@odata.deltaLink"], 4)
    assert {row["number"]: row["name"] for row in changed if "number" in row} == {
        f"NEW-{at}": "Newer" if at == 4 else "New" for at in range(9) if at != 3
    }
    assert [row["id"] for row in changed if "id" in row] == ["http://erp/data/product('NEW-3')".replace("'", "%27")]
    assert stranger.all(end["@odata.deltaLink"])[0] == []


def test_a_version_that_is_not_the_newest_is_not_written_over(stranger):
    first = stranger.get("product('CH-1001')")["@odata.etag"]
    assert stranger.ask("product('CH-1001')", "PATCH", {"name": "One"}, if_match=first).status == 204
    for method, body in (("PATCH", {"name": "Two"}), ("DELETE", b"")):
        assert stranger.ask("product('CH-1001')", method, body, if_match=first).status == 412
    assert stranger.ask("product('CH-1001')", "PATCH", {"weight": "heavy"}).status == 400
    assert stranger.ask("product('CH-1001')", "PATCH", {"wait": 1}).status == 400
    assert stranger.get("product('CH-1001')")["name"] == "One"


def batch_of(*requests):
    parts = "".join(
        f"--inner\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {at}\r\n\r\n"
        f"POST /data/{name} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{json.dumps(row)}\r\n"
        for at, (name, row) in enumerate(requests, 1)
    )
    return f"--outer\r\nContent-Type: multipart/mixed; boundary=inner\r\n\r\n{parts}--inner--\r\n--outer--\r\n".encode()


def test_a_change_set_is_an_order_with_its_lines_or_nothing(erp_anywhere):
    stranger = Stranger(erp_anywhere)
    line = {"order_external_id": "k1", "product_number": "CH-1001", "quantity": 3}
    order = {"external_id": "k1", "customer_number": "C-1001", "contact_number": "P-1001"}
    kind = {"content_type": "multipart/mixed; boundary=outer"}
    before = erp_anywhere.count(sales_order), erp_anywhere.count(sales_order_line)
    wrong = batch_of(("sales_order_line", line), ("sales_order", {**order, "colour": "red"}))
    assert b"colour" in stranger.ask("$batch", "POST", wrong, **kind).body
    assert (erp_anywhere.count(sales_order), erp_anywhere.count(sales_order_line)) == before
    right = batch_of(("sales_order_line", line), ("sales_order", order))
    answer = stranger.ask("$batch", "POST", right, **kind)
    assert answer.body.count(b"HTTP/1.1 201") == 2
    assert b"UNIQUE" in stranger.ask("$batch", "POST", right, **kind).body.upper()
    take_waiting(erp_anywhere.engine, NOW)
    taken = stranger.get("sales_order?$filter=external_id%20eq%20'k1'")["value"][0]
    assert (taken["intake_status"], taken["company_code"]) == (
        "accepted",
        erp_anywhere.one(customer, number="C-1001")["company_code"],
    )
    assert stranger.ask("$batch", "POST", b"--outer--", **kind).status == 400


def test_a_fault_is_switched_with_a_command_and_a_taken_port_is_told_in_one_line(stranger, tmp_path, monkeypatch):
    monkeypatch.setattr(program, "stop_on_signals", threading.Event)
    with serving(stranger.service) as address:
        run = CliRunner().invoke(main, ["fault", "slow", "--url", address, "--seconds", "0", "--times", "2"])
        assert run.output == "On now: slow.\n"
        assert CliRunner().invoke(main, ["fault", "none", "--url", address]).output == "On now: nothing.\n"
        port = address.rpartition(":")[2]
        made = ["serve", "--database", f"sqlite:///{tmp_path}/other.db", "--seed", "small", "--orders", "3"]
        refused = CliRunner().invoke(main, [*made, "--odata-port", port])
    assert refused.exit_code == 1
    assert "--odata-port:" in refused.output
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        gone = CliRunner().invoke(main, ["fault", "none", "--url", f"http://127.0.0.1:{nobody.getsockname()[1]}"])
    assert gone.output.startswith("Error: --url:")
