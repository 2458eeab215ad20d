import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
from click.testing import CliRunner
from sqlalchemy.exc import OperationalError

from connectors.sample_erp import program
from connectors.sample_erp.program import Pace, main, run
from connectors.sample_erp.schema import sales_order


def wait_for(answer, seconds=60.0):
    """Ask until the answer is yes."""
    end = time.monotonic() + seconds
    while not answer():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def working(erp):
    """The ERP's loop in a thread, started by calling it with a pace."""
    stop, threads = threading.Event(), []

    def start(pace):
        threads.append(threading.Thread(target=run, args=(erp.engine, pace, stop)))
        threads[0].start()

    yield start
    stop.set()
    for thread in threads:
        thread.join(60)


def test_a_running_erp_answers_a_new_order(erp, working, chain):
    working(Pace(tick=0, speed=1))
    order_id = erp.send(chain, requested_date=None)
    wait_for(lambda: erp.one(sales_order, id=order_id)["intake_status"] == "accepted")


def test_a_running_erp_moves_orders_on(erp, working):
    before = {row["id"]: row["status"] for row in erp.rows(sales_order)}
    working(Pace(tick=0.01, speed=3))
    wait_for(lambda: {row["id"]: row["status"] for row in erp.rows(sales_order)} != before)


def test_without_a_tick_nothing_moves(erp, working, chain):
    before = erp.rows(sales_order)
    working(Pace(tick=0, speed=3))
    order_id = erp.send(chain, requested_date=None)
    wait_for(lambda: erp.one(sales_order, id=order_id)["intake_status"] == "accepted")
    assert [row for row in erp.rows(sales_order) if row["id"] != order_id] == before


def test_a_database_error_is_one_line_in_the_log_and_tried_again(erp, working, chain, monkeypatch, caplog):
    answers, real = iter([True]), program.intake.take_waiting

    def fails_once(engine, now):
        if next(answers, False):
            raise OperationalError("SELECT", {}, sqlite3.OperationalError("disk I/O error"))
        return real(engine, now)

    monkeypatch.setattr(program.intake, "take_waiting", fails_once)
    monkeypatch.setattr(program, "RETRY_SECONDS", 0.01)
    order_id = erp.send(chain, requested_date=None)
    working(Pace(tick=0, speed=1))
    wait_for(lambda: erp.one(sales_order, id=order_id)["intake_status"] == "accepted")
    assert [record.getMessage() for record in caplog.records if record.name == "sample_erp"] == [
        "database error, trying again: (sqlite3.OperationalError) disk I/O error"
    ]


def test_init_fills_an_empty_database_once(tmp_path):
    arguments = ["init", "--database", f"sqlite:///{tmp_path}/new/erp.db", "--seed", "small", "--orders", "30"]
    first = CliRunner().invoke(main, arguments)
    second = CliRunner().invoke(main, arguments)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "30 orders" in first.output
    assert second.output == ""


@pytest.mark.parametrize("url", ["nonsense", "nosuch://x", "sqlite:////proc/nowhere/erp.db"])
def test_a_wrong_database_url_is_told_in_one_line(url):
    result = CliRunner().invoke(main, ["init", "--database", url])
    assert result.exit_code == 1
    assert result.output.startswith("Error: --database:")
    assert result.output.count("\n") == 1


def test_sigterm_stops_the_program_cleanly(tmp_path):
    command = [sys.executable, "-m", "connectors.sample_erp", "serve", "--seed", "small", "--tick", "0"]
    command += ["--database", f"sqlite:///{tmp_path}/erp.db"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        lines = [process.stdout.readline(), process.stdout.readline()]
        os.kill(process.pid, signal.SIGTERM)
        rest, _ = process.communicate(timeout=60)
    assert "orders made up" in lines[0]
    assert lines[1:] == ["Sample ERP: ready.\n"]
    assert (process.returncode, rest) == (0, "")
