"""Single rows that one side would not take: listed, shown, edited, tried again, given up; neighbours are not held up."""

import json

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from connectors import outbox
from connectors.home import utc_now
from metadata.model import AttributeMap, Connection, WriteThrough
from metadata.store import MetadataStore
from runtime.access import Principal
from runtime.cli.sync import command
from runtime.database import make_engine, writing
from runtime.records.hooks import Listeners
from runtime.records.write import create, update
from runtime.sync.listener import keep_outbox
from support.harbour import BOAT, HARBOUR, STATE, boats

ATTRIBUTES = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="name", column="name", direction="both"),
    AttributeMap(attribute="price", column="price"),
)
STRICT = (
    "CREATE TABLE boat (no INTEGER PRIMARY KEY, name TEXT CHECK (length(name) < 10), price TEXT, seq INTEGER, external TEXT)"
)


class Quay:
    """A site with boats that go out to a database with a rule of its own, and the command line."""

    def __init__(self, url, folder):
        address = f"sqlite:///{folder / 'outside.db'}"
        self.outside = sa.create_engine(address)
        with self.outside.begin() as connection:
            connection.execute(sa.text(STRICT))
            connection.execute(sa.text("INSERT INTO boat VALUES (1, 'Ada', '1', 1, NULL), (2, 'Bea', '2', 1, NULL)"))
        self.environ = {"FOYER_DATABASE_URL": url, "FOYER_DATA_DIR": str(folder), "FOYER_SECRET_KEY": "a secret of the tests"}
        self.engine = make_engine(url)
        store = MetadataStore(self.engine)
        store.create()
        through = WriteThrough(key_column="external", message_column="external", message_attribute="berth")
        outside = Connection(key="outside", connector="sql", settings=(("url", address),))
        mapped = boats(attributes=ATTRIBUTES, write_through=through)
        self.snapshot = store.publish("tests", components=(HARBOUR, BOAT, STATE, outside, mapped)).snapshot
        self.sync("run")

    def sync(self, *args):
        done = CliRunner().invoke(command, list(args), env=self.environ)
        return done.exit_code, done.output

    def document(self, *args):
        code, output = self.sync(*args, "--json")
        return code, json.loads(output[output.index("{") :])

    def rename(self, number, name):
        table = self.snapshot.entities["boat"].table
        listeners, principal = Listeners((keep_outbox,)), Principal.system("portal")
        with writing(self.engine).begin() as connection:
            row = connection.execute(sa.select(table.c.id, table.c.version).where(table.c.number == number)).one()
            update(connection, self.snapshot, principal, "boat", row.id, row.version, {"name": name}, listeners=listeners)

    def there(self):
        with self.outside.connect() as connection:
            return dict(connection.execute(sa.text("SELECT no, name FROM boat ORDER BY no")).all())

    def here(self, *names):
        table = self.snapshot.entities["boat"].table
        with self.engine.connect() as connection:
            return [
                tuple(row) for row in connection.execute(sa.select(*(table.c[name] for name in names)).order_by(table.c.id))
            ]


@pytest.fixture
def quay(database_url, tmp_path):
    made = Quay(database_url, tmp_path)
    yield made
    made.engine.dispose()
    made.outside.dispose()


@pytest.fixture
def parked(quay):
    """A change that the outside refuses, a later one of the same boat, and one of another boat."""
    quay.rename(1, "Adelheid the Great")
    quay.rename(1, "Adele")
    quay.rename(2, "Beatrix")
    quay.sync("run")
    return str(quay.document("rejects")[1]["out"][0]["id"])


def test_a_change_that_the_outside_refuses_holds_up_its_own_record_only(quay, parked):
    assert quay.there() == {1: "Ada", 2: "Beatrix"}
    code, told = quay.document("rejects", "boats")
    assert code == 0
    assert (len(told["out"]), told["out"][0]["waiting"], told["in"]) == (1, 1, [])
    assert "CHECK constraint failed" in told["out"][0]["reason"]
    assert "CHECK constraint failed" in quay.here("berth")[0][0]
    shown = quay.sync("show", parked)[1]
    assert "name = Adelheid the Great" in shown
    assert "behind it" in shown


def test_a_change_is_edited_and_sent_and_what_waited_follows(quay, parked):
    assert quay.sync("edit", parked, "name=Adelheid")[0] == 0
    assert quay.sync("replay", parked)[0] == 0
    quay.sync("run")
    assert quay.there()[1] == "Adele"
    assert quay.document("rejects")[1]["out"] == []
    assert quay.here("berth") == [(None,), (None,)]


def test_a_change_that_is_given_up_lets_the_later_ones_go(quay, parked):
    assert quay.document("discard", parked)[1]["discarded"] == 1
    quay.sync("run")
    assert quay.there()[1] == "Adele"
    code, output = quay.sync("show", parked)
    assert (code, "There is no row" in output) == (1, True)


def test_with_a_new_record_its_changes_are_given_up(quay):
    listeners = Listeners((keep_outbox,))
    principal = Principal.system("portal")
    with writing(quay.engine).begin() as connection:
        values = {"number": 9, "name": "Much too long a name"}
        made = create(connection, quay.snapshot, principal, "boat", values, listeners=listeners)
        payload = {"key": {"no": 9}, "values": {"name": "Much too long a name"}}
        outbox.owe(connection, outbox.Owing("boats", "boat", made.id, "insert", payload), utc_now())
    quay.rename(9, "Later")
    quay.sync("run")
    (item,) = quay.document("rejects")[1]["out"]
    assert quay.document("discard", str(item["id"]))[1]["discarded"] == 2
    quay.sync("run")
    assert 9 not in quay.there()


def test_an_outside_row_is_edited_and_taken(quay):
    with quay.outside.begin() as connection:
        connection.execute(sa.text("INSERT INTO boat VALUES (3, 'Cleo', 'a lot', 2, NULL)"))
    quay.sync("run")
    (reject,) = quay.document("rejects")[1]["in"]
    assert (reject["key"], "a lot" in reject["reason"]) == ("3", True)
    assert quay.sync("replay", "boats/3")[0] == 1
    assert quay.sync("edit", "boats/3", "price=12.50")[0] == 0
    assert quay.document("replay", "boats/3") == (0, {"ok": True, "name": "boats/3", "taken": True})
    assert "Cleo" in [name for (name,) in quay.here("name")]


def test_an_outside_row_is_given_up(quay):
    with quay.outside.begin() as connection:
        connection.execute(sa.text("INSERT INTO boat VALUES (3, 'Cleo', 'a lot', 2, NULL)"))
    quay.sync("run")
    assert quay.sync("discard", "boats/3")[0] == 0
    assert quay.document("rejects")[1]["in"] == []


@pytest.mark.parametrize(
    "args", [("show", "77"), ("edit", "x/y", "a=b"), ("replay", "boats/77"), ("discard", ""), ("show", "/")]
)
def test_a_row_that_is_not_there_is_told(quay, args):
    code, output = quay.sync(*args)
    assert (code, "There is no row" in output) == (1, True)


@pytest.mark.parametrize("change", ["name", "colour=red", "=x"])
def test_a_change_names_a_column_of_the_row(quay, parked, change):
    code, output = quay.sync("edit", parked, change)
    assert (code, "COLUMN=VALUE" in output) == (1, True)


def test_rows_are_tried_again_by_class_and_batches_are_listed_and_undone(quay):
    with quay.outside.begin() as connection:
        connection.execute(sa.text("INSERT INTO boat VALUES (3, 'Cleo', 'a lot', 2, NULL), (4, 'Dora', '4', 2, NULL)"))
        connection.execute(sa.text("UPDATE boat SET price = '9', seq = 2 WHERE no = 1"))
    quay.sync("run")
    assert quay.document("rejects", "--code", "type")[1]["classes"] == {"type": 1}
    assert quay.document("rejects", "--code", "lookup")[1]["in"] == []
    assert quay.document("retry", "--code", "type")[1]["left"] == 1
    assert "Every value was taken" in quay.sync("adjusted")[1]
    newest, *_ = quay.document("batches", "boats")[1]["batches"]
    assert (newest["inserted"], newest["updated"], newest["images"]) == (1, 1, True)
    assert quay.sync("revert", str(newest["id"]))[0] == 0
    assert [int(price) for (price,) in quay.here("price")] == [1, 2]
    code, output = quay.sync("revert", str(newest["id"]))
    assert (code, "undone already" in output) == (1, True)
    assert "There was no difference." in quay.sync("accept", "boats")[1]
    code, told = quay.document("plan")
    assert (code, told["steps"][0]["forecast"]["problem"]) == (0, "")
