"""The site as files in the studio: out byte for byte as an export, in as drafts after a look; nothing leads outside."""

import hashlib
import io
import random
import stat
import tracemalloc
import zipfile

import pytest

from metadata.files import write_folder
from metadata.model import ComponentId, Connection, Content, SiteSetting, WebFile
from metadata.store import MetadataStore
from runtime.exchange.archive import NoArchive, archived, unpack
from support.people import open_people
from support.studio import Maker, form_of, words


@pytest.fixture
def site(database_url, tmp_path):
    with open_people(database_url, tmp_path) as opened:
        yield opened


def taken(maker, of="working"):
    answer = maker.get(f"exchange/site.zip?of={of}")
    assert answer.status_code == 200
    return answer.data


def files(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(contents):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return made.getvalue()


def bring(maker, data, **fields):
    token = maker.browser.token("/studio/exchange")
    sent = {"csrf_token": token, "do": "look", "file": (io.BytesIO(data), "site.zip"), **fields}
    return maker.browser.client.post("/studio/exchange", data=sent, content_type="multipart/form-data")


def test_what_is_taken_out_is_byte_for_byte_the_export_and_comes_back_as_nothing_new(site, maker, tmp_path):
    dora = maker("dora")
    store = MetadataStore(site.engine)
    data = taken(dora)
    write_folder(store.working().values(), tmp_path / "export", store.content)
    exported = {
        path.relative_to(tmp_path / "export").as_posix(): path.read_bytes()
        for path in (tmp_path / "export").rglob("*")
        if path.is_file()
    }
    assert files(data) == exported
    assert taken(dora) == data == taken(dora, "released")
    assert dora.get("exchange/site.zip?of=other").status_code == 400
    assert "Nothing differs." in words(bring(dora, data))
    assert store.drafts() == {}


def test_the_archive_goes_out_while_it_is_made():
    large, asked = bytes(range(256)) * 1000, []

    def pieces(content):
        asked.append(content)
        yield random.Random(1).randbytes(content.size)  # which does not become smaller

    names = [ComponentId("web_file", f"file-{number}", "marina") for number in range(3)]
    content = Content(sha256=hashlib.sha256(large).hexdigest(), size=len(large))
    files = {name: WebFile(key=name.key, site="marina", parent="home", partial_url=name.key, content=content) for name in names}
    made = archived(files, pieces)
    first = next(made)
    assert len(asked) == 1
    with zipfile.ZipFile(io.BytesIO(first + b"".join(made))) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 6
    assert len(asked) == 3


def test_differences_are_shown_before_they_become_drafts_and_deletions_only_where_told(site, maker):
    dora, store = maker("dora"), MetadataStore(site.engine)
    kept = files(taken(dora))
    changed = dict(kept)
    (terms,) = (name for name in kept if name.endswith("pages/terms.yaml"))
    changed[terms] = kept[terms].replace(b"key: terms", b"key: terms\nsummary: House rules")
    (opening,) = (name for name in kept if "second_factor_roles" in name and name.endswith(".yaml"))
    del changed[opening]
    page = bring(dora, zipped(changed))
    assert "page marina/terms Changed" in words(page)
    assert "House rules" in words(page)
    assert "second_factor_roles" not in words(page)
    assert store.drafts() == {}
    saved = dora.send("exchange", form_of(page, "errand"), ("do", "save"))
    assert saved.location.endswith("/studio/publish")
    assert set(store.drafts()) == {ComponentId("page", "terms", "")}
    page = bring(dora, zipped(changed), delete="yes")
    assert "site_setting marina/identity/second_factor_roles Deleted" in words(page)
    assert dora.send("exchange", form_of(page, "errand"), ("do", "save")).status_code == 303
    assert store.drafts()[ComponentId("site_setting", "identity/second_factor_roles", "")] is None
    said = dora.get("publish").text
    assert ("1 component is taken away at the next publishing." in said, "saved as a draft" in said) == (True, False)
    assert dora.send("exchange", form_of(page, "errand"), ("do", "save")).status_code == 422


def test_what_differs_in_an_installation_is_put_over_the_files(site, maker):
    dora, store = maker("dora"), MetadataStore(site.engine)
    data = taken(dora)
    over = "site_setting identity/attempts_per_minute: {value: '30'}"
    page = bring(dora, data, overrides=over)
    assert "site_setting marina/identity/attempts_per_minute Changed" in words(page)
    dora.send("exchange", form_of(page, "errand"), ("do", "save"))
    draft = store.drafts()[ComponentId("site_setting", "identity/attempts_per_minute", "")]
    assert isinstance(draft, SiteSetting)
    assert draft.value == "30"
    for wrong in ("nothing here: {value: 1}", "site_setting identity/attempts_per_minute: {key: x}", "- a", "a: [", "x: 1"):
        assert bring(dora, data, overrides=wrong).status_code == 422, wrong


def test_what_differs_in_an_installation_is_told_line_by_line_without_yaml(site, maker):
    dora, store = maker("dora"), MetadataStore(site.engine)
    outside = Connection(key="erp", connector="sql", settings=(("url", "sqlite:///there.db"), ("schema", "main")))
    store.publish("tester", "an outside", components=(outside,))
    data = taken(dora)
    lines = {
        "over.component": ["site_setting identity/attempts_per_minute", "", "connection erp", "connection erp"],
        "over.property": ["value", "value", "settings.url", "active"],
        "over.sort": ["text", "text", "text", "no"],
        "over.value": ["30", "", "sqlite:///here.db", ""],
    }
    assert '<option value="connection erp">' in dora.get("exchange").text
    page = bring(dora, data, **lines)
    assert "site_setting marina/identity/attempts_per_minute Changed" in words(page)
    dora.send("exchange", form_of(page, "errand"), ("do", "save"))
    drafts = store.drafts()
    assert drafts[ComponentId("site_setting", "identity/attempts_per_minute", "")].value == "30"
    here = drafts[ComponentId("connection", "erp", "")]
    assert dict(here.settings) == {"url": "sqlite:///here.db", "schema": "main"}
    assert not here.active
    refused = bring(dora, data, **{**lines, "over.component": ["nothing here", "", "", ""]})
    assert refused.status_code == 422
    assert 'value="nothing here"' in refused.text
    assert "sqlite:///here.db" in refused.text


def test_wrong_files_are_refused_whole_with_their_places(site, maker):
    dora, store = maker("dora"), MetadataStore(site.engine)
    kept = files(taken(dora))
    (terms,) = (name for name in kept if name.endswith("pages/terms.yaml"))
    page = bring(dora, zipped({**kept, terms: kept[terms] + b"nonsense: 1\n"}))
    assert page.status_code == 422
    assert f"{terms}:" in words(page)
    assert "/tmp" not in page.text
    assert store.drafts() == {}


def test_archives_that_burst_or_lead_outside_are_refused(site, maker, tmp_path):
    dora = maker("dora")
    link = zipfile.ZipInfo("views/link.yaml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    linked = io.BytesIO()
    with zipfile.ZipFile(linked, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    names = ("../up.yaml", "/abs.yaml", "a/../../b.yaml", "c:\\x.yaml", "a\\..\\b", "./x.yaml")
    hostile = [zipped({name: b"x"}) for name in names]
    bomb = zipped({"views/big.yaml": b"0" * 60_000_000})
    assert len(bomb) < 100_000
    many = zipped({f"views/{number}.yaml": b"" for number in range(20_001)})
    clash = zipped({"views": b"x", "views/a.yaml": b"x"})
    tracemalloc.start()
    for data in (*hostile, linked.getvalue(), bomb, clash, b"no zip", b"", b"PK\x03\x04" + b"x" * 50):
        page = bring(dora, data)
        assert page.status_code == 422, data[:80]
        assert MetadataStore(site.engine).drafts() == {}
    for place, data in enumerate((many, b"0" * 5_000_001)):
        with pytest.raises(NoArchive):
            unpack(data, tmp_path / str(place))
    assert tracemalloc.get_traced_memory()[1] < 150_000_000
    tracemalloc.stop()
    assert not list(tmp_path.parent.glob("up.yaml"))


def test_only_with_the_right_and_only_what_the_person_may_work_on(site, maker):
    assert [maker(name).get("exchange").status_code for name in ("alice", "carol", "bob", "erin")] == [403] * 4
    assert [maker(name).get("exchange/site.zip").status_code for name in ("carol", "erin")] == [403] * 2
    assert Maker(site.stranger()).get("exchange").status_code == 302
