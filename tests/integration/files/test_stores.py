"""What every store promises: the folder, and an S3-compatible server where moto and boto3 are installed."""

import io
import socket

import pytest

from runtime.files.places import make_store, read_files_url
from runtime.files.store import ContentLost, StoreFailed

CONTENT = bytes(range(256)) * 40_000  # more than S3 takes in one part


@pytest.fixture(params=["folder", "s3"])
def store(request, tmp_path, monkeypatch):
    if request.param == "folder":
        yield make_store("", tmp_path / "files")
        return
    moto, boto3 = pytest.importorskip("moto.server"), pytest.importorskip("boto3")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tester")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    endpoint = f"http://127.0.0.1:{port}"
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="uploads")
    yield make_store(read_files_url(f"s3://uploads/portal?endpoint={endpoint}"), tmp_path)
    server.stop()


def test_a_content_comes_back_whole_and_in_part(store):
    store.put("ab12", io.BytesIO(CONTENT))
    assert b"".join(store.read("ab12", 0, len(CONTENT))) == CONTENT
    assert b"".join(store.read("ab12", 256, 260)) == b"\0\1\2\3"


def test_the_content_given_stays_open(store):
    content = io.BytesIO(CONTENT)
    store.put("ab12", content)
    assert not content.closed


def test_what_was_removed_is_lost_and_removing_it_again_is_fine(store):
    store.put("ab12", io.BytesIO(b"x"))
    store.remove("ab12")
    store.remove("ab12")
    with pytest.raises(ContentLost):
        store.read("ab12", 0, 1)


def test_a_store_that_does_not_answer_says_so(tmp_path):
    (tmp_path / "files").write_text("a file where the folder should be")
    with pytest.raises(StoreFailed):
        make_store("", tmp_path / "files").put("ab12", io.BytesIO(b"x"))


@pytest.mark.parametrize("url", ["s3://", "https://host/bucket", "s3://user:secret@bucket", "folder"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ValueError, match="s3://bucket/prefix"):
        read_files_url(url)
