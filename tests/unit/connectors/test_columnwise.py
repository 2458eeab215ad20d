"""A column converted at once is what its values are one by one, whatever is in it."""

import datetime as dt
import math
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import RecordRejected
from connectors.mapping import convert_records
from connectors.recordset import RecordSet
from connectors.tablemap import compiled_map
from connectors.values import digest, digests
from metadata.model import AttributeMap
from support.harbour import STATES, boats, snapshot_of

ATTRIBUTES = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="name", column="name"),
    AttributeMap(attribute="built", column="built"),
    AttributeMap(attribute="price", column="price"),
    AttributeMap(attribute="active", column="active", default=True),
    AttributeMap(attribute="state", column="state", values=STATES, missing="keep"),
    AttributeMap(attribute="harbour", column="harbour", lookup_key=("code",)),
    AttributeMap(attribute="berth", column="berth"),
)
MAP = compiled_map(snapshot_of(boats(attributes=ATTRIBUTES)), "boats")
TEXTS = [None, "", "1", "x" * 21, "a\0b", "A", "L", "Z", "2026-01-02", b"A", b"\xff", [1]]
NUMBERS = [0, 1, True, False, 1.0, math.inf, 2**63, -(2**63), Decimal("NaN"), Decimal("1.005"), Decimal("1E20")]
MOMENTS = [dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC), dt.date(2026, 1, 2)]
ODD = st.sampled_from([*TEXTS, *NUMBERS, *MOMENTS])
USUAL = {
    "number": st.integers(1, 9),
    "name": st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20),
    "built": st.dates(),
    "price": st.decimals(-9999, 9999, places=2),
    "active": st.booleans(),
    "state": st.sampled_from("AL"),
    "harbour": st.sampled_from(["GOT", "STO", "7"]),
    "berth": st.none() | st.text("abc", min_size=1),
}


def told(convert):
    try:
        return [(type(value), value) for value in convert()]
    except RecordRejected as fault:
        return fault.code


def by_attribute(name):
    return next(item for item in MAP.inward if item.attribute == name)


@given(st.data(), st.sampled_from(sorted(USUAL)))
def test_a_column_is_what_its_values_are_one_by_one(data, name):
    item = by_attribute(name)
    for _ in range(2):  # what is remembered of the first column must not be taken for another value of the second
        values = data.draw(st.lists(USUAL[name] | ODD if data.draw(st.booleans()) else USUAL[name], max_size=12))
        one_by_one = told(lambda values=values: [item.convert(value) for value in values])
        assert told(lambda values=values: item.convert_all(values)) == one_by_one


def test_one_bad_row_among_many_is_refused_alone_and_of_rows_with_one_key_the_last_counts():
    usual = {"no": 1, "name": "Ann", "built": None, "price": Decimal("1.00"), "active": True, "state": "A"}
    records = [{**usual, "no": no, "harbour": "GOT", "berth": None} for no in range(1, 1001)]
    records[600]["price"] = "a lot"
    records += [{**records[0], "name": "Bea"}, {**records[1], "name": "x" * 21}, {**records[2], "state": "Z"}]
    mapped, refused = convert_records(MAP, records)
    assert [(item.key, item.code) for item in refused] == [("601", "type"), ("2", "length")]
    rows = {row.key: row.values for row in mapped}
    assert len(rows) == 998
    assert (rows["1"]["name"], rows["1"]["harbour"], rows["4"]["state"]) == ("Bea", ("GOT",), "afloat")
    assert "state" not in rows["3"]


@given(st.lists(st.tuples(st.integers(), st.none() | st.text())), st.slices(5))
def test_a_record_set_is_the_list_of_its_records(rows, part):
    records = [{"no": no, "name": name} for no, name in rows]
    found = RecordSet(("no", "name"), rows)
    assert (list(found), list(found[part]), len(found)) == (records, records[part], len(records))
    assert found.columns() == {name: [record[name] for record in records] for name in ("no", "name")}
    assert all(found[at] == record for at, record in enumerate(records))


@given(st.text(), st.lists(st.integers() | st.text() | st.dates(), min_size=1))
def test_a_hash_that_is_begun_once_is_that_of_all_values(first, values):
    assert digests(first)(values) == digest((first, *values))
