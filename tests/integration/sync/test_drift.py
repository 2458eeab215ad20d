"""A table outside changes its columns while rows come: as the contract of the map says, and no row is lost."""

import pytest
import sqlalchemy as sa

from connectors.drift import take_as_it_is
from connectors.errors import Fatal
from connectors.sql.adapter import SqlAdapter
from connectors.tablemap import compiled_map
from metadata.model import AttributeMap
from runtime.sync.letters import retry_letters
from support.harbour import boats, harbour_row, harbours, make_world

COLUMNS = {
    "no": "INTEGER PRIMARY KEY",
    "name": "VARCHAR(20)",
    "price": "NUMERIC(12,2)",
    "remark": "VARCHAR(20)",
    "seq": "INTEGER",
}
ATTRIBUTES = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="name", column="name"),
    AttributeMap(attribute="price", column="price"),
)


class Sea:
    """A database outside with boats and harbours, ours that follows it, and the changes of its tables."""

    def __init__(self, home, url, **more):
        self.engine = sa.create_engine(url)
        self.columns = dict(COLUMNS)
        self.run(f"CREATE TABLE boat ({self.spelled()})")
        self.run("CREATE TABLE harbour (code VARCHAR(10) PRIMARY KEY, name VARCHAR(60), depth NUMERIC(6,2), seq INTEGER)")
        self.adapter = SqlAdapter("outside", {"url": url})
        self.more = {"attributes": ATTRIBUTES, **more}
        self.world = make_world(home, (harbours(), boats(**self.more)), adapter=self.adapter)
        self.last = 0

    @property
    def map(self):
        return compiled_map(self.world.snapshot, "boats")

    def run(self, *statements):
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))

    def spelled(self):
        return ", ".join(f"{name} {kind}" for name, kind in self.columns.items())

    def add(self, *names, **more):
        """Rows with the columns that there are."""
        for name in names:
            self.last += 1
            row = {"no": self.last, "name": name, "title": name, "price": "1.50", "remark": "r", "seq": self.last, **more}
            row = {key: value for key, value in row.items() if key in self.columns}
            with self.engine.begin() as connection:
                connection.execute(sa.insert(sa.table("boat", *(sa.column(key) for key in row))).values(row))

    def rebuild(self, **kinds):
        """The table anew, with other columns; rows keep what they have. None drops a column."""
        kept = [name for name in self.columns if kinds.get(name, "") is not None]
        self.columns = {**self.columns, **kinds}
        self.columns = {name: kind for name, kind in self.columns.items() if kind is not None}
        old = [name for name in self.columns if name in kept and name in COLUMNS]
        names = ", ".join(old)
        self.run(
            f"CREATE TABLE boat_anew ({self.spelled()})",
            f"INSERT INTO boat_anew ({names}) SELECT {names} FROM boat",
            "DROP TABLE boat",
            "ALTER TABLE boat_anew RENAME TO boat",
        )

    def rename(self, old, new):
        self.run(f"ALTER TABLE boat RENAME COLUMN {old} TO {new}")
        self.columns = {new if name == old else name: kind for name, kind in self.columns.items()}

    def accept(self):
        lines = take_as_it_is(self.world.home, self.adapter, self.map)
        retry_letters(self.world.home, [self.map], ("drift",))
        return lines

    def pull(self):
        return self.world.pull()["boats"]

    def names(self):
        return sorted(name for (name,) in self.world.rows("boat", "name"))

    def close(self):
        self.adapter.close()
        self.engine.dispose()
        self.world.engine.dispose()


@pytest.fixture
def sea_of(sqlite_url, request):
    made = []

    def make(server="sqlite", home=sqlite_url, **more):
        made.append(Sea(home, request.getfixturevalue(f"outside_{server}"), **more))
        return made[-1]

    yield make
    for sea in made:
        sea.close()


def gone_and_back(sea):
    sea.run("ALTER TABLE boat RENAME TO boot")
    assert sea.pull().outcome == "failed"
    sea.run("ALTER TABLE boot RENAME TO boat")


GOES_ON = {
    "a nullable column is added": lambda sea: sea.run("ALTER TABLE boat ADD colour VARCHAR(9)"),
    "a required column is added": lambda sea: sea.run("ALTER TABLE boat ADD rank_no INTEGER DEFAULT 1 NOT NULL"),
    "a column that is not read is dropped": lambda sea: sea.rebuild(remark=None),
    "a column that is not read has another type": lambda sea: sea.rebuild(remark="VARCHAR(30)"),
    "a text is made longer": lambda sea: sea.rebuild(name="VARCHAR(90)"),
    "a number is made wider": lambda sea: sea.rebuild(price="NUMERIC(15,3)", seq="BIGINT"),
    "an index is added": lambda sea: sea.run("CREATE INDEX ix_boat_name ON boat (name)"),
    "the table is gone for a while": gone_and_back,
}
STOPS = {
    "a column that is read has another type": (
        lambda sea: sea.rebuild(price="VARCHAR(30)"), "price was NUMERIC(12, 2) and is VARCHAR(30)", ""
    ),
    "a column that is read is dropped": (lambda sea: sea.rebuild(price=None), "price is gone (it was NUMERIC(12, 2))", "price"),
    "a column that is read is renamed": (lambda sea: sea.rename("name", "title"), "title is new", "name"),
    "the change column has another type": (
        lambda sea: sea.rebuild(seq="NUMERIC(20,0)"), "seq was INTEGER and is NUMERIC(20", ""
    ),
}  # fmt: skip


@pytest.mark.parametrize("server", ["sqlite", "pg", "mariadb"])
def test_eight_changes_of_a_table_go_unnoticed_by_its_rows(sea_of, server):
    sea = sea_of(server)
    sea.add("before")
    sea.pull()
    for number, change in enumerate(GOES_ON.values()):
        sea.add(f"{number} a")
        change(sea)
        sea.add(f"{number} b")
        assert sea.pull().outcome == "done"
    assert sea.names() == sorted(["before", *(f"{number} {part}" for number in range(len(GOES_ON)) for part in "ab")])
    assert [version for (version,) in sea.world.rows("boat", "version")] == [1] * (2 * len(GOES_ON) + 1)
    assert sea.world.rejects() == []


def test_statements_that_the_server_had_prepared_do_not_stop_a_map_whose_column_got_another_length(sea_of):
    sea = sea_of("pg")
    for number in range(8):  # a driver has a statement prepared once it was asked a few times
        sea.add(f"{number}")
        sea.pull()
    sea.run("ALTER TABLE boat ALTER COLUMN name TYPE VARCHAR(90)")
    sea.add("after")
    assert [sea.pull().outcome for _ in range(2)] == ["waiting", "done"]
    assert sea.names() == sorted([*map(str, range(8)), "after"])


@pytest.mark.parametrize(("drift", "accepted"), [("guard", False), ("freeze", False), ("evolve", True)])
def test_a_table_without_a_column_that_its_map_cannot_do_without_is_not_taken_as_it_is(sea_of, drift, accepted):
    sea = sea_of(drift=drift)
    sea.add("before")
    sea.pull()
    sea.rebuild(price=None)
    if accepted:
        assert sea.accept() == ("price is gone (it was NUMERIC(12, 2))",)
        assert sea.pull().outcome == "done"
        return
    with pytest.raises(Fatal, match="boats reads price, which boat has no more; take it out of the map"):
        sea.accept()
    assert "price is gone" in sea.pull().message, "what has happened is still told"


@pytest.mark.parametrize("change", STOPS)
@pytest.mark.parametrize("server", ["sqlite", "pg", "mariadb"])
def test_four_changes_stop_their_map_only_with_a_readable_difference_and_no_row_is_lost(sea_of, server, change):
    alter, told, lost = STOPS[change]
    told = told.replace("NUMERIC", "DECIMAL").replace("INTEGER", "INTEGER(11)") if server == "mariadb" else told
    sea = sea_of(server)
    sea.add("before")
    sea.pull()
    sea.add("meanwhile")
    alter(sea)
    sea.add("after")
    with sea.engine.begin() as connection:
        row = {key: value for key, value in harbour_row("GOT").items() if key != "depth"}
        connection.execute(sa.insert(sa.table("harbour", *(sa.column(key) for key in row))).values(row))
    runs = sea.world.pull()
    assert (runs["harbours"].counts.inserted, runs["boats"].outcome) == (1, "failed")
    assert told in runs["boats"].message
    assert "foyer sync accept boats" in runs["boats"].message
    assert sea.names() == ["before"]
    if lost == "price":
        sea.rebuild(price="NUMERIC(12,2)")
    elif lost:
        sea.rename("title", "name")
    else:
        assert sea.accept() != ()
    assert sea.pull().outcome == "done"
    assert sea.names() == ["after", "before", "meanwhile"]


@pytest.mark.parametrize(
    ("contract", "outcome", "inside", "aside"),
    [
        ("evolve", "done", {"before": "1.50", "after": "7.25"}, 0),
        ("freeze", "failed", {"before": "1.50"}, 0),
        ("discard_value", "done", {"before": "1.50", "after": "None"}, 0),
        ("discard_row", "done", {"before": "1.50", "empty": "None"}, 0),
        ("quarantine", "done", {"before": "1.50"}, 3),
    ],
)
def test_each_contract_meets_a_change_of_type_in_its_way(sea_of, database_url, contract, outcome, inside, aside):
    sea = sea_of(home=database_url, drift=contract)
    sea.add("before")
    sea.pull()
    sea.rebuild(price="VARCHAR(30)")
    sea.add("after", price="7.25")
    sea.add("empty", price=None)
    assert sea.pull().outcome == outcome
    stored = {name: str(price) for name, price in sea.world.rows("boat", "name", "price")}
    if contract in ("evolve", "discard_value"):
        inside = inside | {"empty": "None"}
    assert (stored, len(sea.world.rejects())) == (inside, aside)
    assert sea.pull().outcome == outcome
    assert (sea.accept() != ()) is (contract != "evolve")
    sea.add("last")
    assert sea.pull().outcome == "done"
    left_out = {"after"} if contract == "discard_row" else set()
    assert sea.names() == sorted({"before", "after", "empty", "last"} - left_out)


@pytest.mark.parametrize("contract", ["evolve", "discard_value", "quarantine"])
def test_without_a_column_that_was_read_what_is_stored_stays(sea_of, contract):
    sea = sea_of(drift=contract)
    sea.add("one", "two")
    sea.pull()
    sea.rebuild(price=None)
    sea.run("UPDATE boat SET name = 'two again', seq = 9 WHERE no = 2")
    assert sea.pull().outcome == "done"
    assert [str(price) for (price,) in sea.world.rows("boat", "price")] == ["1.50", "1.50"]
    assert sea.names() == (["one", "two"] if contract == "quarantine" else ["one", "two again"])
    sea.rebuild(price="NUMERIC(12,2)")
    sea.run("UPDATE boat SET price = 3")
    sea.accept()
    assert sea.pull().outcome == "done"
    if contract == "quarantine":
        assert [(name, str(price)) for name, price in sea.world.rows("boat", "name", "price")][1] == ("two again", "3.00")


def test_a_frozen_table_may_not_even_have_a_new_column_and_a_key_is_vital_to_all(sea_of):
    sea = sea_of(drift="freeze")
    sea.add("one")
    sea.pull()
    sea.run("ALTER TABLE boat ADD colour VARCHAR(9)")
    assert "colour is new (VARCHAR(9))" in sea.pull().message
    assert sea.accept() == ("colour is new (VARCHAR(9))",)
    assert sea.pull().outcome == "done"


def test_a_change_in_the_middle_of_a_long_load_is_told_by_what_has_changed(sea_of):
    sea = sea_of(batch_size=2)
    sea.add(*(f"n{number}" for number in range(30)))
    seen = []

    def progress(table_map, state):
        seen.append(state.rows_done)
        if table_map.key == "boats" and len(seen) == 1:
            sea.rebuild(price=None)

    station = sea.world.station()
    station.progress = progress
    run = {item.map: item for item in station.pull([sea.map])}["boats"]
    station.close()
    assert (run.outcome, "price is gone" in run.message) == ("failed", True)
    sea.rebuild(price="NUMERIC(12,2)")
    assert sea.pull().outcome == "done"
    assert len(sea.names()) == 30
