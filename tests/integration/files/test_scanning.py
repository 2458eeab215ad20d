"""Uploads that are looked through for viruses: what is found stays out, and so does everything while nobody can look."""

import json

import pytest
from click.testing import CliRunner

from runtime.cli.doctor import command as doctor
from runtime.config import Config, ConfigError
from runtime.files import taking
from runtime.files.scanning import Clamd
from support.gallery import make_gallery
from support.ports import free_port
from support.pottery import shown_errors
from support.scanners import EICAR, watchman

NEW = "/works/new"


def refusal(gallery, content, name="note.txt"):
    answer = gallery.as_("ada").send(NEW, title="Sea", secret=(content, name))
    assert (answer.status_code, gallery.rows("work"), gallery.contents(), gallery.register()) == (422, [], [], [])
    (said,) = (one for one in shown_errors(answer.text) if name in one)
    return said


def test_what_has_a_virus_is_refused_and_leaves_nothing_behind(database_url, tmp_path, monkeypatch):
    logged = []
    monkeypatch.setattr(taking.log, "warning", lambda said, *parts, **_: logged.append(said % parts))
    with watchman() as scanner:
        gallery = make_gallery(database_url, tmp_path, FOYER_VIRUS_SCANNER=scanner.address)
        assert refusal(gallery, b"a word before " + EICAR) == "Secret: A virus was found in note.txt. It was not taken."
        assert logged == ["a file has a virus: Eicar-Test-Signature"]
        long = b"a line of text\n" * 7_000
        assert gallery.as_("ada").send(NEW, title="Sea", secret=(long, "note.txt")).status_code == 303
        assert (scanner.seen[-1], gallery.contents()) == (long, [long])
        gallery.engine.dispose()


@pytest.mark.parametrize(
    "says", [b"", b"stream: ", b"stream: OK FOUND it ERROR\0", b"INSTREAM size limit exceeded. ERROR\0", b"OKAY\0"]
)
def test_nothing_is_taken_while_the_scanner_does_not_say_that_it_is_clean(sqlite_url, tmp_path, says):
    with watchman() as scanner:
        gallery = make_gallery(sqlite_url, tmp_path, FOYER_VIRUS_SCANNER=scanner.address)
        scanner.says = says
        assert "could not be looked through for viruses" in refusal(gallery, b"words")
        scanner.says, scanner.most = None, 100
        assert "could not be looked through for viruses" in refusal(gallery, b"words " * 60)
        gallery.engine.dispose()


def test_nothing_is_taken_while_there_is_no_scanner(sqlite_url, tmp_path):
    gallery = make_gallery(sqlite_url, tmp_path, FOYER_VIRUS_SCANNER=f"clamd://127.0.0.1:{free_port()}")
    assert "could not be looked through for viruses" in refusal(gallery, b"words")
    gallery.engine.dispose()


def test_the_doctor_says_whether_the_scanner_answers(sqlite_url, tmp_path):
    def told(address):
        environ = {"FOYER_DATABASE_URL": sqlite_url, "FOYER_DATA_DIR": str(tmp_path), "FOYER_VIRUS_SCANNER": address}
        said = json.loads(CliRunner().invoke(doctor, ["--json"], env=environ).output)["findings"]
        return [(one["state"], one["message"]) for one in said if one["what"] == "virus scanner"]

    with watchman() as scanner:
        assert told(scanner.address) == [("ok", "ClamAV of the tests answers")]
    ((state, message),) = told(f"clamd://127.0.0.1:{free_port()}")
    assert (state, "no upload is taken" in message) == ("wrong", True)


@pytest.mark.parametrize(
    "address", ["http://scanner.example", "clamd://", "clamd:///", "clamd://a/?b=c", "scanner", "clamd://a:port"]
)
def test_an_address_that_is_none_is_refused_at_the_start(address):
    with pytest.raises(ConfigError, match="FOYER_VIRUS_SCANNER"):
        Config.from_environment({"FOYER_VIRUS_SCANNER": address})


def test_a_scanner_of_this_machine_is_named_by_its_path():
    assert Clamd.at("clamd:///run/clamav/clamd.ctl").path == "/run/clamav/clamd.ctl"
    assert (Clamd.at("clamd://scan.example").host, Clamd.at("clamd://scan.example").port) == ("scan.example", 3310)
