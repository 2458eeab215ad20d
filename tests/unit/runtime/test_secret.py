"""The secret key that is kept in the data folder."""

import multiprocessing
import stat

import pytest

from runtime.secret import NAME, secret_key


def _start(folder, gate, found):
    gate.wait()
    found.put(secret_key("", folder))


def test_the_key_that_is_given_counts_and_leaves_no_file(tmp_path):
    assert secret_key("given", tmp_path / "data") == "given"
    assert not (tmp_path / "data").exists()


def test_a_key_is_made_once_for_the_owner_only_and_nothing_is_left_beside_it(tmp_path):
    made = secret_key("", tmp_path)
    assert len(made) >= 32
    assert secret_key("", tmp_path) == made
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [NAME]


def test_processes_that_start_at_once_have_the_same_key(tmp_path):
    several = multiprocessing.get_context("spawn")
    gate, found = several.Barrier(4), several.Queue()
    processes = [several.Process(target=_start, args=(tmp_path / "data", gate, found)) for _ in range(4)]
    for process in processes:
        process.start()
    keys = {found.get(timeout=60) for _ in processes}
    for process in processes:
        process.join()
    assert len(keys) == 1
    assert keys != {""}


def test_a_process_that_loses_the_race_takes_the_key_of_the_other(tmp_path, monkeypatch):
    (tmp_path / NAME).write_text("the other's key, all of it")
    monkeypatch.setattr("pathlib.Path.exists", lambda _path: False)
    assert secret_key("", tmp_path) == "the other's key, all of it"
    assert [file.name for file in tmp_path.iterdir()] == [NAME]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        secret_key("", tmp_path / "file")
