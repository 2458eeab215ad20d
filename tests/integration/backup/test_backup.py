"""Backups: what is taken while people work is of one moment, and what is restored is the same or nothing."""

import datetime as dt
import importlib
import os
import signal
import sqlite3
import threading
import warnings
from contextlib import closing
from pathlib import Path

import orjson
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from metadata.store import MetadataStore, checked_snapshot
from runtime.app import create_app, make_services
from runtime.backup import BackupRefused, archive, making, restoring
from runtime.backup.kept_aside import RulesBroken
from runtime.backup.restoring import check, rehearse, restore
from runtime.backup.taking import back_up
from runtime.cli.commands import module_of
from runtime.database import make_engine
from runtime.files.store import FolderStore
from runtime.records import create
from support.attic import CRATES, SYSTEM, left_behind, make_attic, rows_of
from support.gallery import PDF, Artist, links
from support.portal import Browser, config

KEY = "the key of the attic"
NOW = dt.datetime(2031, 5, 1, tzinfo=dt.UTC)


@pytest.fixture
def made(database_url: str, tmp_path: Path):
    """The attic in either kind of database."""
    found = make_attic(database_url, tmp_path)
    yield found
    found.engine.dispose()


@pytest.fixture
def store(made):
    return FolderStore(made.folder)


@pytest.fixture
def target(tmp_path: Path):
    """An empty SQLite database."""
    engine = make_engine(f"sqlite:///{tmp_path / 'restored.db'}")
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request, tmp_path: Path, postgres_shelf):
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield make_engine(f"sqlite:///{tmp_path / 'other.db'}")
        return
    with postgres_shelf.database() as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


def taken(made, path):
    return back_up(made.engine, FolderStore(made.folder), path, KEY, NOW)


def snapshot_in(engine):
    store = MetadataStore(engine)
    number = store.current_release()
    return checked_snapshot(store.released(number).values(), number)


def tables_in(engine):
    return set(sa.inspect(engine).get_table_names())


def same_kept(rows, made, other):
    """The rows but for counts of auto-numbers where one database keeps them in sequences and the other in rows."""
    return rows if made.engine.dialect.name == other.dialect.name else {**rows, "foyer_number": None}


def audited(engine):
    with engine.connect() as connection:
        return connection.execute(sa.text("SELECT count(*) FROM foyer_audit WHERE entity = 'crate'")).scalar_one()


def test_all_is_there_again_in_either_kind_of_database(made, other, tmp_path):
    file = tmp_path / "attic.backup"
    before = rows_of(made.engine, made.snapshot)
    report = taken(made, file)
    assert (report.files, report.lost, file.stat().st_mode & 0o077) == (1, (), 0)
    restore(other, FolderStore(tmp_path / "again"), file, check(file, KEY))
    snapshot = snapshot_in(other)
    assert same_kept(rows_of(other, snapshot), made, other) == same_kept(before, made, other)
    assert left_behind(other) == left_behind(made.engine)
    steps = MetadataStore(other).plan_tables(snapshot)
    assert (steps.steps, len(steps.kept)) == ((), 2)
    assert [path.read_bytes() for path in (tmp_path / "again").rglob("*") if path.is_file()] == [PDF]
    with other.begin() as connection:  # keys and numbers go on, and lookups are looked at
        new = create(connection, snapshot, SYSTEM, "crate", {"inside": 1, "note": "fresh"}).id
        number = connection.execute(sa.text("SELECT number FROM crate WHERE id = :id"), {"id": new}).scalar_one()
    assert (new, number) == (CRATES + 1, f"C-{CRATES + 1:05d}")
    with pytest.raises(sa.exc.IntegrityError), other.begin() as connection:
        connection.execute(sa.text("UPDATE crate SET inside = 4711"))


def test_the_restored_portal_serves_the_same_people_and_files(made, tmp_path):
    ada = made.as_("ada")
    page = ada.get("/works/Sea").text
    file = tmp_path / "attic.backup"
    taken(made, file)
    again = config(f"sqlite:///{tmp_path / 'elsewhere.db'}", tmp_path / "elsewhere")
    services = make_services(again)
    restore(services.engine, services.files.store, file, check(file, KEY))
    client = create_app(again, services=services).test_client()
    client._cookies.update(ada.browser.client._cookies)
    artist = Artist(Browser(client))
    assert artist.get(links(page)[0]).data == PDF
    services.engine.dispose()


def test_a_backup_is_of_one_moment_and_keeps_no_writer_waiting(made, target, tmp_path, monkeypatch):
    """Each transaction writes a pair; a backup with half a pair, or a crate within one that it has not, is of two moments."""
    stop, written, wrong = threading.Event(), [], []
    before = audited(made.engine)

    def write():
        last = None
        try:
            while not stop.is_set():
                with made.engine.execution_options(foyer_write=True).begin() as connection:
                    first = create(connection, made.snapshot, SYSTEM, "crate", {"note": "pair", "inside": last}).id
                    last = create(connection, made.snapshot, SYSTEM, "crate", {"note": "pair", "inside": first}).id
                written.append(last)
        except Exception as error:
            wrong.append(error)

    marks = []
    adding = archive.Writer.add

    def add(self, name, content):
        adding(self, name, content)
        marks.append(len(written))
        if name.startswith("rows/") and len(set(marks)) < 6:  # go on when somebody has written meanwhile
            begun = len(written)
            while len(written) == begun and not wrong:
                threading.Event().wait(0.005)

    monkeypatch.setattr(archive.Writer, "add", add)
    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        taken(made, tmp_path / "busy.backup")
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert wrong == []
    assert len(set(marks)) >= 5
    restore(target, FolderStore(tmp_path / "again"), tmp_path / "busy.backup", check(tmp_path / "busy.backup", KEY))
    with target.connect() as connection:
        crates = connection.execute(sa.text("SELECT count(*) FROM crate WHERE note = 'pair'")).scalar_one()
    assert (crates % 2, audited(target)) == (0, before + crates)
    assert crates < 2 * len(written)


PLACES = {
    "part": (archive.Writer, "add"),
    "end": (archive.Writer, "close"),
    "row": (restoring, "_insert"),
    "file": (FolderStore, "put"),
    "compare": (restoring, "_compare"),
    "count": (making, "go_on_counting"),
}


def killed(deed, engine, folder, file, place, left):
    """Whether a process that does it was killed when it came to a place for the time after `left`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        try:
            die_at(*PLACES[place], left)
            own = make_engine(engine.url.render_as_string(hide_password=False))
            deed(own, FolderStore(folder), file)
        finally:
            os._exit(1)
    return os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL


def die_at(owner, name, left):
    real, calls = getattr(owner, name), []

    def dying(*args, **more):
        calls.append(1)
        if len(calls) > left:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **more)

    setattr(owner, name, dying)


def backing_up(engine, store, file):
    back_up(engine, store, file, KEY, NOW)


def restoring_it(engine, store, file):
    restore(engine, store, file, check(file, KEY))


def test_a_backup_that_is_killed_is_no_backup_and_harms_nothing(made, tmp_path):
    before, file = rows_of(made.engine, made.snapshot), tmp_path / "attic.backup"
    for place, left in (("part", 0), ("part", 7), ("end", 0)):
        assert killed(backing_up, made.engine, made.folder, file, place, left)
        assert not file.exists()
    for draft in tmp_path.glob(".attic.backup.*.draft"):
        with pytest.raises(BackupRefused):
            check(draft, KEY)
    assert rows_of(made.engine, made.snapshot) == before
    taken(made, file)
    assert check(file, KEY).rows["crate"] == CRATES


def test_a_restoration_that_is_killed_leaves_nothing_and_can_be_done_again(made, other, tmp_path):
    file, folder = tmp_path / "attic.backup", tmp_path / "again"
    before = rows_of(made.engine, made.snapshot)
    taken(made, file)
    for place, left in (("row", 1), ("row", 9), ("file", 0), ("compare", 0), ("count", 0)):
        assert killed(restoring_it, other, folder, file, place, left)
        assert tables_in(other) == set()
    restore(other, FolderStore(folder), file, check(file, KEY))
    assert same_kept(rows_of(other, snapshot_in(other)), made, other) == same_kept(before, made, other)


def test_an_installation_is_replaced_only_when_told_and_whole(made, store, tmp_path):
    file = tmp_path / "attic.backup"
    taken(made, file)
    before = rows_of(made.engine, made.snapshot)
    with made.engine.begin() as connection:
        create(connection, made.snapshot, SYSTEM, "crate", {"note": "after the backup"})
        connection.execute(sa.text("CREATE TABLE not_ours (id integer)"))
    after = rows_of(made.engine, made.snapshot)
    with pytest.raises(BackupRefused, match="--replace"):
        restore(made.engine, store, file, check(file, KEY))
    assert rows_of(made.engine, made.snapshot) == after
    restore(made.engine, store, file, check(file, KEY), replace=True)
    assert rows_of(made.engine, made.snapshot) == before
    assert "not_ours" in tables_in(made.engine)


def test_what_is_damaged_cut_short_or_foreign_is_refused_before_anything_is_touched(made, tmp_path):
    file, wrong = tmp_path / "attic.backup", tmp_path / "wrong.backup"
    taken(made, file)
    whole = file.read_bytes()
    cuts = [whole[: len(whole) * part // 10] for part in range(10)] + [whole[:-1]]
    flips = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(20, len(whole), max(1, len(whole) // 25))]
    for content in (*cuts, b"PK\x03\x04 a zip", whole + whole):
        wrong.write_bytes(content)
        with pytest.raises(BackupRefused, match=r"wrong\.backup"):
            check(wrong, KEY)
    members = list(archive.Reader(file))
    refused = 0
    for content in flips:
        wrong.write_bytes(content)
        try:
            check(wrong, KEY)
        except BackupRefused:
            refused += 1
        else:  # a bit between blocks, which says nothing
            assert list(archive.Reader(wrong)) == members
    assert refused >= len(flips) - 2
    with pytest.raises(BackupRefused, match="already"):
        taken(made, file)
    assert file.read_bytes() == whole


def rewritten(file, path, key, change):
    """A backup with other members, and an end that fits them."""
    reader = archive.Reader(file)
    members = list(reader)
    head = dict(reader.head)
    members = change(head, members) or members
    writer = archive.Writer(path, {name: value for name, value in head.items() if name != "format"})
    for name, content in members:
        writer.add(name, content)
    writer.close({name: reader.end[name] for name in ("tables", "files", "lost")}, key)


def test_what_was_changed_afterwards_or_is_newer_is_refused(made, target, tmp_path):
    file, wrong = tmp_path / "attic.backup", tmp_path / "wrong.backup"
    taken(made, file)

    def newer(head, members):
        head["engine"]["foyer_audit"].append("reason")

    def without_a_row(head, members):
        return [(name, b"\n".join(content.split(b"\n")[1:]) if "crate/" in name else content) for name, content in members]

    def escaping(head, members):
        return [*members, ("files/../../etc/passwd/0", b"")]

    rewritten(file, wrong, KEY, newer)
    with pytest.raises(BackupRefused, match=r"has foyer_audit\.reason, which .* does not know; it was made by a newer build"):
        check(wrong, KEY)
    rewritten(file, wrong, KEY, escaping)
    with pytest.raises(BackupRefused, match="no backup has"):
        check(wrong, KEY)
    rewritten(file, wrong, "another key than that of the attic", without_a_row)
    checked = check(wrong, KEY)  # of an unknown key; its rows are counted all the same
    assert not checked.same_key
    with pytest.raises(BackupRefused, match="crate reads otherwise"):
        restore(target, FolderStore(tmp_path / "again"), wrong, checked)
    assert tables_in(target) == set()
    sealed = archive.seal
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(archive, "seal", lambda key, digest: sealed("another", digest))
        rewritten(file, wrong, KEY, without_a_row)
    with pytest.raises(BackupRefused, match="seal"):
        check(wrong, KEY)


def test_a_file_that_the_store_has_lost_is_told_and_one_that_was_changed_is_refused(made, tmp_path):
    with made.engine.begin() as connection:
        connection.execute(sa.text("UPDATE foyer_file SET dropped_at = NULL"))
    (content,) = [path for path in made.folder.rglob("*") if path.is_file()]
    kept = content.read_bytes()
    content.unlink()
    assert taken(made, tmp_path / "lost.backup").lost == (content.name,)
    content.write_bytes(kept[:-1] + b"?")
    with pytest.raises(Exception, match="checksum"):
        taken(made, tmp_path / "changed.backup")
    assert not (tmp_path / "changed.backup").exists()


def test_a_backup_without_a_single_file_of_several_is_refused(made, tmp_path):
    """Somebody's cron names another folder than the portal does: such a backup would be found out when it is needed."""
    made.as_("ada").send("/works/new", title="Tide", paper=(PDF, "Tide.pdf"))
    file = tmp_path / "attic.backup"
    with pytest.raises(BackupRefused, match="None of 2 files is in the store: look at FOYER_FILES_FOLDER"):
        back_up(made.engine, FolderStore(tmp_path / "elsewhere"), file, KEY, NOW)
    assert not file.exists()
    assert back_up(made.engine, None, file, KEY, NOW).files == 0


def test_a_key_is_not_in_a_backup_and_another_one_is_told(made, tmp_path):
    file = tmp_path / "attic.backup"
    taken(made, file)
    reader = archive.Reader(file)
    text = b"".join(content for _, content in reader) + orjson.dumps([reader.head, reader.end])
    assert KEY.encode() not in text
    assert check(file, KEY).same_key
    assert not check(file, "another key than that").same_key


def test_the_commands_say_what_they_did(made, tmp_path):
    file = tmp_path / "attic.backup"

    def foyer(*arguments, url):
        environ = {"FOYER_DATA_DIR": str(tmp_path), "FOYER_SECRET_KEY": KEY, "FOYER_DATABASE_URL": url}
        done = CliRunner().invoke(module_command(arguments[0]), [*arguments[1:], "--json"], env=environ)
        assert done.stdout, done.exc_info
        return done.exit_code, orjson.loads(done.stdout)

    url = made.engine.url.render_as_string(hide_password=False)
    fresh, none = (f"sqlite:///{tmp_path / name}" for name in ("fresh.db", "none.db"))
    code, said = foyer("backup", str(file), url=url)
    assert (code, said["rows"]["crate"], said["files"]) == (0, CRATES, 1)
    assert foyer("restore", str(file), url=url)[0] == 1
    assert foyer("restore", str(file), "--check", url=fresh)[1]["same_key"]
    assert not (tmp_path / "fresh.db").exists()
    code, said = foyer("restore", str(file), url=fresh)
    assert (code, said["release"], said["rows"]["crate"]) == (0, 2, CRATES)
    assert foyer("doctor", url=fresh)[0] == 0
    assert foyer("backup", str(tmp_path / "none.backup"), url=none)[0] == 1


def module_command(name):
    return importlib.import_module(module_of(name)).command


PAST = {
    "pointer": "UPDATE crate SET inside = 4711 WHERE id = 3",
    "twice": "UPDATE crate SET number = 'C-00001' WHERE id = 3",
    "long": f"UPDATE contact SET full_name = '{'x' * 1000}' WHERE id = 1",
}


def written_past_the_engine(engine, what):
    """Rows that a rule of their table forbids, as somebody with a database client can leave them."""
    if engine.dialect.name == "sqlite":  # whose own client looks at no foreign key
        with closing(sqlite3.connect(engine.url.database)) as connection:
            connection.execute("DROP INDEX IF EXISTS uq_crate_number")
            connection.execute(PAST[what])
            connection.commit()
        return
    with engine.begin() as connection:
        connection.execute(sa.text("DROP INDEX uq_crate_number"))
        connection.execute(sa.text("ALTER TABLE crate DROP CONSTRAINT fk_crate_inside"))
        connection.execute(sa.text(PAST[what]))


@pytest.mark.parametrize(("what", "named"), [("pointer", "crate"), ("twice", "crate"), ("long", "contact")])
def test_what_is_checked_and_what_is_restored_are_judged_alike(made, other, tmp_path, what, named):
    """A backup of rows that break a rule of their table is told when it is looked at, not on the day when it is needed."""
    if what == "long" and (made.engine.dialect.name, other.dialect.name) != ("sqlite", "postgresql"):
        pytest.skip("SQLite alone keeps longer texts, and PostgreSQL alone refuses them")
    file = tmp_path / "attic.backup"
    taken(made, file)
    checked = check(file, KEY)
    strict = other.dialect.name == "postgresql"
    rehearse(file, checked, strict=strict)
    written_past_the_engine(made.engine, what)
    broken = tmp_path / "broken.backup"
    taken(made, broken)
    checked = check(broken, KEY)
    with pytest.raises(BackupRefused, match=f"{named}.*breaks a rule of its table.*make another backup"):
        rehearse(broken, checked, strict=strict)
    with pytest.raises(BackupRefused):
        restore(other, FolderStore(tmp_path / "again"), broken, checked)
    assert tables_in(other) == set()


@pytest.fixture
def broken(made, tmp_path):
    """A backup with a number that is there twice and a crate that points at none; other crates stand on both of them."""
    written_past_the_engine(made.engine, "twice")
    astray = f"UPDATE crate SET inside = 4711 WHERE id = {CRATES - 10}"
    if made.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(made.engine.url.database)) as connection:
            connection.execute(astray)
            connection.commit()
    else:
        with made.engine.begin() as connection:
            connection.execute(sa.text(astray))
    taken(made, tmp_path / "broken.backup")
    return tmp_path / "broken.backup"


def inside_of(engine):
    with engine.connect() as connection:
        return dict(map(tuple, connection.execute(sa.text("SELECT id, inside FROM crate"))))


def hanging_on(inside, *gone):
    """The crates that are gone with some, since they stand in them."""
    gone = {*gone}
    while more := {id for id, place in inside.items() if place in gone} - gone:
        gone |= more
    return gone


def test_rows_that_break_rules_are_told_with_numbers_and_places_and_refuse_all_of_it(broken, other):
    with pytest.raises(RulesBroken) as refused:
        restore(other, None, broken, check(broken, KEY))
    assert tables_in(other) == set()
    faults = {(fault.table, fault.rule.rpartition(" ")[2]): fault for fault in refused.value.faults}
    assert all(len(fault.places) == min(fault.rows, 5) for fault in faults.values())
    said = str(refused.value)
    assert "inside points at a row of crate that is not there: " in said
    assert "--aside FILE" in said
    assert [fault.places for fault in refused.value.faults if fault.rows == 1][:1] == [(3,)]
    assert not list(broken.parent.glob("*.draft"))


def test_the_rest_is_restored_and_what_breaks_rules_is_kept_in_a_file(made, broken, other, tmp_path):
    """With each row go those that stand on it; nothing is in neither place, or in both."""
    left = tmp_path / "left.jsonl"
    before = inside_of(made.engine)
    gone = hanging_on(before, 3, CRATES - 10)
    faults = restore(other, FolderStore(tmp_path / "again"), broken, check(broken, KEY), aside=left)
    lines = [orjson.loads(line) for line in left.read_bytes().splitlines()]
    crates = {line["row"]["id"]: line["row"] for line in lines if line["table"] == "crate"}
    assert crates.keys() == gone
    assert crates[3]["number"] == "C-00001"
    assert crates[CRATES - 10]["inside"] == 4711
    assert sum(fault.rows for fault in faults) == len(lines)
    assert inside_of(other) == {id: place for id, place in before.items() if id not in gone}
    assert left.stat().st_mode & 0o077 == 0
    with other.begin() as connection:  # the rules hold again, and no id is given out twice
        snapshot = snapshot_in(other)
        assert create(connection, snapshot, SYSTEM, "crate", {"inside": 1}).id == CRATES + 1
    with pytest.raises(sa.exc.IntegrityError), other.begin() as connection:
        connection.execute(sa.text("UPDATE crate SET inside = 4711"))
    with pytest.raises(BackupRefused, match="already"):
        restore(other, None, broken, check(broken, KEY), replace=True, aside=left)


def test_a_whole_backup_leaves_no_file_of_errors(made, target, tmp_path):
    taken(made, tmp_path / "attic.backup")
    checked = check(tmp_path / "attic.backup", KEY)
    assert restore(target, None, tmp_path / "attic.backup", checked, aside=tmp_path / "left.jsonl") == ()
    assert sorted(path.name for path in tmp_path.glob("*left*")) == []


def test_a_restoration_that_fails_leaves_no_file_of_errors_and_one_that_is_killed_no_database(
    broken, other, tmp_path, monkeypatch
):
    left, folder = tmp_path / "left.jsonl", tmp_path / "again"

    def with_aside(engine, store, file):
        restore(engine, store, file, check(file, KEY), aside=left)

    for place, calls in (("row", 9), ("compare", 0), ("count", 0)):
        assert killed(with_aside, other, folder, broken, place, calls)
        assert (tables_in(other), left.exists()) == (set(), False)
    with monkeypatch.context() as patched:
        patched.setattr(making, "go_on_counting", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            with_aside(other, FolderStore(folder), broken)
    assert (tables_in(other), left.exists()) == (set(), False)
    with_aside(other, FolderStore(folder), broken)
    assert left.exists()


def test_metadata_that_breaks_rules_are_never_left_out(made, target, tmp_path):
    """Without them nobody knows what the rest is."""
    file, wrong = tmp_path / "attic.backup", tmp_path / "wrong.backup"
    taken(made, file)

    def twice(head, members):
        return [(name, content * 2 if name.startswith("rows/foyer_revision/") else content) for name, content in members]

    rewritten(file, wrong, KEY, twice)
    with pytest.raises(RulesBroken, match=r"foyer_revision: .*They are metadata"):
        restore(target, None, wrong, check(wrong, KEY), aside=tmp_path / "left.jsonl")
    assert tables_in(target) == set()
    assert not (tmp_path / "left.jsonl").exists()


def test_the_command_tells_what_is_left_out_and_where_it_is(broken, tmp_path):
    def foyer(*arguments):
        environ = {"FOYER_DATA_DIR": str(tmp_path), "FOYER_SECRET_KEY": KEY, "FOYER_DATABASE_URL": fresh}
        done = CliRunner().invoke(module_command("restore"), [str(broken), *arguments, "--json"], env=environ)
        return done.exit_code, orjson.loads(done.stdout)

    fresh, left = f"sqlite:///{tmp_path / 'fresh.db'}", tmp_path / "left.jsonl"
    code, looked = foyer("--check")
    assert (code, {fault["table"] for fault in looked["faults"]} >= {"crate"}) == (1, True)
    assert foyer("--check", "--aside", str(left))[0] == 1
    assert foyer()[0] == 1
    assert not left.exists()
    code, said = foyer("--aside", str(left))
    assert (code, said["faults"]) == (0, looked["faults"])
    assert len(left.read_bytes().splitlines()) == sum(fault["rows"] for fault in said["faults"])


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("weight", "heavy", "weight holds 'heavy', which is no number"),
        ("day", "someday", "day holds 'someday', which is no day"),
        ("moment", "later", "moment holds 'later', which is no moment"),
        ("day", 20310501, "day holds 20310501, which is no day"),
        ("moment", 1, "moment holds 1, which is no moment"),
        ("weight", b"\x00", "weight holds b'\\x00', which is no number"),
        ("mark", "not one", "mark holds 'not one', which is no unique id"),
    ],
)
def test_a_value_that_its_column_cannot_hold_is_named_with_its_row(sqlite_url, tmp_path, column, value, said):
    made = make_attic(sqlite_url, tmp_path)
    table = made.snapshot.entities["crate"].table.name
    with closing(sqlite3.connect(made.engine.url.database)) as direct, direct:
        direct.execute(f"UPDATE {table} SET {column} = ? WHERE id = 7", (value,))
    path = tmp_path / "attic.tar.gz"
    with pytest.raises(BackupRefused, match="with sqlite3 on the database's file") as told:
        taken(made, path)
    assert f"{table}, id 7: {said}" in str(told.value)
    assert list(tmp_path.glob("attic.tar.gz*")) == []
    with closing(sqlite3.connect(made.engine.url.database)) as direct, direct:
        direct.execute(f"UPDATE {table} SET {column} = NULL WHERE id = 7")
    assert taken(made, path).rows[table] == CRATES
    made.engine.dispose()
