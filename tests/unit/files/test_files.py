"""Names, kinds and spools of files, without a database."""

import io
import warnings
import zipfile

import pytest

from runtime.files.kinds import is_accepted, media_type
from runtime.files.labels import FileLabel, file_address, read_label
from runtime.files.names import clean_name
from runtime.files.sizes import size_said
from runtime.files.spool import IN_MEMORY, Spool
from runtime.files.store import ContentLost, FolderStore, StoreFailed

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\plan.txt", "plan.txt"),
        ("evil\u202etxt.exe", "eviltxt.exe"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie_ x.txt"),
        ("x" * 400 + ".txt", "x" * 116 + ".txt"),
        ('<img src="x">.txt', "_img src=_x__.txt"),
        ("..", "file"),
        ("", "file"),
        ("  . ", "file"),
        ("A\u030angstro\u0308m.pdf", "Ångström.pdf"),
    ],
)
def test_a_name_is_made_safe(given, kept):
    assert clean_name(given) == kept


@pytest.mark.parametrize(("given", "kept"), [("a.exe", "a.exe.pdf"), ("a.PDF", "a.PDF"), ("a", "a.pdf"), ("..", "file.pdf")])
def test_a_name_ends_as_its_content_does(given, kept):
    assert clean_name(given, (".pdf",)) == kept


def document(*names):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "ending", "kind"),
    [
        (PNG + b"<script>", ".html", "image/png"),
        (b"%PDF-1.7", ".txt", "application/pdf"),
        (b"a;b\n1;2", ".csv", "text/csv"),
        (b"plain words", ".pdf", "text/plain"),
        ("Åland".encode(), ".txt", "text/plain"),
        (b"{}", ".json", "application/json"),
        (b" <HTML><b>", ".txt", "text/html"),
        (b"x" * 100 + b"<sCript>", ".txt", "text/html"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><a/>', ".txt", "application/xml"),
        (b"<svg onload=x>", ".png", "image/svg+xml"),
        (b"words" * 9000 + b"\0", ".txt", "application/octet-stream"),
        (document("[Content_Types].xml", "word/document.xml"), ".zip", WORD),
        (document("word/document.xml"), ".docx", "application/zip"),
    ],
)
def test_a_kind_is_told_by_the_content(content, ending, kind):
    assert media_type(io.BytesIO(content), ending) == kind


def test_what_may_run_script_is_taken_only_where_it_is_named():
    assert is_accepted("image/png", ("image/*",))
    assert not is_accepted("image/svg+xml", ("image/*",))
    assert is_accepted("image/svg+xml", ("image/svg+xml",))
    assert not is_accepted("application/pdf", ("image/*", "text/plain"))


def test_a_spool_keeps_no_more_than_its_limit():
    with Spool(IN_MEMORY * 2) as spool:
        for _ in range(5):
            spool.write(b"x" * IN_MEMORY)
        assert (spool.too_large, spool.size) == (True, IN_MEMORY * 5)
        spool.seek(0)
        assert spool.read() == b""


def test_a_content_is_in_the_folder_whole_or_not_at_all(tmp_path):
    store = FolderStore(tmp_path / "files")

    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise OSError("the disk is full")

    with pytest.raises(StoreFailed):
        store.put("ab12", Broken())
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]
    store.put("ab12", io.BytesIO(b"0123456789"))
    assert b"".join(store.read("ab12", 2, 5)) == b"234"
    store.remove("ab12")
    store.remove("ab12")
    with pytest.raises(ContentLost):
        store.read("ab12", 0, 1)


def test_a_label_is_read_back_and_nothing_else_is():
    label = FileLabel(7, 1200, "text/plain", "f" * 64, "e" * 32, "a b  c.txt")
    assert read_label(label.text) == label
    assert file_address("work", "paper", label) == "/_files/work/7/paper/a%20b%20%20c.txt"
    assert [read_label(other) for other in (None, 7, "", "a b c d e f")] == [None] * 4


def test_sizes_are_said_as_people_say_them():
    said = [size_said(size, "sv_SE").replace("\N{NO-BREAK SPACE}", " ") for size in (0, 1023, 1536, 26_214_400, 5 * 1024**4)]
    assert said == ["0 B", "1\N{NO-BREAK SPACE}023 B".replace("\N{NO-BREAK SPACE}", " "), "1,5 KB", "25 MB", "5 120 GB"]


def test_a_content_that_nobody_reads_is_let_go_of(tmp_path):
    store = FolderStore(tmp_path / "files")
    store.put("ab12", io.BytesIO(b"content"))

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        pieces = store.read("ab12", 0, 7)
        pieces.close()
        del pieces

    assert told == []
