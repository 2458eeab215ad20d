"""A form that takes files is told as a place where rows are made of them, by those who may."""

from metadata.compiler import compile_snapshot
from runtime.exposure.walk import exposures
from support.gallery import GALLERY
from support.hanging import hanging_components


def made(*privileges):
    snapshot = compile_snapshot((*GALLERY, *hanging_components(*privileges)))
    found = exposures(snapshot, snapshot.sites["gallery"])
    return {item.nameless[:3] for item in found if item.attribute.startswith("sketch.") and item.action == "create"}


def test_rows_made_of_files_are_exposed_where_a_form_takes_them():
    found = made()
    for form in ("page:hang/form:hang-new", "page:rehang/form:hang-edit"):
        for path in ("*", "work", "scan", "name"):
            assert (f"sketch.{path}", "create", f"{form}/files:sketches") in found
    assert not any("hang-read" in surface for _, _, surface in found)
    assert made("read") == set()
