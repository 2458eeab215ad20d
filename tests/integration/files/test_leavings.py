"""What becomes of files whose form was never saved, whose row let go of them, or whose process was killed."""

import datetime as dt
import io
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from runtime.access import Person, Principal
from runtime.files.labels import FileLabel
from runtime.files.register import Slot, enter
from runtime.housekeeping import tidy
from runtime.records import Invalid, create, delete, update
from runtime.records.bulk import SqlRowStore
from support.gallery import PDF, links

NEW = "/works/new"
SOON = dt.datetime.now(dt.UTC) + dt.timedelta(hours=12)  # within a day of what tests do, however long they run
NEXT_DAY = SOON + dt.timedelta(days=1)


def sweep(gallery, now):
    return tidy(gallery.engine, now, gallery.services.files.store)["foyer_file"]


def pending(gallery, owner, attribute="paper", key="k" * 32):
    gallery.services.files.store.put(key, io.BytesIO(PDF))
    label = FileLabel(0, len(PDF), "application/pdf", "0" * 64, key, "Sea.pdf")
    with gallery.engine.begin() as connection:
        return enter(connection, Slot("work", attribute, owner), label, dt.datetime.now(dt.UTC)).id


def ada(gallery):
    return Principal.signed_in(gallery.snapshot, "gallery", Person(gallery.ids["ada"]), ["artist"])


def named(gallery, title):
    return {"title": title, "artist": gallery.ids["ada"]}


def test_an_upload_waits_for_its_form_as_long_as_a_draft_does(gallery):
    gallery.as_("ada").send(NEW, title="", paper=(PDF, "Sea.pdf"))
    created = gallery.register()[0]["created_at"].replace(tzinfo=dt.UTC)
    assert sweep(gallery, created + dt.timedelta(days=90)) == 0
    assert sweep(gallery, created + dt.timedelta(days=92)) == 1
    assert (gallery.contents(), gallery.register()) == ([], [])


def test_an_upload_of_somebody_unknown_waits_for_a_day(gallery):
    pending(gallery, None)
    assert sweep(gallery, SOON) == 0
    assert sweep(gallery, SOON + dt.timedelta(days=1)) == 1


def test_a_file_that_was_replaced_or_whose_row_was_deleted_goes_and_others_stay(gallery):
    artist = gallery.as_("ada")
    for title in ("Sea", "Sky", "Sun"):
        artist.send(NEW, title=title, paper=(PDF + title.encode(), f"{title}.pdf"))
    artist.send("/works/Sea/edit", paper=(b"waves", "waves.txt"))
    sky = gallery.rows("work")[1]
    with gallery.engine.begin() as connection:
        delete(connection, gallery.snapshot, ada(gallery), "work", sky["id"], sky["version"])
    assert sweep(gallery, SOON) == 0  # a backup that was begun before may still want them
    assert sweep(gallery, NEXT_DAY) == 2
    assert sorted(gallery.contents()) == sorted([b"waves", PDF + b"Sun"])
    again = gallery.as_("ada")  # sessions were tidied up too
    assert again.get(links(again.get("/works/Sun").text)[0]).status_code == 200


def test_a_row_that_went_outside_takes_its_files_along(gallery):
    gallery.as_("ada").send(NEW, title="Sea", paper=(PDF, "Sea.pdf"))
    with gallery.engine.begin() as connection:
        store = SqlRowStore(connection, gallery.snapshot, Principal.system("sync"))
        assert store.delete("work", [gallery.rows("work")[0]["id"]]) == 1
    assert sweep(gallery, NEXT_DAY) == 1
    assert gallery.contents() == []


def test_what_was_rolled_back_leaves_the_upload_waiting(gallery):
    file = pending(gallery, gallery.ids["ada"])
    with gallery.engine.connect() as connection, connection.begin() as transaction:
        create(connection, gallery.snapshot, ada(gallery), "work", {**named(gallery, "Sea"), "paper": file})
        transaction.rollback()
    assert gallery.register()[0]["row"] is None
    with gallery.engine.begin() as connection:
        made = create(connection, gallery.snapshot, ada(gallery), "work", {**named(gallery, "Sea"), "paper": file})
    assert gallery.register()[0]["row"] == made.id


def test_a_row_takes_no_file_that_its_writer_did_not_upload_for_it(gallery):
    mine, bens = pending(gallery, gallery.ids["ada"]), pending(gallery, gallery.ids["ben"], key="b" * 32)
    other = pending(gallery, gallery.ids["ada"], "secret", key="s" * 32)
    for wrong in (bens, other, 999):
        with gallery.engine.begin() as connection, pytest.raises(Invalid) as refused:
            create(connection, gallery.snapshot, ada(gallery), "work", {**named(gallery, "Sea"), "paper": wrong})
        assert refused.value.codes == {"paper": "file"}
    with gallery.engine.begin() as connection:
        create(connection, gallery.snapshot, ada(gallery), "work", {**named(gallery, "Sea"), "paper": mine})
        second = create(connection, gallery.snapshot, ada(gallery), "work", named(gallery, "Sky"))
    with gallery.engine.begin() as connection, pytest.raises(Invalid):
        update(connection, gallery.snapshot, ada(gallery), "work", second.id, 1, {"paper": mine})


def test_a_number_that_came_into_a_column_by_another_way_leads_nowhere(gallery):
    artist, ben = gallery.as_("ada"), gallery.as_("ben")
    artist.send(NEW, title="Sea", paper=(PDF, "Sea.pdf"))
    ben.send(NEW, title="Mine")
    first, mine = gallery.rows("work")
    table = gallery.snapshot.entities["work"].table
    with gallery.engine.begin() as connection:
        connection.execute(table.update().where(table.c.id == mine["id"]).values(paper=first["paper"]))
    assert links(ben.get("/works/Mine").text) == []
    assert ben.get(f"/_files/work/{mine['id']}/paper/Sea.pdf").status_code == 404


KILLED = """
import io, os, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from support.portal import config
from runtime.app import make_services
from runtime.files import store, taking
from runtime.files.register import Slot
from runtime.files.spool import Spool
from runtime.lease import Lease

services = make_services(config({url!r}, Path({folder!r})))
model = services.snapshots.current().entities["work"].attributes["paper"].model
spool = Spool(1000)
spool.write(b"words")
if {where!r} == "while storing":
    os.fsync = lambda handle: (print("now", flush=True), sys.stdin.read())
taking.take(services.files, Lease(services.doors).transaction, Slot("work", "paper", 1), model, spool, "x.txt")
print("now", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("where", ["while storing", "before the row"])
def test_a_process_killed_on_the_way_leaves_nothing_that_is_not_swept(gallery, where):
    url = gallery.engine.url.render_as_string(hide_password=False)
    tests = os.fspath(Path(__file__).parents[2])
    code = KILLED.format(tests=tests, url=url, folder=os.fspath(gallery.folder.parent), where=where)
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=f"{tests}/..",
    )
    with process:
        assert process.stdout.readline() == "now\n"
        process.send_signal(signal.SIGKILL)
    assert len(gallery.register()) == len(gallery.contents()) == 1
    assert sweep(gallery, SOON + dt.timedelta(days=92)) == 1
    assert (gallery.contents(), gallery.register()) == ([], [])
