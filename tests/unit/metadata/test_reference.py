"""The reference in docs/ says what the program does."""

import shutil
from pathlib import Path

from metadata.model import KINDS
from metadata.reference import reference, write
from metadata.types import TYPES

DOCS = Path(__file__).parents[3] / "docs"


def test_the_pages_are_those_that_the_models_and_the_examples_give():
    made = reference(DOCS)
    kept = {"metadata.md", *(f"metadata/{page.name}" for page in (DOCS / "metadata").iterdir())}
    outdated = [name for name, text in made.items() if name not in kept or (DOCS / name).read_text(encoding="utf-8") != text]
    assert (outdated, kept - set(made)) == ([], set()), "run: python -m metadata.reference docs"


def test_writing_removes_the_page_of_a_kind_that_is_no_more(tmp_path: Path):
    shutil.copytree(DOCS / "example", tmp_path / "example")
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "gadget.md").write_text("# gadget", encoding="utf-8")
    write(tmp_path)
    assert {page.stem for page in (tmp_path / "metadata").iterdir()} == {*KINDS, "parts"}


def test_every_kind_has_its_page_with_an_example_and_every_attribute_type_its_line():
    pages = reference(DOCS)
    for kind in KINDS:
        assert f"](metadata/{kind}.md)" in pages["metadata.md"]
        assert "## Example\n\n```yaml\n" in pages[f"metadata/{kind}.md"]
        assert f"\nkind: {kind}\n" in pages[f"metadata/{kind}.md"]
    assert all(f"| `{name}` |" in pages["metadata.md"] for name in TYPES)


def test_every_property_is_explained():
    lines = [line for name, text in reference(DOCS).items() if name != "metadata.md" for line in text.splitlines()]
    rows = [line for line in lines if line.startswith("| `") and line.count(" | ") == 3]
    assert len(rows) > 250
    assert [line for line in rows if line.endswith("|  |")] == []
