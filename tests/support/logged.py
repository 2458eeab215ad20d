"""What a logger says, as its lines are written."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from runtime.logs import JsonLines


class Lines(logging.Handler):
    """Keeps the lines as they are written."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(json.loads(JsonLines().format(record)))


@contextmanager
def noted(name: str, level: int = logging.INFO) -> Iterator[list[dict[str, Any]]]:
    """The lines that a logger writes meanwhile."""
    lines, log = Lines(), logging.getLogger(name)
    before = log.level
    log.setLevel(level)
    log.addHandler(lines)
    try:
        yield lines.said
    finally:
        log.removeHandler(lines)
        log.setLevel(before)
