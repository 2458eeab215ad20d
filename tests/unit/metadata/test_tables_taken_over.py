"""A draft's snapshot takes over the tables of what it has in common with another one, and equals the one compiled whole."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.compiler import compile_snapshot
from metadata.migrate.shapes import shape_of
from metadata.model import (
    Block,
    EntityPermission,
    Filter,
    Form,
    FormField,
    Page,
    Search,
    SearchedAttribute,
    SearchedEntity,
    Section,
    Site,
    Sort,
    Tab,
    View,
    ViewColumn,
)
from metadata.tables import LAYOUT
from metadata.text import Text
from support.declared import attribute, entity

KEYS = ("alpha", "beta", "gamma")
ENTITIES = ("thing", "other", "third", "contact")
RULES = ("restrict", "clear")
TYPES = ("text", "email", "long_text", "integer", "decimal", "choice", "choices", "auto_number", "lookup", "any", "formula")


@st.composite
def attributes(draw, key):
    kind = draw(st.sampled_from(TYPES))
    if kind == "lookup":
        return attribute(
            key, kind, target=draw(st.sampled_from(ENTITIES)), on_delete=draw(st.sampled_from(("restrict", "clear")))
        )
    if kind == "any":
        return attribute(key, "lookup", targets=("thing", "other"))
    if kind == "formula":
        return attribute(key, "text", formula="label")
    return attribute(key, kind)


@st.composite
def around(draw, name):
    """An entity with what its tables depend on besides: the sorts and questions of views, permissions, searches, forms."""
    own = [draw(attributes(key)) for key in draw(st.lists(st.sampled_from(KEYS), unique=True))]
    stored = ["label", *(item.key for item in own if not item.formula)]
    words = ["label", *(item.key for item in own if item.type in ("text", "long_text") and not item.formula)]
    links = {"links": draw(st.sampled_from(ENTITIES))} if draw(st.booleans()) else {}
    named = attribute("label", label=Text.of(draw(st.sampled_from(("One", "Two")))))
    made = [entity(name, named, *own, unique=("label",) if draw(st.booleans()) else (), links=links)]
    if draw(st.booleans()):
        sort = (Sort(attribute=draw(st.sampled_from(stored)), descending=draw(st.booleans())),)
        asked = Filter(attribute=draw(st.sampled_from(stored)), operator="eq", value="1") if draw(st.booleans()) else None
        made.append(View(key=f"{name}-view", entity=name, columns=(LABEL,), sort=sort, filter=asked))
    if draw(st.booleans()):
        via = draw(st.sampled_from(stored))
        made.append(
            EntityPermission(key=f"{name}-all", entity=name, scope="contact", via=via, privileges=("read",), roles=("one",))
        )
    if draw(st.booleans()):
        looked_in = SearchedEntity(entity=name, attributes=(SearchedAttribute(attribute=draw(st.sampled_from(words))),))
        made.append(Search(key=f"{name}-search", entities=(looked_in,)))
    if draw(st.booleans()):
        fields = tuple(FormField(attribute=key) for key in stored)
        made.append(Form(key=f"{name}-form", entity=name, tabs=(Tab(sections=(Section(fields=fields),)),)))
        block = Block(type="form", form=f"{name}-form", mode="insert")
        made.append(Page(key=f"{name}-page", label=Text.of(name), parent="home", partial_url=name, blocks=(block,)))
    return made


PARTS = st.fixed_dictionaries({name: around(name) for name in ENTITIES})
LABEL = ViewColumn(attribute="label")
GROUND = (Site(key="main", languages=("en-US",)), Page(key="home", label=Text.of("Home"), partial_url="/"))


@st.composite
def edits(draw):
    """Components, and what they are after a few edits, each of some of the entities and of what is around them."""
    states = [draw(PARTS)]
    for _ in range(draw(st.integers(1, 4))):
        changed = draw(st.sets(st.sampled_from(ENTITIES), max_size=2))
        states.append({name: draw(around(name)) if name in changed else parts for name, parts in states[-1].items()})
    return [(*GROUND, *(item for parts in state.values() for item in parts)) for state in states]


def told(snapshot):
    """All that tables and entities say, without the tables themselves."""
    entities = {
        key: (
            one.model,
            {
                name: (
                    item.model,
                    item.system,
                    str(item.column),
                    repr(item.column.type),
                    None if item.target_column is None else str(item.target_column),
                    item.calculated or item.column.table is one.table,
                )
                for name, item in one.attributes.items()
            },
            {name: replace(item, link=None) for name, item in one.relationships.items()},
            {name: str(item.link) for name, item in one.relationships.items()},
        )
        for key, one in snapshot.entities.items()
    }
    tables = {
        name: (shape_of(table), [(str(column), repr(column.type), column.nullable) for column in table.columns])
        for name, table in snapshot.tables.tables.items()
    }
    return list(entities), entities, tables, {name: table.info.get(LAYOUT) for name, table in snapshot.tables.tables.items()}


def hangs_together(snapshot):
    """Do entities, and the links between them, stand on the tables that the snapshot has?"""
    there = snapshot.tables.tables
    linked = (item.link for one in snapshot.entities.values() for item in one.relationships.values() if item.link is not None)
    return all(one.table is there[key] for key, one in snapshot.entities.items()) and all(
        link is there[link.name] for link in linked
    )


@settings(max_examples=150, deadline=None)
@given(edits())
def test_a_snapshot_that_takes_over_tables_equals_the_one_compiled_whole(states):
    last = compile_snapshot(states[0])
    for state in states[1:]:
        whole, last = compile_snapshot(state), compile_snapshot(state, like=last)
        assert told(last) == told(whole)
        assert hangs_together(last)


def site_of(*entities, more=()):
    return (*GROUND, *entities, *more)


THING = entity("thing", attribute("label"), attribute("other", "lookup", target="other"))
OTHER = entity("other", attribute("label"), links={"things": "thing"})
THIRD = entity("third", attribute("label"))


def test_only_the_tables_of_a_changed_entity_are_made_anew():
    served = compile_snapshot(site_of(THING, OTHER, THIRD))
    grown = replace(THING, attributes=(*THING.attributes, attribute("more")))
    drafted = compile_snapshot(site_of(grown, OTHER, THIRD), like=served)
    new = {name for name, table in drafted.tables.tables.items() if table is not served.tables.tables[name]}
    assert new == {"thing"}
    assert drafted.entities["third"] is served.entities["third"]


def test_a_change_of_no_table_leaves_all_of_them_and_what_is_remembered_there():
    served = compile_snapshot(site_of(THING, OTHER, THIRD))
    view = View(key="things", entity="thing", label=Text.of("Things"), columns=(LABEL,))
    assert compile_snapshot(site_of(THING, OTHER, THIRD, more=(view,)), like=served).tables is served.tables


def test_of_the_snapshots_before_no_table_lives_on_that_is_not_used():
    last = compile_snapshot(site_of(THING, OTHER, THIRD))
    for number in range(3):
        grown = replace(THING, attributes=(*THING.attributes, attribute(f"more{number}")))
        last = compile_snapshot(site_of(grown, OTHER, THIRD), like=last)
    assert set(last.entities["thing"].table.metadata.tables) == {"thing"}
