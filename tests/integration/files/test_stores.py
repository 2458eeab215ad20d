"""What every store promises: the folder, and an S3-compatible server."""

import io

import pytest

import runtime.cli.doctor as doctor
from runtime.files.places import make_store, read_files_url
from runtime.files.store import ContentLost, StoreFailed
from support.buckets import KEY, SECRET, open_buckets
from support.gallery import PDF, make_gallery, picture

CONTENT = bytes(range(256)) * 40_000  # more than S3 takes in one part


@pytest.fixture(scope="module")
def bucket():
    """The address of a bucket on an S3-compatible server of this machine."""
    with pytest.MonkeyPatch.context() as environ, open_buckets("uploads") as store:
        environ.setenv("AWS_ACCESS_KEY_ID", KEY)
        environ.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        yield store.address("uploads/portal")


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


def test_a_bucket_that_refuses_or_is_not_there_says_so(bucket, tmp_path, monkeypatch):
    elsewhere = bucket.replace("uploads/", "elsewhere/")
    with pytest.raises(StoreFailed, match="NoSuchBucket"):
        make_store(read_files_url(elsewhere), tmp_path).put("ab12", io.BytesIO(b"x"))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another secret")
    with pytest.raises(StoreFailed, match="SignatureDoesNotMatch"):
        make_store(read_files_url(bucket), tmp_path).put("ab12", io.BytesIO(b"x"))


def test_a_content_that_cannot_be_read_just_now_is_not_lost(tmp_path):
    """A backup goes on without what is lost, and ends where something cannot be read: rights, or too many open files."""
    (tmp_path / "ab" / "ab12").mkdir(parents=True)
    with pytest.raises(StoreFailed) as told:
        make_store("", tmp_path).read("ab12", 0, 1)
    assert not isinstance(told.value, ContentLost)


def test_doctor_sends_a_file_to_the_store_and_back(bucket, tmp_path):
    def told(url):
        environ = {"FOYER_DATA_DIR": str(tmp_path), "FOYER_FILES_URL": url}
        return [(item.state, item.message) for item in doctor.installation(environ) if item.what == "files"]

    assert told(bucket) == [("ok", "the store takes and gives them")]
    [(state, message)] = told(bucket.replace("uploads/", "elsewhere/"))
    assert (state, "NoSuchBucket" in message) == ("wrong", True)


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
