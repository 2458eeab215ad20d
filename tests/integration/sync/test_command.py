"""`foyer sync` and `foyer worker`, as somebody at a terminal meets them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from metadata.files import write_folder
from metadata.model import Connection
from metadata.store import MetadataStore
from runtime.cli.sync import command
from runtime.database import make_engine
from runtime.snapshots import SnapshotHolder
from runtime.sync.freshness import EntityFreshness, freshness
from support.harbour import BOAT, HARBOUR, STATE, boats, eventually, harbours

ROOT = Path(__file__).parents[3]


class Terminal:
    """A published site whose harbours and boats are CSV files, and the command line in its folder."""

    def __init__(self, url, folder):
        self.folder = folder
        self.environ = {
            "FOYER_DATABASE_URL": url,
            "FOYER_DATA_DIR": str(folder),
            "FOYER_SECRET_KEY": "a secret of the tests",
            "HARBOUR_FOLDER": str(folder),
        }
        self.engine = make_engine(url)
        store = MetadataStore(self.engine)
        store.create()
        self.write("harbour", "code,name,depth", "GOT,Gothenburg,11.5")
        self.write("boat", "no,name,built,price,state,harbour,tender_of", "1,Ada,2020-01-02,10.50,A,GOT,")
        store.publish("tests", components=self.components())

    def components(self):
        outside = Connection(key="outside", connector="files", settings=(("folder", "${HARBOUR_FOLDER}"),))
        return (HARBOUR, BOAT, STATE, outside, harbours(change_column=""), boats(change_column="", delete="delete"))

    def write(self, name, *lines):
        (self.folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def sync(self, *args, **environ):
        done = CliRunner().invoke(command, list(args), env={**self.environ, **environ})
        return done.exit_code, done.output

    def document(self, *args):
        code, output = self.sync(*args, "--json")
        return code, json.loads(output[output.index("{") :])

    def names(self):
        with self.engine.connect() as connection:
            return list(connection.scalars(sa.text("SELECT name FROM boat ORDER BY number")))


@pytest.fixture
def terminal(database_url, tmp_path):
    made = Terminal(database_url, tmp_path)
    yield made
    made.engine.dispose()


def test_run_brings_rows_and_says_so(terminal):
    code, output = terminal.sync("run")
    assert (code, terminal.names()) == (0, ["Ada"])
    assert "boats: 1 new" in output


def test_a_changed_file_changes_exactly_the_changed_rows_and_removes_those_that_are_gone(terminal):
    header = "no,name,built,price,state,harbour,tender_of"
    terminal.write("boat", header, *(f"{no},Boat {no},2020-01-02,10.50,A,GOT," for no in range(1, 101)))
    terminal.sync("run")
    terminal.write("boat", header, *(f"{no},Boat {no},2020-01-02,{no}.50,A,GOT," for no in range(10, 101)))
    _, told = terminal.document("run", "boats")
    assert told["runs"][0]["counts"] == {
        "taken": 91, "inserted": 0, "updated": 90, "unchanged": 1, "deleted": 9, "rejected": 0
    }  # fmt: skip


def test_status_shows_rejects_with_their_reason_and_retry_takes_only_them(terminal):
    header = "no,name,built,price,state,harbour,tender_of"
    terminal.write("boat", header, "1,Ada,2020-01-02,10.50,A,GOT,", "2,Bea,2020-01-02,10.50,A,STO,")
    terminal.sync("run")
    code, told = terminal.document("status")
    assert (code, told["rejects"][0]["reason"]) == (0, "harbour: there is no harbour STO")
    assert [item["state"] for item in told["maps"]] == ["current", "current"]
    terminal.write("harbour", "code,name,depth", "GOT,Gothenburg,11.5", "STO,Stockholm,9")
    terminal.sync("run", "harbours")
    _, told = terminal.document("retry", "boats")
    assert (told["ok"], terminal.names()) == (True, ["Ada", "Bea"])


def test_plan_tells_the_order(terminal):
    _, told = terminal.document("plan")
    assert [(step["map"], step["later"]) for step in told["steps"]] == [("harbours", []), ("boats", ["tender_of"])]


def test_a_paused_map_rests_until_it_is_resumed(terminal):
    assert terminal.sync("pause", "boats")[0] == 0
    terminal.sync("run", "boats")
    assert terminal.names() == []
    assert terminal.document("status")[1]["maps"][1]["state"] == "paused"
    terminal.sync("resume", "boats")
    terminal.sync("run")
    assert terminal.names() == ["Ada"]


def test_run_initial_loads_everything_again_and_changes_nothing(terminal):
    terminal.sync("run")
    code, told = terminal.document("run", "--initial")
    assert code == 0
    assert {run["counts"]["updated"] + run["counts"]["inserted"] for run in told["runs"]} == {0}


@pytest.mark.parametrize("args", [("run", "boots"), ("pause", "boots"), ("resume", "boots"), ("retry", "boots")])
def test_a_map_that_is_not_there_is_told_with_those_that_are(terminal, args):
    code, output = terminal.sync(*args)
    assert code == 1
    assert "there are harbours, boats" in output


@pytest.mark.parametrize(
    "verb", ["run", "plan", "rejects", "retry", "adjusted", "batches", "conflicts", "pause", "resume", "compare", "check"]
)
def test_an_empty_name_is_not_taken_for_all_maps(terminal, verb):
    terminal.write("boat", "no,name,built,price,state,harbour,tender_of", "1,Ada,2020-01-02,10.50,A,STO,")
    terminal.sync("run")
    attempts = [item["attempts"] for item in terminal.document("status")[1]["rejects"]]
    code, output = terminal.sync(verb, "")
    assert code == 1
    assert "The name of the table map is empty; there are harbours, boats." in output
    assert [item["attempts"] for item in terminal.document("status")[1]["rejects"]] == attempts == [1]


def test_a_missing_variable_is_told_by_name_and_exit_code(terminal):
    code, output = terminal.sync("run", HARBOUR_FOLDER="")
    assert code == 1
    assert "has no setting folder" in output


def test_freshness_is_known_once_everything_has_come(terminal):
    snapshot = SnapshotHolder(terminal.engine).refresh()
    terminal.sync("status")
    with terminal.engine.connect() as connection:
        assert freshness(connection, snapshot, "boat") is None
    terminal.sync("run")
    with terminal.engine.connect() as connection:
        assert freshness(connection, snapshot, "boat") is not None
    holder = SnapshotHolder(terminal.engine)
    holder.refresh()
    port = EntityFreshness(terminal.engine, holder)
    assert port("boat").as_of is not None
    assert port("contact") is None


def test_the_worker_brings_rows_takes_up_changes_and_ends_on_sigterm(terminal):
    write_folder(terminal.components(), terminal.folder / "metadata")
    environ = {**os.environ, **terminal.environ}
    said = terminal.folder / "said"
    with said.open("w") as out:
        process = subprocess.Popen([sys.executable, "-m", "runtime", "worker"], cwd=ROOT, env=environ, stderr=out, stdout=out)
    try:
        assert eventually(lambda: terminal.names() == ["Ada"])
        terminal.write("harbour", "code,name,depth", "GOT,Göteborg,11.5")
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert "worker stopped" in said.read_text()
    assert "no such table" not in said.read_text()


def test_a_load_that_a_worker_did_is_told_as_that(terminal):
    write_folder(terminal.components(), terminal.folder / "metadata")
    said = (terminal.folder / "said").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "runtime", "worker"], cwd=ROOT, env={**os.environ, **terminal.environ}, stderr=said, stdout=said
    )
    try:
        assert eventually(lambda: terminal.names() == ["Ada"])

        def is_loaded():  # its own first load: what is asked for meanwhile cuts a pass short, which has a line too
            return [one["state"] for one in terminal.document("status")[1]["maps"]] == ["current", "current"]

        assert eventually(is_loaded)
        for _ in range(3):
            code, told = terminal.document("run", "--initial")
            assert (code, told.get("by_worker")) == (0, ["outside"]), told
            loads = [(run["map"], run["mode"], run["counts"]["taken"]) for run in told["runs"] if run["mode"] != "changes"]
            assert sorted(loads) == [("boats", "load", 1), ("boats", "second", 1), ("harbours", "load", 1)], told
        assert "outside is served by a worker, which did this." in terminal.sync("run")[1]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        said.close()


def test_check_finds_before_a_run_what_it_would_reject_and_writes_nothing(terminal):
    assert terminal.sync("check", "harbours")[0] == 0
    terminal.write("boat", "no,name,built,price,state,harbour,tender_of", "1,Ada,2020-01-02,10.50,W,GOT,")
    code, said = terminal.document("check", "boats")
    errors = [(found["check"], found["place"]) for found in said["findings"] if found["severity"] == "error"]
    assert (code, errors) == (1, [("value_map", "state")])
    assert "There is no table map ships" in terminal.sync("check", "ships")[1]
    assert terminal.names() == []
