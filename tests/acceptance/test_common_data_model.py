"""Real entity definitions, none of them ours: the Common Data Model's 77 documents as entities of one installation."""

import csv
import os
import re
from collections import defaultdict
from pathlib import Path

import pytest
import sqlalchemy as sa

from metadata.checks import check
from metadata.compiler import compile_snapshot
from metadata.migrate import apply, create_register, plan
from metadata.model import Attribute, Choice, Entity, Option, Site, component_id
from metadata.system import RESERVED_KEYS
from metadata.text import Text
from runtime.database import make_engine

DATA = Path(os.environ.get("FOYER_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "cdm"
TYPES = {
    "integer": "integer",
    "bigInteger": "integer",
    "boolean": "boolean",
    "NoYesId": "boolean",
    "dateTime": "datetime",
    "date": "date",
    "TransDate": "date",
    "decimal": "decimal",
    "double": "decimal",
    "currency": "money",
    "baseCurrency": "money",
    "guid": "unique_id",
    "entityId": "unique_id",
    "email": "email",
    "phone": "phone",
    "url": "url",
}
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no Common Data Model at {DATA}")


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def key_of(text: str, taken: set[str]) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:50]
    key = base if base[:1].isalpha() else f"a_{base}"
    number = 1
    while key in taken or key in RESERVED_KEYS:
        number += 1
        key = f"{base[:46]}_{number}"
    taken.add(key)
    return key


def attribute(row: dict[str, str], key: str, targets: dict[str, str], choice: str) -> Attribute:
    label = Text.of(row["displayName"] or row["attribute"])
    known = [targets[name] for name in row["lookupTargets"].split("|") if name in targets]
    if row["dataType"] == "lookup" and len(known) > 1:
        return Attribute(key=key, type="lookup", label=label, targets=tuple(dict.fromkeys(known)), relationship=f"by_{key}")
    if row["dataType"] == "lookup" and known:
        return Attribute(key=key, type="lookup", label=label, target=known[0])
    if choice:
        return Attribute(key=key, type="choice", label=label, choice=choice)
    length = int(row["maxLength"] or 0)
    type_ = TYPES.get(row["dataType"], "long_text" if length > 4000 else "text")
    textual = type_ in ("text", "long_text")
    return Attribute(key=key, type=type_, label=label, max_length=length if textual and length else None)


def components() -> list[Entity | Choice | Site]:
    entities = rows("entities.csv")
    by_entity = defaultdict(list)
    for row in rows("attributes.csv"):
        by_entity[row["source"], row["document"], row["entity"]].append(row)
    options = defaultdict(dict)
    for row in rows("options.csv"):
        options[row["source"], row["document"], row["attribute"]][row["value"]] = row["label"]
    taken: set[str] = {"contact", "account", "company"}
    keys = [(key_of(f"{row['source'][:3]}_{row['entity']}", taken), row) for row in entities]
    targets: dict[str, str] = {}
    for key, row in keys:
        targets.setdefault(row["entity"], key)
    found: list[Entity | Choice | Site] = [Site(key="cdm")]
    choice_keys: set[str] = set()
    for key, row in keys:
        own: set[str] = set()
        attributes = []
        for item in by_entity[row["source"], row["document"], row["entity"]]:
            values = options.get((item["source"], item["document"], item["attribute"]))
            choice = key_of(f"{key[:30]}_{item['attribute'][:25]}", choice_keys) if values else ""
            if values:
                found.append(
                    Choice(
                        key=choice, options=tuple(Option(value=value, label=Text.of(label)) for value, label in values.items())
                    )
                )
            attributes.append(attribute(item, key_of(item["attribute"], own), targets, choice))
        found.append(Entity(key=key, label=Text.of(row["displayName"] or row["entity"]), attributes=tuple(attributes)))
    return found


def test_all_77_entities_and_4285_attributes_compile_without_a_problem():
    declared = components()
    problems = [problem for problem in check({component_id(item): item for item in declared}) if problem.severity == "error"]
    assert problems == []
    snapshot = compile_snapshot(declared)
    own = [entity for entity in declared if isinstance(entity, Entity)]
    assert len(own) == 77
    assert sum(len(entity.attributes) for entity in own) == 4285
    for entity in own:
        compiled = snapshot.entities[entity.key]
        assert [key for key, item in compiled.attributes.items() if not item.system] == [item.key for item in entity.attributes]


def test_their_tables_can_be_made_and_then_need_nothing_more(database_url):
    engine = make_engine(database_url)
    snapshot = compile_snapshot(components())
    with engine.connect().execution_options(foyer_write=True) as connection, connection.begin():
        create_register(connection)
        steps = plan(connection, snapshot)
        apply(connection, steps)
    with engine.connect() as connection:
        assert not plan(connection, snapshot).steps
        assert len(sa.inspect(connection).get_table_names()) >= 80
    engine.dispose()
