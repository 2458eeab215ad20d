"""A real export of Power Pages: every record told of, published as it comes, and visited."""

import os
from collections import Counter
from pathlib import Path

import pytest
import yaml

from runtime.app import create_app, make_services
from runtime.powerpages.converting import convert
from runtime.powerpages.reading import read_export
from support.marina_site import config
from support.released import released

DATA = Path(os.environ.get("FOYER_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
EXPORT = DATA / "power-pages-export" / "site-a-standard-layout"
pytestmark = pytest.mark.skipif(not EXPORT.is_dir(), reason=f"no export of Power Pages at {EXPORT}")


@pytest.fixture(scope="module")
def export():
    return read_export(EXPORT)


@pytest.fixture(scope="module")
def found(export):
    return convert(export, {})


def _records(file):
    data = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    return len(data) if isinstance(data, list) else 1


def test_every_record_is_told_of_and_every_reason_given(export, found):
    records = Counter((record.kind, record.place) for records in export.kinds.values() for record in records)
    told = Counter((outcome.kind, outcome.file) for outcome in found.outcomes)
    assert sum(records.values()) == sum(map(_records, EXPORT.rglob("*.yml")))
    assert all(told[record] >= number for record, number in records.items())
    assert all(outcome.reason for outcome in found.outcomes if outcome.verdict != "converted")
    assert found.problems == ()


def test_it_is_published_as_it_comes_and_visited(found, database_url, tmp_path):
    services = make_services(config(database_url, tmp_path))
    released(services, found.components, lambda snapshot: None)
    visitor = create_app(services.config, services=services).test_client()
    home = visitor.get("/")
    assert home.status_code == 200
    assert "Home" in home.text
    assert visitor.get("/appointments").status_code == 200
    assert visitor.get("/test-deleted").status_code == 404
    services.engine.dispose()
