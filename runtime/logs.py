"""Structured logs: one JSON document per line, on standard error."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import orjson

NAMES = ("foyer", "runtime", "connectors", "metadata")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_BLANK = vars(logging.LogRecord("", logging.INFO, "", 0, "", (), None))
_QUOTING = ("DETAIL:", "CONTEXT:")
_Caught = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class JsonLines(logging.Formatter):
    """A log record as one line of JSON: time, level, logger, message, and what was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "time": moment,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()

    def formatException(self, ei: _Caught) -> str:
        """The trace without the lines in which PostgreSQL quotes the row at fault."""
        lines = super().formatException(ei).splitlines()
        return "\n".join(line for line in lines if not line.startswith(_QUOTING))


def bare_record(logger: logging.Logger, message: str, fields: Mapping[str, Any]) -> logging.LogRecord:
    """A record of level INFO without the line of code that logs: to find that costs more than all the rest."""
    record = logging.LogRecord.__new__(logging.LogRecord)
    now = time.time()
    vars(record).update(_BLANK, name=logger.name, msg=message, created=now, msecs=now % 1 * 1000, **fields)
    return record


def configure_logs(level: str = "INFO") -> None:
    """Send what our packages log to standard error, as JSON; calling it again changes the level only."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    for logger in map(logging.getLogger, NAMES):
        logger.setLevel(level.upper())
        if not any(isinstance(one.formatter, JsonLines) for one in logger.handlers):
            logger.addHandler(handler)
            logger.propagate = False
