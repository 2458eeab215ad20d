"""Who is given a file and how: by the right to read its row and attribute, in parts, from the browser's copy."""

import pytest

from runtime.files.store import StoreFailed
from support.gallery import PDF, links, picture

NEW = "/works/new"


@pytest.fixture
def ada(gallery):
    artist = gallery.as_("ada")
    artist.send(NEW, title="Sea", picture=(picture(), "sea.png"), paper=(PDF, "Sea.pdf"), secret=(b"mine", "secret.txt"))
    return artist


def address(gallery, attribute, name, row=None):
    return f"/_files/work/{row or gallery.rows('work')[0]['id']}/{attribute}/{name}"


def test_a_file_goes_to_those_who_may_read_its_row_and_attribute_only(gallery, ada):
    paper, secret = address(gallery, "paper", "Sea.pdf"), address(gallery, "secret", "secret.txt")
    vera, ben, nobody = gallery.as_("vera"), gallery.as_("ben"), gallery.app.test_client()
    assert [who.get(paper).status_code for who in (ada, vera, ben, nobody)] == [200, 200, 404, 404]
    assert [who.get(secret).status_code for who in (ada, vera, ben, nobody)] == [200, 404, 404, 404]
    assert "secret.txt" not in vera.get("/works").text + vera.get("/works/Sea").text


def test_a_file_out_of_reach_is_answered_like_one_that_does_not_exist(gallery, ada):
    ben = gallery.as_("ben")
    out_of_reach = ben.get(address(gallery, "paper", "Sea.pdf"))
    missing = ben.get(address(gallery, "paper", "Sea.pdf", row=987))

    def shape(answer):
        lines = answer.text.splitlines()
        names = {"X-Request-ID", "Server-Timing", "Content-Length", "Set-Cookie"}
        return len(lines), {key: value for key, value in answer.headers if key not in names}

    assert shape(out_of_reach) == shape(missing)


@pytest.mark.parametrize(
    "path",
    [
        "/_files/work/1/title/Sea",
        "/_files/work/1/nothing/Sea.pdf",
        "/_files/nothing/1/paper/Sea.pdf",
        "/_files/work/0x1/paper/Sea.pdf",
        "/_files/work/1%20or%201=1/paper/Sea.pdf",
        "/_files/work/99999999999999999999999/paper/Sea.pdf",
        "/_files/work/1/paper/other.pdf",
        "/_files/work/1/paper/..%2f..%2fsecret",
        "/_files/../data/foyer.db",
    ],
)
def test_no_other_address_leads_to_a_file(ada, path):
    assert ada.get(path).status_code == 404


def test_a_document_is_downloaded_and_a_picture_shown_with_nothing_of_it_run(gallery, ada):
    paper, shown = (ada.get(link) for link in links(ada.get("/works/Sea").text)[1::-1])
    assert paper.headers["Content-Disposition"].startswith('attachment; filename="Sea.pdf"')
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert (paper.content_type, shown.content_type) == ("application/pdf", "image/png")
    for answer in (paper, shown):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
        assert answer.headers["Cache-Control"] == "private, no-cache"


def test_a_copy_in_the_browser_is_good_as_long_as_the_right_is(gallery, ada):
    paper = address(gallery, "paper", "Sea.pdf")
    tag = ada.get(paper).headers["ETag"]
    again = ada.get(paper, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert gallery.as_("ben").get(paper, headers={"If-None-Match": tag}).status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "content", "said"),
    [
        ("bytes=0-3", 206, PDF[:4], f"bytes 0-3/{len(PDF)}"),
        ("bytes=-5", 206, PDF[-5:], f"bytes {len(PDF) - 5}-{len(PDF) - 1}/{len(PDF)}"),
        ("bytes=0-1,4-5", 200, PDF, None),
        ("lines=0-1", 200, PDF, None),
        ("bytes=9999-", 416, b"", f"bytes */{len(PDF)}"),
    ],
)
def test_a_part_of_a_file_can_be_asked_for(gallery, ada, asked, status, content, said):
    answer = ada.get(address(gallery, "paper", "Sea.pdf"), headers={"Range": asked})
    assert (answer.status_code, answer.data, answer.headers.get("Content-Range")) == (status, content, said)


def test_a_part_of_a_file_that_is_another_by_now_is_all_of_it(gallery, ada):
    headers = {"Range": "bytes=0-3", "If-Range": '"another"'}
    assert ada.get(address(gallery, "paper", "Sea.pdf"), headers=headers).data == PDF


def test_a_file_whose_content_is_lost_is_missing(gallery, ada):
    for file in gallery.folder.rglob("*"):
        if file.is_file():
            file.unlink()
    assert ada.get(address(gallery, "paper", "Sea.pdf")).status_code == 404


def test_a_store_that_does_not_answer_is_told_as_a_time_to_wait_and_not_as_a_fault(gallery, ada, monkeypatch, caplog):
    """Files and pictures of a store that is down come back with it: 503, one line in the log, and pages go on."""

    def away(*_):
        raise StoreFailed("S3 read: EndpointConnectionError")

    monkeypatch.setattr(gallery.services.files.store, "read", away, raising=False)
    for path in (address(gallery, "paper", "Sea.pdf"), address(gallery, "picture", "sea.png")):
        caplog.clear()
        found = ada.get(path)
        assert (found.status_code, found.headers["Retry-After"]) == (503, "30")
        [line] = [record for record in caplog.records if record.action == "request_failed"]
        assert (line.detail, line.exc_info) == ("S3 read: EndpointConnectionError", None)
    assert ada.get("/works").status_code == 200
