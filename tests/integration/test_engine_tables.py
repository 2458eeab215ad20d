"""The engine's own tables, made while somebody else is writing."""

import threading

import sqlalchemy as sa

from runtime.database import make_engine, writing
from runtime.tables import KEPT, create_engine_tables


def test_tables_are_made_although_another_process_keeps_writing(sqlite_url):
    first, second = make_engine(sqlite_url), make_engine(sqlite_url)
    with writing(first).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE busy (n INTEGER)")
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            number += 1
            with writing(first).begin() as connection:
                connection.exec_driver_sql("INSERT INTO busy VALUES (?)", (number,))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        create_engine_tables(second)
    finally:
        stop.set()
        writer.join()
    wanted = {name for kept in KEPT for name in kept.tables}
    assert wanted <= set(sa.inspect(second).get_table_names())
    first.dispose()
    second.dispose()


def test_a_start_with_all_tables_there_waits_for_no_writer(sqlite_url):
    first, second = make_engine(sqlite_url), make_engine(sqlite_url)
    create_engine_tables(first)
    done = threading.Event()

    def start():
        create_engine_tables(second)
        done.set()

    with writing(first).begin():
        starter = threading.Thread(target=start)
        starter.start()
        assert done.wait(10)
    starter.join()
    first.dispose()
    second.dispose()
