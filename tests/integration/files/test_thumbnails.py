"""Small pictures: made once of uploads and of web files, at declared widths, for those who may see the large one."""

import dataclasses
import datetime as dt
import io
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from PIL import Image

from metadata.checks import check
from metadata.compiler import assign_site
from metadata.model import (
    Form,
    FormField,
    ListCards,
    ListComponent,
    RowAction,
    Tile,
    View,
    ViewColumn,
    component_id,
)
from metadata.store import MetadataStore
from runtime.cli import main
from runtime.files import pictures
from runtime.files.pictures import small as small_picture
from runtime.files.register import files, thumbnails
from runtime.files.sweeping import sweep
from support.gallery import GALLERY, PDF, Gallery, page, text
from support.pictured import COMPONENTS, LARGE, POSTER, TILES, WEB_FILES, make_pictured, web_file


@pytest.fixture
def gallery(database_url: str, tmp_path: Path) -> Iterator[Gallery]:
    made = make_pictured(database_url, tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture
def ada(gallery):
    artist = gallery.as_("ada")
    artist.send("/works/new", title="Sea", picture=(LARGE, "sea.png"), paper=(PDF, "Sea.pdf"))
    return artist


def size_of(answer) -> tuple[int, int]:
    assert (answer.status_code, answer.content_type) == (200, "image/webp")
    with Image.open(io.BytesIO(answer.data)) as found:
        return found.size


def sources(page_text: str) -> list[str]:
    return re.findall(r'<img[^>]* src="([^"]+)"', page_text)


def test_a_picture_is_shown_at_the_width_that_the_list_the_cards_and_the_record_page_declare(gallery, ada):
    shown = {
        "/works": (64, 32),
        "/works?layout=cards": (200, 100),
        "/works/Sea": (320, 160),
    }
    for path, measures in shown.items():
        source = next(one for one in sources(ada.get(path).text) if "/_files/" in one)
        assert source.endswith(f"/picture/sea.png?width={measures[0]}")
        assert size_of(ada.get(source)) == measures
    large = ada.get(source.partition("?")[0])
    assert (large.data, large.content_type) == (LARGE, "image/png")


def test_a_picture_that_stands_in_the_link_of_its_row_is_no_link_itself(gallery, ada):
    first = dataclasses.replace(
        COMPONENTS[0], columns=(ViewColumn(attribute="picture", thumbnail=64), ViewColumn(attribute="title"))
    )
    leading = dataclasses.replace(COMPONENTS[2], actions=(RowAction(type="details", page="work"),))
    MetadataStore(gallery.engine).publish("ann", components=(first, leading))
    row = re.search(r'<th role="rowheader".*?</th>', ada.get("/works").text, re.DOTALL)[0]
    assert re.findall(r'<a [^>]*href="([^"]+)"', row) == ["/works/Sea"]
    assert sources(row)[0].endswith("sea.png?width=64")


def test_a_small_picture_goes_to_those_who_may_see_the_large_one_and_is_told_apart_from_it(gallery, ada):
    large = f"/_files/work/{gallery.rows('work')[0]['id']}/picture/sea.png"
    small = f"{large}?width=64"
    given = ada.get(small)
    others = (gallery.as_("vera"), gallery.as_("ben"), gallery.app.test_client())
    assert [who.get(small).status_code for who in others] == [200, 404, 404]
    assert given.headers["Cache-Control"] == "private, no-cache"
    assert given.headers["Content-Disposition"].startswith('inline; filename="sea.webp"')
    assert "sandbox" in given.headers["Content-Security-Policy"]
    tag = given.headers["ETag"]
    assert tag != ada.get(large).headers["ETag"]
    assert ada.get(small, headers={"If-None-Match": tag}).status_code == 304
    assert gallery.as_("ben").get(small, headers={"If-None-Match": tag}).status_code == 404
    assert ada.get(small, headers={"Range": "bytes=0-3"}).data == given.data[:4]
    for wrong in ("65", "064", "-64", "0", "", "64x", "99999999"):
        assert ada.get(f"{large}?width={wrong}").status_code == 404
    assert ada.get(f"/_files/work/{gallery.rows('work')[0]['id']}/paper/Sea.pdf?width=64").status_code == 404


def test_it_is_made_once_made_again_when_it_is_lost_and_gone_with_its_picture(gallery, ada, monkeypatch):
    small = f"/_files/work/{gallery.rows('work')[0]['id']}/picture/sea.png?width=64"
    first = ada.get(small).data
    with monkeypatch.context() as patched:
        patched.setattr("runtime.files.thumbnails.small", None)  # to be called would be a failure
        assert ada.get(small).data == first
    assert len(gallery.select(sa.select(thumbnails))) == 1
    (kept,) = [file for file in gallery.folder.rglob("*-64") if file.is_file()]
    kept.unlink()
    assert (ada.get(small).data, kept.exists()) == (first, True)
    with gallery.engine.begin() as connection:
        connection.execute(sa.update(files).values(dropped_at=dt.datetime.now(dt.UTC)))
    sweep(gallery.engine, gallery.services.files.store, dt.datetime.now(dt.UTC) + dt.timedelta(days=1))
    assert (gallery.select(sa.select(thumbnails)), gallery.contents()) == ([], [])


def test_those_who_ask_for_it_at_once_are_all_given_it(gallery):
    def ask(_):
        return gallery.app.test_client().get("/poster.jpg?width=160").data

    gallery.app.test_client().get("/")  # the release with the poster is served from now on
    with ThreadPoolExecutor(4) as threads:
        given = set(threads.map(ask, range(8)))
    assert len(given) == 1
    assert len(gallery.select(sa.select(thumbnails))) == 1
    assert ask(0) in given


def test_what_cannot_be_made_small_is_given_as_it_is(gallery, ada, monkeypatch):
    monkeypatch.setattr("runtime.files.pictures.MOST_PIXELS", 1000)
    small = f"/_files/work/{gallery.rows('work')[0]['id']}/picture/sea.png?width=64"
    for _ in range(2):
        answer = ada.get(small)
        assert (answer.status_code, answer.content_type, answer.data) == (200, "image/png", LARGE)
    assert [row["size"] for row in gallery.select(sa.select(thumbnails))] == [0]


@pytest.mark.parametrize(
    ("kind", "longest", "bytes_beside", "made"),
    [
        ("JPEG", 7000, 12_000_000, True),
        ("JPEG", 7000, 20_000_000, False),
        ("PNG", 7000, 0, True),
        ("PNG", 5000, 20_000_000, False),
        ("WEBP", 4000, 5_000_000, True),
        ("WEBP", 6000, 0, False),
        ("WEBP", 4000, 9_000_000, False),
    ],
)
def test_no_small_picture_is_made_of_one_that_is_long_to_open(kind, longest, bytes_beside, made):
    picture = io.BytesIO()
    Image.new("1" if kind != "WEBP" else "RGB", (longest, longest), 0).save(picture, kind)
    picture.write(bytes(bytes_beside))
    assert bool(small_picture(picture, f"image/{kind.lower()}", 16)) is made


def test_a_tall_picture_is_no_larger_made_small_than_a_wide_one():
    picture = io.BytesIO()
    Image.new("L", (1600, 12_000)).save(picture, "PNG")
    with Image.open(io.BytesIO(small_picture(picture, "image/png", 1600))) as made:
        assert made.width * made.height <= 2_000_000


def test_without_pillow_pictures_are_given_as_they_are_and_the_doctor_says_so(gallery, database_url, tmp_path, monkeypatch):
    environment = {"FOYER_DATABASE_URL": database_url, "FOYER_DATA_DIR": str(tmp_path)}

    def warnings():
        said = CliRunner().invoke(main, ["doctor"], env=environment).output
        return [line for line in said.splitlines() if "the extra images of Foyer" in line]

    assert warnings() == []
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert len(warnings()) == 1
    assert gallery.app.test_client().get("/poster.jpg?width=160").data == POSTER


def test_a_tile_shows_a_web_file_to_those_who_may_read_it(gallery, ada):
    nobody = gallery.app.test_client()
    assert sources(nobody.get("/").text) == ["/poster.jpg?width=80", "/sign.svg"]
    assert sources(ada.get("/").text) == ["/poster.jpg?width=80", "/sign.svg", "/works/plan.jpg?width=80"]
    assert size_of(nobody.get("/poster.jpg?width=80")) == (80, 160)
    assert size_of(nobody.get("/poster.jpg?width=160")) == (160, 320)
    assert size_of(ada.get("/works/plan.jpg?width=160")) == (160, 320)
    assert [nobody.get(path).status_code for path in ("/works/plan.jpg?width=160", "/poster.jpg?width=81")] == [302, 404]
    assert ada.get("/works/plan.jpg?width=160").headers["Cache-Control"] == "private, no-cache"
    assert gallery.app.test_client().get("/poster.jpg?width=160").headers["Cache-Control"] == "public, max-age=300"


def test_a_picture_is_turned_the_right_way_up_and_does_not_tell_where_it_was_taken():
    taken = Image.Exif()
    taken[0x0112] = 6  # to be turned by a quarter
    taken[0x010E] = "At home"
    made = io.BytesIO()
    Image.new("RGB", (400, 200), "teal").save(made, "JPEG", exif=taken)
    given = small_picture(made, "image/jpeg", 50)
    with Image.open(io.BytesIO(given)) as found:
        assert found.size == (50, 100)
    assert b"At home" in made.getvalue()
    assert b"At home" not in given
    clear = io.BytesIO()
    Image.new("RGBA", (60, 60), (0, 0, 0, 0)).save(clear, "PNG")
    with Image.open(io.BytesIO(small_picture(clear, "image/png", 30))) as found:
        assert found.convert("RGBA").getpixel((5, 5))[3] == 0
    assert small_picture(io.BytesIO(LARGE[:200]), "image/png", 50) == b""


def test_widths_that_cannot_be_are_told_with_their_place():
    wrong = (
        View(key="a", entity="work", columns=(ViewColumn(attribute="title", thumbnail=64),)),
        View(key="b", entity="work", columns=(ViewColumn(attribute="picture", thumbnail=5),)),
        Form(key="c", entity="work", summary=(FormField(attribute="paper", thumbnail=64),)),
        ListComponent(key="d", views=("works",), cards=ListCards(thumbnail=64)),
        web_file("e", PDF, "e.pdf", thumbnails=(160,)),
        web_file("f", POSTER, "f.jpg", thumbnails=(160, 0)),
        page("g", dataclasses.replace(TILES, tiles=(Tile(label=text("x"), url="https://x.example/", picture="e"),))),
        page("h", dataclasses.replace(TILES, tiles=(Tile(label=text("x"), url="https://x.example/", thumbnail=80),))),
        page("i", dataclasses.replace(TILES, tiles=(dataclasses.replace(TILES.tiles[1], thumbnail=80),))),
    )
    given = assign_site((*GALLERY, *WEB_FILES, *wrong))
    problems = [problem for problem in check({component_id(item): item for item in given}) if problem.code == "thumbnail"]
    assert sorted((problem.component[-1], problem.position.path) for problem in problems) == [
        ("a", "columns.0.thumbnail"),
        ("b", "columns.0.thumbnail"),
        ("c", "summary.0.thumbnail"),
        ("d", "cards.thumbnail"),
        ("e", "thumbnails"),
        ("f", "thumbnails.1"),
        ("g", "blocks.0.tiles.0.picture"),
        ("h", "blocks.0.tiles.0.thumbnail"),
        ("i", "blocks.0.tiles.0.thumbnail"),
    ]


def test_a_picture_for_printing_costs_more_than_one_for_screens(monkeypatch):
    """Progressive ones of four inks took 1.4 seconds where one of three colours as large took less than one."""
    monkeypatch.setattr(pictures, "MOST_COST", 40 * 40 * 10 * 1.5 + 40 * 1000)
    made = {}
    for mode in ("RGB", "CMYK"):
        given = io.BytesIO()
        Image.new(mode, (40, 40)).save(given, "JPEG", progressive=True)
        given.write(bytes(1000 - given.tell()))
        made[mode] = bool(small_picture(given, "image/jpeg", 20))
    assert made == {"RGB": True, "CMYK": False}
