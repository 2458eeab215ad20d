"""The reference in docs/ says what the program does."""

from pathlib import Path

from metadata.model import KINDS
from metadata.reference import reference
from metadata.types import TYPES

PAGE = Path(__file__).parents[3] / "docs" / "metadata.md"


def test_the_page_is_the_one_that_the_models_give():
    assert PAGE.read_text(encoding="utf-8") == reference(), "run: python -m metadata.reference > docs/metadata.md"


def test_every_kind_and_attribute_type_has_its_place():
    text = reference()
    assert all(f"\n## {kind}\n" in text for kind in KINDS)
    assert all(f"| `{name}` |" in text for name in TYPES)


def test_every_property_is_explained():
    rows = [line for line in reference().splitlines() if line.startswith("| `") and line.count(" | ") == 3]
    assert len(rows) > 250
    assert [line for line in rows if line.endswith("|  |") and "yes" not in line and line.split("`")[1] not in TYPES] == []
