"""The numbers of `foyer serve` with two processes: whoever is asked tells of both, and of one that was killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.parser import text_string_to_metric_families

from support.demo import clean_environment, eventually
from support.portal import SECRET, make_portal
from support.ports import free_port

ROOT = Path(__file__).parents[3]
TOKEN = "a token of sixteen letters"
NEWS = (("method", "GET"), ("page", "news"), ("site", "portal"), ("status", "2xx"))
TOGETHER = 8


@dataclass
class Served:
    """A server and where it listens."""

    process: subprocess.Popen[bytes]
    address: str
    folder: Path

    def get(self, path: str, *, token: str = "") -> urllib3.BaseHTTPResponse:
        """An answer, on a connection of its own: any of the processes may take it."""
        headers = {"Connection": "close"} | ({"Authorization": f"Bearer {token}"} if token else {})
        with urllib3.PoolManager(retries=urllib3.Retry(connect=8, read=8, backoff_factor=0.1)) as pool:
            return pool.request("GET", f"{self.address}{path}", headers=headers, timeout=30)

    def ask(self, times: int) -> None:
        """Ask for a page so often, of several threads."""
        with ThreadPoolExecutor(TOGETHER) as threads:
            assert {answer.status for answer in threads.map(lambda _: self.get("/news"), range(times))} == {200}

    def numbers(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        """What one of the processes tells."""
        answer = self.get("/metrics", token=TOKEN)
        assert answer.status == 200
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(answer.data.decode())
            for sample in family.samples
        }

    def workers(self) -> tuple[int, ...]:
        """The processes that answer requests."""
        told = self.numbers()
        return tuple(int(labels[0][1]) for name, labels in told if name == "foyer_process_start_time_seconds")

    def counted_by(self, worker: int) -> float:
        """How many requests for the page one process has in its file."""
        (file,) = self.folder.glob(f"foyer-metrics-*/counter_{worker}.db")
        values = MmapedDict.read_all_values_from_file(str(file))
        return sum(value for key, value, *_ in values if "foyer_http_requests_total" in key and '"news"' in key)


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[Served]:
    portal = make_portal(database_url, tmp_path)
    portal.engine.dispose()
    port = free_port()
    settings = {
        "FOYER_DATABASE_URL": database_url,
        "FOYER_DATA_DIR": str(tmp_path),
        "FOYER_SECRET_KEY": SECRET,
        "FOYER_METRICS_TOKEN": TOKEN,
        "TMPDIR": str(tmp_path),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "runtime", "serve", "--port", str(port), "--workers", "2", "--threads", "2"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**clean_environment(), **settings}, stderr=log)
    found = Served(process, f"http://127.0.0.1:{port}", tmp_path)
    try:
        assert eventually(lambda: is_ready(found), 120), (tmp_path / "log").read_text()
        yield found
    finally:
        process.terminate()
        process.wait(60)
    assert list(tmp_path.glob("foyer-metrics-*")) == []


def is_ready(server: Served) -> bool:
    try:
        return server.get("/readyz").status == 200 and len(server.workers()) == 2
    except urllib3.exceptions.HTTPError:
        return False


def test_two_processes_add_up_and_one_that_is_killed_takes_nothing_along(served: Served) -> None:
    asked = 0
    workers = served.workers()

    def both() -> bool:
        nonlocal asked
        served.ask(3 * TOGETHER)
        asked += 3 * TOGETHER
        return all(served.counted_by(worker) for worker in workers)

    assert eventually(both)
    assert [served.numbers()["foyer_http_requests_total", NEWS] for _ in range(6)] == [asked] * 6
    assert served.numbers()["foyer_http_statements_total", NEWS[:3]] >= asked
    os.kill(workers[0], signal.SIGKILL)
    assert eventually(lambda: len(set(served.workers()) - {workers[0]}) == 2)
    served.ask(TOGETHER)
    numbers = served.numbers()
    assert numbers["foyer_http_requests_total", NEWS] == asked + TOGETHER
    assert numbers["foyer_http_request_duration_seconds_count", NEWS] == asked + TOGETHER
    assert numbers["foyer_http_requests_in_progress", ()] == 1
