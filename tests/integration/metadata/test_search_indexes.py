"""Search indexes come and go with releases, are made anew where their table is, and by a command."""

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from metadata.checks import check
from metadata.files import read_folder
from metadata.model import ComponentId, Entity, Search, component_id
from runtime.cli import main
from support.choir import CHOIR, Choir, components, found, open_choir


@pytest.fixture
def choir(database_url, tmp_path):
    with open_choir(database_url, tmp_path) as opened:
        yield opened


def of(model: type, key: str, site: str = ""):
    component = next(item for item in components() if isinstance(item, model) and item.key == key)
    return replace(component, site=site) if site else component


def titles(choir: Choir, words: str) -> dict[str, list[str]]:
    return found(choir.as_("lib").get(f"/find?q={words}"))


def indexes(choir: Choir) -> set[str]:
    """The names of all search indexes that the database has."""
    kind = "sqlite_master WHERE type = 'table' AND sql LIKE '%USING fts5(%'"
    where = kind if choir.engine.dialect.name == "sqlite" else "pg_tables"
    name = "name" if choir.engine.dialect.name == "sqlite" else "tablename"
    with choir.engine.connect() as connection:
        names = connection.execute(sa.text(f"SELECT {name} FROM {where} ")).scalars()
        return {one for one in names if one.startswith("foyer_search_")}


def test_what_is_looked_through_follows_the_release(choir):
    choir.score("A", "Anthem", lyrics="glory")
    search = of(Search, "all", "choir")
    score, loan = search.entities
    assert len(indexes(choir)) == 3
    titles_only = replace(search, entities=(replace(score, attributes=score.attributes[:1]), loan))
    lines = choir.publish(titles_only)
    assert [line.split(" foyer_search_score_")[0] for line in lines] == ["+ drop search index", "+ create search index"]
    assert (titles(choir, "glory"), titles(choir, "anthem")) == ({}, {"Scores": ["Anthem"]})
    assert choir.publish(replace(search, key="other")) != ()
    assert len(indexes(choir)) == 4
    assert choir.publish(replace(search, key="third")) == ()
    choir.store.publish("tester", delete=[ComponentId("search", key, "choir") for key in ("other", "third")])
    assert len(indexes(choir)) == 3
    assert choir.store.mend_tables().lines == ()


def test_an_index_is_made_anew_with_its_table(choir):
    choir.score("A", "Anthem", lyrics="glory")
    score = of(Entity, "score")
    attributes = {item.key: item for item in score.attributes}
    attributes["choir"] = replace(attributes["choir"], on_delete="cascade")
    lines = choir.publish(replace(score, attributes=tuple(attributes.values())))
    rebuilt = choir.engine.dialect.name == "sqlite"
    assert any("create search index" in line for line in lines) == rebuilt
    attributes["title"] = replace(attributes["title"], max_length=6)
    choir.store.publish("t", components=[replace(score, attributes=tuple(attributes.values()))], allow_destructive=True)
    row = choir.score("B", "Ballad")
    assert (titles(choir, "glory"), titles(choir, "ballad")) == ({"Scores": ["Anthem"]}, {"Scores": ["Ballad"]})
    choir.remove("score", row, 1)
    assert titles(choir, "ballad") == {}
    assert choir.store.mend_tables().lines == ()


def test_a_lost_index_is_mended_and_the_command_makes_all_anew(choir, monkeypatch, tmp_path):
    choir.score("A", "Anthem", lyrics="glory")
    (name,) = (one for one in indexes(choir) if "score" in one)
    lost = f"DROP TRIGGER {name}_u" if choir.engine.dialect.name == "sqlite" else f"DROP TRIGGER {name}_u ON score"
    with choir.engine.begin() as connection:
        connection.execute(sa.text(lost))
    assert [line.split(" foyer_")[0] for line in choir.store.mend_tables().lines] == ["+ create search index"]
    emptied = (
        f"INSERT INTO {name} ({name}) VALUES ('delete-all')" if choir.engine.dialect.name == "sqlite" else f"DELETE FROM {name}"
    )
    with choir.engine.begin() as connection:
        connection.execute(sa.text(emptied))
    assert titles(choir, "glory") == {}
    monkeypatch.setenv("FOYER_DATABASE_URL", choir.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("FOYER_DATA_DIR", str(tmp_path))
    done = CliRunner().invoke(main, ["search", "rebuild", "--json"])
    assert done.exit_code == 0, done.output
    assert len(json.loads(done.output)["steps"]) == 3
    assert titles(choir, "glory") == {"Scores": ["Anthem"]}


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        (
            "attribute: lyrics\n  - attribute: rank",
            "attribute: lyric\n  - attribute: rank",
            "entities.0.attributes.2.attribute",
            "Did you mean 'lyrics'?",
        ),
        ("attribute: wish", "attribute: score", "entities.1.attributes.1.attribute", "holds no words"),
        ("attribute: remark\n  facets", "attribute: title\n  facets", "entities.0.attributes.4.attribute", "twice"),
        ("- attribute: voices", "- attribute: voice", "entities.0.facets.1.attribute", "Did you mean 'voices'?"),
        ("- attribute: voices", "- attribute: season", "entities.0.facets.1.attribute", "twice"),
        ("- attribute: voices", "- attribute: lyrics", "entities.0.facets.1.attribute", "a facet is of type choice"),
        (
            "key: hall\n  type: text",
            "key: hall\n  type: text\n  max_length: 201",
            "entities.0.facets.6.attribute",
            "200 or less",
        ),
        ("- attribute: sacred", "- attribute: sacred\n    by: year", "entities.0.facets.2.by", "remove it"),
        ("printed\n    by: year", "printed", "entities.0.facets.3.by", "say by: year"),
        ("- entity: loan\n  attributes", "- entity: loan\n  page: score\n  attributes", "entities.1.page", "shows score"),
        ("- entity: loan\n  attributes", "- entity: account\n  attributes", "entities.1.entity", "no page of one account"),
        ("key: search\npage: find", "key: search\npage: about", "page", "no block of type search"),
        ("search: all\n---", "list: all\n---", "blocks.0.search", "needs to name"),
    ],
)
def test_what_cannot_be_searched_is_told_with_its_place(tmp_path, old, new, place, message):
    text = CHOIR.read_text(encoding="utf-8")
    assert text.count(old) == 1
    (tmp_path / "choir.yaml").write_text(text.replace(old, new), encoding="utf-8")
    reading = read_folder(tmp_path)
    problems = check({component_id(item): item for item in reading.components}, reading.positions)
    told = [str(problem) for problem in problems if problem.position.path == place and message in problem.message]
    assert told, [str(problem) for problem in problems]
    assert "choir.yaml:" in told[0]
