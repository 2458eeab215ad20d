"""Whatever is passed to a command, it says in a sentence what is wrong, and leaves with 1."""

import json
import os
import socket

import pytest
from click.testing import CliRunner

from runtime.cli import main
from runtime.cli.commands import COMMANDS
from runtime.cli.serve import make_server

LONG = "x" * 131_000  # Linux passes no argument longer than 131,072 bytes
NO_TEXT = os.fsdecode(b"\xff\xfe")
GARBAGE = ["", "-1", "0", "9" * 40, "1.5", "x", "x/y z", NO_TEXT, LONG]
READ_A_FOLDER = ["check", "import", "publish", "diff", "migrate", "dump"]
NEED_A_DATABASE = ["import", "publish", "export", "diff", "migrate", "dump", "history", "rollback"]


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "site"
    made.mkdir()
    (made / "site.yaml").write_text("kind: site\nkey: main\nlabel: Main\n")
    return made


@pytest.fixture
def run(tmp_path, sqlite_url):
    """Runs a command; gives back its exit code and what it said, which is no trace and never long."""
    environment = {"FOYER_DATABASE_URL": sqlite_url, "FOYER_DATA_DIR": str(tmp_path / "data"), "USER": "ann"}

    def call(*arguments, **more):
        done = CliRunner().invoke(main, [str(argument) for argument in arguments], env=environment | more)
        assert isinstance(done.exception, SystemExit | None), done.exception
        assert "Traceback" not in done.output
        assert len(done.output) < 4000
        return done.exit_code, done.output.strip()

    return call


def refused(answer):
    code, said = answer
    return code == 1 and said != ""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run, command):
    code, said = run(command, "--help")
    assert (code, "Usage:" in said) == (0, True)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("word", ["--nothing-of-ours", f"--{LONG}"])
def test_an_option_that_is_not_there_is_refused(run, command, word):
    assert refused(run(command, word))


@pytest.mark.parametrize("command", READ_A_FOLDER)
@pytest.mark.parametrize("name", ["none/at/all", "file", "loop", "odd", LONG, NO_TEXT])
def test_a_folder_that_cannot_be_read_is_refused(run, tmp_path, command, name):
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "loop.yaml").symlink_to(tmp_path / "odd" / "loop.yaml")
    (tmp_path / "odd" / "bytes.yaml").write_bytes(b"\xff\xfe\x00kind")
    assert refused(run(command, tmp_path / name))


@pytest.mark.parametrize("command", [*READ_A_FOLDER, "export"])
def test_an_empty_name_is_not_the_folder_one_stands_in(run, command):
    assert refused(run(command, ""))


NAMED = [
    ("adopt", "sqlite://", "site", "--tables"),
    ("adopt", "sqlite://", "site", "--site"),
    ("bisect", "site", "/", "--role"),
    ("bisect", "site", "/", "--site"),
    ("checkup", "--site"),
    ("import", "power-pages", ".", "--dry-run", "--site"),
    ("invite", "ann@example.com", "--account"),
    ("invite", "ann@example.com", "--site"),
    ("token", "list", "--site"),
    ("translations", "status", "--site"),
    ("why", "/", "--site"),
]


@pytest.mark.parametrize("words", NAMED, ids=lambda words: " ".join(words))
def test_an_empty_name_is_not_all_there_are(run, folder, words):
    run("publish", folder)
    code, said = run(*words, "")
    assert (code, f"'{words[-1]}': the name is empty" in said) == (1, True), said


def test_a_folder_without_a_component_is_not_in_order(run, folder, tmp_path):
    (tmp_path / "empty").mkdir()
    code, said = run("check", tmp_path / "empty")
    assert (code, "there is no component here" in said, str(tmp_path / "empty") in said) == (1, True, True)
    told = json.loads(run("check", tmp_path / "empty", "--json")[1])
    assert (told["ok"], [problem["code"] for problem in told["problems"]]) == (False, ["file.none"])
    assert run("check", folder) == (0, "1 component is in order.")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("command", READ_A_FOLDER)
def test_a_folder_without_the_right_to_read_is_refused(run, folder, command):
    folder.chmod(0)
    assert refused(run(command, folder))
    folder.chmod(0o700)


@pytest.mark.parametrize("name", ["file", "file/below", "loop"])
def test_nothing_is_exported_where_no_folder_can_be(run, folder, tmp_path, name):
    run("publish", folder)
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert refused(run("export", tmp_path / name))
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.parametrize("word", GARBAGE)
def test_garbage_is_no_release_component_person_or_map(run, folder, tmp_path, word):
    run("publish", folder)
    for arguments in (
        ("rollback", "--", word), ("rollback", "1", "--component", word), ("history", "--", word),
        ("sync", "pause", "--", word), ("sync", "revert", "--", word), ("jobs", "retry", "--", word),
        ("webhooks", "replay", "--", word), ("people", "erase", "--contact", word),
        ("people", "show", "--", word), ("people", "grant", "--", word, word), ("invite", "--", word),
        ("invite", "a@b", "--days", word),
        ("serve", "--port", word), ("demo", "--port", word), ("people", "--", word),
    ):  # fmt: skip
        assert refused(run(*arguments)), arguments[:2]
    if word != "0":
        assert refused(run("export", tmp_path / "out", "--release", word))
        assert refused(run("dump", "--release", word))
        assert refused(run("diff", "1", word))


@pytest.mark.parametrize("command", NEED_A_DATABASE)
@pytest.mark.parametrize("url", ["sqlite:///{0}/site.yaml/below/f.db", "sqlite:///{0}", "sqlite:///{0}/site.yaml",
                                 "postgresql://x@127.0.0.1:1/x", "mysql://x/y", "nonsense"])  # fmt: skip
def test_a_database_that_is_not_there_is_said_in_a_sentence(run, folder, command, url):
    extra = {"import": [folder], "export": [folder / "out"], "rollback": ["1"]}.get(command, [])
    code, said = run(command, *extra, FOYER_DATABASE_URL=url.format(folder))
    assert (code, len(said.splitlines())) == (1, 1)


def test_a_command_that_is_nearly_one_is_told_which(run):
    assert "Did you mean 'publish'?" in run("publsh")[1]


@pytest.mark.parametrize("host", ["999.1.1.1", "portal.example.com", ""])
def test_an_address_that_is_none_is_not_served(run, host):
    assert run("serve", "--host", host) == (
        1, f"Error: {host} is no address to listen on; write 127.0.0.1, or 0.0.0.0 for all.",
    )  # fmt: skip


def test_a_port_that_somebody_listens_on_is_named(run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run("serve", "--port", port) == (
            1,
            f"Error: Nothing can listen on 127.0.0.1, port {port}: Address already in use.",
        )


def test_a_process_that_does_not_stop_is_stopped():
    assert make_server("127.0.0.1", 8000, 1, 1).workers_kill_timeout == 30


def test_commands_on_an_installation_without_anything_say_so(run):
    assert run("jobs", "list") == (0, "Nothing is owed.")
    run("publish")
    assert run("sync", "run") == (0, "There are no table maps.")
    for arguments in (("people", "show", "a@b.example"), ("checkup",), ("token", "list", "a@b.example")):
        assert run(*arguments) == (1, "no site has been published yet; foyer publish DIR releases a folder that has one")


@pytest.mark.parametrize(("name", "value"), [("FOYER_DATABASE_URL", "postgresql://[::1/x"),
                                             ("FOYER_DATABASE_URL", "postgresql://host:port/x"),
                                             ("FOYER_THROTTLE_URL", "memcached://host"),
                                             ("FOYER_THROTTLE_URL", "redis"),
                                             ("FOYER_THEME_DIR", "/no/such/folder")])  # fmt: skip
def test_the_doctor_names_a_setting_that_cannot_be_used(run, name, value):
    code, said = run("doctor", **{name: value})
    assert code == 1
    assert [line for line in said.splitlines() if line.startswith("wrong") and name in line]


def test_a_backup_into_a_folder_that_is_not_there_names_the_folder(run, folder, tmp_path):
    run("publish", folder)
    code, said = run("backup", tmp_path / "none" / "at.backup")
    assert (code, said.startswith(f"{tmp_path / 'none'}: there is no such folder")) == (1, True)


def test_a_name_that_is_no_text_is_printed_all_the_same(run, folder, tmp_path):
    run("publish", folder)
    name = tmp_path / NO_TEXT
    code, said = run("backup", name)
    assert (code, "rows of" in said, name.exists()) == (0, True, True)
    assert "\\udcff" in said
    code, said = run("restore", "--check", "--json", name)
    assert (code, json.loads(said)["ok"]) == (0, True)
