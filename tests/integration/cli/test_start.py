"""A start of the server: what it does not load, and what it loads later all the same."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import runtime
from runtime.loading import Later
from support.pottery import make_pottery

RUNTIME = Path(runtime.__file__).parent
LATER = (
    "PIL",
    "alembic",
    "boto3",
    "botocore",
    "connectors.files",
    "connectors.odata",
    "connectors.sql",
    "cryptography",
    "email.policy",
    "jsonschema",
    "limits",
    "markdown_it",
    "metadata.migrate.planning",
    "metadata.migrate.steps",
    "openpyxl",
    "opentelemetry",
    "prometheus_client",
    "pyotp",
    "runtime.api.service",
    "runtime.cli.doctor",
    "runtime.demo",
    "runtime.exposure",
    "runtime.odata",
    "runtime.pages.charts",
    "runtime.pages.imports",
    "runtime.pages.multistep",
    "runtime.pages.search",
    "runtime.studio.editing",
    "runtime.sync.metrics",
    "runtime.traces.requests",
    "runtime.traces.telling",
    "segno",
    "snowballstemmer",
    "urllib3",
)
"""What a process that answers requests may never need, or only at the first request of its kind."""

START = """
import sys
from runtime.cli import main
main.get_command(None, "serve")
from runtime.wsgi import make_app
answered = make_app().test_client().get("/readyz").status_code
print(answered, *sorted(sys.modules))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("start")
    url = f"sqlite:///{folder / 'test.db'}"
    return make_pottery(url, folder), {"FOYER_DATABASE_URL": url, "FOYER_DATA_DIR": str(folder)}


def test_a_start_loads_nothing_that_can_come_later(site):
    _, settings = site
    environment = {**os.environ, **settings}
    done = subprocess.run([sys.executable, "-c", START], env=environment, capture_output=True, text=True, check=True)
    answered, *loaded = done.stdout.split()
    assert answered == "200"
    assert {"runtime.app", "runtime.pages.lists"} <= set(loaded)
    assert [name for name in LATER if name in loaded] == []


def test_what_comes_later_is_there(site):
    pottery, _ = site
    written = re.findall(r'Later\(\s*"([\w.:]+)"', "".join(path.read_text() for path in sorted(RUNTIME.rglob("*.py"))))
    views = [view for view in pottery.app.view_functions.values() if isinstance(view, Later)]
    assert len(written) > 10
    assert len(views) > 20
    assert all(callable(later.found) for later in (*map(Later, written), *views))
