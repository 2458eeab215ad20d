"""Hostile uploads: what they claim to be, what they are called, whose they are, and how many and large they are."""

import io
import struct
import zlib

import pytest

from support.gallery import MOST, PDF, links, picture
from support.pottery import hidden, shown_errors

NEW = "/works/new"
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def bomb(width=30_000, height=30_000):
    """A picture of a few bytes that would be gigabytes when decoded."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("field", "content", "name", "said"),
    [
        ("picture", HTML, "page.png", "is not of a kind that is taken here"),
        ("picture", SVG, "drawing.png", "is not of a kind that is taken here"),
        ("picture", PDF, "paper.png", "is not of a kind that is taken here"),
        ("picture", picture()[:40], "half.png", "cannot be read as a picture"),
        ("picture", bomb(), "bomb.png", "has too many pixels"),
        ("picture", b"", "nothing.png", "is empty"),
        ("secret", HTML, "page.txt", "is not of a kind that is taken here"),
        ("secret", SVG, "drawing.svg", "is not of a kind that is taken here"),
        ("secret", b"MZ\x90\0" + b"\0" * 200, "setup.exe", "is not of a kind that is taken here"),
        ("secret", b"x" * (MOST + 1), "huge.txt", "is too large"),
        ("paper", b"%PDF-" + b"x" * 5000, "large.pdf", "is too large"),
        ("paper", b"text \x00 with a nul", "paper.txt", "is not of a kind that is taken here"),
    ],
)
def test_a_file_is_what_it_holds_and_not_what_it_is_called(gallery, field, content, name, said):
    answer = gallery.as_("ada").send(NEW, title="Sea", **{field: (content, name)})
    assert answer.status_code == 422
    assert any(name in error and said in error for error in shown_errors(answer.text))
    assert (gallery.rows("work"), gallery.contents(), gallery.register()) == ([], [], [])


def test_a_page_hidden_in_a_picture_is_served_as_the_picture_that_it_is(gallery):
    ada = gallery.as_("ada")
    assert ada.send(NEW, title="Sea", picture=(picture() + HTML, "both.html")).status_code == 303
    (address,) = links(ada.get("/works/Sea").text)
    answer = ada.get(address)
    assert (address.rpartition("/")[2], answer.content_type) == ("both.html.png", "image/png")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_name_leads_to_no_other_folder(gallery):
    ada = gallery.as_("ada")
    assert ada.send(NEW, title="Sea", secret=(b"words", "../../etc/passwd")).status_code == 303
    assert [file["name"] for file in gallery.register()] == ["passwd.txt"]
    assert all(file.parent.parent == gallery.folder for file in gallery.folder.rglob("*") if file.is_file())


def test_the_key_of_another_persons_upload_is_worth_nothing(gallery):
    failed = gallery.as_("ada").send(NEW, title="", paper=(PDF, "Sea.pdf")).text
    answer = gallery.as_("ben").send(NEW, title="Mine", paper=hidden(failed)["paper"])
    assert answer.status_code == 422
    assert "Paper: The file that was chosen is no longer kept. Choose it again." in shown_errors(answer.text)
    assert gallery.rows("work") == []


def test_an_upload_is_good_for_its_own_attribute_and_one_row_only(gallery):
    ada = gallery.as_("ada")
    failed = ada.send(NEW, title="", paper=(PDF, "Sea.pdf")).text
    key = hidden(failed)["paper"]
    assert ada.send(NEW, title="Sea", secret=key).status_code == 422
    assert ada.send(NEW, title="Sea", paper=key).status_code == 303
    assert ada.send(NEW, title="Again", paper=key).status_code == 422
    assert len(gallery.rows("work")) == 1


@pytest.mark.parametrize("forged", ["1", "0", "-1", "!", "!boom:x", "f" * 32, "../1", "1 OR 1=1"])
def test_a_forged_key_is_worth_nothing(gallery, forged):
    ada = gallery.as_("ada")
    ada.send(NEW, title="Sea", paper=(PDF, "Sea.pdf"))
    assert ada.send(NEW, title="Mine", paper=forged).status_code == 422
    assert len(gallery.rows("work")) == 1


def test_a_file_for_an_attribute_that_is_not_asked_for_is_not_taken(gallery):
    answer = gallery.as_("ada").send(NEW, title="Sea", artist=(PDF, "x.pdf"), nothing=(PDF, "x.pdf"))
    assert answer.status_code == 303
    assert (gallery.contents(), gallery.register()) == ([], [])


def test_two_files_where_one_is_asked_for_are_refused(gallery):
    ada = gallery.as_("ada")
    fields = {**hidden(ada.get(NEW).text), "title": "Sea", "paper": [(io.BytesIO(PDF), "a.pdf"), (io.BytesIO(PDF), "b.pdf")]}
    answer = ada.browser.client.post(NEW, data=fields, content_type="multipart/form-data")
    assert "Paper: Choose one file only." in shown_errors(answer.text)


def test_hundreds_of_files_and_a_huge_body_are_refused(gallery):
    ada = gallery.as_("ada")
    start = hidden(ada.get(NEW).text)
    many = {**start, **{f"x{number}": (io.BytesIO(b"x"), "x.txt") for number in range(300)}}
    assert ada.browser.client.post(NEW, data=many, content_type="multipart/form-data").status_code == 413
    huge = b"--b\r\nContent-Disposition: form-data; name=paper; filename=x.txt\r\n\r\n" + b"x" * 34_000_000 + b"\r\n--b--\r\n"
    answer = ada.browser.client.post(NEW, data=huge, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 413
    assert (gallery.contents(), gallery.register()) == ([], [])


@pytest.mark.parametrize(
    "body",
    [
        b"--b\r\nContent-Disposition: form-data; name=paper; filename=x.pdf\r\n\r\n%PDF-",  # never ends
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
        b"--c\r\n\r\n--c--",
        b"",
    ],
)
def test_a_broken_body_is_refused_and_keeps_nothing(gallery, body):
    ada = gallery.as_("ada")
    token = hidden(ada.get(NEW).text)["csrf_token"]
    headers = {"X-CSRFToken": token, "Content-Type": "multipart/form-data; boundary=b"}
    assert ada.browser.client.post(NEW, data=body, headers=headers).status_code in (400, 413, 422)
    assert (gallery.rows("work"), gallery.contents()) == ([], [])


def test_so_many_uploads_wait_for_their_forms_and_no_more(gallery, monkeypatch):
    monkeypatch.setattr("runtime.files.taking.MOST_PENDING", 2)
    ada = gallery.as_("ada")
    for _ in range(2):
        ada.send(NEW, title="", paper=(PDF, "Sea.pdf"))
    answer = ada.send(NEW, title="Sea", paper=(PDF, "Sea.pdf"))
    assert any("Too many of your files" in error for error in shown_errors(answer.text))
    assert len(gallery.contents()) == 2


def test_without_a_token_nothing_is_kept(gallery):
    ada = gallery.as_("ada")
    fields = {"title": "Sea", "paper": (io.BytesIO(PDF), "Sea.pdf")}
    assert ada.browser.client.post(NEW, data=fields, content_type="multipart/form-data").status_code == 400
    assert gallery.contents() == []
