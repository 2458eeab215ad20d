"""The demo with `--erp odata`: the same orders over HTTP, and one order whatever happens to the answer."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from runtime.demo.erp import SECRET
from support.demo import ROOT, Demo, eventually, running_demo
from support.ordering import number_of, place, to_review

TAKEN = "SELECT order_no FROM sales_order WHERE requisition = ? AND intake_status = 'accepted'"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("over-odata"), arguments=("--erp", "odata")) as found:
        yield found


def door(demo: Demo) -> str:
    """Where the ERP answers."""
    line = next(line for line in logs(demo)["erp"].splitlines() if "OData at" in line)
    return re.search(r"http://[\d.:]+", line)[0]


def logs(demo: Demo) -> dict[str, str]:
    return {file.stem: file.read_text(encoding="utf-8") for file in (demo.folder / "logs").glob("*.log")}


def fault(demo: Demo, *words: str) -> str:
    command = [sys.executable, "-m", "connectors.sample_erp", "fault", *words, "--url", door(demo)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def there(demo: Demo, requisition: str) -> list[str]:
    return [number for (number,) in demo.portal("SELECT number FROM sales_order WHERE requisition = ?", requisition)]


def test_every_row_that_the_erp_has_is_in_the_portal_with_its_values(demo):
    accepted = demo.erp("SELECT order_no, round(total * 100), confirmed_date FROM sales_order ORDER BY 1")
    assert demo.portal("SELECT number, round(total), confirmed_date FROM sales_order ORDER BY 1") == accepted
    listed = demo.erp("SELECT number, active, round(list_price * 10000) FROM product ORDER BY 1")
    assert demo.portal("SELECT number, active, round(list_price) FROM product ORDER BY 1") == listed
    assert (
        len(accepted) > 100 < len(demo.erp("SELECT id FROM sales_order_line")) == len(demo.portal("SELECT id FROM order_line"))
    )


def test_an_order_is_numbered_and_priced_over_odata_while_the_person_waits(demo):
    jane = demo.known("jane")
    page = place(jane, to_review(jane, requisition="over http"))
    assert demo.erp(TAKEN, "over http") == [(number_of(page),)]
    assert there(demo, "over http") == [number_of(page)]
    refused = place(jane, to_review(jane, quantity="9000", requisition="too much"))
    assert refused.status == 422
    assert "over the remaining credit" in refused.text


@pytest.mark.parametrize("kind", ["lost", "nonsense", "down", "throttle"])
def test_whatever_happens_to_the_answer_it_is_one_order_in_the_end(demo, kind):
    jane = demo.known("jane")
    review = to_review(jane, requisition=kind)
    assert kind in fault(demo, kind, "--times", "1", "--asks", "write")
    page = place(jane, review)
    assert page.status == 200
    [(number,)] = eventually(lambda: demo.erp(TAKEN, kind))
    assert eventually(lambda: there(demo, kind) == [number])
    assert len(demo.erp("SELECT id FROM sales_order WHERE requisition = ?", kind)) == 1
    assert fault(demo, "none") == "On now: nothing.\n"


def test_without_its_erp_an_order_waits_and_is_handed_over_once_when_it_is_back(demo):
    jane = demo.known("jane")
    address = door(demo)
    os.kill(demo.child("sample_erp"), signal.SIGKILL)
    page = place(jane, to_review(jane, requisition="while away"))
    assert "We have received it. It is not confirmed yet" in page.text
    assert demo.erp("SELECT id FROM sales_order WHERE requisition = 'while away'") == []
    demo.start_erp("--odata-port", address.rpartition(":")[2])
    [(number,)] = eventually(lambda: demo.erp(TAKEN, "while away"), 60)
    assert eventually(lambda: there(demo, "while away") == [number])


def test_the_secret_is_in_no_log_no_status_and_no_export(demo, tmp_path):
    told = "\n".join([*logs(demo).values(), demo.foyer("sync", "status", "--json").stdout, demo.foyer("dump").stdout])
    assert demo.foyer("export", str(tmp_path / "out")).returncode == 0
    exported = {file: file.read_text(encoding="utf-8") for file in (tmp_path / "out").rglob("*.yaml")}
    assert "orders" in told
    assert [file for file, text in exported.items() if "${FOYER_ERP_SECRET}" in text]
    assert [text for text in (told, *exported.values()) if SECRET in text] == []
