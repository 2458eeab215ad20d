"""Several files given at once, each of which becomes a row of its own: with the record, later, and never more than may be."""

import dataclasses
import io
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from metadata.model import AttributePermission, EntityPermission, WebRole
from runtime.access import Principal
from runtime.app import create_app
from runtime.database import writing
from runtime.forms.ports import Refusal
from runtime.records import Invalid, create
from support.gallery import PDF, Artist
from support.hanging import make_hanging
from support.portal import Browser
from support.pottery import Asked, Oven, hidden, shown_errors

NEW, EDIT = "/works/hang", "/hall/Sea/rehang"
WAITING = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
SAID = "There may be at most 3 files here. Too many: "


@pytest.fixture
def hall(database_url, tmp_path):
    made = make_hanging(database_url, tmp_path)
    yield made
    made.engine.dispose()


def named(*names, content=PDF):
    return [(io.BytesIO(content), name) for name in names]


def waiting(page):
    return re.findall(r'name="attached-0" value="([0-9a-zA-Z_-]+)"', page)


def send(artist, path, files, page="", **fields):
    shown = page or artist.get(path).text
    values = {**hidden(shown), "attached-0": files, **fields}
    return artist.browser.client.post(path, data=values, content_type="multipart/form-data")


def names(hall):
    return [row["name"] for row in hall.rows("sketch")]


def test_a_new_record_is_saved_with_several_files_each_a_row_of_its_own(hall):
    ada = hall.as_("ada")
    page = ada.get(NEW).text
    assert '<input class="form-control" type="file" multiple id="f-attached-0" name="attached-0"' in page
    assert "PDF, TXT; at most 4.9\N{NO-BREAK SPACE}KB. At most 3 files." in page
    answer = send(ada, NEW, named("one.pdf", "two.pdf", "two.pdf"), title="Sea", paper=(io.BytesIO(PDF), "paper.pdf"))
    assert (answer.status_code, answer.location) == (303, "/hall/Sea")
    (work,) = hall.rows("work")
    assert {row["work"] for row in hall.rows("sketch")} == {work["id"]}
    assert names(hall) == ["one.pdf", "two.pdf", "two.pdf"]
    shown = ada.get("/hall/Sea").text
    for row in hall.rows("sketch"):
        address = f"/_files/sketch/{row['id']}/scan/{row['name']}"
        assert address in shown
        assert ada.get(address).data == PDF
    assert hall.as_("ben").get(f"/_files/sketch/{hall.rows('sketch')[0]['id']}/scan/one.pdf").status_code == 404


def test_a_row_is_named_by_its_file_as_far_as_names_are_long(hall):
    send(hall.as_("ada"), NEW, named("a-very-long-name-indeed.pdf"), title="Sea")
    assert names(hall) == ["a-very-long-"]


def test_files_are_added_to_a_record_that_has_some(hall):
    ada = hall.as_("ada")
    send(ada, NEW, named("one.pdf"), title="Sea")
    shown = ada.get(EDIT).text
    assert "At most 3 files. 1 is here already." in shown
    (address,) = re.findall(r'href="(/_files/sketch/[^"]+)"', shown)
    assert ada.get(address).data == PDF
    assert send(ada, EDIT, named("two.pdf", "three.pdf")).status_code == 303
    assert names(hall) == ["one.pdf", "two.pdf", "three.pdf"]


def test_more_files_than_may_be_are_refused_by_name_and_nothing_is_saved(hall):
    ada = hall.as_("ada")
    answer = send(ada, NEW, named("1.pdf", "2.pdf", "3.pdf", "4.pdf", "5.pdf"), title="Sea")
    assert answer.status_code == 422
    assert shown_errors(answer.text) == [f"Sketches: {SAID}4.pdf, 5.pdf."]
    assert (hall.rows("work"), hall.rows("sketch"), len(hall.contents())) == ([], [], 3)
    kept = waiting(answer.text)
    assert len(kept) == 3
    assert send(ada, NEW, kept, answer.text, title="Sea").status_code == 303
    assert names(hall) == ["1.pdf", "2.pdf", "3.pdf"]


def test_those_that_are_there_already_count(hall):
    ada = hall.as_("ada")
    send(ada, NEW, named("1.pdf", "2.pdf"), title="Sea")
    answer = send(ada, EDIT, named("3.pdf", "4.pdf"), title="Ocean")
    assert (answer.status_code, shown_errors(answer.text)) == (422, [f"Sketches: {SAID}4.pdf."])
    assert (names(hall), hall.rows("work")[0]["title"]) == (["1.pdf", "2.pdf"], "Sea")


def test_every_file_is_looked_at_and_a_fault_of_one_names_it_and_keeps_the_others(hall):
    ada = hall.as_("ada")
    files = [*named("fine.pdf"), *named("page.pdf", content=b"<!doctype html>"), *named("big.txt", content=b"x" * 5001)]
    answer = send(ada, NEW, [*files, *named("none.txt", content=b"")], title="Sea")
    assert answer.status_code == 422
    assert shown_errors(answer.text) == [
        "Sketches: page.pdf is not of a kind that is taken here. Choose one of: PDF, TXT.",
        "Sketches: big.txt is too large. A file may have at most 4.9\N{NO-BREAK SPACE}KB.",
        "Sketches: none.txt is empty. Choose another file.",
    ]
    assert (hall.rows("work"), len(waiting(answer.text))) == ([], 1)


def test_files_wait_while_another_field_is_mended_and_can_be_given_up(hall):
    ada = hall.as_("ada")
    failed = send(ada, NEW, named("1.pdf", "2.pdf"), title="").text
    first, second = waiting(failed)
    assert 'name="attached-0__remove"' in failed
    again = {"title": "Sea", "attached-0__remove": first}
    assert send(ada, NEW, [first, second, *named("3.pdf")], failed, **again).status_code == 303
    assert names(hall) == ["2.pdf", "3.pdf"]


def test_a_control_in_which_nothing_was_chosen_says_nothing(hall):
    assert send(hall.as_("ada"), NEW, named("", content=b""), title="Sea").status_code == 303
    assert (hall.rows("sketch"), hall.register()) == ([], [])


@pytest.mark.parametrize("forged", ["1", "0", "-1", "f" * 32, "../1", "1 OR 1=1"])
def test_a_forged_key_is_worth_nothing(hall, forged):
    assert send(hall.as_("ada"), NEW, [forged], title="Sea").status_code == 422
    assert hall.rows("work") == []


@pytest.mark.parametrize("said", ["!", "!over:x", "!boom:x", "!too_large:<script>"])
def test_a_refusal_that_was_not_said_here_counts_for_nothing(hall, said):
    assert send(hall.as_("ada"), NEW, [said], title="Sea").status_code == 303
    assert hall.rows("sketch") == []


def test_a_key_is_good_once_and_for_whoever_uploaded_it(hall):
    ada = hall.as_("ada")
    (key,) = waiting(send(ada, NEW, named("1.pdf"), title="").text)
    assert send(hall.as_("ben"), NEW, [key], title="Mine").status_code == 422
    assert send(ada, NEW, [key, key, key], title="Sea").status_code == 303
    assert names(hall) == ["1.pdf"]
    assert send(ada, EDIT, [key]).status_code == 422


def test_thousands_of_parts_and_hundreds_of_files_are_refused_whole(hall):
    ada = hall.as_("ada")
    start = hidden(ada.get(NEW).text) | {"title": "Sea"}
    part = b'--b\r\nContent-Disposition: form-data; name="attached-0"\r\n\r\n%d\r\n'
    headers = {"X-CSRFToken": start["csrf_token"], "Content-Type": "multipart/form-data; boundary=b"}
    for count, status in ((10_000, 422), (30_001, 413)):
        parts = b"".join(part % number for number in range(count))
        assert ada.browser.client.post(NEW, data=parts + b"--b--\r\n", headers=headers).status_code == status
    assert send(ada, NEW, named(*(f"{number}.pdf" for number in range(60))), title="Sea").status_code == 413
    assert send(ada, NEW, [f"{number:032d}" for number in range(400)], title="Sea").status_code == 422
    assert (hall.rows("work"), hall.register(), hall.contents()) == ([], [], [])


def test_two_who_post_at_once_do_not_exceed_the_limit_together(hall):
    ada = hall.as_("ada")
    send(ada, NEW, named("1.pdf"), title="Sea")
    others = [hall.as_("ada") for _ in range(4)]
    pages = [other.get(EDIT).text for other in others]
    with ThreadPoolExecutor(4) as threads:
        sent = [
            threads.submit(send, other, EDIT, named(f"{number}a.pdf", f"{number}b.pdf"), page)
            for number, (other, page) in enumerate(zip(others, pages, strict=True))
        ]
        answers = [one.result() for one in sent]
    assert sorted(answer.status_code for answer in answers) == [303, 422, 422, 422]
    assert len(names(hall)) == 3
    refused = next(answer for answer in answers if answer.status_code == 422)
    assert any(SAID in error for error in shown_errors(refused.text))


def test_a_row_that_another_transaction_has_not_committed_yet_counts(hall):
    send(hall.as_("ada"), NEW, named("1.pdf", "2.pdf"), title="Sea")
    (work,), engine = hall.rows("work"), hall.engine

    def add(connection, name):
        system, values = Principal.system("test"), {"work": work["id"], "name": name}
        return create(connection, hall.snapshot, system, "sketch", values, undo="transaction")

    def add_alone():
        with writing(engine).begin() as connection:
            add(connection, "fourth")

    with ThreadPoolExecutor(1) as threads, engine.connect() as looking:
        with writing(engine).begin() as connection:
            add(connection, "third")
            other = threads.submit(add_alone)
            while engine.dialect.name == "postgresql" and not other.done() and not looking.execute(WAITING).scalar_one():
                looking.rollback()
        with pytest.raises(Invalid) as refused:
            other.result()
    assert refused.value.codes == {"work": "too_many"}
    assert names(hall) == ["1.pdf", "2.pdf", "third"]


def test_the_web_api_cannot_exceed_it_either(hall):
    ada = hall.as_("ada")
    send(ada, NEW, named("1.pdf", "2.pdf"), title="Sea")
    work = hall.rows("work")[0]["id"]
    token = {"X-CSRFToken": hidden(ada.get(NEW).text)["csrf_token"]}
    body = {"name": "note", "work@odata.bind": f"/work({work})"}

    def create():
        return ada.browser.client.post("/_api/sketch", json=body, headers=token)

    first = create()
    assert first.status_code == 204, first.text
    refused = create()
    assert (refused.status_code, "work: too_many" in refused.text) == (400, True)
    assert len(names(hall)) == 3


def test_who_may_make_no_such_rows_gets_no_control_and_files_of_theirs_are_left(database_url, tmp_path):
    made = make_hanging(database_url, tmp_path, "read", "create")  # no append
    ada = made.as_("ada")
    assert "attached-0" not in ada.get(NEW).text
    assert send(ada, NEW, named("1.pdf"), title="Sea").status_code == 303
    assert (len(made.rows("work")), made.rows("sketch"), made.register()) == (1, [], [])
    made.engine.dispose()


def test_fewer_files_than_there_must_be_are_asked_for(database_url, tmp_path):
    made = make_hanging(database_url, tmp_path, min_count=2)
    ada = made.as_("ada")
    answer = send(ada, NEW, named("1.pdf"), title="Sea")
    assert (answer.status_code, shown_errors(answer.text)) == (422, ["Sketches: Add at least 2 files."])
    assert send(ada, NEW, [*waiting(answer.text), *named("2.pdf")], answer.text, title="Sea").status_code == 303
    assert send(ada, EDIT, [], title="Ocean").status_code == 303
    assert names(made) == ["1.pdf", "2.pdf"]
    made.engine.dispose()


def test_a_change_beside_somebody_elses_keeps_the_files(hall):
    ada = hall.as_("ada")
    send(ada, NEW, [], title="Sea")
    mine = ada.get(EDIT).text
    send(ada, EDIT, [], title="Lake")
    other = "/hall/Lake/rehang"
    clash = send(ada, other, named("1.pdf"), mine, title="Ocean")
    assert clash.status_code == 409
    assert len(waiting(clash.text)) == 1
    answer = ada.browser.client.post(other, data={**hidden(clash.text), "_keep.title": "mine"})
    assert answer.status_code == 303
    assert (names(hall), hall.rows("work")[0]["title"]) == (["1.pdf"], "Ocean")


class Asking(Oven):
    """An outside system that is asked about works."""

    def concerns(self, snapshot, entity):
        return entity == "work"

    def prepare(self, connection, snapshot, entity, record_id, key):
        return Answering(self, snapshot, key, sent="")


class Answering(Asked):
    def settle(self, connection, record_id):
        return self.answer


def test_an_outside_system_that_refuses_the_record_leaves_the_files_waiting_and_one_that_takes_it_gets_each_once(hall):
    outside = Asking(answers=[Refusal("Not today", "title")])
    hall.app = create_app(hall.services.config, services=dataclasses.replace(hall.services, submission=outside))
    ada = hall.as_("ada")
    refused = send(ada, NEW, named("1.pdf", "2.pdf"), title="Sea")
    assert (refused.status_code, shown_errors(refused.text)) == (422, ["Title: Not today"])
    assert (hall.rows("work"), hall.rows("sketch")) == ([], [])
    again = {"page": refused.text, "title": "Sea"}
    assert send(ada, NEW, waiting(refused.text), **again).status_code == 303
    assert (len(hall.rows("work")), names(hall)) == (1, ["1.pdf", "2.pdf"])
    # The same form sent once more makes nothing again.
    assert send(ada, NEW, waiting(refused.text), **again).status_code in (303, 422)
    assert (len(hall.rows("work")), names(hall)) == (1, ["1.pdf", "2.pdf"])


def test_strangers_give_files_with_what_they_may_make(database_url, tmp_path):
    anyone = WebRole(key="anyone", default="anonymous")
    rights = {"scope": "global", "roles": ("anyone",)}
    made = make_hanging(
        database_url,
        tmp_path,
        others=(
            anyone,
            EntityPermission(key="w", entity="work", privileges=("create", "append", "append_to"), **rights),
            EntityPermission(key="s", entity="sketch", privileges=("create", "append"), **rights),
            EntityPermission(key="c", entity="contact", privileges=("append_to",), **rights),
            AttributePermission(key="w", entity="work", roles=("anyone",), others=("create",)),
        ),
    )
    stranger, other = (Artist(Browser(made.app.test_client())) for _ in range(2))
    failed = send(stranger, NEW, named("1.pdf"), title="")
    assert failed.status_code == 422
    assert send(stranger, NEW, [*waiting(failed.text), *named("2.pdf")], failed.text, title="Sea").status_code == 303
    assert names(made) == ["1.pdf", "2.pdf"]
    assert send(other, NEW, waiting(failed.text), title="Mine").status_code == 422
    made.engine.dispose()
