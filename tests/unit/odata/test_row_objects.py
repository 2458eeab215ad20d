"""The function made for the columns of an answer: what stands in a row under which name, and no name that is read as code."""

from decimal import Decimal

import orjson
import pytest

from runtime.api.objects import rows_writer
from runtime.odata.values import as_decimal, as_it_is


@pytest.mark.parametrize("name", ["total", "w0", "row", "rows", "a'b\"]", "__import__('os')", "{x}", "ö\n"])
def test_an_object_has_each_value_under_its_name(name):
    written = (("id", 0, as_it_is), (name, 2, as_decimal), ("twice", 2, str))
    rows = [(1, "unseen", Decimal("2.50")), (2, "unseen", None)]
    found = orjson.loads(orjson.dumps(rows_writer(written)(rows)))
    assert found == [{"id": 1, name: 2.5, "twice": "2.50"}, {"id": 2, name: None, "twice": "None"}]


def test_columns_alike_but_for_what_is_written_of_them_do_not_share_a_function():
    row = [(7,)]
    plain, text = ((("id", 0, as_it_is),), (("id", 0, str),))
    assert [rows_writer(one)(row) for one in (plain, text, plain)] == [[{"id": 7}], [{"id": "7"}], [{"id": 7}]]
