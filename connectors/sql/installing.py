"""What tells the changes of a table, put into an outside database and taken out again: statements, which can be shown first."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from connectors.errors import Fatal
from connectors.sql import triggers
from connectors.sql.engines import open_engine, sorted_errors
from connectors.sql.names import publication_name, slot_name
from connectors.sql.shape import Shape, reflect, schema_and_name
from connectors.tablemap import CompiledMap
from connectors.values import digest

_IDENTITY = text("SELECT relreplident FROM pg_class WHERE oid = to_regclass(:table)")
_PUBLICATION = text("SELECT 1 FROM pg_publication_tables WHERE pubname = :name AND schemaname = :schema AND tablename = :table")
_SLOT = text("SELECT 1 FROM pg_replication_slots WHERE slot_name = :slot")


@dataclass(frozen=True, slots=True)
class Step:
    """One statement for a map, and what it is for."""

    map: str
    what: str
    statement: str


def plan_tracking(
    name: str, settings: Mapping[str, str], maps: Sequence[CompiledMap], *, remove: bool = False, run: bool = False
) -> list[Step]:
    """What is to be done so that the changes of these maps' tables are told, or no longer; done at once with `run`.

    Nothing where everything is there already. The statements can be run by hand, one after the other: what several maps share
    is made once. Raises Fatal, with what may have been meant, and Retriable.
    """
    engine = open_engine(name, settings)
    schema = settings.get("schema") or None
    steps: list[Step] = []
    try:
        for item in maps:
            with sorted_errors(name), engine.connect() as connection:
                mine = _plan(connection, item, schema, remove=remove)
                shared = {step.statement for step in steps}
                steps += _run(connection, [step for step in mine if step.statement not in shared], run=run)
    finally:
        engine.dispose()
    return steps


def _run(connection: Connection, steps: list[Step], *, run: bool) -> list[Step]:
    connection.rollback()
    if run and steps:
        # A slot is made in a transaction that has written nothing, and MariaDB commits each definition by itself.
        alone = connection.dialect.name in ("mysql", "mariadb") or any("slot" in step.what for step in steps)
        if alone:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        for step in steps:
            connection.exec_driver_sql(step.statement)
        if not alone:
            connection.commit()
    return steps


def _plan(connection: Connection, item: CompiledMap, schema: str | None, *, remove: bool) -> list[Step]:
    shape = None if remove else reflect(connection, item, schema)
    if item.model.tracking == "log":
        return _log(connection, item, schema, shape, remove=remove)
    given = triggers.given_of(connection, item, schema)
    mark = digest((given.table, item.key_columns))
    installed, _ = triggers.state_of(connection, given)
    if remove:
        return [Step(item.key, what, statement) for what, statement in triggers.removed(given)] if installed else []
    if installed == mark:
        return []
    before = triggers.removed(given) if installed else []
    made = triggers.made(connection, given, mark, uuid.uuid4().hex)
    return [Step(item.key, what, statement) for what, statement in (*before, *made)]


def _log(connection: Connection, item: CompiledMap, schema: str | None, shape: Shape | None, *, remove: bool) -> list[Step]:
    if connection.dialect.name != "postgresql":
        raise Fatal(f"map {item.key}: tracking log is for PostgreSQL; name triggers")
    level = connection.execute(text("SHOW wal_level")).scalar_one()
    if level != "logical" and not remove:
        raise Fatal(f"map {item.key}: the server's wal_level is {level}; set it to logical and start the server anew")
    quote = connection.dialect.identifier_preparer.quote
    above, table = schema_and_name(item.model.table, schema)
    above = above or str(connection.dialect.default_schema_name)
    whole = f"{quote(above)}.{quote(table)}"
    publication, slot = publication_name(item.key), slot_name(item.key, connection.engine.url.database or "")
    published = connection.execute(_PUBLICATION, {"name": publication, "schema": above, "table": table}).first()
    there = connection.execute(_SLOT, {"slot": slot}).first()
    if remove:
        drop = Step(item.key, "publication", f"DROP PUBLICATION {quote(publication)}")
        free = Step(item.key, "replication slot", f"SELECT pg_drop_replication_slot('{slot}')")
        return [drop] * (published is not None) + [free] * (there is not None)
    steps = []
    primary = [] if shape is None else shape.table.primary_key.columns.keys()
    identity = connection.execute(_IDENTITY, {"table": whole}).scalar_one()
    if not set(item.key_columns) <= set(primary) and identity != "f":
        full = f"ALTER TABLE {whole} REPLICA IDENTITY FULL"
        steps.append(Step(item.key, "the key of rows that change or go is written to the log", full))
    if published is None:
        steps.append(Step(item.key, "publication", f"CREATE PUBLICATION {quote(publication)} FOR TABLE {whole}"))
    if there is None:
        made = f"SELECT pg_create_logical_replication_slot('{slot}', 'pgoutput')"
        steps.append(Step(item.key, "replication slot", made))
    return steps
