"""Values that do not fit: what each policy makes of them; and what goes out is what came in."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from connectors.converting import KEEP
from connectors.errors import RecordRejected
from connectors.mapping import backward, convert_records, take
from connectors.tablemap import compiled_map
from metadata.compiler import compile_snapshot
from metadata.model import Attribute, AttributeMap, Choice, Connection, Entity, Option, TableMap, ValueMap

PUBLISHED = Path(__file__).parents[3] / "../shared/data/dual-write-maps"


def opened(attribute, options=(), **more):
    """The one attribute map, in and out, of an entity that has the attribute."""
    kind = Entity(key="thing", primary_name="no", attributes=(Attribute(key="no", type="integer"), attribute))
    choice = Choice(key="word", options=tuple(Option(value=word) for word in dict.fromkeys(options)))
    limits = {name: more.pop(name) for name in list(more) if name.startswith("map_")}
    key = AttributeMap(attribute="no", column="no")
    item = AttributeMap(attribute="a", column="a", **{"direction": "both", **more})
    table_map = TableMap(
        key="things",
        connection="outside",
        entity="thing",
        table="t",
        integration_key=("no",),
        attributes=(key, item),
        **{name.removeprefix("map_"): value for name, value in limits.items()},
    )
    compiled = compiled_map(
        compile_snapshot((kind, choice, Connection(key="outside", connector="memory"), table_map)), "things"
    )
    into = next(item for item in compiled.inward if item.attribute == "a")
    out = next((item for item in compiled.outward if item.attribute == "a"), None)
    return into, out, compiled


def forward(into, value):
    return take(into, {"a": value})[0]


SHORT = Attribute(key="a", type="text", max_length=3)
NUMBER = Attribute(key="a", type="integer", min=1, max=9)
AMOUNT = Attribute(key="a", type="decimal", scale=2, min=0, max=10)
WORD = Attribute(key="a", type="choice", choice="word")
WORDS = {"values": (ValueMap(outside="O", inside="open"),), "options": ("open", "X")}


@pytest.mark.parametrize(
    ("attribute", "more", "value", "wanted", "told"),
    [
        (SHORT, {"too_long": "truncate"}, "abcdef", "abc", ("length", "truncate")),
        (SHORT, {"too_long": "default", "default": "-"}, "abcdef", "-", ("length", "default")),
        (SHORT, {"too_long": "keep"}, "abcdef", KEEP, ("length", "keep")),
        (NUMBER, {"out_of_range": "clamp"}, "12", 9, ("range", "clamp")),
        (NUMBER, {"out_of_range": "clamp"}, -(2**70), 1, ("range", "clamp")),
        (NUMBER, {"too_precise": "round"}, 2.5, 3, ("scale", "round")),
        (AMOUNT, {"too_precise": "round"}, "0.125", Decimal("0.13"), ("scale", "round")),
        (AMOUNT, {"too_precise": "round", "out_of_range": "clamp"}, "10.005", Decimal("10.00"), ("scale", "round, clamp")),
        (AMOUNT, {"out_of_range": "default"}, "11", None, ("range", "default")),
        (WORD, {"missing": "pass", **WORDS}, "X", "X", ("value_map", "pass")),
        (WORD, {"missing": "default", "default": "open", **WORDS}, "Q", "open", ("value_map", "default")),
        (SHORT, {"map_too_long": "truncate"}, "abcdef", "abc", ("length", "truncate")),
    ],
)
def test_a_value_that_does_not_fit_is_taken_as_the_policy_says_and_that_is_told(attribute, more, value, wanted, told):
    into, _, _ = opened(attribute, **more)
    found, note = take(into, {"a": value})
    assert (found, note.code, note.policy, note.was) == (wanted, *told, value)


@pytest.mark.parametrize(
    ("attribute", "more", "value", "code"),
    [
        (SHORT, {}, "abcdef", "length"),
        (SHORT, {"too_long": "reject", "map_too_long": "truncate"}, "abcdef", "length"),
        (AMOUNT, {"too_precise": "round"}, "10.005", "range"),
        (AMOUNT, {"too_precise": "round"}, "many", "type"),
        (WORD, {"missing": "pass", **WORDS}, "Q", "choice"),
        (Attribute(key="a", type="text", required="required", max_length=3), {"too_long": "keep"}, "abcdef", "length"),
        (Attribute(key="a", type="text", required="required", max_length=3), {"map_too_long": "default"}, "abcdef", "length"),
    ],
)
def test_what_no_policy_covers_is_refused(attribute, more, value, code):
    into, _, compiled = opened(attribute, **more)
    with pytest.raises(RecordRejected) as refused:
        take(into, {"a": value})
    assert refused.value.code == code
    _, (refusal,) = convert_records(compiled, [{"no": 1, "a": value}])
    assert (refusal.code, refusal.reason.startswith("a: ")) == (code, True)


@pytest.mark.parametrize(
    ("missing", "wanted"), [("empty", None), ("keep", KEEP), ("pass", "X"), ("default", "X"), ("reject", RecordRejected)]
)
def test_a_value_of_ours_that_the_value_map_does_not_know_goes_out_as_the_policy_says(missing, wanted):
    _, out, _ = opened(WORD, missing=missing, **WORDS)
    if wanted is RecordRejected:
        with pytest.raises(RecordRejected, match="'X' is not in the value map"):
            backward(out, "X")
    else:
        assert backward(out, "X") == wanted


MOMENTS = st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30)).map(lambda moment: moment.replace(microsecond=0))
TWO_WAY = [
    (
        Attribute(key="a", type="text"),
        {},
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=200),
    ),
    (Attribute(key="a", type="integer"), {}, st.integers(-(2**63), 2**63 - 1)),
    (Attribute(key="a", type="decimal", scale=10), {}, st.decimals(-(10**8), 10**8, places=10)),
    (Attribute(key="a", type="money", scale=2), {"format": ","}, st.decimals(-(10**9), 10**9, places=2)),
    (Attribute(key="a", type="date"), {}, st.dates()),
    (Attribute(key="a", type="date"), {"format": "%d.%m.%Y"}, st.dates()),
    (Attribute(key="a", type="datetime"), {}, MOMENTS),
    (Attribute(key="a", type="datetime"), {"format": "%Y%m%d%H%M%S"}, MOMENTS),
    (Attribute(key="a", type="boolean"), {}, st.booleans()),
    (Attribute(key="a", type="unique_id"), {}, st.uuids()),
]


@pytest.mark.parametrize(("attribute", "more", "values"), TWO_WAY, ids=[f"{item.type}{more}" for item, more, _ in TWO_WAY])
def test_what_comes_in_goes_out_the_same(attribute, more, values):
    into, out, _ = opened(attribute, **more)
    written = out.write or (lambda value: value)

    @given(values)
    def holds(value):
        outside = written(value)
        assert backward(out, forward(into, outside)) == outside

    holds()


OUTSIDE = st.one_of(st.integers(-9, 9), st.booleans(), st.text("abcdefgh ", min_size=1, max_size=4))


@given(st.dictionaries(OUTSIDE, st.text("uvwxyz", min_size=1, max_size=4), min_size=1, max_size=8))
def test_a_value_map_of_pairs_is_its_own_reverse(pairs):
    pairs = {str(outside): (outside, inside) for outside, inside in pairs.items()}
    pairs = {inside: outside for outside, inside in pairs.values()}
    values = tuple(ValueMap(outside=outside, inside=inside) for inside, outside in pairs.items())
    into, out, _ = opened(WORD, pairs, values=values)
    for outside in pairs.values():
        assert backward(out, forward(into, outside)) == outside


def published():
    """The value maps that go both ways in the published maps."""
    for file in sorted(PUBLISHED.glob("[!_]*.yaml")):
        for field in yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)["fields"]:
            transform = field.get("transform") or {}
            if transform.get("type") == "value_map" and field["direction"] == "<>":
                yield file.stem, field["source"], transform["map"]


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published maps are not here")
def test_every_value_map_of_the_published_maps_that_goes_both_ways_is_its_own_reverse():
    kinds, lossy, checked = {bool: "boolean", int: "integer", str: "text"}, set(), 0
    for name, source, pairs in published():
        values = tuple(ValueMap(outside=outside, inside=inside) for outside, inside in pairs.items())
        into, out, _ = opened(Attribute(key="a", type=kinds[type(values[0].inside)]), values=values)
        for outside in pairs:
            if backward(out, forward(into, outside)) != outside:
                lossy.add((name, source, outside))
            checked += 1
    assert checked > 300
    assert lossy == set()


def test_amounts_are_exact_to_the_tenth_decimal_and_a_discount_adds_up():
    into, _, _ = opened(Attribute(key="a", type="decimal", scale=10))
    assert forward(into, "12345678.0123456789") == Decimal("12345678.0123456789")
    assert forward(into, 0.1) * 3 == Decimal("0.3")
    money, _, _ = opened(Attribute(key="a", type="money", scale=2))
    assert 3 * forward(money, 3.33) + forward(money, "0.01") == Decimal("10.00")
