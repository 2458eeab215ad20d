"""Classes of reasons why a row is refused have words in every language that the engine speaks."""

import re

import pytest

from connectors.conflicts import CONFLICT
from connectors.drift import DRIFTED
from connectors.errors import RecordRejected
from connectors.rejects import IN_USE
from runtime.render.texts import engine_texts, spoken

STABLE = re.search(r"`code` is stable: ([a-z_, ]+)\.", " ".join((RecordRejected.__doc__ or "").split()))
WHILE_GOING = frozenset({CONFLICT, DRIFTED, IN_USE, "refused", "fatal"})


@pytest.mark.parametrize("language", spoken())
def test_every_class_of_reasons_has_a_word(language):
    assert STABLE, "the codes are told where they are raised"
    codes = {*STABLE[1].split(", "), *WHILE_GOING}
    texts = engine_texts(language)
    assert [code for code in sorted(codes) if f"studio.sync_class.{code}" not in texts] == []
