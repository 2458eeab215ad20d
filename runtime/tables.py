"""All tables that the engine keeps for itself, made where they are missing; business tables come with a release."""

from __future__ import annotations

from sqlalchemy import Engine, MetaData, inspect

from connectors import tables as connectors
from runtime import errands
from runtime.captcha import spent as captcha
from runtime.database import writing
from runtime.files import register as files
from runtime.forms import drafts
from runtime.identity import tables as identity
from runtime.jobs import queue as jobs
from runtime.records import tables as records

KEPT: tuple[MetaData, ...] = (
    identity.METADATA,
    records.TABLES,
    connectors.TABLES,
    files.METADATA,
    errands.METADATA,
    captcha.METADATA,
    jobs.METADATA,
    drafts.METADATA,
)


def create_engine_tables(engine: Engine) -> None:
    """Make the tables of identity, records, connectors, files, errands and drafts that are missing. The store makes its own.

    Where none is missing nothing is written, so that a start waits for nobody who is writing.
    """
    with engine.connect() as connection:
        there = set(inspect(connection).get_table_names())
    if there.issuperset(name for kept in KEPT for name in kept.tables):
        return
    with writing(engine).begin() as connection:
        for kept in KEPT:
            kept.create_all(connection)
