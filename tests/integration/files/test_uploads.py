"""Files given in forms: kept, shown, replaced, removed; and what happens to them where the form fails."""

import html

from support.gallery import PDF, links, picture
from support.pottery import hidden, shown_errors

NEW = "/works/new"
EDIT = "/works/Sea/edit"


def test_a_new_record_is_saved_with_its_files(gallery):
    ada = gallery.as_("ada")
    answer = ada.send(NEW, title="Sea", picture=(picture(), "sea.png"), paper=(PDF, "About the sea.pdf"))
    assert (answer.status_code, answer.location) == (303, "/works/Sea")
    page = ada.get("/works/Sea").text
    (row,) = gallery.rows("work")
    shown, paper = links(page)
    assert (shown, paper) == (
        f"/_files/work/{row['id']}/picture/sea.png",
        f"/_files/work/{row['id']}/paper/About%20the%20sea.pdf",
    )
    assert (ada.get(shown).data, ada.get(paper).data) == (picture(), PDF)
    assert "48\N{NO-BREAK SPACE}B" in page
    assert f'src="{shown}"' in page


def test_a_list_links_to_the_files(gallery):
    ada = gallery.as_("ada")
    ada.send(NEW, title="Sea", paper=(PDF, "Sea.pdf"))
    (address,) = links(ada.get("/works").text)
    assert ada.get(address).data == PDF


def test_a_form_with_files_is_sent_in_parts_and_says_what_it_takes(gallery):
    page = gallery.as_("ada").get(NEW).text
    assert 'enctype="multipart/form-data"' in page
    assert "PDF, TXT; at most 4.9\N{NO-BREAK SPACE}KB." in page
    assert 'accept="application/pdf,text/plain,.pdf,.txt' in page


def test_a_form_shown_again_keeps_the_file_and_saves_it_with_the_next_try(gallery):
    ada = gallery.as_("ada")
    failed = ada.send(NEW, title="", paper=(PDF, "Sea.pdf"))
    assert failed.status_code == 422
    assert "Sea.pdf" in failed.text
    assert hidden(failed.text)["paper"] == gallery.register()[0]["key"]
    assert ada.send(NEW, failed.text, title="Sea").status_code == 303
    (address,) = links(ada.get("/works/Sea").text)
    assert ada.get(address).data == PDF


def test_what_was_typed_stays_where_a_file_is_refused(gallery):
    failed = gallery.as_("ada").send(NEW, title="Sea", paper=(b"%PDF-1.4 " + b"x" * 6000, "Sea.pdf"))
    assert failed.status_code == 422
    assert 'value="Sea"' in failed.text
    assert "Paper: Sea.pdf is too large. A file may have at most 4.9\N{NO-BREAK SPACE}KB." in shown_errors(failed.text)
    assert gallery.contents() == []


def test_a_kept_file_can_be_removed_or_replaced_before_the_form_is_saved(gallery):
    ada = gallery.as_("ada")
    failed = ada.send(NEW, title="", paper=(PDF, "Sea.pdf")).text
    again = ada.send(NEW, failed, title="", paper__remove="1").text
    assert "Sea.pdf" not in again
    replaced = hidden(failed) | {"title": "Sea"}
    assert ada.browser.client.post(NEW, data={**replaced, "paper": [replaced["paper"]]}).status_code == 303
    assert gallery.rows("work")[0]["paper"] is not None


def test_a_file_is_kept_replaced_and_removed_by_editing(gallery):
    ada = gallery.as_("ada")
    ada.send(NEW, title="Sea", paper=(PDF, "Sea.pdf"))
    assert ada.send(EDIT, title="Sea").status_code == 303
    (first,) = links(ada.get("/works/Sea").text)
    assert ada.send(EDIT, paper=(b"waves", "waves.txt")).status_code == 303
    (second,) = links(ada.get("/works/Sea").text)
    assert (ada.get(first).status_code, ada.get(second).data) == (404, b"waves")
    assert ada.send(EDIT, paper__remove="1").status_code == 303
    assert links(ada.get("/works/Sea").text) == []
    assert ada.get(second).status_code == 404


def test_a_file_put_in_the_place_of_another_counts_more_than_the_wish_to_remove_it(gallery):
    ada = gallery.as_("ada")
    ada.send(NEW, title="Sea", paper=(PDF, "Sea.pdf"))
    ada.send(EDIT, paper__remove="1", paper=(b"waves", "waves.txt"))
    assert links(ada.get("/works/Sea").text)[0].endswith("/waves.txt")


def test_a_clash_shows_the_files_by_name_and_saves_the_one_chosen(gallery):
    ada = gallery.as_("ada")
    ada.send(NEW, title="Sea", paper=(PDF, "Sea.pdf"))
    mine = ada.get(EDIT).text
    ada.send(EDIT, paper=(b"theirs", "theirs.txt"))
    clash = ada.send(EDIT, mine, paper=(b"mine", "mine.txt"))
    assert clash.status_code == 409
    assert "mine.txt" in clash.text
    assert "theirs.txt" in clash.text
    kept = {html.unescape(name): value for name, value in hidden(clash.text).items()}
    assert ada.browser.client.post(EDIT, data={**kept, "_keep.paper": "mine"}).status_code == 303
    (address,) = links(ada.get("/works/Sea").text)
    assert ada.get(address).data == b"mine"


def test_a_change_of_a_file_is_in_the_trail_with_its_name_and_digest(gallery):
    ada = gallery.as_("ada")
    ada.send(NEW, title="Sea", paper=(PDF, "Sea.pdf"))
    ada.send(EDIT, paper=(b"waves", "waves.txt"))
    made, changed = gallery.trail()[-2:]
    assert made["paper"][0] is None
    assert made["paper"][1]["name"] == "Sea.pdf"
    before, after = changed["paper"]
    assert (before["name"], after["name"], len(after["sha256"])) == ("Sea.pdf", "waves.txt", 64)


def test_a_multistep_form_keeps_files_in_its_draft_until_it_is_sent(gallery):
    ada, path = gallery.as_("ada"), "/works/lend"
    first = ada.send(path, title="Sea", _action="next")
    assert first.status_code == 422
    assert any("Paper" in error for error in shown_errors(first.text))
    assert ada.send(path, first.text, title="Sea", paper=(PDF, "Sea.pdf"), _action="next").status_code == 303
    step = f"{path}?step=loans"
    line = {"lines-0-place": "Leiden", "lines-0-contract": (PDF + b"loan", "loan.pdf"), "_action": "next"}
    assert ada.send(step, **line).status_code == 303
    other = gallery.as_("ada")  # another device
    review = other.get(f"{path}?step=check").text
    assert "Sea.pdf" in review
    assert "loan.pdf" in review
    assert other.send(f"{path}?step=check", review, _action="next").status_code == 303
    (work,), (loan,) = gallery.rows("work"), gallery.rows("loan")
    assert ada.get(f"/_files/work/{work['id']}/paper/Sea.pdf").data == PDF
    assert ada.get(f"/_files/loan/{loan['id']}/contract/loan.pdf").data == PDF + b"loan"


def test_names_and_limits_are_said_in_the_persons_language(gallery):
    page = gallery.as_("ada").get(f"/sv-SE{NEW}").text
    assert "högst 4,9\N{NO-BREAK SPACE}KB" in page
