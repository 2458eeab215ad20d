"""What a backup must bring back: the gallery, crates that have an attribute of every type, what older releases left."""

import datetime as dt
import uuid
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from metadata.model import (
    Attribute,
    Block,
    Choice,
    Entity,
    FormField,
    ManyToMany,
    Option,
    Search,
    SearchedAttribute,
    SearchedEntity,
    Text,
    component_id,
)
from metadata.store import MetadataStore
from metadata.store.tables import tables as store_tables
from runtime.access import Principal
from runtime.records import associate, create
from runtime.tables import KEPT
from support.gallery import PDF, Gallery, form, make_gallery, page

NOON = dt.datetime(2031, 5, 1, 12, 30, 15, 123456, tzinfo=dt.UTC)
SYSTEM = Principal.system("tester")
LABEL = Attribute(key="label", type="text", max_length=80)
WORTH = Attribute(key="worth", type="money")
CRATE = Entity(
    key="crate",
    primary_name="number",
    many_to_many=(ManyToMany(key="works", target="work"),),
    attributes=(
        Attribute(key="number", type="auto_number", format="C-{number:05d}"),
        Attribute(key="note", type="long_text"),
        Attribute(key="mark", type="unique_id"),
        Attribute(key="pieces", type="integer"),
        Attribute(key="weight", type="decimal", scale=3),
        Attribute(key="sealed", type="boolean"),
        Attribute(key="day", type="date"),
        Attribute(key="moment", type="datetime"),
        Attribute(key="inside", type="lookup", target="crate"),
        Attribute(key="owner", type="lookup", targets=("contact", "account")),
        Attribute(key="tint", type="choice", choice="tint"),
        Attribute(key="tints", type="choices", choice="tint"),
    ),
)
SHELF = Entity(key="shelf", primary_name="label", attributes=(LABEL,))
TINT = Choice(key="tint", options=(Option(value="red", label=Text.of("Red")), Option(value="blue", label=Text.of("Blue"))))
FIND = Search(
    key="find", site="gallery", entities=(SearchedEntity(entity="crate", attributes=(SearchedAttribute(attribute="note"),)),)
)
READ = form("crate-read", "crate", FormField(attribute="note"))
PAGES = (
    page("crates"),
    page("crate", Block(type="form", form="crate-read"), parent="crates", partial_url="", record_entity="crate"),
)
CRATES = 30


def with_more(entity: Entity, *more: Attribute) -> Entity:
    """An entity with attributes that a later release has no more."""
    return Entity(
        key=entity.key,
        primary_name=entity.primary_name,
        many_to_many=entity.many_to_many,
        attributes=(*entity.attributes, *more),
    )


def make_attic(url: str, folder: Path) -> Gallery:
    """Two releases, of which the second has forgotten an entity and an attribute; rows, a person signed in, a file."""
    made = make_gallery(url, folder, with_more(CRATE, WORTH), SHELF, TINT, FIND, READ, *PAGES)
    with made.engine.begin() as connection:
        for place in range(CRATES):
            fill(connection, made, place)
        create(connection, made.snapshot, SYSTEM, "shelf", {"label": "left behind"})
    made.as_("ada").send("/works/new", title="Sea", paper=(PDF, "Sea.pdf"))
    work = made.rows("work")[0]["id"]
    with made.engine.begin() as connection:
        associate(connection, made.snapshot, SYSTEM, "crate", 1, "works", work)
    made.snapshot = MetadataStore(made.engine).publish("tester", components=(CRATE,), delete=(component_id(SHELF),)).snapshot
    return made


def fill(connection: sa.Connection, made: Gallery, place: int) -> int:
    """One crate, with a value of every type; every third is empty but for its number."""
    if place % 3 == 2:
        return create(connection, made.snapshot, SYSTEM, "crate", {}).id
    values = {
        "note": f'Grüße 日本 \N{GRINNING FACE} line\nfeed "quoted" {{"d": "1"}} {place}',
        "mark": uuid.UUID(int=place + 1),
        "pieces": -place,
        "weight": Decimal("1234567.891") + place,
        "sealed": bool(place % 2),
        "day": dt.date(2031, 2, 28) + dt.timedelta(days=place),
        "moment": NOON + dt.timedelta(hours=place),
        "inside": place if place else None,
        "owner": ("contact", made.ids["ada"]),
        "tint": "red",
        "tints": ("blue", "red"),
        "worth": Decimal("0.0001"),
    }
    return create(connection, made.snapshot, SYSTEM, "crate", values).id


def rows_of(engine: sa.Engine, snapshot: Any) -> dict[str, Counter[tuple[Any, ...]]]:
    """Every row of the metadata, the engine and the site, by table, in no order."""
    tables = [*store_tables.sorted_tables, *(table for kept in KEPT for table in kept.sorted_tables)]
    tables += snapshot.tables.sorted_tables
    with engine.connect() as connection:
        return {table.name: Counter(map(tuple, connection.execute(sa.select(*table.columns)))) for table in tables}


def left_behind(engine: sa.Engine) -> tuple[list[Any], list[Any]]:
    """What older releases left: a table and a column that the newest has no more."""
    with engine.connect() as connection:
        shelf = connection.execute(sa.text("SELECT id, label FROM shelf")).all()
        worth = connection.execute(sa.text("SELECT count(worth) FROM crate")).all()
        return list(map(tuple, shelf)), list(map(tuple, worth))
