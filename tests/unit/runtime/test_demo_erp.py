"""How the demo chooses between the ERP's database and OData, over and over in one folder."""

import shutil
import socket

import pytest

from runtime.demo.erp import CONNECTION, ODATA, SQL, arguments, choose_way, command, environment
from runtime.demo.program import STARTER


@pytest.fixture
def folder(tmp_path):
    (tmp_path / CONNECTION).parent.mkdir()
    shutil.copy(STARTER / CONNECTION, tmp_path / CONNECTION)
    return tmp_path


def test_the_connection_follows_the_way_there_and_back(folder):
    for way, words in ((ODATA, "connector: odata"), (ODATA, "connector: odata"), (SQL, "connector: sql")):
        assert choose_way(STARTER, folder, way)
        assert words in (folder / CONNECTION).read_text()


def test_a_connection_that_somebody_has_changed_is_left_alone(folder):
    (folder / CONNECTION).write_text("# mine\n")
    assert not choose_way(STARTER, folder, ODATA)
    assert (folder / CONNECTION).read_text() == "# mine\n"


def test_the_erp_opens_its_door_beside_the_portal_or_where_there_is_room():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        there = environment(ODATA, port - 1)
    assert there["FOYER_ERP_ODATA_URL"] != f"http://127.0.0.1:{port}"
    whole = {"FOYER_ERP_URL": "sqlite:///erp.db", **there}
    door = there["FOYER_ERP_ODATA_URL"].rpartition(":")[2]
    assert arguments(whole)[-2:] == ("--odata-port", door)
    assert command(whole).startswith(f"SAMPLE_ERP_SECRET={there['SAMPLE_ERP_SECRET']} ")
    assert environment(SQL, port) == {}
    assert arguments({"FOYER_ERP_URL": "sqlite:///erp.db"}) == ("serve", "--database", "sqlite:///erp.db")
