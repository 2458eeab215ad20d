"""What every store promises: the folder, and an S3-compatible server where moto and boto3 are installed."""

import io

import pytest

from runtime.files.places import make_store, read_files_url
from runtime.files.store import ContentLost, StoreFailed
from support.gallery import PDF, make_gallery, picture
from support.ports import free_port

CONTENT = bytes(range(256)) * 40_000  # more than S3 takes in one part


@pytest.fixture(scope="module")
def bucket():
    """The address of a bucket on an S3-compatible server of this machine."""
    moto, boto3 = pytest.importorskip("moto.server"), pytest.importorskip("boto3")
    port = free_port()
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("AWS_ACCESS_KEY_ID", "tester")
        environ.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        server.start()
        endpoint = f"http://127.0.0.1:{port}"
        boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="uploads")
        yield f"s3://uploads/portal?endpoint={endpoint}"
        server.stop()


@pytest.fixture(params=["folder", "s3"])
def store(request, tmp_path):
    if request.param == "folder":
        return make_store("", tmp_path / "files")
    return make_store(read_files_url(request.getfixturevalue("bucket")), tmp_path)


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


def test_files_in_a_bucket_go_to_those_who_may_read_their_row_only(bucket, sqlite_url, tmp_path):
    gallery = make_gallery(sqlite_url, tmp_path, FOYER_FILES_URL=bucket)
    gallery.as_("ada").send("/works/new", title="Sea", picture=(picture(), "sea.png"), paper=(PDF, "Sea.pdf"))
    address = f"/_files/work/{gallery.rows('work')[0]['id']}/paper/Sea.pdf"
    whole = gallery.as_("ada").get(address)
    assert (whole.status_code, whole.data) == (200, PDF)
    part = gallery.as_("ada").get(address, headers={"Range": "bytes=1-4"})
    assert (part.status_code, part.data) == (206, PDF[1:5])
    assert gallery.as_("ben").get(address).status_code == 404
    assert gallery.app.test_client().get(address).status_code == 404
    assert not any(PDF in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    gallery.engine.dispose()
