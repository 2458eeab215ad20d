"""What a connection's variable holds is changed while the worker runs: the next turn has it, without a restart."""

import threading

import pytest
import sqlalchemy as sa

from runtime.database import make_engine, writing
from runtime.sync.worker import Worker, prepare
from support.harbour import eventually, harbours, snapshot_of, whole_tables


def stocked(folder, code):
    folder.mkdir()
    (folder / "harbour.csv").write_text(f"code,name,depth\n{code},{code},9\n", encoding="utf-8")
    return folder


@pytest.fixture
def working(database_url, tmp_path, monkeypatch):
    """A worker on files whose folder stands in a file, as secrets do; gives where that is, and what has come."""
    told = tmp_path / "told"
    told.write_text(str(stocked(tmp_path / "old", "GOT")), encoding="utf-8")
    monkeypatch.delenv("HARBOUR_FOLDER", raising=False)
    monkeypatch.setenv("HARBOUR_FOLDER_FILE", str(told))
    snapshot = snapshot_of(
        harbours(change_column="", delete="keep", interval=0.05), settings={"folder": "${HARBOUR_FOLDER}"}, connector="files"
    )
    engine, stop = make_engine(database_url), threading.Event()
    with writing(engine).begin() as connection:
        whole_tables(snapshot).create_all(connection)
    prepare(engine)
    thread = threading.Thread(target=Worker(engine, lambda: snapshot, stop).run)
    thread.start()

    def come():
        with engine.connect() as connection:
            return set(connection.scalars(sa.text("SELECT code FROM harbour")))

    yield told, come
    stop.set()
    thread.join()
    engine.dispose()


def test_the_worker_goes_on_with_what_the_file_holds_now(working, tmp_path):
    told, come = working
    assert eventually(lambda: come() == {"GOT"})
    told.write_text(str(stocked(tmp_path / "new", "STO")), encoding="utf-8")
    assert eventually(lambda: "STO" in come())


def test_while_the_file_is_gone_nothing_is_read_and_afterwards_it_goes_on(working, tmp_path):
    told, come = working
    assert eventually(lambda: come() == {"GOT"})
    told.unlink()
    new = stocked(tmp_path / "new", "STO")
    told.write_text(str(new), encoding="utf-8")
    assert eventually(lambda: "STO" in come())
