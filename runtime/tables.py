"""All tables that the engine keeps for itself, made where they are missing; business tables come with a release."""

from __future__ import annotations

from sqlalchemy import Engine

from connectors import tables as connectors
from runtime import errands
from runtime.database import writing
from runtime.files import register as files
from runtime.forms import drafts
from runtime.identity import tables as identity
from runtime.records import tables as records


def create_engine_tables(engine: Engine) -> None:
    """Make the tables of identity, records, connectors, files, errands and drafts that are missing. The store makes its own."""
    identity.create(engine)
    with writing(engine).begin() as connection:
        records.TABLES.create_all(connection)
        connectors.create(connection)
        files.METADATA.create_all(connection)
        errands.METADATA.create_all(connection)
    drafts.create_tables(engine)
