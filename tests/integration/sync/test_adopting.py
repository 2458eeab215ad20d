"""Tables of a foreign database become a site: adopted at the terminal, published, synchronised, and seen on its pages."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from metadata.files import read_folder
from metadata.model import Connection, EntityPermission, TableMap
from metadata.store import MetadataStore
from runtime.cli import main
from support.marina_site import Marina
from support.orchards import ADOPTABLE, planted
from support.studio import form_of, open_studio, words

FARM = Connection(key="farm", connector="sql", settings=(("url", "${FARM_URL}"),))
PRIVILEGES = ("read", "write", "create", "append", "append_to")


class Farm:
    """The foreign database, a site with a connection to it, and a terminal."""

    def __init__(self, site: Marina, outside: sa.Engine, environ: dict[str, str]) -> None:
        self.site, self.outside, self.environ = site, outside, environ
        self.store = MetadataStore(site.engine)

    def run(self, *words: str) -> str:
        done = CliRunner().invoke(main, list(words), env=self.environ)
        assert done.exit_code == 0, done.output
        return done.output

    def report(self, *words: str) -> dict:
        output = self.run(*words, "--json")
        return json.loads(output[output.index("{") :])

    def adopted(self, *more: str) -> dict:
        """Adopt everything, publish, give Dora the rows, and synchronise."""
        told = self.report("adopt", "farm", "--site", "marina", *more)
        self.run("publish")
        grants = [
            EntityPermission(
                key=f"farm-{entity}", site="marina", entity=entity, scope="global", privileges=PRIVILEGES, roles=("master",)
            )
            for entity in ADOPTABLE
        ]
        self.store.publish("tests", components=grants)
        self.synchronise()
        return told

    def synchronise(self) -> None:
        """Twice, since rows that point at rows which come later wait for them."""
        for _ in range(2):
            self.run("sync", "run")

    def page(self, path: str) -> str:
        answer = self.site.as_("dora").get(path)
        assert answer.status_code == 200, path
        return words(answer)

    def fill(self, path: str, **typed: str) -> None:
        """Open a form, type, and send it."""
        dora = self.site.as_("dora")
        form = form_of(dora.get(path), next(iter(typed)))
        sent = dora.client.post(path, data={**dict(form.fields), **typed})
        assert sent.status_code == 303, words(sent)

    def ask(self, statement: str) -> list:
        with self.outside.connect() as connection:
            return connection.execute(sa.text(statement)).all()


@contextmanager
def farm_at(ours: str, theirs: str, folder: Path) -> Iterator[Farm]:
    outside = planted(theirs)
    environ = {
        "FOYER_DATABASE_URL": ours,
        "FOYER_DATA_DIR": str(folder),
        "FOYER_SECRET_KEY": "a secret of the tests",
        "FARM_URL": theirs,
    }
    with open_studio(ours, folder, FARM) as site:
        yield Farm(site, outside, environ)
    outside.dispose()


@pytest.fixture(params=["sqlite to sqlite", "postgresql to sqlite", "mariadb to postgresql"])
def farm(request, tmp_path):
    theirs, _, ours = request.param.partition(" to ")
    urls = {"sqlite": f"sqlite:///{tmp_path / 'farm.db'}"}
    if theirs != "sqlite":
        urls[theirs] = request.getfixturevalue({"postgresql": "pg_url", "mariadb": "mariadb_url"}[theirs])
    here = f"sqlite:///{tmp_path / 'ours.db'}" if ours == "sqlite" else request.getfixturevalue("pg_url")
    with farm_at(here, urls[theirs], tmp_path) as found:
        yield found


def test_every_row_of_the_adopted_tables_is_seen_with_what_it_points_at(farm):
    told = farm.adopted()
    assert {item["entity"] for item in told["tables"]} == set(ADOPTABLE)
    left_out = {(one["table"], one["part"]) for one in told["findings"] if one["verdict"] == "left out"}
    assert left_out == {("logline", "")}
    orchards = farm.page("/orchard")
    for word in ("Old hill", "Low land", "Nowhere", "Sweden", "Netherlands", "12.5", "closed for good"):
        assert word in orchards
    with farm.site.engine.connect() as connection:
        counted = {key: connection.scalar(sa.text(f"SELECT count(*) FROM {key}")) for key in ADOPTABLE}
        parents = connection.execute(
            sa.text("SELECT a.tree_no, b.tree_no FROM tree a JOIN tree b ON a.tree = b.id ORDER BY a.tree_no")
        ).all()
        at_home = connection.execute(
            sa.text("SELECT o.name, t.kind FROM tree t JOIN orchard o ON t.orchard = o.id ORDER BY o.name, t.tree_no")
        ).all()
        works = connection.execute(
            sa.text(
                "SELECT w.email, o.name FROM worker_orchard x JOIN worker w ON x.worker = w.id"
                " JOIN orchard o ON x.orchard = o.id ORDER BY w.email, o.name"
            )
        ).all()
        bosses = connection.execute(sa.text("SELECT a.email, b.email FROM worker a JOIN worker b ON a.boss = b.id")).all()
    assert counted == {"country": 2, "orchard": 3, "tree": 4, "worker": 2, "worker_orchard": 3}
    assert [tuple(row) for row in parents] == [(2, 1), (3, 2)]
    assert ("Nowhere", "plum") in [tuple(row) for row in at_home]
    assert len(at_home) == 4
    assert [tuple(row) for row in works] == [
        ("ann@farm.example", "Nowhere"),
        ("ann@farm.example", "Old hill"),
        ("bo@farm.example", "Nowhere"),
    ]
    assert [tuple(row) for row in bosses] == [("bo@farm.example", "ann@farm.example")]
    assert "north" in farm.page("/tree")
    assert "apple" in farm.page("/tree")
    assert "bo@farm.example" in farm.page("/worker-orchard")
    assert "Steep" not in orchards
    assert "ann@farm.example" in farm.page("/worker/7")
    assert "bo@farm.example" in farm.page("/worker/7")  # whom she is the boss of


def test_a_site_that_is_not_there_is_told_with_those_that_are(farm):
    done = CliRunner().invoke(main, ["adopt", "farm", "--site", "portal"], env=farm.environ)
    assert (done.exit_code, "There is no site portal; there are marina." in done.output) == (1, True)


def test_without_a_permission_nobody_sees_anything(farm):
    farm.report("adopt", "farm", "--site", "marina")
    farm.run("publish")
    farm.synchronise()
    answer = farm.site.as_("dora").get("/orchard")
    assert "Old hill" not in answer.text


def test_a_second_adoption_adds_new_columns_and_tables_and_leaves_the_rest(farm):
    farm.adopted("--tables", "country,orchard,tree,worker,worker_orchard")
    edited = farm.store.readable()
    assert farm.report("adopt", "farm", "--site", "marina")["written"] is False
    assert farm.store.readable() == edited
    with farm.outside.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE orchard ADD COLUMN owner_id INTEGER REFERENCES worker (id)")
        connection.exec_driver_sql("ALTER TABLE orchard ADD COLUMN soil VARCHAR(30)")
        connection.exec_driver_sql("UPDATE orchard SET soil = 'clay', owner_id = 8 WHERE no = 2")
        columns = "code VARCHAR(20) NOT NULL PRIMARY KEY, country_id CHAR(2)"
        connection.exec_driver_sql(f"CREATE TABLE tool ({columns}, FOREIGN KEY (country_id) REFERENCES country (code))")
        connection.exec_driver_sql("INSERT INTO tool (code, country_id) VALUES ('saw', 'SE')")
    told = farm.report("adopt", "farm", "--site", "marina")
    added = {item["table"]: item["added"] for item in told["tables"] if item["added"]}
    assert added["orchard"] in (["owner", "soil"], ["owner_id", "soil"])
    assert "tool" in added
    after = farm.store.readable()
    assert {name for name in edited if after[name] != edited[name]} == {
        name
        for name in edited
        if (name.kind, name.key) in {("entity", "orchard"), ("table_map", "farm-orchard"), ("web_link_set", "main")}
    }
    farm.run("publish")
    farm.synchronise()
    with farm.site.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT soil FROM orchard WHERE name = 'Nowhere'")) == "clay"
        assert connection.scalar(sa.text("SELECT c.name FROM tool t JOIN country c ON t.country = c.id")) == "Sweden"


def test_both_ways_what_is_made_and_changed_here_goes_out(farm):
    farm.adopted("--both-ways")
    farm.fill("/country/new", code="DK", name="Denmark")
    farm.fill("/country/NL/edit", name="The Netherlands")
    farm.synchronise()
    assert [tuple(row) for row in farm.ask("SELECT code, name FROM country ORDER BY code")] == [
        ("DK", "Denmark"),
        ("NL", "The Netherlands"),
        ("SE", "Sweden"),
    ]
    farm.fill("/worker/8/edit", email="bo@home.example")
    farm.synchronise()
    assert [row[0] for row in farm.ask("SELECT email FROM worker ORDER BY id")] == ["ann@farm.example", "bo@home.example"]


def test_files_are_written_in_the_place_of_drafts_and_a_dry_run_writes_nothing(farm, tmp_path):
    folder = tmp_path / "site"
    before = farm.store.readable()
    assert "It would be" in farm.run("adopt", "farm", "--tables", "worker", "--dry-run")
    farm.run("adopt", "farm", "--tables", "worker", "--into", str(folder))
    assert farm.store.readable() == before
    reading = read_folder(folder)
    assert not reading.problems
    (found,) = (item for item in reading.components if isinstance(item, TableMap))
    assert (found.table, found.integration_key) == ("worker", ("worker_id",))
