"""The folder in which the processes of one `foyer serve` keep their numbers, each in files of its own that all may read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where the library looks for it; whoever starts processes in another way sets it, and empties the folder at each start."""


@contextmanager
def shared_numbers() -> Iterator[None]:
    """A folder for the processes that are started inside, unless one is named already; deleted at the end."""
    if os.environ.get(FOLDER):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="foyer-metrics-") as folder:
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER]
