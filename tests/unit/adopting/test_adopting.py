"""What becomes of columns, keys and foreign keys."""

import pytest

from connectors.described import OutsideColumn, OutsideLink, OutsideTable
from connectors.sql.listed import listed_values
from metadata.model import Attribute, AttributeMap, Connection, Entity, Page, Site, TableMap, component_id
from metadata.text import Text
from runtime.adopting.adopting import adopt, problems_of
from runtime.adopting.fitting import Fitted, fit
from runtime.adopting.making import Wanted
from runtime.adopting.naming import attribute_key, entity_key, plain
from runtime.render.texts import engine_texts

FARM = {component_id(item): item for item in (Connection(key="farm", connector="sql"),)}


def number(name, **more):
    return OutsideColumn(name, "integer", "INTEGER", **{"nullable": False, **more})


def word(name, **more):
    return OutsideColumn(name, "text", "VARCHAR(10)", **{"nullable": False, "length": 10, **more})


def table(name, *columns, key=(), links=(), unique=()):
    return OutsideTable(name, tuple(columns), tuple(key), unique, tuple(links))


def adopted(*tables, both=True):
    """The entities and table maps by table, and what was found."""
    found = adopt(tables, [item.name for item in tables], FARM, Wanted("farm", both))
    maps = {item.table: item for item in found.components if isinstance(item, TableMap)}
    entities = {item.key: item for item in found.components if isinstance(item, Entity)}
    return entities, maps, found.findings


def ways(table_map):
    """Each attribute with its columns and way."""
    return {item.attribute: (item.lookup_columns or (item.column,), item.direction) for item in table_map.attributes}


ORCHARD = table("orchard", word("region"), number("no"), word("name"), key=("region", "no"))


def test_a_foreign_key_within_a_key_takes_the_place_of_its_columns_and_is_pointed_through():
    link = OutsideLink(("region", "orchard_no"), "orchard", ("region", "no"), "cascade")
    tree = table(
        "tree", word("region"), number("orchard_no"), number("tree_no"), key=("region", "orchard_no", "tree_no"), links=[link]
    )
    names = ("fruit_region", "fruit_orchard", "fruit_tree")
    fruit = table(
        "fruit",
        number("no"),
        *(word(name, nullable=True) for name in names),
        key=("no",),
        links=[OutsideLink(names, "tree", ("region", "orchard_no", "tree_no"))],
    )
    entities, maps, _ = adopted(ORCHARD, tree, fruit)
    assert maps["tree"].integration_key == ("orchard", "tree_no")
    assert ways(maps["tree"]) == {"orchard": (("region", "orchard_no"), "both"), "tree_no": (("tree_no",), "both")}
    assert entities["tree"].attributes[0].on_delete == "cascade"
    (lookup,) = (item for item in maps["fruit"].attributes if item.lookup_key)
    assert lookup.lookup_key == ("orchard.region", "orchard.no", "tree_no")


def test_an_entity_is_called_as_its_table_in_words_and_not_by_its_key():
    entities, _, _ = adopted(table("order_lines", number("no"), key=("no",)), table("FruitPress", number("no"), key=("no",)))
    assert [one.label.in_language("en", "en") for one in entities.values()] == ["Order lines", "Fruit press"]


def test_columns_of_two_foreign_keys_stay_and_the_lookups_stand_beside_them():
    links = [
        OutsideLink(("region", "orchard_no"), "orchard", ("region", "no")),
        OutsideLink(("region", "second_no"), "orchard", ("region", "no")),
    ]
    pair = table("pair", number("id"), word("region"), number("orchard_no"), number("second_no"), key=("id",), links=links)
    _, maps, _ = adopted(ORCHARD, pair)
    assert ways(maps["pair"]) == {
        "pair_id": (("id",), "both"),
        "region": (("region",), "both"),
        "orchard_no": (("orchard_no",), "both"),
        "second_no": (("second_no",), "both"),
        "orchard": (("region", "orchard_no"), "in"),
        "orchard_2": (("region", "second_no"), "in"),
    }


def test_a_foreign_key_that_is_partly_in_a_key_leaves_the_key_its_columns():
    link = OutsideLink(("region", "orchard_no"), "orchard", ("region", "no"))
    visit = table("visit", word("region"), number("no"), number("orchard_no"), key=("region", "no"), links=[link])
    _, maps, _ = adopted(ORCHARD, visit)
    assert maps["visit"].integration_key == ("region", "no")
    assert ways(maps["visit"])["orchard"] == (("region", "orchard_no"), "in")


def test_tables_that_name_their_rows_by_each_other_keep_their_columns_on_one_side():
    one = table("one", number("a"), key=("a",), links=[OutsideLink(("a",), "two", ("b",))])
    two = table("two", number("b"), key=("b",), links=[OutsideLink(("b",), "one", ("a",))])
    _, maps, _ = adopted(one, two)
    assert [item.lookup_key for item in maps["one"].attributes] == [("b",)]
    assert ways(maps["two"]) == {"b": (("b",), "both"), "b_2": (("b",), "in")}
    assert maps["two"].integration_key == ("b",)


def test_what_is_not_adopted_is_told_with_the_reason():
    blob = OutsideColumn("picture", "other", "BLOB")
    link = OutsideLink(("gone",), "elsewhere", ("id",))
    found = adopted(
        table("a", number("id"), blob, number("gone"), key=("id",), links=[link]), table("b", word("said", nullable=True))
    )
    told = {(one.table, one.part): one.reason for one in found[2]}
    assert "BLOB" in told["a", "picture"]
    assert "Adopt elsewhere too" in told["a", "gone"]
    assert "no primary key" in told["b", ""]


@pytest.mark.parametrize("language", ["nl", "sv"])
def test_each_reason_is_said_in_every_language(language):
    _, _, findings = adopted(table("a", number("id"), OutsideColumn("picture", "other", "BLOB"), key=("id",)))
    for one in findings:
        said = engine_texts(language)(one.reason.text, **one.reason.facts)
        assert said != one.reason
        assert all(str(fact) in said for fact in one.reason.facts.values())


def test_a_unique_key_tells_rows_apart_where_the_primary_key_cannot():
    blob = OutsideColumn("uid", "other", "BINARY(16)", nullable=False)
    _, maps, findings = adopted(table("a", blob, word("code"), key=("uid",), unique=(("code",),)))
    assert maps["a"].integration_key == ("code",)
    assert any("does so instead" in one.reason for one in findings)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (number("a"), Fitted("integer")),
        (word("a"), Fitted("text", max_length=10)),
        (word("a", length=9000), Fitted("long_text")),
        (word("a", options=("x", "y")), Fitted("choice", options=(("x", "x"), ("y", "y")))),
        (
            word("a", options=("on hold", "on-hold?", "")),
            Fitted("choice", options=(("on_hold", "on hold"), ("on-hold", "on-hold?"))),
        ),
        (OutsideColumn("a", "decimal", "DECIMAL(9, 2)", digits=9, scale=2), Fitted("decimal", scale=2)),
        (OutsideColumn("a", "decimal", "NUMERIC(12)", digits=12, scale=0), Fitted("integer")),
        (OutsideColumn("a", "datetime", "TIMESTAMP WITH TIME ZONE"), Fitted("datetime")),
        (OutsideColumn("email", "text", "VARCHAR(9)", length=9), Fitted("text", max_length=9)),
        (OutsideColumn("a", "unique_id", "UUID"), Fitted("unique_id")),
    ],
)
def test_a_column_becomes_what_its_type_says_and_not_what_its_name_might(column, expected):
    assert fit(column, named=False) == expected


def test_what_is_not_quite_the_same_is_told():
    for column in (
        OutsideColumn("a", "float", "REAL"),
        OutsideColumn("a", "time", "TIME"),
        OutsideColumn("a", "decimal", "NUMERIC"),
        OutsideColumn("a", "datetime", "TIMESTAMP", zoned=False),
        OutsideColumn("a", "integer", "TINYINT(1)"),
        OutsideColumn("a", "decimal", "DECIMAL(38, 20)", digits=38, scale=20),
    ):
        fitted = fit(column, named=False)
        assert isinstance(fitted, Fitted)
        assert column.words in fitted.remark


def test_names_become_legal_and_unique():
    assert plain("OrderLineNo") == "order_line_no"
    assert plain("Größe") == "grosse" or plain("Größe") == "groe"
    assert attribute_key("id", "tree", ()) == "tree_id"
    assert attribute_key("2nd", "tree", {"a_2nd"}) == "a_2nd_2"
    assert attribute_key("名前", "tree", ()) == "column"
    assert entity_key("sales.Account", "farm", {"account"}) == "farm_account"
    assert entity_key("foyer_row", "farm", ()) == "t_foyer_row"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("state IN ('a', 'b')", {"state": ("a", "b")}),
        ("`state` in ('a','it''s')", {"state": ("a", "it's")}),
        ("((state)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))", {"state": ("a", "b")}),
        ("state::text = ANY (ARRAY['a'::character varying, 'b'::character varying]::text[])", {"state": ("a", "b")}),
        ("state IN ('a') OR size > 3", {}),
        ("size IN (1, 2)", {}),
        ("length(state) > 2", {}),
    ],
)
def test_only_a_condition_that_is_a_list_as_a_whole_is_a_choice(condition, expected):
    assert listed_values([condition]) == expected


def test_two_conditions_on_one_column_are_no_choice():
    assert listed_values(["a IN ('x', 'y')", "a IN ('y', 'z')"]) == {}


def test_two_tables_of_one_entity_add_to_it_one_after_the_other():
    goods = table("goods", number("no"), word("name"), word("stamp", nullable=True), key=("no",))
    stock = table("stock", number("no"), number("pieces"), word("stamp", nullable=True), key=("no",))
    before = (
        Entity(
            key="ware",
            primary_name="name",
            attributes=(Attribute(key="no", type="integer"), Attribute(key="name", type="text")),
        ),
        TableMap(
            key="goods",
            connection="farm",
            entity="ware",
            table="goods",
            integration_key=("no",),
            attributes=(AttributeMap(attribute="no", column="no"), AttributeMap(attribute="name", column="name")),
        ),
        TableMap(
            key="stock",
            connection="farm",
            entity="ware",
            table="stock",
            integration_key=("no",),
            attributes=(AttributeMap(attribute="no", column="no"),),
        ),
    )
    existing = FARM | {component_id(item): item for item in before}
    found = adopt((goods, stock), ("goods", "stock"), existing, Wanted("farm"))
    assert len(found.components) == len({component_id(item) for item in found.components}) == 3
    (ware,) = (item for item in found.components if isinstance(item, Entity))
    maps = {item.table: item for item in found.components if isinstance(item, TableMap)}
    assert [item.key for item in ware.attributes] == ["no", "name", "stamp", "pieces", "stamp_2"]
    assert [item.attribute for item in maps["goods"].attributes] == ["no", "name", "stamp"]
    assert [item.attribute for item in maps["stock"].attributes] == ["no", "pieces", "stamp_2"]
    assert [item.added for item in found.adopted] == [("stamp",), ("pieces", "stamp_2")]
    assert problems_of(found, existing) == ()


def test_a_list_of_a_table_called_like_an_address_of_the_engine_stands_elsewhere():
    site = (Site(key="farm"), Page(key="home", site="farm", label=Text.of("Home"), partial_url="/"))
    tables = [table(name, number("no"), word("name"), key=("no",)) for name in ("sessions", "Studio", "orchard")]
    made = adopt(
        tables,
        [item.name for item in tables],
        {**FARM, **{component_id(one): one for one in site}},
        Wanted("farm", True, "farm"),
    )
    parts = {page.partial_url for page in made.components if isinstance(page, Page) and page.parent == "home"}
    assert parts == {"sessions-2", "studio-2", "orchard"}
