"""The exposure lock: whatever lets somebody reach more is told, and nothing else is.

FOYER_TEST_EDITS says how many edits of each kind are tried.
"""

import os
import random

import pytest

from metadata.compiler import compile_snapshot
from metadata.model import ExposureLock
from runtime.exposure.lock import comparison, lock_text, reached, signed_off
from support.edits import harmless, widenings
from support.marina import MARINA

EDITS = int(os.environ.get("FOYER_TEST_EDITS", "60"))

pytestmark = pytest.mark.timeout(900)


def some(edits):
    found = list(edits)
    assert len(found) >= 200
    random.Random(EDITS).shuffle(found)
    return found[:EDITS]


def compiled(components):
    snapshot = compile_snapshot(components)
    return snapshot, next(iter(snapshot.sites.values()))


def test_every_widening_edit_is_told():
    missed = []
    for edit in some(widenings(MARINA)):
        lock = signed_off(*compiled(edit.before))
        after = (*(item for item in edit.after if not isinstance(item, ExposureLock)), lock)
        if not comparison(*compiled(after)).new:
            missed.append(edit.what)
    assert missed == []


def test_no_edit_of_texts_and_orders_is_told():
    texts = {}

    def text_of(components):
        if id(components) not in texts:
            texts[id(components)] = lock_text(reached(*compiled(components)))
        return texts[id(components)]

    edits = some(harmless(MARINA))
    assert [edit.what for edit in edits if text_of(edit.before) != lock_text(reached(*compiled(edit.after)))] == []
