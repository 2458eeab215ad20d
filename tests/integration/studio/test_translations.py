"""Translations in the studio and on the command line: out as a PO file, in as drafts after a look, seen in a pseudo-locale."""

import dataclasses
import io
import re

import pytest
from click.testing import CliRunner

from metadata.model import Language, Snippet, WebRole
from metadata.store import MetadataStore
from metadata.text import Text
from runtime.cli import main
from runtime.translating.catalogues import read
from support.marina import SITE
from support.marina_site import open_marina
from support.people import open_people
from support.studio import data_of, words

GREETING = Snippet(key="greeting", value=Text.of({"en": "Welcome aboard, {{ user.full_name }}", "nl": "Welkom"}))


@pytest.fixture
def site(database_url, tmp_path):
    with open_people(database_url, tmp_path, GREETING, WebRole(key="mover", studio=("content", "exchange"))) as opened:
        yield opened


def bring(maker, data):
    token = maker.browser.token("/studio/translations")
    sent = {"csrf_token": token, "do": "look", "file": (io.BytesIO(data), "site.po")}
    return maker.browser.client.post("/studio/translations", data=sent, content_type="multipart/form-data")


def filled(data, context, translation):
    """A PO file with one text translated."""
    made, found = re.subn(
        rf'(msgctxt "{re.escape(context)}"\nmsgid (?:".*"\n)+msgstr )""', rf'\1"{translation}"', data.decode()
    )
    assert found == 1
    return made.encode()


def test_a_file_goes_out_comes_in_filled_and_is_a_draft_once_it_was_looked_at(site, maker):
    dora, store = maker("dora"), MetadataStore(site.engine)
    out = dora.get("translations/sv-SE.po").data
    assert read(out).language == "sv-SE"
    done = filled(out, "snippet greeting value", "Välkommen ombord")
    shown = bring(dora, done)
    assert "Välkommen ombord" in words(shown)
    assert store.drafts() == {}
    saved = dora.send("translations", dora.form_in(shown, "errand"), ("do", "save"))
    assert saved.status_code == 303
    assert data_of(site, "snippet", "greeting")["value"]["sv"] == "Välkommen ombord"
    assert "greeting" not in words(dora.get("translations?language=sv-SE"))
    assert b"greeting" not in dora.get("translations/sv-SE.po?of=missing").data
    assert "Nothing differs." in words(bring(dora, done))


def test_what_has_changed_since_is_told_and_left(site, maker):
    dora = maker("dora")
    done = filled(dora.get("translations/sv-SE.po").data, "snippet greeting value", "Välkommen")
    MetadataStore(site.engine).save((Snippet(key="greeting", value=Text.of({"en": "Good day"})),), "ann")
    shown = words(bring(dora, done))
    assert "snippet greeting value" in shown
    assert "Nothing differs." in shown


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfe", "no PO file"),
        (b'msgid "a', "no PO file"),
        (b"", "The file says that it is in –"),
        (b'msgid ""\nmsgstr ""\n"Language: fi\\n"\n\nmsgctxt "x"\nmsgid "a"\nmsgstr "b"\n', "in fi"),
        (b'msgid ""\nmsgstr ""\n"Language: sv_SE\\n"\n', "no translated text"),
    ],
)
def test_a_file_that_is_of_no_use_is_refused_and_says_why(site, maker, data, said):
    answer = bring(maker("dora"), data)
    assert answer.status_code == 422
    assert said in words(answer)


def test_one_takes_out_and_brings_in_what_one_may_work_on(site, maker):
    assert maker("carol").get("translations").status_code == 403  # she writes, and exchanges nothing
    assert maker("dora").get("translations/fi-FI.po").status_code == 404
    assert maker("dora").get("translations?language=fi-FI").status_code == 400


def test_a_pseudo_locale_marks_every_text_of_the_site_and_the_engine(database_url, tmp_path):
    changed = dataclasses.replace(SITE, languages=("en-US", "sv-SE", "en-XA"))
    with open_marina(database_url, tmp_path, changed, Language(key="en-XA", label=Text.of("Pseudo"))) as opened:
        main_part = words(opened.as_("alice").get("/en-XA/bookings"))
    plain = [word for word in re.sub(r"⟦[^⟧]*⟧", " ", main_part).split() if word.isalpha()]
    assert main_part.count("⟦") > 5
    assert not {"Bookings", "Search", "Sort", "Filter", "Columns"} & set(plain), plain


def test_the_command_line_does_the_same_for_pipelines(site, tmp_path, database_url):
    environment = {"FOYER_DATABASE_URL": database_url, "FOYER_DATA_DIR": str(tmp_path / "data"), "USER": "ann"}

    def foyer(*arguments, code=0):
        done = CliRunner().invoke(main, ["translations", *map(str, arguments)], env=environment)
        assert done.exit_code == code, done.output
        return done.output

    file = tmp_path / "sv.po"
    assert "sv-SE: " in foyer("status")
    foyer("export", file, "--language", "sv-SE")
    file.write_bytes(filled(file.read_bytes(), "snippet greeting value", "Välkommen"))
    assert "Nothing is changed" in foyer("import", file, "--dry-run")
    assert MetadataStore(site.engine).drafts() == {}
    assert "saved snippet greeting" in foyer("import", file)
    assert "fi-FI" in foyer("export", file, "--language", "fi-FI", code=1)
