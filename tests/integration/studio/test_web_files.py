"""Web files in the studio: a file is chosen, kept with the draft, and given once it is published."""

import hashlib
import io

from metadata.store import MetadataStore
from support.studio import words

CHART = b"%PDF-1.7\nThe channel is three metres deep.\n"
NEWER = b"%PDF-1.7\nThe channel is four metres deep.\n"
TO_HOME = {"p.parent": "home", "p.partial_url": "chart.pdf"}


def begin(maker):
    maker.send("new/web_file", maker.form("new/web_file", "key"), key="chart")
    return maker


def send(maker, held: bytes | None = None, **changed: str):
    """Open the editor, choose a file, and save."""
    form = maker.form("edit/web_file/chart", "base")
    chosen = {} if held is None else {"chosen.content": (io.BytesIO(held), "chart.pdf")}
    fields = {**dict(form.fields), **changed, **chosen, "do": "save"}
    return maker.browser.client.post(form.action, data=fields, content_type="multipart/form-data")


def test_a_file_is_chosen_changed_and_brought_back(site, maker):
    dora = begin(maker("dora"))
    assert "Choose the file." in words(dora.get("edit/web_file/chart"))
    assert send(dora, CHART, **TO_HOME).status_code == 303
    assert f"It holds a file of {len(CHART)}" in words(dora.get("edit/web_file/chart"))
    visitor = site.app.test_client()
    assert visitor.get("/chart.pdf").status_code == 404
    assert dora.publish().status_code == 303
    assert visitor.get("/chart.pdf").data == CHART
    # What is saved without another file keeps the one that it has.
    assert send(dora, **{"p.disposition": "attachment"}).status_code == 303
    dora.publish()
    assert visitor.get("/chart.pdf").headers["Content-Disposition"].startswith("attachment")
    assert visitor.get("/chart.pdf").data == CHART
    send(dora, NEWER)
    dora.publish()
    assert visitor.get("/chart.pdf").data == NEWER
    store = MetadataStore(site.engine)
    store.rollback(store.current_release() - 1, "dora")
    assert visitor.get("/chart.pdf").data == CHART


def test_a_file_that_is_too_large_is_told_and_one_that_was_never_given_is_not_published(site, maker, monkeypatch):
    dora = begin(maker("dora"))
    with monkeypatch.context() as patched:
        patched.setattr("runtime.studio.uploads.LARGEST_CONTENT", len(CHART) - 1)
        assert send(dora, CHART, **TO_HOME).status_code == 303
    page = dora.get("edit/web_file/chart")
    assert f"chart.pdf was not kept: it is larger than {len(CHART) - 1}" in page.text
    assert "Choose the file." in words(page)
    never = hashlib.sha256(b"never given").hexdigest()
    send(dora, **{"p.content.sha256": never, "p.content.size": "11"})
    assert "is neither given nor kept" in words(dora.publish())
    send(dora, CHART)
    send(dora, **{"p.content.size": "9"})
    assert "Its content is not kept here" in words(dora.publish())
    assert site.app.test_client().get("/chart.pdf").status_code == 404


def test_whoever_may_not_work_on_web_files_uploads_none(site, maker):
    dora, bob = begin(maker("dora")), maker("bob")
    form = dora.form("edit/web_file/chart", "base")
    fields = {**dict(form.fields), "csrf_token": bob.browser.token("/"), "chosen.content": (io.BytesIO(CHART), "chart.pdf")}
    answer = bob.browser.client.post(form.action, data=fields, content_type="multipart/form-data")
    assert answer.status_code == 403
