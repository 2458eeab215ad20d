"""An administrator changes files of the running demo and publishes them; and a process that dies takes nothing with it."""

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from support.demo import children, eventually, running_demo
from support.ordering import place, to_review

MATRIX = {
    "SO-100001": {"admin", "rita", "jane"},
    "SO-100002": {"admin", "rita", "sam"},
    "SO-100003": {"admin"},
}
PEOPLE = ("admin", "rita", "jane", "sam", "may")
VIEW = "views/orders-all.yaml"
COMPANY_ORDERS = "sites/customer-portal/entity-permissions/company-orders.yaml"


@pytest.fixture
def site(demo) -> Iterator[Path]:
    """The folder of the running site, as it was and published again after the test."""
    folder = demo.folder / "site"
    kept = {name: (folder / name).read_text(encoding="utf-8") for name in (VIEW, COMPANY_ORDERS)}
    yield folder
    for name, text in kept.items():
        (folder / name).write_text(text, encoding="utf-8")
    assert demo.publish().returncode == 0


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_a_label_a_column_and_a_permission_that_are_published_are_there_at_the_next_request(demo, site):
    rita = demo.known("rita")
    before = rita.get("/orders?view=orders-all&scope=company&sort=number")
    assert "All orders" in before.text
    assert "Requisition" not in before.text
    assert "/orders/SO-100002" in before.links()
    change(site / VIEW, "en: All orders", "en: Everything ordered")
    change(site / VIEW, "- attribute: total\n", "- attribute: total\n- attribute: requisition\n")
    change(site / COMPANY_ORDERS, "scope: account\nvia: account", "scope: contact\nvia: contact")
    done = demo.publish()
    assert done.returncode == 0, done.stdout + done.stderr
    after = rita.get("/orders?view=orders-all&scope=company&sort=number")
    assert "Everything ordered" in after.text
    assert "Requisition" in after.text
    assert "/orders/SO-100002" not in after.links()
    assert rita.get("/orders/SO-100002").status == 404


OPENED = """kind: api_entity
key: orders
entity: sales_order
name: orders
attributes: [number, status, total, currency, account, company, contact, requested_date]
"""


@pytest.fixture
def opened(demo, site) -> Iterator[None]:
    """Orders are offered to programs, until the test ends."""
    file = site / "sites/customer-portal/api-entities/orders.yaml"
    file.parent.mkdir()
    file.write_text(OPENED, encoding="utf-8")
    done = demo.publish()
    assert done.returncode == 0, done.stdout + done.stderr
    yield
    file.unlink()
    file.parent.rmdir()
    assert demo.foyer("publish", str(site), "--delete").returncode == 0


def test_programs_reach_the_orders_that_the_matrix_gives_their_person_and_no_others(demo, opened):
    for order, allowed in MATRIX.items():
        [(key,)] = demo.portal("SELECT id FROM sales_order WHERE number = ?", order)
        for person in PEOPLE:
            visitor = demo.known(person)
            listed = visitor.get(f"/_api/orders?$filter=number%20eq%20'{order}'&$select=number")
            one = visitor.get(f"/_api/orders({key})")
            if person in allowed:
                assert [row["number"] for row in json.loads(listed.body)["value"]] == [order], (order, person)
                assert json.loads(one.body)["number"] == order
            else:
                assert listed.status == 403 if person == "may" else json.loads(listed.body)["value"] == [], (order, person)
                assert one.status in (403, 404), (order, person)
                assert order not in one.body


def test_a_file_that_is_wrong_is_refused_with_its_place_and_the_site_goes_on_as_it_was(demo, site):
    rita = demo.known("rita")
    release = demo.portal("SELECT max(id) FROM foyer_release")
    change(site / VIEW, "attribute: delivery_city", "attribute: delivery_citty")
    change(site / COMPANY_ORDERS, "- read\n", "- reed\n")
    done = demo.publish()
    said = done.stdout + done.stderr
    assert done.returncode == 1
    line = (site / VIEW).read_text(encoding="utf-8").splitlines().index("- attribute: delivery_citty") + 1
    assert f"orders-all.yaml:{line}" in said
    assert "delivery_city" in said.replace("delivery_citty", "")
    assert "company-orders.yaml:" in said
    assert "Traceback" not in said
    assert demo.portal("SELECT max(id) FROM foyer_release") == release
    assert "All orders" in rita.get("/orders?view=orders-all").text


def test_a_site_process_that_is_killed_while_it_takes_an_order_is_replaced_and_the_order_is_placed_once(demo):
    sam = demo.known("sam")
    review = to_review(sam, requisition="killed")
    server = demo.child("runtime", "serve")
    workers = [pid for pid, _ in children(server)]
    assert workers
    sending = Thread(target=_place_if_possible, args=(sam, review))
    sending.start()
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    sending.join()
    assert eventually(lambda: _answers(sam), 30)
    page = place(sam, review)
    assert page.status == 200
    taken = "SELECT id FROM sales_order WHERE requisition = 'killed' AND order_no IS NOT NULL"
    assert eventually(lambda: len(demo.erp(taken)) == 1)
    assert len(demo.portal("SELECT id FROM sales_order WHERE requisition = 'killed'")) == 1


def _place_if_possible(visitor, review) -> None:
    try:
        place(visitor, review)
    except (OSError, EOFError):
        return


def _answers(visitor) -> bool:
    try:
        return visitor.get("/readyz").status == 200
    except OSError:
        return False


def test_a_worker_that_is_killed_has_lost_nothing_when_the_demo_is_started_again(tmp_path):
    folder = tmp_path / "restarted"
    with running_demo(folder) as first:
        _move_on(folder / "erp.db")
        os.kill(first.child("runtime", "worker"), signal.SIGKILL)
        assert first.process.wait(60) == 1
        _move_on(folder / "erp.db")
    with running_demo(folder) as again:
        assert eventually(lambda: _numbers(again.portal) == _numbers(again.erp), 30)
        assert again.portal("SELECT count(*) FROM foyer_sync_reject") == [(0,)]


def _numbers(ask) -> list[tuple[str, str]]:
    accepted = " WHERE intake_status = 'accepted'"
    column = "order_no" if "order_no" in str(ask("SELECT sql FROM sqlite_master WHERE name = 'sales_order'")) else "number"
    return sorted(ask(f"SELECT {column}, requisition FROM sales_order{accepted}"))


def _move_on(erp: Path) -> None:
    """Something happens in the ERP to every third order, in its way: each change has the next number."""
    with closing(sqlite3.connect(erp, timeout=20)) as connection, connection:
        [(last,)] = connection.execute("SELECT value FROM change_counter")
        rows = connection.execute("SELECT id FROM sales_order WHERE id % 3 = 0 ORDER BY id").fetchall()
        for number, (row,) in enumerate(rows, last + 1):
            connection.execute(
                "UPDATE sales_order SET requisition = ?, modified_seq = ? WHERE id = ?", (f"moved {number}", number, row)
            )
        connection.execute("UPDATE change_counter SET value = ?", (last + len(rows),))
