"""Publishing brings the tables in step: additive by itself, losing nothing unless told."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from metadata.migrate import Blocked, Destructive, NotApplied
from metadata.model import (
    Block,
    Choice,
    ComponentId,
    EntityIndex,
    EntityPermission,
    Filter,
    Form,
    FormField,
    ListComponent,
    ListFilter,
    Option,
    Page,
    Section,
    Site,
    Sort,
    Tab,
    Text,
    View,
    ViewColumn,
)
from support.declared import attribute, entity

NAME = attribute("name", max_length=10)


def publish(store, *components, **options):
    return store.publish("ann", components=[Site(key="main"), *components], **options)


def lines(published):
    return list(published.plan.lines)


@pytest.fixture
def rows(store, engine):
    """Runs a statement on the tables of the current release."""

    def run(text, **values):
        with engine.execution_options(foyer_write=True).begin() as connection:
            found = connection.execute(sa.text(text), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    return run


def columns(engine, table):
    return {column["name"] for column in sa.inspect(engine).get_columns(table)}


def indexes(engine, table):
    return {index["name"]: index["column_names"] for index in sa.inspect(engine).get_indexes(table)}


def test_a_new_entity_gets_a_table_with_keys_and_indexes(store, engine):
    publish(store, entity("thing", NAME, attribute("account", "lookup", target="account"), unique=("name",)))
    assert {"id", "version", "name", "account", "created_at"} <= columns(engine, "thing")
    found = indexes(engine, "thing")
    assert found["uq_thing_name"] == ["name"]
    assert found["ix_thing_account"] == ["account"]
    (key,) = sa.inspect(engine).get_foreign_keys("thing")
    assert (key["constrained_columns"], key["referred_table"]) == (["account"], "account")


def test_a_unique_key_holds(store, rows):
    publish(store, entity("thing", NAME, unique=("name",)))
    rows("INSERT INTO thing (name) VALUES ('a')")
    with pytest.raises(sa.exc.IntegrityError):
        rows("INSERT INTO thing (name) VALUES ('a')")


def test_entities_may_point_at_each_other_and_at_themselves(store, rows):
    first = entity("first", NAME, attribute("second", "lookup", target="second"))
    second = entity("second", NAME, attribute("first", "lookup", target="first"), attribute("up", "lookup", target="second"))
    publish(store, first, second)
    with pytest.raises(sa.exc.IntegrityError):
        rows("INSERT INTO first (name, second) VALUES ('a', 99)")


def test_declared_sorts_and_permission_paths_get_indexes(store, engine):
    thing = entity("thing", NAME, attribute("account", "lookup", target="account"))
    publish(store, thing)
    view = View(key="all", entity="thing", columns=(ViewColumn(attribute="name"),), sort=(Sort(attribute="name"),))
    grant = EntityPermission(key="own", site="main", entity="thing", scope="account", via="account", privileges=("read",))
    done = publish(store, view, grant)
    assert any(line.startswith("+ create index") for line in lines(done))
    assert ["name", "id"] in indexes(engine, "thing").values()
    assert ["account", "name", "id"] in indexes(engine, "thing").values()


def test_declared_indexes_are_made_once_and_go_with_their_declaration(store, engine):
    """A lookup and a key have one anyway, and so has the order of a view."""
    thing = entity("thing", NAME, attribute("size", "integer"), attribute("account", "lookup", target="account"))
    view = View(key="all", entity="thing", columns=(ViewColumn(attribute="name"),), sort=(Sort(attribute="name"),))
    publish(store, thing, view)
    before = indexes(engine, "thing")
    wanted = (("account",), ("name",), ("name", "size"), ("created_at",), ("size", "id"))
    done = publish(store, replace(thing, indexes=tuple(EntityIndex(attributes=names) for names in wanted)))
    assert len(lines(done)) == 3
    after = {name: names for name, names in indexes(engine, "thing").items() if name not in before}
    assert sorted(after.values()) == [["created_at", "id"], ["name", "size", "id"], ["size", "id"]]
    publish(store, thing)
    assert indexes(engine, "thing") == before


def test_choices_that_a_view_asks_for_get_an_index_in_its_order(store, engine):
    """What is left out, or asked for among other ways, is found by none; a view without an order has that of one with."""
    state = Choice(key="state", options=(Option(value="new"), Option(value="done")))
    states = [attribute(name, "choice", choice="state") for name in ("state", "stage", "phase")]
    publish(store, state, entity("thing", NAME, attribute("fine", "boolean"), *states))
    asked = Filter(all=(Filter(attribute="state", operator="in", value=("new",)), Filter(attribute="fine", value=True)))
    either = Filter(any=(Filter(attribute="stage", value="new"), Filter(attribute="stage", operator="empty")))
    columns = (ViewColumn(attribute="name"),)
    publish(
        store,
        View(key="new", entity="thing", columns=columns, filter=asked, sort=(Sort(attribute="name", descending=True),)),
        View(key="some", entity="thing", columns=columns, filter=either),
        View(key="rest", entity="thing", columns=columns, filter=Filter(attribute="phase", operator="ne", value="new")),
        View(key="plain", entity="thing", columns=columns, filter=Filter(attribute="state", value="done")),
    )
    found = list(indexes(engine, "thing").values())
    assert [names for names in found if "state" in names] == [["state", "name", "id"]]
    assert [names for names in found if {"fine", "stage", "phase"} & set(names)] == []


def test_names_by_which_rows_are_offered_get_an_index_where_they_need_one(store, engine):
    """One that is unique or offered in the order of a view has one already, and what is only shown needs none."""
    kinds = {kind: attribute(kind, "lookup", target=kind) for kind in ("free", "unique", "viewed", "shown", "sifted")}
    targets = [entity(kind, NAME, attribute("rank", "integer"), unique=("name",) * (kind == "unique")) for kind in kinds]
    by_rank = View(key="by-rank", entity="viewed", columns=(ViewColumn(attribute="name"),), sort=(Sort(attribute="rank"),))
    fields = [FormField(attribute=kind, view="by-rank" * (kind == "viewed"), read_only=kind == "shown") for kind in kinds]
    entered, shown = (
        Form(key=key, entity="thing", tabs=(Tab(sections=(Section(fields=tuple(some)),)),))
        for key, some in (("entered", fields[:3]), ("only-shown", (fields[3], FormField(attribute="sifted"))))
    )
    blocks = (Block(type="form", form="entered", mode="edit"), Block(type="form", form="only-shown"))
    page = Page(key="home", site="main", label=Text.of("Home"), partial_url="/", record_entity="thing", blocks=blocks)
    every = View(key="all", entity="thing", columns=(ViewColumn(attribute="name"),))
    publish(store, entity("thing", NAME, *kinds.values(), unique=("name",)), *targets, by_rank, every, entered, shown, page)
    found = {kind: sorted(indexes(engine, kind).values()) for kind in kinds}
    named = [kind for kind, columns in found.items() if ["name", "id"] in columns]
    assert (named, found["unique"], found["viewed"]) == (["free"], [["name"]], [["rank", "id"]])
    sifting = ListComponent(key="things", site="main", views=("all",), filters=(ListFilter(key="s", attribute="sifted"),))
    assert [line for line in lines(publish(store, sifting)) if "index" in line] == [
        "+ create index ix_sifted_name_id on sifted (name, id)"
    ]


def test_a_new_attribute_is_a_new_empty_column(store, engine, rows):
    publish(store, entity("thing", NAME))
    rows("INSERT INTO thing (name) VALUES ('a')")
    more = entity("thing", NAME, attribute("size", "integer"), attribute("account", "lookup", target="account"))
    done = publish(store, more)
    assert "+ add column thing.size integer" in lines(done)
    assert "+ add column thing.account lookup(account)" in lines(done)
    assert rows("SELECT name, size, account FROM thing") == [("a", None, None)]
    with pytest.raises(sa.exc.IntegrityError):
        rows("UPDATE thing SET account = 99")
    assert lines(publish(store, more)) == []


def test_publishing_again_has_nothing_to_do(store):
    thing = entity("thing", NAME, attribute("other", "lookup", target="thing"), unique=("name",), links={"friends": "thing"})
    publish(store, thing)
    assert lines(publish(store, thing)) == []


def test_text_is_widened_by_itself(store, rows):
    publish(store, entity("thing", NAME))
    done = publish(store, entity("thing", attribute("name", max_length=50)))
    assert lines(done) == ["+ widen column thing.name from text(10) to text(50)"]
    rows("INSERT INTO thing (name) VALUES (:name)", name="x" * 50)


def test_shortening_is_refused_with_the_number_of_values_that_are_longer(store, rows):
    publish(store, entity("thing", NAME))
    rows("INSERT INTO thing (name) VALUES ('short'), ('too long'), ('long, too'), (NULL)")
    shorter = entity("thing", attribute("name", max_length=5))
    with pytest.raises(Destructive, match="cutting 2 values that are longer"):
        publish(store, shorter)
    assert store.current_release() == 1
    publish(store, shorter, allow_destructive=True)
    assert rows("SELECT name FROM thing ORDER BY id") == [("short",), ("too l",), ("long,",), (None,)]


def test_changing_a_type_is_refused_with_the_number_of_values_that_would_be_lost(store, rows):
    publish(store, entity("thing", NAME, attribute("code", max_length=20)))
    rows("INSERT INTO thing (code) VALUES ('12'), ('x12'), (NULL), ('-3')")
    number = entity("thing", NAME, attribute("code", "integer"))
    with pytest.raises(Destructive, match="losing 1 value that cannot be converted"):
        publish(store, number)
    assert rows("SELECT code FROM thing ORDER BY id")[0] == ("12",)
    publish(store, number, allow_destructive=True)
    assert rows("SELECT code FROM thing ORDER BY id") == [(12,), (None,), (None,), (-3,)]


def test_a_converted_column_keeps_its_indexes(store, engine, rows):
    publish(store, entity("thing", NAME, attribute("code", max_length=20), unique=("code",)))
    rows("INSERT INTO thing (code) VALUES ('1'), ('2')")
    publish(store, entity("thing", NAME, attribute("code", "integer"), unique=("code",)), allow_destructive=True)
    assert indexes(engine, "thing")["uq_thing_code"] == ["code"]
    with pytest.raises(sa.exc.IntegrityError):
        rows("INSERT INTO thing (code) VALUES (1)")


@pytest.mark.parametrize(
    ("before", "after", "stored", "expected"),
    [
        (attribute("x", "money", currency="SEK"), attribute("x"), Decimal("12.5000"), "12.5000"),
        (attribute("x", "integer"), attribute("x", "decimal"), 7, Decimal("7.000000")),
        (attribute("x", "decimal", scale=2), attribute("x", "decimal", scale=4), Decimal("1.25"), Decimal("1.2500")),
        (attribute("x", "decimal", scale=4), attribute("x", "decimal", scale=1), Decimal("1.2500"), Decimal("1.2")),
        (attribute("x", "date"), attribute("x", "datetime"), dt.date(2024, 5, 6), dt.datetime(2024, 5, 6, tzinfo=dt.UTC)),
        (attribute("x", "boolean"), attribute("x"), True, "true"),
        (attribute("x"), attribute("x", "date"), "2024-05-06", dt.date(2024, 5, 6)),
        (attribute("x"), attribute("x", "date"), "next week", None),
    ],
)
def test_values_are_converted_alike_on_every_database(store, engine, before, after, stored, expected):
    first = publish(store, entity("thing", NAME, before)).snapshot.tables.tables["thing"]
    with engine.execution_options(foyer_write=True).begin() as connection:
        connection.execute(sa.insert(first).values(x=stored))
    second = publish(store, entity("thing", NAME, after), allow_destructive=True).snapshot.tables.tables["thing"]
    with engine.connect() as connection:
        assert connection.execute(sa.select(second.c.x)).scalar_one() == expected


def test_a_lookup_to_another_entity_starts_empty(store, rows):
    publish(store, entity("thing", NAME, attribute("to", "lookup", target="account")))
    rows("INSERT INTO account (name) VALUES ('a')")
    rows('INSERT INTO thing ("to") SELECT id FROM account')
    moved = entity("thing", NAME, attribute("to", "lookup", target="company"))
    with pytest.raises(Destructive, match="losing 1 value"):
        publish(store, moved)
    publish(store, moved, allow_destructive=True)
    assert rows('SELECT "to" FROM thing') == [(None,)]
    with pytest.raises(sa.exc.IntegrityError):
        rows('UPDATE thing SET "to" = 99')


def test_another_rule_on_delete_changes_the_foreign_key_alone(store, rows):
    publish(store, entity("thing", NAME, attribute("to", "lookup", target="account")))
    publish(store, entity("thing", NAME, attribute("to", "lookup", target="account", on_delete="cascade")))
    rows("INSERT INTO account (name) VALUES ('a')")
    rows('INSERT INTO thing ("to") SELECT id FROM account')
    rows("DELETE FROM account")
    assert rows("SELECT id FROM thing") == []


def test_an_attribute_that_is_taken_away_keeps_its_values_until_told(store, engine, rows):
    publish(store, entity("thing", NAME, attribute("size", "integer")))
    rows("INSERT INTO thing (name, size) VALUES ('a', 1), ('b', NULL)")
    done = publish(store, entity("thing", NAME))
    assert lines(done) == ["= kept unless --allow-destructive: drop column thing.size, losing 1 value"]
    assert "size" in columns(engine, "thing")
    rows("INSERT INTO thing (name) VALUES ('c')")
    dropped = store.mend_tables(allow_destructive=True)
    assert [step.text for step in dropped.steps if step.destructive] == ["drop column thing.size, losing 1 value"]
    assert "size" not in columns(engine, "thing")
    assert rows("SELECT name FROM thing ORDER BY id") == [("a",), ("b",), ("c",)]


def test_an_attribute_that_comes_back_finds_its_values(store, rows):
    with_size = entity("thing", NAME, attribute("size", "integer"))
    publish(store, with_size)
    rows("INSERT INTO thing (name, size) VALUES ('a', 1)")
    publish(store, entity("thing", NAME))
    assert lines(publish(store, with_size)) == []
    assert rows("SELECT size FROM thing") == [(1,)]


def test_a_kept_lookup_does_not_hold_on_to_its_target(store, rows):
    publish(store, entity("thing", NAME, attribute("to", "lookup", target="account")))
    rows("INSERT INTO account (name) VALUES ('a')")
    rows('INSERT INTO thing ("to") SELECT id FROM account')
    publish(store, entity("thing", NAME))
    rows("DELETE FROM account")


def test_dropping_a_lookup_keeps_the_rows(store, engine, rows):
    publish(store, entity("thing", NAME, attribute("to", "lookup", target="account")))
    rows("INSERT INTO thing (name) VALUES ('a')")
    publish(store, entity("thing", NAME), allow_destructive=True)
    assert "to" not in columns(engine, "thing")
    assert rows("SELECT name FROM thing") == [("a",)]


def test_an_entity_that_is_taken_away_keeps_its_rows_until_told(store, engine, rows):
    other = entity("other", NAME, attribute("thing", "lookup", target="thing"))
    publish(store, entity("thing", NAME, attribute("other", "lookup", target="other")), other)
    rows("INSERT INTO thing (name) VALUES ('a')")
    gone = [ComponentId("entity", "thing"), ComponentId("entity", "other")]
    done = store.publish("ann", delete=gone)
    assert "= kept unless --allow-destructive: drop table thing, losing 1 row" in lines(done)
    assert rows("SELECT name FROM thing") == [("a",)]
    store.mend_tables(allow_destructive=True)
    assert not {"thing", "other"} & set(sa.inspect(engine).get_table_names())


def test_a_key_over_rows_that_repeat_is_refused_with_their_number(store, rows):
    publish(store, entity("thing", NAME))
    rows("INSERT INTO thing (name) VALUES ('a'), ('a'), ('a'), ('b'), (NULL), (NULL)")
    with pytest.raises(Blocked, match="2 rows repeat the values of others"):
        publish(store, entity("thing", NAME, unique=("name",)), allow_destructive=True)
    assert store.current_release() == 1


def test_an_index_that_is_no_longer_asked_for_goes(store, engine):
    publish(store, entity("thing", NAME, unique=("name",)))
    done = publish(store, entity("thing", NAME))
    assert lines(done) == ["+ drop index uq_thing_name on thing"]
    assert indexes(engine, "thing") == {}


def test_tables_of_others_are_left_alone(store, engine, rows):
    rows("CREATE TABLE theirs (id INTEGER, note VARCHAR(20))")
    publish(store, entity("thing", NAME))
    store.mend_tables(allow_destructive=True)
    assert columns(engine, "theirs") == {"id", "note"}


def test_an_entity_does_not_take_over_a_table_of_others(store, engine, rows):
    rows("CREATE TABLE thing (id INTEGER, note VARCHAR(20))")
    with pytest.raises(Blocked, match="not Foyer's own"):
        publish(store, entity("thing", NAME), allow_destructive=True)
    assert columns(engine, "thing") == {"id", "note"}
    assert "contact" not in sa.inspect(engine).get_table_names()


def test_a_column_of_others_is_not_taken_over(store, engine, rows):
    publish(store, entity("thing", NAME))
    rows("ALTER TABLE thing ADD COLUMN size VARCHAR(20)")
    with pytest.raises(Blocked, match="not Foyer's own"):
        publish(store, entity("thing", NAME, attribute("size", "integer")))


def test_what_was_taken_away_by_hand_is_made_again(store, engine, rows):
    publish(store, entity("thing", NAME, unique=("name",)))
    rows("DROP INDEX uq_thing_name")
    assert [step.text for step in store.mend_tables().steps] == ["create unique index uq_thing_name on thing (name)"]


def test_a_link_to_another_entity_is_another_table(store, rows):
    publish(store, entity("thing", NAME, links={"friends": "account"}))
    rows("INSERT INTO thing (name) VALUES ('a')")
    rows("INSERT INTO account (name) VALUES ('b')")
    rows("INSERT INTO thing__friends (thing_id, account_id) SELECT thing.id, account.id FROM thing, account")
    moved = entity("thing", NAME, links={"friends": "company"})
    with pytest.raises(Destructive, match="drop table thing__friends, losing 1 row"):
        publish(store, moved)
    publish(store, moved, allow_destructive=True)
    assert rows("SELECT company_id FROM thing__friends") == []


def test_a_refused_change_leaves_the_tables_as_they_were(store, engine):
    publish(store, entity("thing", NAME))
    with pytest.raises(Destructive):
        publish(store, entity("thing", attribute("name", max_length=5), attribute("more")), entity("fresh", NAME))
    assert "more" not in columns(engine, "thing")
    assert "fresh" not in sa.inspect(engine).get_table_names()


def test_rolling_back_keeps_the_younger_columns(store, engine, rows):
    publish(store, entity("thing", NAME))
    publish(store, entity("thing", NAME, attribute("size", "integer")))
    rows("INSERT INTO thing (size) VALUES (5)")
    store.rollback(1, "ann")
    assert rows("SELECT size FROM thing") == [(5,)]


@pytest.mark.parametrize("number", [4, 200])
def test_a_refused_step_among_many_is_named_and_no_release_is_written(store, engine, rows, number):
    rows("CREATE TABLE ix_e2_up (id integer)")
    things = [entity(f"e{place}", NAME, attribute("up", "lookup", target=f"e{place // 2}")) for place in range(number)]
    with pytest.raises(NotApplied) as refused:
        publish(store, *things)
    (reason,) = refused.value.reasons
    assert reason.startswith("create table e2 with ")
    assert "ix_e2_up" in reason
    assert store.releases() == ()
    assert "e2" not in sa.inspect(engine).get_table_names()
    rows("DROP TABLE ix_e2_up")
    assert publish(store, *things).release == 1
    assert "ix_e2_up" in indexes(engine, "e2")


def test_an_auto_number_has_a_sequence_that_is_made_where_it_is_missing_and_goes_with_its_attribute(store, engine, rows):
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no sequences: numbers are counted in a row")
    made = "+ create sequence foyer_numbers_thing_no for thing.no"
    numbered = entity("thing", NAME, attribute("no", "auto_number", format="N-{number}"))
    assert made in lines(publish(store, numbered))
    rows("DROP SEQUENCE foyer_numbers_thing_no")
    assert made in lines(publish(store, entity("thing", NAME, attribute("no", "auto_number", format="M-{number}"))))
    publish(store, entity("thing", NAME), allow_destructive=True)
    assert "foyer_numbers_thing_no" not in sa.inspect(engine).get_sequence_names()
