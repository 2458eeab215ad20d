"""Structured logs: one JSON document per line, on standard error."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any, TextIO

import orjson

from connectors.origin import current_origin

NAMES = ("foyer", "runtime", "connectors", "metadata", "opentelemetry")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_BLANK = vars(logging.LogRecord("", logging.INFO, "", 0, "", (), None))
_QUOTING = ("DETAIL:", "CONTEXT:")
_Caught = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class JsonLines(logging.Formatter):
    """A log record as one line of JSON: time, level, logger, message, what was given as `extra`, and for which request."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        if isinstance(record, Bare):
            return record.line()
        line: dict[str, Any] = {
            "time": _moment(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        origin = current_origin()
        if origin is not None:
            asked = {"request": origin.request} if origin.request else {}
            line |= {**asked, "trace_id": origin.trace, "span_id": origin.span}
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()

    def formatException(self, ei: _Caught) -> str:
        """The trace without the lines in which PostgreSQL quotes the row at fault."""
        lines = super().formatException(ei).splitlines()
        return "\n".join(line for line in lines if not line.startswith(_QUOTING))


class Lines(logging.StreamHandler[TextIO]):
    """Standard error, to which a bare record goes in one call: it has its line, and the stream sends it at its end."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line; a fault goes the way of all faults of logs."""
        if not isinstance(record, Bare):
            super().emit(record)
            return
        try:
            self.stream.write(f"{record.line()}\n")
        except Exception:
            self.handleError(record)


class Bare(logging.LogRecord):
    """A record of level INFO without the line of code that logs, which knows what was given as `fields`.

    A request logs one. To find the line of code costs more than all the rest; then to tell the fields from a record's own.
    """

    def __init__(self, logger: logging.Logger, message: str, fields: Mapping[str, Any]) -> None:
        now = time.time()
        vars(self).update(_BLANK, name=logger.name, msg=message, created=now, msecs=now % 1 * 1000, **fields)
        self._fields = fields

    def line(self) -> str:
        """The line of JSON."""
        said = {"time": _moment(self.created), "level": "info", "logger": self.name, "message": self.msg, **self._fields}
        return orjson.dumps(said, default=str).decode()


def _moment(created: float) -> str:
    """A moment of the clock, to the millisecond."""
    whole = int(created)
    return f"{_second(whole)}.{int((created - whole) * 1000):03}+00:00"


@lru_cache(maxsize=4)
def _second(whole: int) -> str:
    return dt.datetime.fromtimestamp(whole, dt.UTC).replace(tzinfo=None).isoformat()


def configure_logs(level: str = "INFO") -> None:
    """Send what our packages log to standard error, as JSON; calling it again changes the level only."""
    handler = Lines()
    handler.setFormatter(JsonLines())
    for logger in map(logging.getLogger, NAMES):
        logger.setLevel(level.upper())
        if not any(isinstance(one.formatter, JsonLines) for one in logger.handlers):
            logger.addHandler(handler)
            logger.propagate = False
