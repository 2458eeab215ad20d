"""Every package of ours logs one JSON document per line, which quotes no row."""

import json
import logging
import sys

import pytest
import sqlalchemy as sa

from runtime.database import make_engine
from runtime.logs import NAMES, Bare, JsonLines, configure_logs

PRIVATE = "a private name"


@pytest.fixture
def loggers():
    """Our loggers as they are before anything was configured."""
    found = [logging.getLogger(name) for name in NAMES]
    before = [(logger, logger.level, logger.propagate, logger.handlers[:]) for logger in found]
    for logger in found:
        logger.handlers.clear()
        logger.propagate = True
    yield
    for logger, level, propagate, handlers in before:
        logger.setLevel(level)
        logger.propagate, logger.handlers[:] = propagate, handlers


def lines_of(said: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in said.splitlines()]


@pytest.mark.parametrize("name", ["foyer.access", "runtime.snapshots", "connectors.runner", "metadata.store"])
def test_what_a_package_logs_is_one_line_of_json(loggers, capsys, name):
    configure_logs("info")
    configure_logs("info")
    logging.getLogger(name).info("said %s", "once", extra={"action": "tried"})
    logging.getLogger(name).debug("too little to tell")
    (line,) = lines_of(capsys.readouterr().err)
    assert (line["logger"], line["message"], line["level"], line["action"]) == (name, "said once", "info", "tried")


def test_a_line_of_the_access_log_says_when_and_what_was_given(loggers, capsys):
    configure_logs("info")
    logger = logging.getLogger("foyer.access")
    record = Bare(logger, "request", {"path": '/a"b', "status": 200, "contact": None})
    record.created = 1_700_000_000.0625
    logger.handle(record)
    (line,) = lines_of(capsys.readouterr().err)
    said = {"time": "2023-11-14T22:13:20.062+00:00", "level": "info", "logger": "foyer.access", "message": "request"}
    assert line == {**said, "path": '/a"b', "status": 200, "contact": None}


def trace_of(url: str) -> str:
    engine = make_engine(url)
    with engine.connect().execution_options(foyer_write=True) as connection, connection.begin():
        connection.execute(sa.text("CREATE TABLE pier (name VARCHAR(40) PRIMARY KEY)"))
        insert = sa.text("INSERT INTO pier (name) VALUES (:name)")
        connection.execute(insert, {"name": PRIVATE})
        try:
            connection.execute(insert, {"name": PRIVATE})
        except sa.exc.IntegrityError:
            record = logging.getLogger("foyer").makeRecord("foyer", logging.ERROR, "", 0, "failed", (), None)
            record.exc_info = sys.exc_info()
            connection.rollback()
    engine.dispose()
    return str(json.loads(JsonLines().format(record))["trace"])


def test_the_trace_of_a_database_error_quotes_no_values(database_url):
    trace = trace_of(database_url)
    assert "IntegrityError" in trace
    assert "INSERT INTO pier" in trace
    assert PRIVATE not in trace
