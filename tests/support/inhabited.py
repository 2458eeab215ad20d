"""A database in which a random world lives for a while."""

from contextlib import contextmanager

from metadata.compiler import compile_snapshot
from runtime.access import Principal
from runtime.database import writing
from runtime.records.rows import to_columns


@contextmanager
def inhabited(engine, world, components):
    """The snapshot, a connection in a transaction that holds the world's rows, and who asks; gone afterwards."""
    snapshot = compile_snapshot(components)
    with writing(engine).connect() as connection:
        snapshot.tables.create_all(connection)
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        _insert(connection, snapshot, world)
        try:
            yield snapshot, connection, principal_of(world)
        finally:
            connection.rollback()


def principal_of(world):
    """Who asks in a world."""
    kind = "contact" if world.contact else "anonymous"
    return Principal(kind, "s", world.contact, world.account, None, world.roles)


def _insert(connection, snapshot, world):
    """Rows first without what they point at, then with it, since worlds have circles."""
    for key, rows in world.rows.items():
        entity = snapshot.entities[key]
        bare = [{"id": i, "version": 1} for i in rows]
        if bare:
            connection.execute(entity.table.insert(), bare)
    for key, rows in world.rows.items():
        entity = snapshot.entities[key]
        for i, row in rows.items():
            connection.execute(entity.table.update().where(entity.table.c.id == i), to_columns(entity, row))
        _continue_ids(connection, entity, len(rows))
    for (key, name), pairs in world.links.items():
        found = snapshot.entities[key].relationships[name]
        if pairs:
            connection.execute(found.link.insert(), [{found.near: near, found.far: far} for near, far in sorted(pairs)])


def _continue_ids(connection, entity, used):
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{entity.key}', 'id'), {used + 10})")
