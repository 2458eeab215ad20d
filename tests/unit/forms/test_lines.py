from decimal import Decimal

import pytest
from werkzeug.datastructures import MultiDict

from metadata.model import Attribute
from runtime.forms.bound import posted_values
from runtime.forms.builder import FormAsk, form_class
from runtime.forms.fields import Person
from runtime.forms.lines import TooManyLines, bind_lines, numbers, with_row, without_row
from support.forms import marina

SNAPSHOT = marina(Attribute(key="name", type="text", required="required"), Attribute(key="length", type="decimal"))
EVERY = frozenset(SNAPSHOT.entities["boat"].attributes)
KIND = form_class(SNAPSHOT, FormAsk(SNAPSHOT.forms["boat"], "insert", EVERY, EVERY, "en"))


def test_each_row_is_checked_by_itself_and_good_rows_stay_good():
    posted = MultiDict({"lines-0-name": "Vega", "lines-0-length": "9.5", "lines-4-name": "", "lines-4-length": "long"})
    good, bad = bind_lines(KIND, Person(), posted, 10, {})
    assert (good.form.validate(), bad.form.validate()) == (True, False)
    assert (good.number, bad.number, set(bad.form.errors)) == (0, 4, {"f-name", "f-length"})
    assert str(posted_values(good.form)["length"]) == "9.5"


def test_a_row_that_nobody_touched_is_blank():
    (row,) = bind_lines(KIND, Person(), MultiDict({"lines-0-name": " ", "lines-0-length": ""}), 10, {})
    assert row.blank


def test_a_row_with_nothing_but_what_it_was_opened_with_is_blank():
    opening = {"length": Decimal(7)}
    posted = with_row(KIND, MultiDict({"lines-3-name": "Vega"}), opening, Person())
    assert dict(posted) == {"lines-3-name": "Vega", "lines-4-name": "", "lines-4-length": "7"}
    assert [row.blank for row in bind_lines(KIND, Person(), posted, 10, opening)] == [False, True]


def test_rows_are_limited_and_odd_names_are_no_rows():
    assert numbers(["lines-2-a", "lines-1-a", "lines--1-a", "lines-x-a", "line-1-a", "lines-99999999-a"], 5) == (1, 2)
    with pytest.raises(TooManyLines):
        numbers([f"lines-{number}-a" for number in range(6)], 5)


def test_a_row_is_removed_with_all_its_inputs():
    posted = MultiDict([("lines-1-a", "1"), ("lines-10-a", "2"), ("lines-1-b__q", "3"), ("other", "4")])
    assert dict(without_row(posted, 1)) == {"lines-10-a": "2", "other": "4"}
